package accounttest

import (
	"context"

	"hearth/internal/account"
)

// Data returns a page of what an account owns.
func (m *Model) Data(_ context.Context, accountID, after string, limit int) ([]*account.Datum, string, error) {
	page, next := list(m, after, limit, false, func(r *account.Datum) (position, bool) {
		return position{r.ID}, r.AccountID == accountID
	})
	return page, next, nil
}

// CountData counts what an account owns.
func (m *Model) CountData(ctx context.Context, accountID string, limit int) (int, error) {
	page, _, err := m.Data(ctx, accountID, "", limit)
	return len(page), err
}
