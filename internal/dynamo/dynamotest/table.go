// Package dynamotest gives each test a table of its own on Amazon's DynamoDB
// Local, and wires between them that count, fail and lose answers.
package dynamotest

import (
	"context"
	"crypto/rand"
	"flag"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamolocal"
)

// The engine is started by the first test that needs it; one serves a whole
// test binary.
var engine struct {
	once    sync.Once
	started *dynamolocal.Engine
	err     error
}

// Main runs a package's tests and then stops the engine. Call it from TestMain.
// Property tests draw from a fixed seed, and few cases; with HEARTH_SOAK set
// they draw many, from a seed that a failure prints.
func Main(m *testing.M) {
	size := map[string]string{"rapid.seed": "1", "rapid.checks": "30"}
	if os.Getenv("HEARTH_SOAK") != "" {
		size = map[string]string{"rapid.checks": "1000"}
	}
	for name, value := range size {
		if flag.Lookup(name) == nil {
			continue // a package without property tests
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if engine.started != nil {
		engine.started.Stop()
	}
	os.Exit(code)
}

// Endpoint is the engine's URL. A missing Java or jar fails the test: nothing
// here is skipped.
func Endpoint(t testing.TB) string {
	t.Helper()
	engine.once.Do(func() { engine.started, engine.err = dynamolocal.Start(context.Background(), dynamolocal.Options{}) })
	if engine.err != nil {
		t.Fatal(engine.err)
	}
	return engine.started.Endpoint
}

// Table makes a table of the test's own and returns its name. It has no stream,
// which no test of the store reads: the engine looks through all that it ever
// streamed at each write, and so gets ten times slower within minutes.
func Table(t testing.TB) string {
	t.Helper()
	name := "test-" + rand.Text()
	input := dynamo.CreateTableInput(name)
	input.StreamSpecification = nil
	if _, err := Client(t, nil).CreateTable(t.Context(), input); err != nil {
		t.Fatalf("create table: %v", err)
	}
	// The engine grows slow with its tables.
	t.Cleanup(func() {
		if _, err := Client(t, nil).DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Errorf("delete table: %v", err)
		}
	})
	return name
}

// Client is a client of the engine over a wire of the test's choice; nil is
// the plain one. options are the client's.
func Client(t testing.TB, wire http.RoundTripper, options ...func(*middleware.Stack) error) *dynamodb.Client {
	t.Helper()
	if wire == nil {
		wire = http.DefaultTransport
	}
	return dynamo.NewClient(dynamodb.Options{
		Region:                          "eu-central-1",
		APIOptions:                      options,
		BaseEndpoint:                    aws.String(Endpoint(t)),
		DisableValidateResponseChecksum: true, // the engine's checksum is wrong for some answers
		HTTPClient:                      &http.Client{Transport: wire, Timeout: 20 * time.Second},
		// As often as Hearth's own client, but without pausing: nothing here
		// gets better by waiting.
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = 3, time.Millisecond
		}),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// Store is a store on a table of the test's own.
func Store(t testing.TB) *dynamo.Store {
	t.Helper()
	return dynamo.New(Client(t, nil), Table(t))
}
