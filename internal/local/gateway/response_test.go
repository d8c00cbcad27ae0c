package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/local/gateway"
)

const internalError = `{"message":"Internal Server Error"}`

func TestFunctionOutputBecomesTheAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, output string
		status       int
		contentType  string
		body         string
	}{
		{"full", `{"statusCode":201,"headers":{"Content-Type":"application/problem+json"},"body":"{}"}`, 201, "application/problem+json", "{}"},
		{"base64", `{"statusCode":200,"headers":{"content-type":"image/png"},"body":"iVBORw==","isBase64Encoded":true}`, 200, "image/png", "\x89PNG"},
		{"no content type", `{"statusCode":200,"body":"{}"}`, 200, "text/plain; charset=utf-8", "{}"},
		{"nulls, as aws-lambda-go writes them", `{"statusCode":200,"headers":null,"multiValueHeaders":null,"body":"","cookies":null}`, 200, "text/plain; charset=utf-8", ""},
		{"unknown fields", `{"statusCode":200,"body":"x","extra":{}}`, 200, "text/plain; charset=utf-8", "x"},
		{"status as text", `{"statusCode":"202"}`, 202, "text/plain; charset=utf-8", ""},
		{"no content", `{"statusCode":204,"body":"ignored"}`, 204, "text/plain; charset=utf-8", ""},

		{"inferred from a string", `"Hello from Lambda!"`, 200, "application/json", "Hello from Lambda!"},
		{"inferred from an object", `{ "message": "Hello from Lambda!" }`, 200, "application/json", `{ "message": "Hello from Lambda!" }`},
		{"inferred from an array", `[1,2]`, 200, "application/json", `[1,2]`},
		{"inferred from null", `null`, 200, "application/json", `null`},
		{"inferred from no JSON", `{"name": "John", "age":`, 200, "application/json", `{"name": "John", "age":`},
		{"inferred from nothing", ``, 200, "application/json", ``},

		{"status null", `{"statusCode":null}`, 500, "application/json", internalError},
		{"status 0", `{"statusCode":0}`, 500, "application/json", internalError},
		{"status 100", `{"statusCode":100}`, 500, "application/json", internalError},
		{"status 600", `{"statusCode":600}`, 500, "application/json", internalError},
		{"status no number", `{"statusCode":"ok"}`, 500, "application/json", internalError},
		{"body no string", `{"statusCode":200,"body":{"a":1}}`, 500, "application/json", internalError},
		{"header no string", `{"statusCode":200,"headers":{"a":["b"]}}`, 500, "application/json", internalError},
		{"body no base64", `{"statusCode":200,"body":"***","isBase64Encoded":true}`, 500, "application/json", internalError},
		{"beyond Lambda's 6 MB", `{"statusCode":200,"body":"` + strings.Repeat("x", 6<<20+100) + `"}`, 500, "application/json", internalError},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, body := call(t, newAPI(t, answering(c.output), nil, nil), "GET", "/open", "")
			if answer.StatusCode != c.status || answer.Header.Get("Content-Type") != c.contentType || body != c.body {
				t.Errorf("got %d %q %.80q, want %d %q %q", answer.StatusCode, answer.Header.Get("Content-Type"), body, c.status, c.contentType, c.body)
			}
			if id := answer.Header.Get("Apigw-Requestid"); len(id) != 16 || !strings.HasSuffix(id, "=") {
				t.Errorf("apigw-requestid %q", id)
			}
		})
	}
}

func TestAnswerHeadersAndCookies(t *testing.T) {
	t.Parallel()
	answer, body := call(t, newAPI(t, answering(`{"statusCode":200,
		"headers":{"ETag":"\"1\"","x-number":7,"x-true":true,"Content-Length":"999","Connection":"close","apigw-requestid":"forged","set-cookie":"c=3"},
		"cookies":["a=1; HttpOnly","b=2"],"body":"ok"}`), nil, nil), "GET", "/open", "")
	if body != "ok" {
		t.Errorf("body %q", body)
	}
	got := map[string][]string{}
	for name, values := range answer.Header {
		got[name] = values
	}
	want := map[string][]string{
		"Etag": {`"1"`}, "X-Number": {"7"}, "X-True": {"true"}, "Content-Type": {"text/plain; charset=utf-8"},
		"Set-Cookie": {"a=1; HttpOnly", "b=2", "c=3"}, "Apigw-Requestid": {answer.Header.Get("Apigw-Requestid")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers:\n%s", diff)
	}
	if want["Apigw-Requestid"][0] == "forged" {
		t.Error("the function replaced the request id")
	}
}

func TestFailingFunctionIsAnInternalServerError(t *testing.T) {
	t.Parallel()
	for name, fn := range map[string]lambda.Handler{
		"error": handlerFunc(func(context.Context, []byte) ([]byte, error) { return nil, errors.New("secret detail") }),
		"panic": handlerFunc(func(context.Context, []byte) ([]byte, error) { panic("secret detail") }),
		"typed handler": lambda.NewHandler(func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			return events.APIGatewayV2HTTPResponse{StatusCode: 200}, errors.New("secret detail")
		}),
	} {
		answer, body := call(t, newAPI(t, fn, nil, nil), "GET", "/open", "")
		if answer.StatusCode != http.StatusInternalServerError || body != internalError {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body)
		}
	}
}

func TestSlowFunctionIsServiceUnavailable(t *testing.T) {
	t.Parallel()
	for name, fn := range map[string]handlerFunc{
		"heeds its context": func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"does not": func(context.Context, []byte) ([]byte, error) {
			time.Sleep(time.Hour)
			return []byte(`{"statusCode":200}`), nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			answer, body := call(t, newAPI(t, fn, nil, nil), "GET", "/open", "")
			if answer.StatusCode != http.StatusServiceUnavailable || body != `{"message":"Service Unavailable"}` {
				t.Errorf("%s: %d %s", name, answer.StatusCode, body)
			}
			if took := time.Since(start); took != gateway.DefaultRequestTimeout {
				t.Errorf("%s: answered after %s", name, took)
			}
			time.Sleep(time.Hour) // the function ends too
		})
	}
}

func TestFunctionGetsItsContext(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	fn := handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
		lc, ok := lambdacontext.FromContext(ctx)
		if !ok || len(lc.AwsRequestID) != 36 || !strings.HasSuffix(lc.InvokedFunctionArn, ":function:fn") {
			t.Errorf("lambdacontext %+v", lc)
			return nil, nil
		}
		ids[lc.AwsRequestID] = true
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > gateway.DefaultRequestTimeout {
			t.Errorf("deadline %v %v", deadline, ok)
		}
		return nil, nil
	})
	api := newAPI(t, fn, nil, nil)
	call(t, api, "GET", "/open", "")
	call(t, api, "GET", "/open", "")
	if len(ids) != 2 {
		t.Errorf("request ids %v", ids)
	}
}

func TestClientThatGoesAwayDoesNotEndTheCall(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(context.Background())
	finished := false
	api := newAPI(t, handlerFunc(func(ctx context.Context, _ []byte) ([]byte, error) {
		leave()
		finished = ctx.Err() == nil
		return nil, nil
	}), nil, nil)
	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/open", nil))
	if !finished {
		t.Error("the function's context ended with the client's")
	}
}

func TestOverARealConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newAPI(t, echo, nil, nil))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	send := func(method, path string, body io.Reader) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "text/plain")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		read, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(read)
	}
	// A body of unknown length is sent in chunks; the function gets its length.
	status, body := send("POST", "/open", io.MultiReader(strings.NewReader("in "), strings.NewReader("chunks")))
	if status != http.StatusOK || !strings.Contains(body, `"body":"in chunks"`) || !strings.Contains(body, `"content-length":"9"`) ||
		strings.Contains(body, "transfer-encoding") {
		t.Errorf("chunks: %d %s", status, body)
	}
	if status, body := send("HEAD", "/open", nil); status != http.StatusNotFound || body != "" {
		t.Errorf("HEAD: %d %q", status, body)
	}
	if status, body := send("GET", "/organizations/a%2520b%20c?x=%20", nil); status != http.StatusOK ||
		!strings.Contains(body, `"rawPath":"/organizations/a%20b c"`) || !strings.Contains(body, `"rawQueryString":"x=%20"`) {
		t.Errorf("escapes: %d %s", status, body)
	}
}

func TestRequestsAreServedConcurrently(t *testing.T) {
	t.Parallel()
	const n = 20
	var all sync.WaitGroup
	all.Add(n)
	s := newSigner(t, "k1")
	api := newAPI(t, handlerFunc(func(_ context.Context, payload []byte) ([]byte, error) {
		all.Done()
		all.Wait() // returns only when all requests are in the function at once
		return payload, nil
	}), s, nil)
	token := s.token(t, accessClaims(nil))
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() { event(t, api, "GET", "/me", "", "Authorization: "+token) })
	}
	wait.Wait()
}
