package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// seen is what a handler saw of a request.
type seen struct {
	method, path, query, host, remote, body string
	header                                  http.Header
}

// through sends an event through the adapter to a plain handler.
func through(t *testing.T, event Event, handle http.HandlerFunc) (seen, answer) {
	t.Helper()
	var s seen
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s = seen{r.Method, r.URL.Path, r.URL.RawQuery, r.Host, r.RemoteAddr, string(body), r.Header}
		handle(w, r)
	})
	a := send(t, Lambda(handler, slog.New(slog.DiscardHandler)), event)
	return s, a
}

func TestEventBecomesRequest(t *testing.T) {
	t.Parallel()
	event := newEvent("PATCH", "/things/1", "")
	event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte("\x00\xffbytes")), true
	event.RawQueryString = "q=a%20b&q=c&empty="
	event.Cookies = []string{"a=1", "b=2; c"}
	event.Headers["x-many"] = "one,two"
	event.Headers["if-match"] = `"etag"`
	got, _ := through(t, event, func(w http.ResponseWriter, r *http.Request) {
		if diff := cmp.Diff([]string{"a b", "c"}, r.URL.Query()["q"]); diff != "" {
			t.Error(diff)
		}
		if cookie, err := r.Cookie("a"); err != nil || cookie.Value != "1" {
			t.Errorf("cookie: %v, %v", cookie, err)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	want := seen{
		method: "PATCH", path: "/things/1", query: "q=a%20b&q=c&empty=", host: "api.example.com", remote: callerIP, body: "\x00\xffbytes",
		header: http.Header{
			"Authorization": {"Bearer " + accessToken}, "Host": {"api.example.com"}, "User-Agent": {browser}, "Accept": {"*/*"},
			"X-Many": {"one,two"}, "If-Match": {`"etag"`}, "Cookie": {"a=1; b=2; c"},
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(seen{})); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestAnswerBecomesResponse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule   string
		handle http.HandlerFunc
		want   events.APIGatewayV2HTTPResponse
	}{
		{"nothing at all", func(http.ResponseWriter, *http.Request) {}, events.APIGatewayV2HTTPResponse{
			StatusCode: 200, Headers: map[string]string{"cache-control": "no-store"},
		}},
		{"a body without a status", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "héllo")
			w.WriteHeader(http.StatusTeapot) // too late
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"cache-control": "no-store"}, Body: "héllo"}},
		{"headers of several values", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Vary", "Accept")
			w.Header().Add("Vary", "Origin")
			w.Header().Set("Cache-Control", "public, max-age=300")
			w.Header().Set("ETag", `"a"`)
			w.WriteHeader(http.StatusCreated)
		}, events.APIGatewayV2HTTPResponse{StatusCode: 201, Headers: map[string]string{
			"vary": "Accept,Origin", "cache-control": "public, max-age=300", "etag": `"a"`,
		}}},
	} {
		_, a := through(t, newEvent("GET", "/", ""), c.handle)
		if diff := cmp.Diff(c.want, a.APIGatewayV2HTTPResponse); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.rule, diff)
		}
	}
}

// Whatever reaches a function gets a problem, a broken event too.
func TestBrokenEventIsAnswered(t *testing.T) {
	t.Parallel()
	for rule, change := range map[string]func(*Event){
		"a body that is no base64": func(e *Event) { e.Body, e.IsBase64Encoded = "not base64!", true },
		"a method that is none":    func(e *Event) { e.RequestContext.HTTP.Method = "GET /" },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, account.Hybrid).withThings(fine)
			event := newEvent("POST", "/things", "")
			change(&event)
			a := f.send(t, event)
			if a.StatusCode < http.StatusBadRequest || a.problem.Code == "" {
				t.Errorf("got %d %s", a.StatusCode, a.Body)
			}
		})
	}
}

func TestPanicIsAProblem(t *testing.T) {
	t.Parallel()
	for rule, value := range map[string]any{"text": "s3cr3t", "an error": io.ErrUnexpectedEOF, "an index": nil} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, account.Hybrid).withThings(func(in thing) error {
				if value == nil {
					return errors.New(in.Parts[0].Label)
				}
				panic(value)
			})
			a := f.send(t, newEvent("POST", "/things", `{"name":"thing"}`))
			a.expectProblem(t, http.StatusInternalServerError, account.CodeInternal)
			if strings.Contains(a.Body, "s3cr3t") || strings.Contains(a.Body, "goroutine") {
				t.Errorf("the body tells the panic: %s", a.Body)
			}
			if got := a.Headers["x-account-id"]; got != ada {
				t.Errorf("x-account-id is %q", got)
			}
			lines := f.lines(t)
			if len(lines) != 1 || lines[0]["level"] != "ERROR" || !strings.HasPrefix(lines[0]["cause"].(string), "panic: ") {
				t.Fatalf("the log is %v, want one error with the cause", lines)
			}
			if !strings.Contains(lines[0]["cause"].(string), "lambda_test.go") {
				t.Error("the line does not tell where")
			}
			// The next request of the same environment is served as ever.
			f.send(t, newEvent("GET", "/nothing", "")).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
		})
	}
}

// What a handler wrote before it panicked is not half of the answer.
func TestPanicForgetsWhatWasWritten(t *testing.T) {
	t.Parallel()
	_, a := through(t, newEvent("GET", "/", ""), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set(HeaderAccountID, team)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"half":`)
		panic("too late")
	})
	a.expectProblem(t, http.StatusInternalServerError, account.CodeInternal)
	if a.Headers["etag"] != "" || a.Headers["x-account-id"] != team || !json.Valid([]byte(a.Body)) {
		t.Errorf("got %v %s", a.Headers, a.Body)
	}
}

func TestContextReachesTheHandler(t *testing.T) {
	t.Parallel()
	type key struct{}
	var got any
	handler := Lambda(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Context().Value(key{}) }),
		slog.New(slog.DiscardHandler))
	payload, err := json.Marshal(newEvent("GET", "/", ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := handler.Invoke(context.WithValue(t.Context(), key{}, "deadline"), payload); err != nil {
		t.Fatal(err)
	}
	if got != "deadline" {
		t.Error("the handler got another context")
	}
}
