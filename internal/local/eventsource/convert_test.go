package eventsource

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/google/go-cmp/cmp"
)

// The golden file is the sample event of Lambda's page on DynamoDB, with a value
// of each type and a deletion by time to live in it.
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
func TestEventIsThatOfTheDocumentation(t *testing.T) {
	t.Parallel()
	str := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	num := func(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
	key := map[string]types.AttributeValue{"Id": num("101")}
	created := time.Date(2015, 4, 9, 0, 0, 0, 789e6, time.UTC)
	record := func(id string, name types.OperationType, sequence string, size int64, change types.StreamRecord) types.Record {
		change.ApproximateCreationDateTime, change.Keys = &created, key
		change.SequenceNumber, change.SizeBytes = &sequence, &size
		change.StreamViewType = types.StreamViewTypeNewAndOldImages
		return types.Record{
			AwsRegion: aws.String("us-east-1"), EventID: &id, EventName: name,
			EventSource: aws.String("aws:dynamodb"), EventVersion: aws.String("1.1"), Dynamodb: &change,
		}
	}
	removed := record("eccbc87e4b5ce2fe28308fd9f2a7baf3", types.OperationTypeRemove, "4421584500000000017450439093", 38,
		types.StreamRecord{OldImage: key})
	removed.UserIdentity = &types.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")}
	binary := []byte{0, 1, 42, 65}
	records := []types.Record{
		record("c4ca4238a0b923820dcc509a6f75849b", types.OperationTypeInsert, "4421584500000000017450439091", 26,
			types.StreamRecord{NewImage: map[string]types.AttributeValue{"Message": str("New <item> & more!"), "Id": num("101")}}),
		record("c81e728d9d4c2f636f067f89cc14862c", types.OperationTypeModify, "4421584500000000017450439092", 59,
			types.StreamRecord{
				NewImage: map[string]types.AttributeValue{
					"Id": num("101"), "binary": &types.AttributeValueMemberB{Value: binary},
					"binaries": &types.AttributeValueMemberBS{Value: [][]byte{binary, {65, 42, 1, 0}}},
					"flag":     &types.AttributeValueMemberBOOL{Value: true}, "nothing": &types.AttributeValueMemberNULL{Value: true},
					"strings": &types.AttributeValueMemberSS{Value: []string{"Hello", "World"}},
					"numbers": &types.AttributeValueMemberNS{Value: []string{"42.2", "-19"}},
					"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{
						str("Cookies"), num("3.14159"), &types.AttributeValueMemberL{},
					}},
					"map": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
						"Name": str("Joe"), "Empty": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}},
					}},
					"empty": str(""),
				},
				OldImage: map[string]types.AttributeValue{"Message": str("New item!"), "Id": num("101")},
			}),
		removed,
	}
	arn := "arn:aws:dynamodb:us-east-1:123456789012:table/ExampleTableWithStream/stream/2015-06-27T00:48:05.899"
	converted := make([]events.DynamoDBEventRecord, len(records))
	for i := range records {
		var err error
		if converted[i], err = convert(records[i], arn); err != nil {
			t.Fatal(err)
		}
	}
	payload, err := encode(converted)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-documented +got):\n%s", diff)
	}
	if !strings.Contains(string(payload), `"ApproximateCreationDateTime":1428537600,`) {
		t.Error("the time is not in whole seconds")
	}
	// A function reads it with aws-lambda-go's type.
	var event events.DynamoDBEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		t.Fatal(err)
	}
	if got := event.Records[1].Change.NewImage["list"].List()[0].String(); got != "Cookies" {
		t.Errorf("read back %q", got)
	}
}

func TestUnknownAttributeTypeIsAnError(t *testing.T) {
	t.Parallel()
	for _, value := range []types.AttributeValue{
		&types.UnknownUnionMember{Tag: "X"},
		&types.AttributeValueMemberL{Value: []types.AttributeValue{nil}},
		&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"a": nil}},
	} {
		record := types.Record{Dynamodb: &types.StreamRecord{Keys: map[string]types.AttributeValue{"PK": value}}}
		if _, err := convert(record, ""); err == nil || !strings.Contains(err.Error(), `attribute "PK"`) {
			t.Errorf("%T: %v", value, err)
		}
	}
}
