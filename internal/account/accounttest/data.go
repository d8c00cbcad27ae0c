package accounttest

import (
	"context"
	"strings"

	"hearth/internal/account"
)

// ModelData is the account.DataStore in the memory of a Model.
type ModelData struct{ *Model }

var _ account.DataStore = ModelData{}

// Read returns an item of the scope's account.
func (m ModelData) Read(ctx context.Context, scope account.Scope, kind, id string) (*account.Datum, error) {
	if err := scope.Check(); err != nil {
		return nil, err
	}
	key := scope.Key(kind, id)
	records, err := m.Model.Read(ctx, key)
	datum, _ := records[key].(*account.Datum)
	return datum, err
}

// List returns a page of a kind of the scope's account's items.
func (m ModelData) List(_ context.Context, scope account.Scope, kind, after string, limit int) ([]*account.Datum, string, error) {
	if err := scope.Check(); err != nil {
		return nil, "", err
	}
	begins := account.DatumPrefix(kind)
	return list(m.Model, after, limit, true, func(d *account.Datum) (position, bool) {
		return position{strings.TrimPrefix(d.ID, begins)}, d.AccountID == scope.AccountID() && strings.HasPrefix(d.ID, begins)
	})
}

// Commit makes the change with the scope's conditions.
func (m ModelData) Commit(ctx context.Context, scope account.Scope, change account.DataChange) error {
	whole, err := scope.Change(change)
	if err != nil {
		return err
	}
	return m.Model.Commit(ctx, whole)
}
