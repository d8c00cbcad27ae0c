package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// What is wrong with which field, for every kind of rule. The rejected value is
// "s3cr3t" or holds it wherever a value can.
func TestInvalidRequestsNameTheirFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, body string
		want       map[string]account.FieldCode
	}{
		{"no JSON", `s3cr3t`, one("", "malformed")},
		{"JSON that breaks off", `{"name":"s3cr3t"`, one("", "malformed")},
		{"two values", `{"name":"thing"} "s3cr3t"`, one("", "malformed")},
		{"no object", `["s3cr3t"]`, one("", "malformed")},
		{"null", `null`, one("", "malformed")},
		{"no body", ``, nil},
		{"a field that is missing", `{}`, one("/name", "required")},
		{"a field that is missing in another", `{"name":"thing","inner":{}}`, one("/inner/label", "required")},
		{"a field that is null", `{"name":null}`, one("/name", "malformed")},
		{"an unknown field", `{"name":"thing","nick":"s3cr3t"}`, one("/nick", "unknown_field")},
		{"an unknown field in another", `{"name":"thing","inner":{"label":"a","nick":"s3cr3t"}}`, one("/inner/nick", "unknown_field")},
		{"a field in another case", `{"Name":"s3cr3t"}`, map[string]account.FieldCode{"/name": "required", "/Name": "unknown_field"}},
		{"too short", `{"name":"s"}`, one("/name", "too_short")},
		{"empty", `{"name":""}`, one("/name", "too_short")},
		{"too long", `{"name":"s3cr3t and more"}`, one("/name", "too_long")},
		{"too long in a list", `{"name":"thing","parts":[{"label":"a"},{"label":"s3cr3t"}]}`, one("/parts/1/label", "too_long")},
		{"too many in a list", `{"name":"thing","parts":[{"label":"a"},{"label":"b"},{"label":"c"}]}`, one("/parts", "too_long")},
		{"another type", `{"name":{"s3cr3t":1}}`, one("/name", "malformed")},
		{"text for a number", `{"name":"thing","size":"s3cr3t"}`, one("/size", "malformed")},
		{"a fraction for an integer", `{"name":"thing","size":1.5}`, one("/size", "malformed")},
		{"none of the values", `{"name":"thing","color":"s3cr3t"}`, one("/color", "unknown_value")},
		{"another pattern", `{"name":"thing","slug":"s3cr3t"}`, one("/slug", "malformed")},
		{"a name that a pointer escapes", `{"name":"thing","a/b~c":"s3cr3t"}`, one("/a~1b~0c", "unknown_field")},
		{"several", `{"name":"s","color":"s3cr3t","more":1}`, map[string]account.FieldCode{
			"/name": "too_short", "/color": "unknown_value", "/more": "unknown_field",
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{makeThing.Path, openThing.Path} {
				f := newFixture(t, account.Hybrid).withThings(fine)
				a := f.send(t, newEvent("POST", path, c.body))
				a.expectProblem(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest)
				got := map[string]account.FieldCode{}
				for _, field := range a.problem.Errors {
					got[field.Field] = field.Code
					if field.Detail == "" {
						t.Errorf("%s has no detail", field.Field)
					}
				}
				if c.want == nil { // no body: said in whatever way
					if len(got) != 1 {
						t.Errorf("%s: %v", path, got)
					}
				} else if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", path, diff)
				}
				if strings.Contains(a.Body+f.log.String(), "s3cr3t") {
					t.Errorf("%s: the value is told: %s %s", path, a.Body, f.log.String())
				}
			}
		})
	}
}

func one(field string, code account.FieldCode) map[string]account.FieldCode {
	return map[string]account.FieldCode{field: code}
}

func TestInvalidQueries(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]account.FieldCode{
		"limit=0": account.FieldNotAllowed, "limit=101": account.FieldNotAllowed, "limit=s3cr3t": account.FieldMalformed,
		"limt=s3cr3t": account.FieldUnknown,
	} {
		f := newFixture(t, account.Hybrid).withThings(fine)
		event := newEvent("POST", makeThing.Path, `{"name":"thing"}`)
		event.RawQueryString = query
		a := f.send(t, event)
		a.expectProblem(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest)
		name, _, _ := strings.Cut(query, "=")
		if len(a.problem.Errors) != 1 || a.problem.Errors[0].Code != want || a.problem.Errors[0].Field != "/"+name {
			t.Errorf("%s: got %+v", query, a.problem.Errors)
		}
		if strings.Contains(a.Body, "s3cr3t") {
			t.Errorf("%s: the value is told: %s", query, a.Body)
		}
	}
}

// Clients translate the codes, so the set is closed.
func TestFieldCodesAreTheClosedSet(t *testing.T) {
	t.Parallel()
	closed := []string{
		"required", "too_short", "too_long", "malformed", "unknown_field", "unknown_value", "not_allowed",
		"incorrect", "expired", "breached", "reused",
	}
	declared := codes(t, "FieldCode")
	if len(declared) == 0 {
		t.Fatal("no field codes were found")
	}
	for _, code := range declared {
		if !slices.Contains(closed, code) {
			t.Errorf("%s is not in the closed set", code)
		}
	}
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	// A body of exactly so many bytes that says what the API takes.
	body := func(size int) string {
		text := `{"name":"thing"}`
		return strings.Repeat(" ", size-len(text)) + text
	}
	for _, c := range []struct {
		rule, path, body, contentType string
		status                        int
		code                          account.Code
	}{
		{"as large as may be", makeThing.Path, body(maxBody), "application/json", http.StatusOK, ""},
		{"one byte more", makeThing.Path, body(maxBody + 1), "application/json", http.StatusRequestEntityTooLarge, account.CodePayloadTooLarge},
		{"one byte more without a token", openThing.Path, body(maxBody + 1), "application/json", http.StatusRequestEntityTooLarge, account.CodePayloadTooLarge},
		{"with a charset", makeThing.Path, body(16), "application/json; charset=utf-8", http.StatusOK, ""},
		{"plain text", makeThing.Path, body(16), "text/plain", http.StatusUnsupportedMediaType, account.CodeUnsupportedMediaType},
		{"a form", openThing.Path, "name=s3cr3t", "application/x-www-form-urlencoded", http.StatusUnsupportedMediaType, account.CodeUnsupportedMediaType},
		{"CBOR", makeThing.Path, "\xa0", "application/cbor", http.StatusUnsupportedMediaType, account.CodeUnsupportedMediaType},
		{"nonsense", makeThing.Path, body(16), "s3cr3t", http.StatusUnsupportedMediaType, account.CodeUnsupportedMediaType},
	} {
		f := newFixture(t, account.Hybrid).withThings(fine)
		event := newEvent("POST", c.path, c.body)
		event.Headers["content-type"] = c.contentType
		a := f.send(t, event)
		if c.code == "" {
			if a.StatusCode >= http.StatusBadRequest {
				t.Errorf("%s: got %d %s", c.rule, a.StatusCode, a.Body)
			}
			continue
		}
		a.expectProblem(t, c.status, c.code)
		if strings.Contains(a.Body, "s3cr3t") {
			t.Errorf("%s: the value is told: %s", c.rule, a.Body)
		}
	}
}

// Whoever may not come in learns nothing of what they sent.
func TestAuthorizationComesBeforeTheBody(t *testing.T) {
	t.Parallel()
	for rule, body := range map[string]string{
		"invalid": `{"nonsense":1}`, "no JSON": `{`, "too large": strings.Repeat(" ", maxBody+1), "none": "",
	} {
		f := newFixture(t, account.Hybrid).withThings(fine)
		event := newEvent("POST", makeThing.Path, body)
		event.RawQueryString = "limit=0"
		event.RequestContext.Authorizer.JWT.Claims["token_use"] = "id"
		f.send(t, event).expectProblem(t, http.StatusUnauthorized, account.CodeUnauthenticated)

		event = newEvent("POST", makeThing.Path, body)
		event.Headers["x-account-id"] = team
		f.send(t, event).expectProblem(t, http.StatusNotFound, account.CodeAccountNotFound)

		f.join(t, account.Member)
		f.send(t, event).expectProblem(t, http.StatusForbidden, account.CodeForbidden)
		if t.Failed() {
			t.Fatal(rule)
		}
	}
}

func TestJSONPointer(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, location := range []string{"", "body", "body.name", "body.parts[1].label", "body.parts[0]", "query.limit", "body.a/b", "body.a~b"} {
		got[location] = jsonPointer(location)
	}
	want := map[string]string{
		"": "", "body": "", "body.name": "/name", "body.parts[1].label": "/parts/1/label", "body.parts[0]": "/parts/0",
		"query.limit": "/limit", "body.a/b": "/a~1b", "body.a~b": "/a~0b",
	}
	if !maps.Equal(want, got) {
		t.Error(fmt.Sprint(cmp.Diff(want, got)))
	}
}
