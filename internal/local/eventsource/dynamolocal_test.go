package eventsource

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamolocal"
)

// engine is a DynamoDB Local with its clients.
type engine struct {
	*dynamolocal.Engine
	table   *dynamodb.Client
	streams *dynamodbstreams.Client
}

func startEngine(t *testing.T, dir string) engine {
	t.Helper()
	started, err := dynamolocal.Start(t.Context(), dynamolocal.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(started.Stop)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})
	return engine{
		Engine: started,
		table: dynamo.NewClient(dynamodb.Options{
			Region: "eu-central-1", BaseEndpoint: aws.String(started.Endpoint), HTTPClient: client,
			Credentials: credentials, DisableValidateResponseChecksum: true,
		}),
		streams: dynamodbstreams.New(dynamodbstreams.Options{
			Region: "eu-central-1", BaseEndpoint: aws.String(started.Endpoint), HTTPClient: client, Credentials: credentials,
		}),
	}
}

func (e engine) put(t *testing.T, item string, version int) {
	t.Helper()
	_, err := e.table.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String("hearth"),
		Item: map[string]types.AttributeValue{
			"PK": &types.AttributeValueMemberS{Value: item}, "SK": &types.AttributeValueMemberS{Value: "ITEM"},
			"version": &types.AttributeValueMemberN{Value: strconv.Itoa(version)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// collect runs a consumer until it was given n records, and returns them as
// "<event> <item> <old version>><new version>".
func collect(t *testing.T, e engine, arn, dir string, n int) []string {
	t.Helper()
	var got []string
	done := make(chan struct{})
	fn := lambda.NewHandler(func(_ context.Context, event events.DynamoDBEvent) error {
		for _, record := range event.Records {
			version := func(image map[string]events.DynamoDBAttributeValue) string {
				if image == nil {
					return ""
				}
				return image["version"].Number()
			}
			got = append(got, fmt.Sprintf("%s %s %s>%s", record.EventName, record.Change.Keys["PK"].String(),
				version(record.Change.OldImage), version(record.Change.NewImage)))
			if record.EventSource != "aws:dynamodb" || record.EventVersion != "1.1" || record.EventID == "" ||
				record.EventSourceArn != arn || record.AWSRegion == "" || record.Change.SequenceNumber == "" ||
				record.Change.SizeBytes == 0 || record.Change.StreamViewType != "NEW_AND_OLD_IMAGES" ||
				time.Since(record.Change.ApproximateCreationDateTime.Time).Abs() > 10*time.Minute {
				t.Errorf("incomplete record %+v", record)
			}
		}
		if len(got) == n {
			close(done)
		}
		return nil
	})
	m, err := New(Options{
		Client: e.streams, StreamARN: arn, Dir: dir, PollInterval: 20 * time.Millisecond,
		Consumers: []Consumer{{Name: "fn", Handler: fn, BatchSize: 3}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	select {
	case <-done:
		time.Sleep(200 * time.Millisecond) // what comes too often comes now
	case <-time.After(30 * time.Second):
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return got
}

// The engine's stream, a restart of the host and one of the engine: every change
// of an item arrives once here, in order.
func TestRealStream(t *testing.T) {
	t.Parallel()
	data, positions := t.TempDir(), t.TempDir()
	e := startEngine(t, data)
	created, err := e.table.CreateTable(t.Context(), dynamo.CreateTableInput("hearth"))
	if err != nil {
		t.Fatal(err)
	}
	arn := aws.ToString(created.TableDescription.LatestStreamArn)

	assert := func(step string, want ...string) {
		t.Helper()
		got := collect(t, e, arn, positions, len(want))
		for _, item := range []string{"a", "b"} {
			of := func(all []string) []string {
				return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !strings.Contains(s, " "+item+" ") })
			}
			if !slices.Equal(of(got), of(want)) {
				t.Errorf("%s: item %s: got %q, want %q", step, item, of(got), of(want))
			}
		}
	}
	e.put(t, "a", 1)
	e.put(t, "b", 1)
	for version := 2; version <= 4; version++ {
		e.put(t, "a", version)
	}
	_, err = e.table.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String("hearth"),
		Key: map[string]types.AttributeValue{
			"PK": &types.AttributeValueMemberS{Value: "b"}, "SK": &types.AttributeValueMemberS{Value: "ITEM"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	assert("first run", "INSERT a >1", "INSERT b >1", "MODIFY a 1>2", "MODIFY a 2>3", "MODIFY a 3>4", "REMOVE b 1>")

	e.put(t, "a", 5)
	assert("host restarted", "MODIFY a 4>5")

	e.put(t, "a", 6)
	e.Stop()
	e = startEngine(t, data)
	e.put(t, "a", 7)
	assert("engine restarted", "MODIFY a 5>6", "MODIFY a 6>7")
}

func TestRealStreamThatDoesNotExist(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "")
	m, err := New(Options{
		Client: e.streams, StreamARN: "arn:aws:dynamodb:ddblocal:000000000000:table/none/stream/2020-01-01T00:00:00.000",
		Dir: t.TempDir(), Consumers: []Consumer{{Name: "fn", Handler: &recorder{}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(t.Context()); err == nil || !strings.Contains(err.Error(), errGone.Error()) {
		t.Errorf("error %v", err)
	}
}
