package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
	"hearth/internal/export"
	"hearth/internal/image"
	"hearth/internal/kms"
	localkms "hearth/internal/local/kms"
	"hearth/internal/local/s3"
	"hearth/internal/local/ses"
	"hearth/internal/local/userpool"
)

// maxBinary bounds a function's binary, in bytes: a cold start downloads and
// maps it.
const maxBinary = 14 << 20

// runtime is the Lambda Runtime API of one function: it hands events to the
// binary and takes its answers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtime struct {
	t       *testing.T
	events  chan []byte
	answers chan []byte
}

func (r *runtime) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	switch request.Method {
	case http.MethodGet: // …/invocation/next
		select {
		case event := <-r.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(5*time.Second).UnixMilli()))
			_, _ = w.Write(event)
		case <-request.Context().Done():
		}
	default: // …/response or …/error
		body, err := io.ReadAll(request.Body)
		if err != nil {
			r.t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		r.answers <- body
	}
}

// start builds a function as it is built for AWS, but for this machine, and
// runs it.
func start(t *testing.T, name string, environment map[string]string) *runtime {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "./"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, output)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxBinary {
		t.Errorf("%s is %d bytes, at most %d", name, info.Size(), maxBinary)
	}
	r := &runtime{t: t, events: make(chan []byte), answers: make(chan []byte)}
	server := httptest.NewServer(r)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	process := exec.CommandContext(ctx, binary)
	process.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + server.Listener.Addr().String()}
	for name, value := range environment {
		process.Env = append(process.Env, name+"="+value)
	}
	var log bytes.Buffer
	process.Stdout, process.Stderr = &log, &log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = process.Wait() // killed
		server.CloseClientConnections()
		server.Close()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, log.String())
		}
	})
	return r
}

// invoke hands one event of events/ to the function.
func (r *runtime) invoke(t *testing.T, event string, answer any) {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join("..", "events", event))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() bool{
		func() bool {
			select {
			case r.events <- payload:
				return true
			case <-time.After(10 * time.Second):
				return false
			}
		},
		func() bool {
			select {
			case body := <-r.answers:
				if err := json.Unmarshal(body, answer); err != nil {
					t.Fatalf("%s: %v in %s", event, err, body)
				}
				return true
			case <-time.After(10 * time.Second):
				return false
			}
		},
	} {
		if !step() {
			t.Fatalf("%s: the function does not answer", event)
		}
	}
}

// mails is the endpoint of an SES that takes every mail.
func mails(t *testing.T) string {
	t.Helper()
	taken, err := ses.New(ses.Options{Region: "eu-central-1", Deliver: func(context.Context, ses.Message) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(taken)
	t.Cleanup(server.Close)
	return server.URL
}

// buckets is the endpoint of an S3 that keeps nothing yet.
func buckets(t *testing.T) string {
	t.Helper()
	empty, err := s3.Open(s3.Options{
		Dir: t.TempDir(), Region: "eu-central-1", Buckets: []string{"images", "exports"}, Secret: func(string) (string, bool) { return "test", true },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(empty)
	t.Cleanup(server.Close)
	return server.URL
}

// environment is what a function finds in AWS, with the endpoints of the engine,
// of a user pool that knows nobody, of S3, of SES and of KMS.
func environment(t *testing.T, table string) map[string]string {
	t.Helper()
	pool, err := userpool.Open(userpool.Options{
		Settings: cognito.Settings(cognito.Options{RelyingPartyID: "localhost"}),
		Region:   "eu-central-1", PoolID: poolID, WebClientID: clientID, ServerClientID: "server", Issuer: issuer,
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := localkms.Open(localkms.Options{Dir: t.TempDir(), Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	codes := httptest.NewServer(keys)
	t.Cleanup(codes.Close)
	server := httptest.NewServer(pool)
	t.Cleanup(func() {
		server.Close()
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return map[string]string{
		"AWS_ENDPOINT_URL_S3": buckets(t), "AWS_ENDPOINT_URL_SESV2": mails(t), "AWS_ENDPOINT_URL_KMS": codes.URL, kms.EnvKey: keys.KeyARN(), export.EnvBucket: "exports",
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t), "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.URL,
		dynamo.EnvTable: table, cognito.EnvUserPoolID: poolID, cognito.EnvClientID: clientID, cognito.EnvIssuer: issuer,
		cognito.EnvServerClientID: "server",
		account.EnvConfig:         `{"languages":["en"]}`, image.EnvBucket: "images", image.EnvURL: "https://images.example.com",
	}
}
