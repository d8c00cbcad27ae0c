package accounttest

import (
	"context"
	"math"
	"slices"
	"strings"

	"hearth/internal/account"
)

// UserRecords returns a page of a user's own records.
func (m *Model) UserRecords(_ context.Context, userID, after string, limit int) ([]account.Record, string, error) {
	return list(m, after, limit, false, func(r account.Record) (position, bool) {
		k := r.Key()
		if k.Owner != userID {
			return nil, false
		}
		switch k.Kind {
		case account.KindSession, account.KindIdempotency, account.KindLimit, account.KindExport, account.KindRecovery, account.KindPasskey:
			return position{string(k.Kind), k.ID}, true
		default:
			return nil, false
		}
	})
}

// EndedInvitationsTo returns a page of an address's invitations that are not
// pending any more.
func (m *Model) EndedInvitationsTo(_ context.Context, email, after string, limit int) ([]*account.Invitation, string, error) {
	email = account.FoldAddress(email)
	return list(m, after, limit, true, func(r *account.Invitation) (position, bool) {
		return position{r.ID, r.OrganizationID}, r.Status != account.InvitationPending && account.FoldAddress(r.Email) == email
	})
}

// Data returns a page of what an account owns.
func (m *Model) Data(_ context.Context, accountID, after string, limit int) ([]*account.Datum, string, error) {
	return list(m, after, limit, false, func(r *account.Datum) (position, bool) {
		return position{r.ID}, r.AccountID == accountID
	})
}

// CountData counts the things that an account owns.
func (m *Model) CountData(ctx context.Context, accountID string, limit int) (count int, err error) {
	page, _, err := m.Data(ctx, accountID, "", math.MaxInt)
	for _, d := range page {
		kept := slices.ContainsFunc(account.BookkeepingPrefixes(), func(prefix string) bool { return strings.HasPrefix(d.ID, prefix) })
		if !kept && count < limit {
			count++
		}
	}
	return count, err
}
