package product_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	for _, overrides := range []string{"", "{}", " {} \n"} {
		got, err := product.Config(overrides)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(product.Defaults(), got); diff != "" {
			t.Errorf("%q (-defaults +got):\n%s", overrides, diff)
		}
	}
}

func TestConfigOverridesWhatItNames(t *testing.T) {
	t.Parallel()
	want := product.Defaults()
	want.AccountMode = account.OrganizationsOnly
	want.CORSOrigins = []string{"https://app.example.com"}
	want.Languages = []string{"fr"}
	want.GraceDays = 14
	got, err := product.Config(`{"accountMode":"organizations-only","corsOrigins":["https://app.example.com"],"languages":["fr"],"graceDays":14}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := product.Defaults(); again.Languages[0] != "en" || again.CORSOrigins[0] != "http://localhost:5173" {
		t.Error("an override changed the defaults")
	}
	// What was written is read as it was.
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if read, err := product.Config(string(text)); err != nil || !cmp.Equal(got, read) {
		t.Errorf("written and read it is %+v, %v", read, err)
	}
}

func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, overrides, named string }{
		{"an unknown name", `{"acountMode":"hybrid"}`, "acountMode"},
		{"an unknown name beside good ones", `{"graceDays":1,"isolated":true}`, "isolated"},
		{"an invalid value", `{"accountMode":"teams"}`, "accountMode"},
		{"another type", `{"graceDays":"7"}`, "graceDays"},
		{"a fraction", `{"graceDays":1.5}`, "graceDays"},
		{"no languages", `{"languages":null}`, "languages"},
		{"no object", `[]`, "configuration"},
		{"text", `hybrid`, "configuration"},
		{"JSON that breaks off", `{"graceDays":1`, "configuration"},
		{"more behind it", `{"graceDays":1} {"graceDays":2}`, "configuration"},
		{"rubbish behind it", `{"graceDays":1}}`, "configuration"},
	} {
		got, err := product.Config(c.overrides)
		if err == nil || !strings.Contains(err.Error(), c.named) {
			t.Errorf("%s: got %v, want an error that names %s", c.rule, err, c.named)
		}
		if !cmp.Equal(got, account.Config{}) {
			t.Errorf("%s: half a configuration is given out: %+v", c.rule, got)
		}
	}
	_, err := product.Config(`{"accountMode":"teams","appUrl":"nowhere","graceDays":-1}`)
	for _, named := range []string{"accountMode", "appUrl", "graceDays"} {
		if err == nil || !strings.Contains(err.Error(), named) {
			t.Errorf("%s is not among the mistakes: %v", named, err)
		}
	}
}

// A product may add to Hearth's own routes and permissions, never take away.
func TestProductHasAllOfHearth(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, r := range product.Routes() {
		if keys[r.Key()] {
			t.Errorf("%s is listed twice", r.Key())
		}
		keys[r.Key()] = true
	}
	for _, r := range httpapi.Routes() {
		if !keys[r.Key()] {
			t.Errorf("%s is missing", r.Key())
		}
	}
	grants := product.Grants()
	for role, permissions := range account.CoreGrants() {
		for _, p := range permissions {
			if !grants.Allow(role, p) {
				t.Errorf("%s lost %s", role, p)
			}
		}
	}
	for _, role := range []account.Role{account.Admin, account.Member} {
		if grants.Allow(role, account.DeleteOrganization) {
			t.Errorf("%s may delete an organization", role)
		}
	}
}

type document struct {
	OpenAPI    string                                `json:"openapi"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas         map[string]json.RawMessage `json:"schemas"`
		SecuritySchemes map[string]json.RawMessage `json:"securitySchemes"`
	} `json:"components"`
}

func TestOpenAPIDescribesExactlyTheRoutes(t *testing.T) {
	t.Parallel()
	text, err := product.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %s", d.OpenAPI)
	}
	var described, listed []string
	for path, item := range d.Paths {
		for method := range item {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range product.Routes() {
		listed = append(listed, r.Key())
		var o struct {
			OperationID string                     `json:"operationId"`
			Security    []map[string][]string      `json:"security"`
			Responses   map[string]json.RawMessage `json:"responses"`
		}
		if err := json.Unmarshal(d.Paths[r.Path][strings.ToLower(r.Method)], &o); err != nil {
			t.Errorf("%s: %v", r.Key(), err)
			continue
		}
		if o.OperationID != r.Name {
			t.Errorf("%s is %s, want %s", r.Key(), o.OperationID, r.Name)
		}
		if secured := len(o.Security) > 0; secured == r.Open {
			t.Errorf("%s: open %t, security %v", r.Key(), r.Open, o.Security)
		}
		for _, requirement := range o.Security {
			for scheme := range requirement {
				if d.Components.SecuritySchemes[scheme] == nil {
					t.Errorf("%s wants a scheme %s that is not described", r.Key(), scheme)
				}
			}
		}
		if _, ok := o.Responses["503"]; !ok || len(o.Responses) < 2 {
			t.Errorf("%s answers %d ways", r.Key(), len(o.Responses))
		}
	}
	slices.Sort(described)
	slices.Sort(listed)
	if diff := cmp.Diff(listed, described); diff != "" {
		t.Errorf("(-routes +document):\n%s", diff)
	}
}

// Clients are generated from it: the same code makes the same bytes, and every
// reference leads somewhere.
func TestOpenAPIIsStableAndWhole(t *testing.T) {
	t.Parallel()
	first, err := product.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := product.OpenAPI()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatal("the document differs from one build to the next")
		}
	}
	var d any
	if err := json.Unmarshal(first, &d); err != nil {
		t.Fatal(err)
	}
	root, ok := d.(map[string]any)
	if !ok {
		t.Fatal("the document is no object")
	}
	references := 0
	walk(d, func(reference string) {
		references++
		if !leads(root, reference) {
			t.Errorf("%s leads nowhere", reference)
		}
	})
	if references == 0 {
		t.Error("no reference was found")
	}
}

// walk calls visit with every $ref of a document.
func walk(node any, visit func(reference string)) {
	switch n := node.(type) {
	case map[string]any:
		if reference, ok := n["$ref"].(string); ok {
			visit(reference)
		}
		for _, child := range n {
			walk(child, visit)
		}
	case []any:
		for _, child := range n {
			walk(child, visit)
		}
	}
}

// leads follows a reference within the document.
func leads(root map[string]any, reference string) bool {
	path, ok := strings.CutPrefix(reference, "#/")
	if !ok {
		return false
	}
	node := any(root)
	for part := range strings.SplitSeq(path, "/") {
		object, ok := node.(map[string]any)
		if !ok || object[part] == nil {
			return false
		}
		node = object[part]
	}
	return fmt.Sprint(node) != ""
}
