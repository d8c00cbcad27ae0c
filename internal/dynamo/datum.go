package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
)

// ownAttributes are the attributes of an item that its owner does not know.
var ownAttributes = []string{PartitionKey, SortKey, IndexPartitionKey, IndexSortKey, attributeType, attributeVersion}

// encodeDatum is an item of an account as its product would write it.
func encodeDatum(d *account.Datum) (attributes, error) {
	item, err := attributevalue.MarshalMap(renumbered[json.Number, attributevalue.Number](d.Fields))
	if err != nil {
		return nil, fmt.Errorf("encode datum: %w", err)
	}
	own, err := attributevalue.MarshalMap(newBase(d))
	if err != nil {
		return nil, fmt.Errorf("encode datum: %w", err)
	}
	for name, value := range own {
		item[name] = value
	}
	item[attributeType] = &types.AttributeValueMemberS{Value: d.Type}
	return item, nil
}

// decodeDatum reads an item whatever it is.
func decodeDatum(item attributes, k account.Key) (*account.Datum, error) {
	var own base
	if attributevalue.UnmarshalMap(item, &own) != nil {
		return nil, broken[base](item, account.KindDatum)
	}
	d := &account.Datum{AccountID: k.Owner, ID: k.ID, Type: string(own.Type), Version: own.Version}
	var fields map[string]any
	withNumbers := func(o *attributevalue.DecoderOptions) { o.UseNumber = true }
	if attributevalue.UnmarshalMapWithOptions(item, &fields, withNumbers) != nil {
		return nil, broken[map[string]any](item, account.KindDatum)
	}
	for _, name := range ownAttributes {
		delete(fields, name)
	}
	d.Fields, _ = renumbered[attributevalue.Number, json.Number](fields).(map[string]any)
	return d, nil
}

// renumbered is a value of JSON's types with its numbers as another type: both
// JSON and DynamoDB write them as text, and each knows its own alone.
func renumbered[From, To ~string](value any) any {
	switch v := value.(type) {
	case From:
		return To(v)
	case []From: // a set
		list := make([]any, len(v))
		for i, n := range v {
			list[i] = To(n)
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = renumbered[From, To](inner)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, inner := range v {
			object[name] = renumbered[From, To](inner)
		}
		return object
	}
	return value
}

// Data returns a page of what an account owns, in one Query.
func (s *Store) Data(ctx context.Context, accountID, after string, limit int) ([]*account.Datum, string, error) {
	q := list{of: "account data", partition: dataPrefix + accountID}
	if after != "" {
		q.after = keys{PK: q.partition, SK: after}
	}
	return page(ctx, s, q, limit, func(d *account.Datum) string { return d.ID })
}

// CountData counts the things that an account owns: one Query for each run
// between those of the bookkeeping, and one more for each megabyte.
func (s *Store) CountData(ctx context.Context, accountID string, limit int) (count int, err error) {
	sort, behind := expression.Key(SortKey), ""
	for _, prefix := range append(account.BookkeepingPrefixes(), "") {
		var run expression.KeyConditionBuilder
		switch {
		case behind == "":
			run = sort.LessThan(expression.Value(prefix))
		case prefix == "":
			run = sort.GreaterThan(expression.Value(behind))
		default:
			run = sort.Between(expression.Value(behind), expression.Value(prefix))
		}
		n, err := s.countRun(ctx, expression.Key(PartitionKey).Equal(expression.Value(dataPrefix+accountID)).And(run), limit-count)
		if err != nil {
			return 0, err
		}
		if count += n; count >= limit {
			return count, nil
		}
		behind = strings.TrimSuffix(prefix, "#") + "$" // the character behind #
	}
	return count, nil
}

// countRun counts the items that a condition on the keys holds for, up to limit.
func (s *Store) countRun(ctx context.Context, of expression.KeyConditionBuilder, limit int) (count int, err error) {
	e, err := expression.NewBuilder().WithKeyCondition(of).Build()
	if err != nil {
		return 0, fmt.Errorf("count account data: %w", err)
	}
	input := &dynamodb.QueryInput{
		TableName: &s.table, Select: types.SelectCount, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: e.KeyCondition(), ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
	}
	for {
		input.Limit = aws.Int32(int32(limit - count)) //nolint:gosec // a count of ten thousand
		output, err := s.client.Query(ctx, input)
		if err != nil {
			return 0, engineError("count account data", err)
		}
		count += int(output.Count)
		if input.ExclusiveStartKey = output.LastEvaluatedKey; len(output.LastEvaluatedKey) == 0 || count >= limit {
			return count, nil
		}
	}
}
