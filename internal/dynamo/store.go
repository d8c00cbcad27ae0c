// Package dynamo keeps Hearth's records in one DynamoDB table.
package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
)

// Store is the account.Store on DynamoDB.
type Store struct {
	client *dynamodb.Client
	table  string
}

var _ account.Store = (*Store)(nil)

// New returns the store on a table made as CreateTableInput says.
func New(client *dynamodb.Client, table string) *Store {
	return &Store{client: client, table: table}
}

// readTries bounds how often keys that a throttled table left unread are asked
// for again.
const (
	readTries = 4
	readPause = 25 * time.Millisecond
)

// Read returns the records that exist in one strongly consistent BatchGetItem.
// It is not a TransactGetItems, which concurrent writes would cancel.
func (s *Store) Read(ctx context.Context, want ...account.Key) (account.Records, error) {
	found := account.Records{}
	err := s.readItems(ctx, want, func(item attributes) error {
		record, err := decode(item)
		if err == nil {
			found[record.Key()] = record
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// readItems gives each of the items that exist to f.
func (s *Store) readItems(ctx context.Context, want []account.Key, f func(attributes) error) error {
	if len(want) > account.MaxRead {
		return fmt.Errorf("read %d records, at most %d fit", len(want), account.MaxRead)
	}
	if len(want) == 0 { // a batch of nothing is refused
		return nil
	}
	request := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	asked := map[account.Key]bool{}
	for _, k := range want {
		if asked[k] { // a batch that names an item twice is refused whole
			continue
		}
		asked[k] = true
		at, err := primaryKey(k)
		if err != nil {
			return err
		}
		request.Keys = append(request.Keys, at.attributes())
	}
	pending := map[string]types.KeysAndAttributes{s.table: request}
	for try := 1; ; try++ {
		page, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: pending})
		if err != nil {
			return engineError("read", err)
		}
		for _, item := range page.Responses[s.table] {
			if err := f(item); err != nil {
				return err
			}
		}
		if pending = page.UnprocessedKeys; len(pending) == 0 {
			return nil
		}
		if try == readTries {
			return account.ErrUnavailable.Because(fmt.Errorf("read: %d keys left unread", len(pending[s.table].Keys)))
		}
		if err := pause(ctx, rand.N(readPause<<try)); err != nil { //nolint:gosec // jitter is no secret
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return account.ErrUnavailable.Because(ctx.Err())
	case <-time.After(d):
		return nil
	}
}
