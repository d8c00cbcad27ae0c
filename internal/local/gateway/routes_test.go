package gateway_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/httpapi"
	"hearth/internal/local/gateway"
)

func open(method, path string) httpapi.Route {
	return httpapi.Route{Method: method, Path: path, Function: "fn", Open: true}
}

// The routes and the first rows are those of AWS's page on routes.
func TestMostSpecificRouteIsSelected(t *testing.T) {
	t.Parallel()
	api := newAPI(t, echo, nil, func(o *gateway.Options) {
		o.Routes = []httpapi.Route{
			open("ANY", "/{proxy+}"),
			open("GET", "/pets/{proxy+}"),
			open("GET", "/pets/dog/{id}"),
			open("GET", "/pets/dog/1"),
			open("GET", "/"),
			open("GET", "/{kind}/list"),
			open("GET", "/pets/list"),
			open("GET", "/pets/{id}"),
			open("ANY", "/pets/dog/{id}"),
			open("DELETE", "/pets/dog/{id}"),
		}
	})
	for _, c := range []struct {
		method, path, want string
		parameters         map[string]any
	}{
		{"GET", "/pets/dog/1", "GET /pets/dog/1", nil},
		{"GET", "/pets/dog/2", "GET /pets/dog/{id}", map[string]any{"id": "2"}},
		{"GET", "/pets/cat/1", "GET /pets/{proxy+}", map[string]any{"proxy": "cat/1"}},
		{"POST", "/test/5", "ANY /{proxy+}", map[string]any{"proxy": "test/5"}},

		{"GET", "/", "GET /", nil},
		{"POST", "/", "ANY /{proxy+}", map[string]any{"proxy": ""}},
		{"GET", "/pets/list", "GET /pets/list", nil},
		{"GET", "/cars/list", "GET /{kind}/list", map[string]any{"kind": "cars"}},
		{"GET", "/pets/7", "GET /pets/{id}", map[string]any{"id": "7"}},
		{"GET", "/pets/", "GET /pets/{proxy+}", map[string]any{"proxy": ""}},
		{"GET", "/pets", "ANY /{proxy+}", map[string]any{"proxy": "pets"}},
		{"DELETE", "/pets/dog/1", "DELETE /pets/dog/{id}", map[string]any{"id": "1"}},
		{"PATCH", "/pets/dog/1", "ANY /pets/dog/{id}", map[string]any{"id": "1"}},
	} {
		e := event(t, api, c.method, c.path, "")
		if got := at(e, "routeKey"); got != c.want || at(e, "requestContext", "routeKey") != c.want {
			t.Errorf("%s %s: routed to %q, want %q", c.method, c.path, got, c.want)
		}
		var got map[string]any
		if e["pathParameters"] != nil {
			got, _ = e["pathParameters"].(map[string]any)
		}
		if diff := cmp.Diff(c.parameters, got); diff != "" {
			t.Errorf("%s %s: path parameters:\n%s", c.method, c.path, diff)
		}
	}
}

func TestWhatMatchesNoRouteIsNotFound(t *testing.T) {
	t.Parallel()
	api := newAPI(t, echo, nil, nil)
	for _, c := range []struct{ method, path string }{
		{"GET", "/"},
		{"GET", "/unknown"},
		{"GET", "/open/"},
		{"GET", "//open"},
		{"GET", "/open/more"},
		{"GET", "/Open"},
		{"DELETE", "/open"},
		{"HEAD", "/open"},
		{"OPTIONS", "/open"},
		{"GET", "/organizations/"},
		{"GET", "/organizations/a%2Fb"},
		{"GET", "/$default"},
	} {
		answer, body := call(t, api, c.method, c.path, "")
		if answer.StatusCode != http.StatusNotFound || body != `{"message":"Not Found"}` && c.method != "HEAD" {
			t.Errorf("%s %s: %d %s", c.method, c.path, answer.StatusCode, body)
		}
		if got := answer.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%s %s: content type %q", c.method, c.path, got)
		}
	}
}

func TestPathReachesTheFunctionDecoded(t *testing.T) {
	t.Parallel()
	api := newAPI(t, echo, nil, nil)
	for sent, want := range map[string]string{
		"/organizations/o1":          "o1",
		"/organizations/a%20b%C3%A9": "a bé",
		"/organizations/a%25b":       "a%b",
		"/organizations/a+b":         "a+b",
		"/organizations/a%3Fb":       "a",
		"/organizations/a?b":         "a",
	} {
		e := event(t, api, "GET", sent, "")
		if got := at(e, "pathParameters", "organizationId"); got != want {
			t.Errorf("%s: path parameter %q, want %q", sent, got, want)
		}
		path := "/organizations/" + want
		if at(e, "rawPath") != path || at(e, "requestContext", "http", "path") != path {
			t.Errorf("%s: rawPath %q and %q, want %q", sent, at(e, "rawPath"), at(e, "requestContext", "http", "path"), path)
		}
	}
}
