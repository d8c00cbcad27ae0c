package eventsource

import (
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

func TestFilterPatterns(t *testing.T) {
	t.Parallel()
	record := events.DynamoDBEventRecord{
		EventName: "INSERT",
		Change: events.DynamoDBStreamRecord{
			Keys: map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute("ORG#1")},
			NewImage: map[string]events.DynamoDBAttributeValue{
				"type": events.NewStringAttribute("invitation"), "count": events.NewNumberAttribute("3"),
				"on": events.NewBooleanAttribute(true), "none": events.NewNullAttribute(),
			},
		},
	}
	for pattern, want := range map[string]bool{
		`{}`:                                                                                            true,
		`{"eventName":["INSERT"]}`:                                                                      true,
		`{"eventName":["MODIFY"]}`:                                                                      false,
		`{"eventName":["MODIFY","INSERT"]}`:                                                             true,
		`{"eventName":[{"prefix":"INS"}]}`:                                                              true,
		`{"eventName":[{"prefix":"REM"}]}`:                                                              false,
		`{"eventName":[{"suffix":"ERT"}]}`:                                                              true,
		`{"eventName":[{"anything-but":["REMOVE"]}]}`:                                                   true,
		`{"eventName":[{"anything-but":"INSERT"}]}`:                                                     false,
		`{"eventName":[{"anything-but":{"prefix":"INS"}}]}`:                                             false,
		`{"eventName":[{"equals-ignore-case":"insert"}]}`:                                               true,
		`{"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"ORG#"}]}}}}`:                                        true,
		`{"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"USER#"}]}}}}`:                                       false,
		`{"dynamodb":{"NewImage":{"type":{"S":["invitation"]},"count":{"N":["3"]}}}}`:                   true,
		`{"dynamodb":{"NewImage":{"type":{"S":["invitation"]},"count":{"N":["4"]}}}}`:                   false,
		`{"dynamodb":{"NewImage":{"on":{"BOOL":[true]},"none":{"NULL":[true]}}}}`:                       true,
		`{"dynamodb":{"NewImage":{"on":{"BOOL":[false]}}}}`:                                             false,
		`{"dynamodb":{"NewImage":{"type":{"S":[{"exists":true}]}}}}`:                                    true,
		`{"dynamodb":{"NewImage":{"other":{"S":[{"exists":true}]}}}}`:                                   false,
		`{"dynamodb":{"NewImage":{"other":{"S":[{"exists":false}]}}}}`:                                  true,
		`{"dynamodb":{"OldImage":{"type":{"S":[null]}}}}`:                                               false,
		`{"eventName":["INSERT"],"$or":[{"dynamodb":{"Keys":{"PK":{"S":["X"]}}}},{"awsRegion":[""]}]}`:  true,
		`{"eventName":["INSERT"],"$or":[{"dynamodb":{"Keys":{"PK":{"S":["X"]}}}},{"awsRegion":["x"]}]}`: false,
	} {
		f, err := parseFilters([]string{`{"eventName":["never"]}`, pattern})
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if got, err := f.match(record); got != want || err != nil {
			t.Errorf("%s: %v %v, want %v", pattern, got, err, want)
		}
	}
}

func TestUnknownFilterPatternIsAnError(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`[`, `[]`, `"INSERT"`, `{"eventName":"INSERT"}`, `{"eventName":[]}`, `{"eventName":[3]}`, `{"eventName":[["x"]]}`,
		`{"a":[{"numeric":[">",1]}]}`, `{"a":[{"prefix":1}]}`, `{"a":[{"exists":"yes"}]}`, `{"a":[{"anything-but":[]}]}`,
		`{"a":[{"anything-but":[1]}]}`, `{"a":[{"prefix":"x","suffix":"y"}]}`, `{"$or":["x"]}`, `{"$or":[{"a":1}]}`, `{"a":{"b":1}}`,
	} {
		if _, err := parseFilters([]string{pattern}); err == nil {
			t.Errorf("%s: no error", pattern)
		}
	}
}

func TestFilteredRecordsAreHandled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn, dir := newFake(shard{id: "a"}, shard{id: "b"}), &recorder{}, t.TempDir()
		s.put("a", 5)
		s.put("b", 1)
		consumer := Consumer{Name: "fn", Handler: fn, FilterCriteria: []string{
			`{"dynamodb":{"Keys":{"PK":{"S":["a2"]}}}}`, `{"dynamodb":{"Keys":{"PK":{"S":["a4"]}}}}`,
		}}
		if err := runFor(t, s, dir, time.Second, consumer); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a2 a4"}, fn.batches); diff != "" {
			t.Error(diff)
		}
		if got := saved(t, dir, "fn"); got != "a:a5 b:b1" {
			t.Errorf("positions %s", got)
		}
	})
}
