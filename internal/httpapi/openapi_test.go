package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// openAPI is the part of an OpenAPI document that the tests read.
type openAPI struct {
	OpenAPI string                          `json:"openapi"`
	Paths   map[string]map[string]operation `json:"paths"`
}

type operation struct {
	OperationID string                `json:"operationId"`
	Security    []map[string][]string `json:"security"`
	Parameters  []struct{ Name, In string }
	Responses   map[string]struct {
		Content map[string]struct {
			Schema struct {
				Ref string `json:"$ref"`
			} `json:"schema"`
		} `json:"content"`
		Headers map[string]any `json:"headers"`
	} `json:"responses"`
}

func describeThings(t *testing.T) openAPI {
	t.Helper()
	text, err := Document(func(a *API) { (&fixture{api: a}).withThings(fine) })
	if err != nil {
		t.Fatal(err)
	}
	var d openAPI
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Where both a function and API Gateway may answer, a client must know both bodies.
func TestDocumentSaysWhoAnswers(t *testing.T) {
	t.Parallel()
	d := describeThings(t)
	things := d.Paths["/things"]["post"]
	for _, status := range []string{"401", "403", "404", "409", "422", "503"} {
		response, ok := things.Responses[status]
		if !ok {
			t.Errorf("%s is missing", status)
			continue
		}
		if got := response.Content["application/problem+json"].Schema.Ref; got != "#/components/schemas/Problem" {
			t.Errorf("%s: the problem is %q", status, got)
		}
		message, gateway := response.Content["application/json"]
		if want := strings.Contains("401 403 404 503", status); gateway != want {
			t.Errorf("%s: API Gateway may answer: %t, want %t", status, gateway, want)
		} else if gateway && message.Schema.Ref != "#/components/schemas/GatewayMessage" {
			t.Errorf("%s: the message is %q", status, message.Schema.Ref)
		}
	}
	if _, ok := things.Responses["503"].Headers["Retry-After"]; !ok {
		t.Error("503 has no Retry-After")
	}
	if _, ok := things.Responses["200"].Headers[HeaderAccountID]; !ok {
		t.Error("200 does not name the account")
	}
}

func TestDocumentOfOpenAndClosedRoutes(t *testing.T) {
	t.Parallel()
	d := describeThings(t)
	closed, open := d.Paths["/things"]["post"], d.Paths["/open-things"]["post"]
	if len(closed.Security) != 1 || closed.Security[0][bearer] == nil {
		t.Errorf("a closed route has security %v", closed.Security)
	}
	if len(open.Security) != 0 {
		t.Errorf("an open route has security %v", open.Security)
	}
	if _, ok := open.Responses["401"]; ok {
		t.Error("an open route answers 401")
	}
	named := func(o operation) bool {
		for _, p := range o.Parameters {
			if p.Name == HeaderAccountID && p.In == "header" {
				return true
			}
		}
		return false
	}
	if !named(closed) || named(open) {
		t.Errorf("X-Account-Id: closed %t, open %t", named(closed), named(open))
	}
}

// The document is made for developers; a function that starts has no time for it.
func TestFunctionsCarryNoDocument(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "hybrid").withThings(fine)
	if paths := f.api.huma.OpenAPI().Paths; len(paths) != 0 {
		t.Errorf("a function describes %d paths", len(paths))
	}
	for _, path := range []string{"/openapi.json", "/openapi.yaml", "/docs", "/schemas/Thing.json"} {
		f.send(t, newEvent("GET", path, "")).expectProblem(t, http.StatusNotFound, "not_found")
	}
}

// Where a function bounds how often, a client must know that answer too.
func TestDocumentSaysWhatIsLimited(t *testing.T) {
	t.Parallel()
	text, err := Document(func(a *API) {
		RegisterSecurity(a, SecurityDependencies{})
		RegisterOrganizations(a, OrganizationsDependencies{})
	})
	if err != nil {
		t.Fatal(err)
	}
	var d openAPI
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	limited := 0
	for _, r := range Routes() {
		if r.Function != Organizations && r.Function != Security {
			continue
		}
		o := d.Paths[r.Path][strings.ToLower(r.Method)]
		tooMany := o.Responses["429"]
		_, problem := tooMany.Content["application/problem+json"]
		_, message := tooMany.Content["application/json"]
		if _, retry := tooMany.Headers["Retry-After"]; problem != r.Limited || retry != r.Limited || !message {
			t.Errorf("%s: 429 is %+v", r.Key(), tooMany)
		}
		if r.Limited {
			limited++
		}
		if _, notFound := o.Responses["404"]; !notFound && r.Name != postRecovery.Name {
			t.Errorf("%s never answers 404", r.Key())
		}
	}
	if limited == 0 {
		t.Error("no route is limited")
	}
}
