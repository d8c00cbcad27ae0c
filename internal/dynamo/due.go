package dynamo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

// dueKeys puts a record whose work is due into one of the lists of that: an
// organization, a deletion or an export. One without a time is in none.
func dueKeys(of account.Key, dueAt time.Time) keys {
	k, _ := primaryKey(of)
	if !dueAt.IsZero() {
		k.GSI1PK = duePartition(account.DueShard(of.Owner))
		k.GSI1SK = dueAt.UTC().Format(time.RFC3339) + "#" + of.Owner
	}
	return k
}

// updateDue moves a record in the lists of what is due.
func updateDue(u expression.UpdateBuilder, of account.Key, dueAt time.Time) expression.UpdateBuilder {
	listed := dueKeys(of, dueAt)
	u = assignTime(u, attributeDueAt, &dueAt)
	u = assign(u, IndexPartitionKey, &listed.GSI1PK)
	return assign(u, IndexSortKey, &listed.GSI1SK)
}

// dueAt is when a record's work is due.
func dueAt(r account.Record) time.Time {
	switch r := r.(type) {
	case *account.Organization:
		return r.DueAt
	case *account.Deletion:
		return r.DueAt
	case *account.Export:
		return r.DueAt
	}
	return time.Time{}
}

// dueEnd stands between the kind and the sort key in a position: one user's
// deletion and export can have the same place in the list.
const dueEnd = " "

// Due names a page of the records of a shard whose work is due, in one Query of
// the index. A position is the record's kind and its sort key there.
func (s *Store) Due(ctx context.Context, shard int, until time.Time, after string, limit int) ([]account.Key, string, error) {
	q := list{of: "due work", partition: duePartition(shard), below: dueUntil(until), index: true}
	if after != "" {
		kind, sort, _ := strings.Cut(after, dueEnd)
		_, owner, ok := strings.Cut(sort, "#")
		at, err := primaryKey(account.Key{Kind: account.Kind(kind), Owner: owner})
		if !ok || err != nil {
			return nil, "", errors.New("due work: no such position")
		}
		at.GSI1PK, at.GSI1SK = q.partition, sort
		q.after = at
	}
	records, next, err := page(ctx, s, q, limit, func(r account.Record) string {
		return string(r.Key().Kind) + dueEnd + dueKeys(r.Key(), dueAt(r)).GSI1SK
	})
	if err != nil {
		return nil, "", err
	}
	due := make([]account.Key, len(records))
	for i, r := range records {
		due[i] = r.Key()
	}
	return due, next, nil
}
