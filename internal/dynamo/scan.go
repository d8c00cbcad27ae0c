package dynamo

import (
	"context"
	"encoding/base64"
	"slices"
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

// inspect tells what an item is, and what is wrong with it by itself: it cannot be
// read, its type or the keys of the lists that it stands in are not those of its
// record, or it would expire though its record does not.
func inspect(item attributes) account.Item {
	k := keysOf(item)
	seen := account.Item{Type: stringOf(item, attributeType), Key: k.public()}
	key, known := recordKey(k.PK, k.SK)
	if !known {
		seen.Wrong = "no record stands at such a key"
		return seen
	}
	record, err := decode(item)
	if err != nil {
		seen.Record, seen.Wrong = &account.Broken{Of: key}, err.Error()
		return seen
	}
	if d, ok := record.(*account.Datum); ok { // what it holds is the product's own matter
		d.Fields = nil
	}
	seen.Record, seen.Wrong = record, wrong(item, record)
	return seen
}

// wrong says what of an item is not as its record has it, without a value;
// empty if all is.
func wrong(item attributes, record account.Record) string {
	if _, ok := item[attributeVersion].(*types.AttributeValueMemberN); !ok {
		return "it has no version, so that no change of it is ever made"
	}
	if record.Key().Kind == account.KindDatum {
		if item[IndexPartitionKey] != nil || item[IndexSortKey] != nil {
			return "data stands in none of the lists, and this has keys of one"
		}
		return ""
	}
	right, err := encode(record)
	if err != nil {
		return "it is no record that can be written"
	}
	if item[TTLAttribute] != nil && right[TTLAttribute] == nil {
		return TTLAttribute + " is not that of its record, which must stay"
	}
	for _, name := range []string{IndexSortKey, IndexPartitionKey, attributeType} {
		if stringOf(item, name) != stringOf(right, name) {
			return name + " is not that of its record"
		}
	}
	return ""
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

// public is the key as operators see it: what may be an address is left out,
// wherever it stands.
func (k keys) public() string { return withoutAddress(k.PK) + " " + withoutAddress(k.SK) }

func withoutAddress(key string) string {
	kind, rest, _ := strings.Cut(key, "#")
	switch {
	case strings.HasPrefix(key, addressPrefix), strings.HasPrefix(key, invitedPrefix), strings.Contains(rest, "@"):
		return kind + "#…"
	case strings.Contains(kind, "@"):
		return "…"
	}
	return key
}

// positionEnd stands between the keys of a position; no key has it.
const positionEnd = "\x00"

func sealPosition(k keys) string {
	parts := []string{k.PK, k.SK}
	if k.GSI1PK != "" {
		parts = append(parts, k.GSI1PK, k.GSI1SK)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, positionEnd)))
}

func openPosition(position string) (keys, error) {
	raw, err := base64.RawURLEncoding.DecodeString(position)
	if err != nil {
		return keys{}, errPosition
	}
	parts := strings.Split(string(raw), positionEnd)
	if n := len(parts); n != 2 && n != 4 || slices.Contains(parts, "") {
		return keys{}, errPosition
	}
	k := keys{PK: parts[0], SK: parts[1]}
	if len(parts) == 4 {
		k.GSI1PK, k.GSI1SK = parts[2], parts[3]
	}
	return k, nil
}
