package httpapi

import (
	"net/http"
	"regexp"
	"slices"
	"testing"
)

// registrars are the functions behind the API, each with what registers its routes.
var registrars = map[Function]func(*API){
	Profile:       func(a *API) { RegisterProfile(a, ProfileDependencies{}) },
	Security:      func(a *API) { RegisterSecurity(a, SecurityDependencies{}) },
	Organizations: func(a *API) { RegisterOrganizations(a, OrganizationsDependencies{}) },
	Deletion:      func(a *API) { RegisterDeletion(a, DeletionDependencies{}) },
}

// API Gateway routes by the list and functions serve what they registered:
// both must be the same, or a route leads nowhere.
func TestEveryRouteIsServedByItsFunction(t *testing.T) {
	t.Parallel()
	listed := map[string]Route{}
	for _, r := range Routes() {
		if _, twice := listed[r.Key()]; twice {
			t.Errorf("%s is listed twice", r.Key())
		}
		listed[r.Key()] = r
		if registrars[r.Function] == nil {
			t.Errorf("%s is for function %q, which registers none", r.Key(), r.Function)
		}
	}
	served := map[string]Function{}
	for name, register := range registrars {
		a := New(nil, Tokens{})
		register(a)
		for _, r := range a.Served() {
			if other, twice := served[r.Key()]; twice {
				t.Errorf("%s is served by %s and %s", r.Key(), other, name)
			}
			served[r.Key()] = name
			if listed[r.Key()] != r {
				t.Errorf("%s serves %+v, the list has %+v", name, r, listed[r.Key()])
			}
			if r.Function != name {
				t.Errorf("%s serves %s, which is for %s", name, r.Key(), r.Function)
			}
		}
	}
	for key := range listed {
		if _, ok := served[key]; !ok {
			t.Errorf("%s is served by no function", key)
		}
	}
}

func TestRoutesAreWellFormed(t *testing.T) {
	t.Parallel()
	path := regexp.MustCompile(`^(/([a-z-]+|\{[a-z][A-Za-z]+\}))+$`)
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	names := map[string]bool{}
	for _, r := range Routes() {
		if !path.MatchString(r.Path) || !name.MatchString(r.Name) || names[r.Name] || r.Summary == "" {
			t.Errorf("%+v", r)
		}
		names[r.Name] = true
		if !slices.Contains(CORSAllowMethods, r.Method) {
			t.Errorf("browsers on other origins may not send %s", r.Key())
		}
		if r.Open && r.Permission != "" {
			t.Errorf("%s is open and wants %s", r.Key(), r.Permission)
		}
	}
	// Open routes are few; one more is a decision.
	var open []string
	for _, r := range Routes() {
		if r.Open {
			open = append(open, r.Key())
		}
	}
	if !slices.Equal(open, []string{"GET /config", "POST /security/recovery", "POST /invitations/preview"}) {
		t.Errorf("open routes are %v", open)
	}
}

func TestCORSHeaders(t *testing.T) {
	t.Parallel()
	for _, h := range []string{"authorization", "content-type", "idempotency-key", "if-match", "x-account-id"} {
		if !slices.Contains(CORSAllowHeaders, h) {
			t.Errorf("browsers may not send %s", h)
		}
	}
	for _, h := range []string{"etag", "location", "retry-after", http.CanonicalHeaderKey("x-account-id")} {
		if !slices.ContainsFunc(CORSExposeHeaders, func(e string) bool { return http.CanonicalHeaderKey(e) == http.CanonicalHeaderKey(h) }) {
			t.Errorf("browsers may not read %s", h)
		}
	}
}
