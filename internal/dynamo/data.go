package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"hearth/internal/account"
)

// Clients gives the client by which the data of a scope's account is reached.
// Credentials that reach no other account's are put in here.
type Clients func(ctx context.Context, scope account.Scope) (*dynamodb.Client, error)

// OneClient gives the same client for every scope: that the data is this
// account's is then left to the keys alone.
func OneClient(client *dynamodb.Client) Clients {
	return func(context.Context, account.Scope) (*dynamodb.Client, error) { return client, nil }
}

// Data is the account.DataStore on the table.
type Data struct {
	clients Clients
	table   string
}

var _ account.DataStore = (*Data)(nil)

// NewData returns the store of what accounts own on a table made as
// CreateTableInput says.
func NewData(clients Clients, table string) *Data { return &Data{clients: clients, table: table} }

// store is the table as the scope may reach it.
func (d *Data) store(ctx context.Context, scope account.Scope) (*Store, error) {
	if err := scope.Check(); err != nil {
		return nil, err
	}
	client, err := d.clients(ctx, scope)
	if err != nil {
		return nil, err
	}
	return New(client, d.table), nil
}

// Read returns an item of the scope's account in one BatchGetItem.
func (d *Data) Read(ctx context.Context, scope account.Scope, kind, id string) (*account.Datum, error) {
	s, err := d.store(ctx, scope)
	if err != nil {
		return nil, err
	}
	key := scope.Key(kind, id)
	records, err := s.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	datum, _ := records[key].(*account.Datum)
	return datum, nil
}

// List returns a page of a kind of the scope's account's items, in one Query.
func (d *Data) List(ctx context.Context, scope account.Scope, kind, after string, limit int) ([]*account.Datum, string, error) {
	s, err := d.store(ctx, scope)
	if err != nil {
		return nil, "", err
	}
	begins := account.DatumPrefix(kind)
	q := list{of: kind, partition: dataPrefix + scope.AccountID(), begins: begins, newestFirst: true}
	if after != "" {
		q.after = keys{PK: q.partition, SK: begins + after}
	}
	return page(ctx, s, q, limit, func(datum *account.Datum) string { return datum.ID[len(begins):] })
}

// Commit makes the change with the scope's conditions in one TransactWriteItems.
func (d *Data) Commit(ctx context.Context, scope account.Scope, change account.DataChange) error {
	s, err := d.store(ctx, scope)
	if err != nil {
		return err
	}
	whole, err := scope.Change(change)
	if err != nil {
		return err
	}
	return s.Commit(ctx, whole)
}
