package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"hearth/internal/account"
)

// list is a run of items in one partition.
type list struct {
	// of names the list in errors.
	of        string
	partition string
	// begins is what every sort key of the list begins with; empty for all.
	begins string
	// below is set instead where the list ends before a sort key.
	below string
	// after is the item behind which to begin; empty for the first.
	after       keys
	newestFirst bool
	// index reads the index, which can't be read strongly consistently.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Reading
	index bool
}

// errPosition refuses a position that no list gives out. Cursors carry a
// checksum, which is no proof of where they come from.
var errPosition = account.Invalid("/cursor", account.FieldMalformed)

// page reads at most limit records of a list in one Query. position is that of a
// record; next is empty on the last page.
func page[R account.Record](ctx context.Context, s *Store, l list, limit int, position func(R) string) (records []R, next string, err error) {
	items, more, err := s.query(ctx, l, limit)
	if err != nil {
		return nil, "", err
	}
	records = make([]R, 0, len(items))
	for _, item := range items {
		record, err := decode(item)
		if err != nil {
			return nil, "", err
		}
		r, ok := record.(R)
		if !ok {
			return nil, "", fmt.Errorf("%w: in the list of %s stands a %s", account.ErrBroken, l.of, record.Key().Kind)
		}
		records = append(records, r)
	}
	if !more {
		return records, "", nil
	}
	return records, position(records[len(records)-1]), nil
}

// query returns at most limit items of a list in one Query, and whether there
// are more. It asks for one more, since DynamoDB names a position to go on from
// whenever it reached the limit, be there more or not.
func (s *Store) query(ctx context.Context, l list, limit int) (items []attributes, more bool, err error) {
	partition, sort := PartitionKey, SortKey
	if l.index {
		partition, sort = IndexPartitionKey, IndexSortKey
	}
	of := expression.Key(partition).Equal(expression.Value(l.partition))
	switch {
	case l.below != "":
		of = of.And(expression.Key(sort).LessThan(expression.Value(l.below)))
	case l.begins != "":
		of = of.And(expression.Key(sort).BeginsWith(l.begins))
	}
	e, err := expression.NewBuilder().WithKeyCondition(of).Build()
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", l.of, err)
	}
	input := &dynamodb.QueryInput{
		TableName: &s.table, ConsistentRead: aws.Bool(!l.index), ScanIndexForward: aws.Bool(!l.newestFirst),
		Limit:                  aws.Int32(int32(limit) + 1), //nolint:gosec // a page, never more than a hundred
		KeyConditionExpression: e.KeyCondition(), ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
	}
	if l.index {
		input.IndexName = aws.String(IndexName)
	}
	if l.after.PK != "" {
		input.ExclusiveStartKey = l.after.attributes()
	}
	output, err := s.client.Query(ctx, input)
	if err != nil {
		return nil, false, engineError(l.of, err)
	}
	items, more = output.Items, len(output.LastEvaluatedKey) > 0 // a page of a megabyte ends early
	if len(items) > limit {
		items, more = items[:limit], true
	}
	return items, more && len(items) > 0, nil
}
