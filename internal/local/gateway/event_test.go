package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/httpapi"
	"hearth/internal/local/gateway"
)

// The golden file is the sample event of AWS's page on Lambda integrations, with
// what this API cannot have taken out (mutual TLS, stage variables, the $default
// route) and what every real event has besides put in (host, length, forwarded
// headers, trace id).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func TestEventIsThatOfTheDocumentation(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	api := newAPI(t, echo, s, func(o *gateway.Options) {
		o.Routes = []httpapi.Route{{Method: "POST", Path: "/my/{parameter1}", Function: "fn"}}
		o.AccountID, o.APIID = "123456789012", "api-id"
	})
	token := s.token(t, map[string]any{"iss": issuer, "client_id": audience, "exp": testTime.Unix() + 3600, "scope": scope})
	answer, got := call(t, api, "POST",
		"http://id.execute-api.us-east-1.amazonaws.com/my/value1?parameter1=value1&parameter1=value2&parameter2=value",
		"Hello from Lambda",
		"Cookie: cookie1; cookie2", "Header1: value1", "Header2: value1", "Header2: value2", "User-Agent: agent",
		"Content-Type: text/plain", "X-Amzn-Trace-Id: Root=1-5e6a86ee-0123456789abcdef01234567",
		"Connection: keep-alive", "Authorization: "+token)
	golden, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	got = strings.Replace(got, answer.Header.Get("Apigw-Requestid"), "(apigw-requestid)", 1)
	got = strings.Replace(got, `"authorization":"`+token+`",`, "", 1)
	var gotEvent, wantEvent map[string]any
	if err := json.Unmarshal([]byte(got), &gotEvent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(golden, &wantEvent); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantEvent, gotEvent); diff != "" {
		t.Errorf("event (-documented +got):\n%s", diff)
	}

	// A function reads it with aws-lambda-go's type and loses nothing.
	var typed events.APIGatewayV2HTTPRequest
	strict := json.NewDecoder(strings.NewReader(got))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&typed); err != nil {
		t.Errorf("aws-lambda-go: %v", err)
	}
}

func TestEventLeavesOutWhatARequestDoesNotHave(t *testing.T) {
	t.Parallel()
	e := event(t, newAPI(t, echo, nil, nil), "GET", "http://localhost:3000/open", "")
	for _, key := range []string{"cookies", "queryStringParameters", "pathParameters", "body", "stageVariables"} {
		if _, ok := e[key]; ok {
			t.Errorf("the event has %s: %v", key, e[key])
		}
	}
	for path, want := range map[string]string{
		"rawQueryString": "", "isBase64Encoded": "false",
		"headers content-length": "0", "headers host": "localhost:3000", "headers x-forwarded-port": "3000",
		"requestContext domainName": "localhost", "requestContext domainPrefix": "localhost",
	} {
		if got := at(e, strings.Fields(path)...); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if id := at(e, "headers", "x-amzn-trace-id"); !strings.HasPrefix(id, "Root=1-5e6a879e-") {
		t.Errorf("trace id %q", id)
	}
}

func TestQueryString(t *testing.T) {
	t.Parallel()
	api := newAPI(t, echo, nil, nil)
	for query, want := range map[string]map[string]any{
		"a=1&a=2&b=":       {"a": "1,2", "b": ""},
		"a":                {"a": ""},
		"a=b%20c+d%2Ce":    {"a": "b c d,e"},
		"%C3%A9=%C3%BC&&x": {"é": "ü", "x": ""},
		"a=%zz":            {"a": "%zz"},
		"a=1;b=2":          {"a": "1;b=2"},
		"=x":               {"": "x"},
	} {
		e := event(t, api, "GET", "/open?"+query, "")
		if got := at(e, "rawQueryString"); got != query {
			t.Errorf("%s: rawQueryString %q", query, got)
		}
		if diff := cmp.Diff(want, e["queryStringParameters"]); diff != "" {
			t.Errorf("%s: queryStringParameters:\n%s", query, diff)
		}
	}
}

func TestHeadersAndCookies(t *testing.T) {
	t.Parallel()
	e := event(t, newAPI(t, echo, nil, nil), "GET", "/open", "",
		"X-Mixed-Case: A, b", "X-Mixed-Case: c", "Cookie: a=1; b=2", "Cookie: c=3;", "X-Forwarded-For: 198.51.100.7", "Te: trailers")
	for header, want := range map[string]string{
		"x-mixed-case": "A, b,c", "x-forwarded-for": "198.51.100.7, 192.0.2.1", "cookie": "", "te": "", "x-forwarded-proto": "http",
	} {
		if got := at(e, "headers", header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if diff := cmp.Diff([]any{"a=1", "b=2", "c=3"}, e["cookies"]); diff != "" {
		t.Errorf("cookies:\n%s", diff)
	}
}

func TestForwardedHeadersOfTLS(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(context.Background(), "GET", "https://api.example.com/open", nil)
	r.TLS = &tls.ConnectionState{}
	w := httptest.NewRecorder()
	newAPI(t, echo, nil, nil).ServeHTTP(w, r)
	var e map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	if at(e, "headers", "x-forwarded-proto") != "https" || at(e, "headers", "x-forwarded-port") != "443" {
		t.Errorf("forwarded: %v", e["headers"])
	}
}

func TestContentTypeDecidesWhetherABodyIsText(t *testing.T) {
	t.Parallel()
	api := newAPI(t, echo, nil, nil)
	body := `{"name":"<Zoë & co>"}`
	for contentType, text := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "Application/JSON": true,
		"text/plain": true, "text/csv;header=present": true, "application/xml": true, "application/javascript": true,
		"application/x-www-form-urlencoded": false, "multipart/form-data; boundary=x": false, "image/png": false,
		"application/octet-stream": false, "application/problem+json": false, "": false, "nonsense;;": false,
		"application/json;;": true,
	} {
		e := event(t, api, "POST", "/open", body, "Content-Type: "+contentType)
		want, encoded := body, "false"
		if !text {
			want, encoded = base64.StdEncoding.EncodeToString([]byte(body)), "true"
		}
		if at(e, "body") != want || at(e, "isBase64Encoded") != encoded {
			t.Errorf("%q: body %q, base64 %s", contentType, at(e, "body"), at(e, "isBase64Encoded"))
		}
	}
}

// AWS writes JSON without escapes for HTML, which counts towards the limits.
func TestEventIsNotEscapedForHTML(t *testing.T) {
	t.Parallel()
	_, got := call(t, newAPI(t, echo, nil, nil), "POST", "/open?a=<&b", "<Zoë & co>", "Content-Type: text/plain")
	for _, want := range []string{`"rawQueryString":"a=<&b"`, `"body":"<Zoë & co>"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestPayloadLimits(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for _, c := range []struct {
		name, contentType string
		size, want        int
	}{
		{"text within Lambda's 6 MB", "text/plain", 5 * mb, 200},
		{"text beyond Lambda's 6 MB", "text/plain", 6 * mb, 413},
		{"binary whose base64 is within", "image/png", 4 * mb, 200},
		{"binary whose base64 is beyond", "image/png", 5 * mb, 413},
		{"beyond API Gateway's 10 MB", "text/plain", 10*mb + 1, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			api := newAPI(t, handlerFunc(func(context.Context, []byte) ([]byte, error) {
				calls++
				return []byte(`{"statusCode":200}`), nil
			}), nil, nil)
			answer, body := call(t, api, "POST", "/open", string(bytes.Repeat([]byte("x"), c.size)), "Content-Type: "+c.contentType)
			if answer.StatusCode != c.want {
				t.Errorf("%d %.60s, want %d", answer.StatusCode, body, c.want)
			}
			if c.want == http.StatusRequestEntityTooLarge && (body != `{"message":"Request Entity Too Large"}` || calls != 0) {
				t.Errorf("%s after %d calls", body, calls)
			}
		})
	}
}
