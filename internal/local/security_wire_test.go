package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/boot"
)

// cable is what a function's calls to DynamoDB and Cognito go over. It can be
// cut at one of them, before it arrives or before its answer does; from then on
// nothing passes until it is mended, as if the function had been killed there.
type cable struct {
	mu         sync.Mutex
	calls      []string
	cutAt      int // 1 is the next call; 0 is never
	afterwards bool
	cut        bool
}

func (c *cable) cutIn(calls int, afterwards bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.cutAt, c.afterwards, c.cut = nil, calls, afterwards, false
}

// mend lets everything pass again, and returns whether it was cut and what
// passed until then.
func (c *cable) mend() (cut bool, calls []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cut, calls = c.cut, c.calls
	c.calls, c.cutAt, c.cut = nil, 0, false
	return cut, calls
}

// pass reports whether a call arrives, and whether its answer does.
func (c *cable) pass(operation string) (arrives, answered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return false, false
	}
	c.calls = append(c.calls, operation)
	if c.cut = len(c.calls) == c.cutAt; c.cut {
		return c.afterwards, false
	}
	return true, true
}

// to is an endpoint that leads to another one over the cable.
func (c *cable) to(t *testing.T, endpoint string) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // signed
		},
		// Whoever asked has gone away.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrives, answered := c.pass(r.Header.Get("X-Amz-Target"))
		switch {
		case answered:
			proxy.ServeHTTP(w, r)
			return
		case arrives:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// securityOver builds the security function of a host again, with a cable of
// its own.
func securityOver(t *testing.T, h *host) (lambda.Handler, *cable) {
	t.Helper()
	c, config := new(cable), h.Config
	config.DynamoDBEndpoint, config.CognitoEndpoint = c.to(t, config.DynamoDBEndpoint), c.to(t, config.CognitoEndpoint)
	function, err := boot.Security(environment(h.options, h.id, config))
	if err != nil {
		t.Fatal(err)
	}
	return function, c
}

// recoverBy asks a function for the way back in, as API Gateway does for a
// request from an IP address.
func recoverBy(t *testing.T, function lambda.Handler, ip, email, password, code string) answer {
	t.Helper()
	sample, err := os.ReadFile(filepath.Join("..", "..", "events", "http-api-post-security-recovery.json"))
	if err != nil {
		t.Fatal(err)
	}
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(sample, &event); err != nil {
		t.Fatal(err)
	}
	event.RequestContext.HTTP.SourceIP = ip
	event.Body = string(encode(t, map[string]any{"email": email, "password": password, "recoveryCode": code}))
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	answered, err := function.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(answered, &response); err != nil {
		t.Fatal(err)
	}
	got := answer{Status: response.StatusCode, Header: http.Header{}, Body: []byte(response.Body)}
	for name, value := range response.Headers {
		got.Header.Set(name, value)
	}
	return got
}
