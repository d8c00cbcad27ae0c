package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"hearth/internal/httpapi"
	"hearth/internal/product"
)

// canned answers every request alike.
type canned struct {
	status int
	header http.Header
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		Request: r, StatusCode: c.status, Header: c.header, Body: io.NopCloser(strings.NewReader(c.body)),
	}, nil
}

// The other tests of this package trust the contract to see what is wrong.
func TestTheContractSeesWhatTheDocumentDoesNotSay(t *testing.T) {
	t.Parallel()
	text, err := product.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	const good = `{"theme":"dark","language":"en"}`
	const unknownRoute = `{"message":"Not Found"}`
	problem := func(status, code string) string {
		return `{"type":"about:blank","title":"T","status":` + status + `,"detail":"D","code":"` + code + `"}`
	}
	for name, test := range map[string]struct {
		request string // method, path, body
		sent    []string
		status  int
		header  []string
		body    string
		wrong   string // "" is an answer as described
	}{
		"an answer as described": {"GET /me/preferences", nil, 200, nil, good, ""},
		"a change as described":  {`PATCH /me/preferences {"theme":"dark"}`, []string{"If-Match", `"a"`}, 200, nil, good, ""},
		"a problem as described": {"GET /me/preferences", nil, 409, []string{"Content-Type", "application/problem+json"}, problem("409", "conflict"), ""},
		"API Gateway's answer":   {"GET /me", nil, 401, []string{"Www-Authenticate", "Bearer"}, `{"message":"Unauthorized"}`, ""},
		"an unknown route":       {"GET /nowhere", nil, 404, nil, unknownRoute, ""},
		"a preflight":            {"OPTIONS /me", nil, 204, []string{"Access-Control-Max-Age", "0"}, "", ""},

		"a preflight with a body":         {"OPTIONS /me", nil, 200, nil, good, "preflight"},
		"an unknown route that answers":   {"GET /nowhere", nil, 200, nil, good, "route is not described"},
		"an unknown method that answers":  {"DELETE /me/preferences", nil, 204, nil, "", "route is not described"},
		"an unknown route's other answer": {"GET /nowhere", nil, 404, nil, `{"error":"no"}`, "message"},
		"another status":                  {"GET /me/preferences", nil, 418, nil, good, "status is not described"},
		"another content type":            {"GET /me/preferences", nil, 200, []string{"Content-Type", "text/html"}, good, "content type"},
		"a problem as plain JSON":         {"GET /me/preferences", nil, 409, nil, problem("409", "conflict"), "content type"},
		"no JSON":                         {"GET /me/preferences", nil, 200, nil, `{"theme":`, "no JSON"},
		"a field too many":                {"GET /me/preferences", nil, 200, nil, `{"theme":"dark","language":"en","x":1}`, "additional"},
		"a field missing":                 {"GET /me/preferences", nil, 200, nil, `{"theme":"dark"}`, "language"},
		"another type":                    {"GET /me/preferences", nil, 200, nil, `{"theme":"dark","language":7}`, "string"},
		"another value":                   {"GET /me/preferences", nil, 200, nil, `{"theme":"pink","language":"en"}`, "theme"},
		"another code":                    {"GET /me/preferences", nil, 409, []string{"Content-Type", "application/problem+json"}, problem("409", "oops"), "code"},
		"a body where none is described":  {"DELETE /me/profile/image", nil, 204, nil, good, "no body"},
		"a header that is not described":  {"GET /me/preferences", nil, 200, []string{"X-Powered-By", "Go"}, good, "X-Powered-By"},
		"a header missing":                {"GET /me/preferences", nil, 200, []string{"Etag", ""}, good, "ETag"},
		"a parameter not described":       {"GET /me/preferences?x=1", nil, 200, nil, good, "accepted with x"},
		"a parameter out of bounds":       {"GET /me/accounts?limit=91", nil, 200, nil, `{"items":[],"nextCursor":null}`, "accepted with limit"},
		"a request out of bounds":         {`PATCH /me/preferences {"theme":"pink"}`, nil, 200, nil, good, "theme"},
		"a request without a body":        {"PATCH /me/preferences", nil, 200, nil, good, "without a body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{
				"Apigw-Requestid": {"id="}, "Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "Etag": {`"a"`},
			}
			if strings.Contains(test.request, "/me/accounts") || test.status >= 400 || test.status == 204 {
				header.Del("Etag")
			}
			for i := 0; i+1 < len(test.header); i += 2 {
				header.Set(test.header[i], test.header[i+1])
				if test.header[i+1] == "" {
					header.Del(test.header[i])
				}
			}
			c, err := newContract(canned{test.status, header, test.body}, text)
			if err != nil {
				t.Fatal(err)
			}
			method, rest, _ := strings.Cut(test.request, " ")
			path, body, _ := strings.Cut(rest, " ")
			request, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, bytes.NewReader([]byte(body)))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+1 < len(test.sent); i += 2 {
				request.Header.Set(test.sent[i], test.sent[i+1])
			}
			response, err := c.RoundTrip(request)
			if err == nil {
				defer response.Body.Close()
			}
			switch {
			case test.wrong == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.wrong != "" && err == nil:
				t.Error("not seen")
			case test.wrong != "" && !strings.Contains(err.Error(), test.wrong):
				t.Errorf("%v, want %q", err, test.wrong)
			}
		})
	}
}

func TestTheContractKnowsWhichRoutesWereNeverUsed(t *testing.T) {
	t.Parallel()
	routes := []httpapi.Route{{Method: "GET", Path: "/a"}, {Method: "GET", Path: "/b"}, {Method: "GET", Path: "/c"}}
	c := &contract{answered: map[string]map[int]int{}}
	c.note("GET /a", http.StatusOK)
	c.note("GET /b", http.StatusUnprocessableEntity) // refused only
	if got := strings.Join(c.unheard(routes), ", "); got != "GET /b, GET /c" {
		t.Errorf("%s", got)
	}
}
