package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/httpapi"
	"hearth/internal/local/gateway"
)

func allow(origins ...string) func(*gateway.Options) {
	return func(o *gateway.Options) { o.Origins = origins }
}

// corsHeaders are the Access-Control headers of an answer, without the prefix.
func corsHeaders(answer *http.Response) map[string]string {
	got := map[string]string{}
	for name, values := range answer.Header {
		if rest, ok := strings.CutPrefix(name, "Access-Control-"); ok {
			got[rest] = strings.Join(values, " and ")
		}
	}
	return got
}

func TestPreflightIsAnsweredByTheGateway(t *testing.T) {
	t.Parallel()
	full := map[string]string{
		"Allow-Origin": origin, "Allow-Methods": strings.Join(httpapi.CORSAllowMethods, ","),
		"Allow-Headers": strings.Join(httpapi.CORSAllowHeaders, ","),
	}
	with := func(name, value string) map[string]string {
		all := map[string]string{name: value}
		for k, v := range full {
			if _, ok := all[k]; !ok {
				all[k] = v
			}
		}
		return all
	}
	for _, c := range []struct {
		name, path string
		options    func(*gateway.Options)
		headers    []string
		want       map[string]string
	}{
		{"an open route", "/open", allow(origin), []string{"Origin: " + origin, "Access-Control-Request-Method: POST"}, full},
		{"a closed route needs no token", "/me", allow("https://other.example.com", origin), []string{"Origin: " + origin, "Access-Control-Request-Method: GET"}, full},
		{"a path without a route", "/unknown", allow(origin), []string{"Origin: " + origin, "Access-Control-Request-Method: GET"}, full},
		{"any origin", "/me", allow("*"), []string{"Origin: " + origin, "Access-Control-Request-Method: GET"}, with("Allow-Origin", "*")},
		{"any https origin", "/me", allow("https://*"), []string{"Origin: " + origin, "Access-Control-Request-Method: GET"}, full},
		{"max age", "/me", func(o *gateway.Options) { o.Origins, o.CORSMaxAge = []string{origin}, 10*time.Minute }, []string{"Origin: " + origin, "Access-Control-Request-Method: GET"}, with("Max-Age", "600")},
		{"another origin", "/me", allow(origin), []string{"Origin: https://evil.example.com", "Access-Control-Request-Method: GET"}, map[string]string{}},
		{"an origin that only starts alike", "/me", allow(origin), []string{"Origin: " + origin + ".evil.example", "Access-Control-Request-Method: GET"}, map[string]string{}},
		{"http where https is allowed", "/me", allow("https://*"), []string{"Origin: http://app.example.com", "Access-Control-Request-Method: GET"}, map[string]string{}},
		{"no origin", "/me", allow(origin), []string{"Access-Control-Request-Method: GET"}, map[string]string{}},
		{"no requested method", "/me", allow(origin), []string{"Origin: " + origin}, map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, body := call(t, newAPI(t, echo, nil, c.options), "OPTIONS", c.path, "", c.headers...)
			if answer.StatusCode != http.StatusNoContent || body != "" || answer.Header.Get("Apigw-Requestid") == "" {
				t.Errorf("answer %d %q", answer.StatusCode, body)
			}
			if diff := cmp.Diff(c.want, corsHeaders(answer)); diff != "" {
				t.Errorf("headers:\n%s", diff)
			}
		})
	}
}

func TestRouteThatMatchesOptionsGetsThePreflight(t *testing.T) {
	t.Parallel()
	api := newAPI(t, answering(`{"statusCode":418}`), nil, func(o *gateway.Options) {
		o.Origins = []string{origin}
		o.Routes = []httpapi.Route{{Method: "ANY", Path: "/any", Function: "fn"}, {Method: "OPTIONS", Path: "/own", Function: "fn", Open: true}}
	})
	for path, want := range map[string]int{"/any": http.StatusUnauthorized, "/own": http.StatusTeapot} {
		answer, _ := call(t, api, "OPTIONS", path, "", "Origin: "+origin, "Access-Control-Request-Method: GET")
		if answer.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, answer.StatusCode, want)
		}
	}
}

func TestFunctionsCORSHeadersAreIgnored(t *testing.T) {
	t.Parallel()
	own := answering(`{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"https://evil.example.com","access-control-allow-credentials":"true","ETag":"x"}}`)
	exposed := strings.Join(httpapi.CORSExposeHeaders, ",")
	for _, c := range []struct {
		name    string
		options func(*gateway.Options)
		origin  string
		want    map[string]string
	}{
		{"the gateway's instead", allow(origin), origin, map[string]string{"Allow-Origin": origin, "Expose-Headers": exposed}},
		{"any origin", allow("*"), origin, map[string]string{"Allow-Origin": "*", "Expose-Headers": exposed}},
		{"none for another origin", allow(origin), "https://evil.example.com", map[string]string{}},
		{"none without an origin", allow(origin), "", map[string]string{}},
		{"the function's without a CORS configuration", nil, origin, map[string]string{"Allow-Origin": "https://evil.example.com", "Allow-Credentials": "true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, _ := call(t, newAPI(t, own, nil, c.options), "GET", "/open", "", "Origin: "+c.origin)
			if diff := cmp.Diff(c.want, corsHeaders(answer)); diff != "" {
				t.Errorf("headers:\n%s", diff)
			}
			if answer.StatusCode != http.StatusOK || answer.Header.Get("Etag") != "x" {
				t.Errorf("answer %d %v", answer.StatusCode, answer.Header)
			}
		})
	}
}

func TestGatewaysOwnAnswersCarryCORSHeadersOnlyIfSoSet(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	noScope := s.token(t, accessClaims(map[string]any{"scope": nil}))
	for _, onErrors := range []bool{false, true} {
		want := map[string]string{}
		if onErrors {
			want = map[string]string{"Allow-Origin": origin, "Expose-Headers": strings.Join(httpapi.CORSExposeHeaders, ",")}
		}
		api := newAPI(t, answering(`{"statusCode":0}`), s, func(o *gateway.Options) {
			o.Origins, o.CORSOnErrors = []string{origin}, onErrors
		})
		for _, c := range []struct {
			path, token string
			status      int
		}{
			{"/me", "", http.StatusUnauthorized},
			{"/me", noScope, http.StatusForbidden},
			{"/unknown", "", http.StatusNotFound},
			{"/open", "", http.StatusInternalServerError},
		} {
			answer, _ := call(t, api, "GET", c.path, "", "Origin: "+origin, "Authorization: "+c.token)
			if answer.StatusCode != c.status {
				t.Errorf("%s: %d, want %d", c.path, answer.StatusCode, c.status)
			}
			if diff := cmp.Diff(want, corsHeaders(answer)); diff != "" {
				t.Errorf("%d with CORSOnErrors %v:\n%s", c.status, onErrors, diff)
			}
		}
	}
}
