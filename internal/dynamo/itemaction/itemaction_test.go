package itemaction_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/dynamo/itemaction"
)

func TestActionsOfRequests(t *testing.T) {
	t.Parallel()
	type action = itemaction.Action
	const a, b = `{"PK":{"S":"a"},"SK":{"S":"1"}}`, `{"PK":{"S":"b"}}`
	for name, c := range map[string]struct {
		operation, body string
		want            []action
	}{
		"get":    {"GetItem", `{"TableName":"t","Key":` + a + `}`, []action{{Name: "GetItem", Table: "t", LeadingKeys: []string{"a"}}}},
		"put":    {"PutItem", `{"TableName":"t","Item":` + a + `}`, []action{{Name: "PutItem", Table: "t", LeadingKeys: []string{"a"}}}},
		"update": {"UpdateItem", `{"TableName":"t","Key":` + a + `,"UpdateExpression":"SET x=:x"}`, []action{{Name: "UpdateItem", Table: "t", LeadingKeys: []string{"a"}}}},
		"batch": {"BatchGetItem", `{"RequestItems":{"u":{"Keys":[` + b + `]},"t":{"Keys":[` + a + `,` + b + `]}}}`, []action{
			{Name: "BatchGetItem", Table: "t", LeadingKeys: []string{"a", "b"}}, {Name: "BatchGetItem", Table: "u", LeadingKeys: []string{"b"}},
		}},
		"batch of writes": {"BatchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{"Item":` + a + `}},{"DeleteRequest":{"Key":` + b + `}}]}}`, []action{
			{Name: "BatchWriteItem", Table: "t", LeadingKeys: []string{"a", "b"}},
		}},
		"transaction": {"TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"t","Key":` + a + `}},{"Put":{"TableName":"t","Item":` + b + `}},{"Delete":{"TableName":"u","Key":` + a + `}},{"Update":{"TableName":"t","Key":` + a + `}}]}`, []action{
			{Name: "ConditionCheckItem", Table: "t", LeadingKeys: []string{"a"}},
			{Name: "PutItem", Table: "t", LeadingKeys: []string{"b"}},
			{Name: "DeleteItem", Table: "u", LeadingKeys: []string{"a"}},
			{Name: "UpdateItem", Table: "t", LeadingKeys: []string{"a"}},
		}},
		"transaction of reads": {"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"t","Key":` + a + `}}]}`, []action{{Name: "GetItem", Table: "t", LeadingKeys: []string{"a"}}}},
		"query": {
			"Query", `{"TableName":"t","KeyConditionExpression":"(#0 = :0) AND (begins_with (#1, :1))","ExpressionAttributeNames":{"#0":"PK","#1":"SK"},"ExpressionAttributeValues":{":0":{"S":"a"},":1":{"S":"x"}}}`,
			[]action{{Name: "Query", Table: "t", LeadingKeys: []string{"a"}}},
		},
		"query of the index": {
			"Query", `{"TableName":"t","IndexName":"i","KeyConditionExpression":"GSI1PK=:0 AND GSI1SK=:1","ExpressionAttributeValues":{":0":{"S":"a"},":1":{"S":"x"}}}`,
			[]action{{Name: "Query", Table: "t", Index: "i", LeadingKeys: []string{"a"}}},
		},
		"scan": {"Scan", `{"TableName":"t"}`, []action{{Name: "Scan", Table: "t"}}},
	} {
		got, err := itemaction.Of(c.operation, []byte(c.body))
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ operation, body string }{
		"no JSON":                   {"GetItem", `{`},
		"no key":                    {"GetItem", `{"TableName":"t"}`},
		"a binary key":              {"GetItem", `{"TableName":"t","Key":{"PK":{"B":"YQ=="}}}`},
		"no table":                  {"GetItem", `{"Key":{"PK":{"S":"a"}}}`},
		"an empty batch":            {"BatchGetItem", `{}`},
		"a batch with a bad key":    {"BatchGetItem", `{"RequestItems":{"t":{"Keys":[{"PK":{"S":"a"}},{}]}}}`},
		"a write that is two":       {"BatchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{"Item":{"PK":{"S":"a"}}},"DeleteRequest":{"Key":{"PK":{"S":"b"}}}}]}}`},
		"a part that is two":        {"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"t","Item":{"PK":{"S":"a"}}},"Delete":{"TableName":"t","Key":{"PK":{"S":"b"}}}}]}`},
		"a part that is none":       {"TransactWriteItems", `{"TransactItems":[{}]}`},
		"a query of a range":        {"Query", `{"TableName":"t","KeyConditionExpression":"PK > :0","ExpressionAttributeValues":{":0":{"S":"a"}}}`},
		"a query of two partitions": {"Query", `{"TableName":"t","KeyConditionExpression":"PK = :0 AND PK = :1","ExpressionAttributeValues":{":0":{"S":"a"},":1":{"S":"b"}}}`},
		"a query in the old form":   {"Query", `{"TableName":"t","KeyConditions":{"PK":{}},"KeyConditionExpression":"PK = :0","ExpressionAttributeValues":{":0":{"S":"a"}}}`},
		"a value that is missing":   {"Query", `{"TableName":"t","KeyConditionExpression":"PK = :0"}`},
	} {
		if got, err := itemaction.Of(c.operation, []byte(c.body)); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, operation := range []string{"ExecuteStatement", "DescribeTable", "", "getitem"} {
		if _, err := itemaction.Of(operation, []byte(`{}`)); !errors.Is(err, itemaction.ErrUnknown) {
			t.Errorf("%q: %v", operation, err)
		}
	}
}
