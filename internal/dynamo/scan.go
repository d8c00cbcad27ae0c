package dynamo

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
)

var _ account.Scanner = (*Store)(nil)

// Scan returns a page of the table. It is eventually consistent, which costs
// half, and ends behind an item whose key holds no address, so that a position
// can be printed.
//
// DynamoDB keeps the items of one partition key together and in order, though
// it promises that for queries alone: whoever counts by it has to ask again
// before believing a difference.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html
func (s *Store) Scan(ctx context.Context, r account.Range, after string, limit int) (page []account.Item, next string, err error) {
	input := &dynamodb.ScanInput{
		TableName: &s.table, Limit: aws.Int32(int32(limit)), //nolint:gosec // a page, some hundreds
	}
	if r.Segments > 0 {
		input.Segment, input.TotalSegments = aws.Int32(int32(r.Segment)), aws.Int32(int32(r.Segments)) //nolint:gosec // DynamoDB checks them
	}
	if after != "" {
		at, err := openPosition(after)
		if err != nil {
			return nil, "", err
		}
		input.ExclusiveStartKey = at.attributes()
	}
	for {
		output, err := s.client.Scan(ctx, input)
		if err != nil {
			return nil, "", engineError("scan", err)
		}
		for _, item := range output.Items {
			page = append(page, inspect(item))
		}
		if len(output.LastEvaluatedKey) == 0 {
			return page, "", nil
		}
		for n := len(output.Items); n > 0; n-- {
			if k := keysOf(output.Items[n-1]); !k.namesAddress() {
				return page[:len(page)-len(output.Items)+n], sealPosition(k), nil
			}
		}
		input.ExclusiveStartKey = output.LastEvaluatedKey
	}
}

// inspect tells what an item is, and what is wrong with it by itself: its type,
// or the keys of the lists that it stands in, are not those of its record.
func inspect(item attributes) account.Item {
	k := keysOf(item)
	seen := account.Item{Type: stringOf(item, attributeType), Key: k.public()}
	if accountID, ok := strings.CutPrefix(k.PK, dataPrefix); ok { // what it holds is the product's own matter
		seen.Record = &account.Datum{AccountID: accountID, ID: k.SK, Type: seen.Type}
		return seen
	}
	record, err := decode(item)
	if err != nil {
		seen.Wrong = "it is no record that can be read"
		return seen
	}
	seen.Record = record
	right, err := encode(record)
	if err != nil {
		seen.Wrong = "it is no record that can be written"
		return seen
	}
	for _, name := range []string{attributeType, IndexPartitionKey, IndexSortKey} {
		if stringOf(item, name) != stringOf(right, name) {
			seen.Wrong = name + " is not that of its record"
		}
	}
	return seen
}

const attributeType = "type"

// keysOf returns the keys of an item, empty where they are missing.
func keysOf(item attributes) keys {
	return keys{PK: stringOf(item, PartitionKey), SK: stringOf(item, SortKey)}
}

func stringOf(item attributes, name string) string {
	if value, ok := item[name].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

// namesAddress reports whether an e-mail address is a part of the key.
func (k keys) namesAddress() bool {
	return strings.HasPrefix(k.PK, addressPrefix) || strings.HasPrefix(k.SK, invitedPrefix)
}

// public is the key as operators see it.
func (k keys) public() string {
	switch {
	case strings.HasPrefix(k.PK, addressPrefix):
		k.PK = addressPrefix + "…"
	case strings.HasPrefix(k.SK, invitedPrefix):
		k.SK = invitedPrefix + "…"
	}
	return k.PK + " " + k.SK
}

// positionEnd stands between the two keys of a position; no key has it.
const positionEnd = "\x00"

func sealPosition(k keys) string {
	return base64.RawURLEncoding.EncodeToString([]byte(k.PK + positionEnd + k.SK))
}

func openPosition(position string) (keys, error) {
	raw, err := base64.RawURLEncoding.DecodeString(position)
	if err != nil {
		return keys{}, errPosition
	}
	pk, sk, ok := strings.Cut(string(raw), positionEnd)
	if !ok || pk == "" || sk == "" {
		return keys{}, errPosition
	}
	return keys{PK: pk, SK: sk}, nil
}
