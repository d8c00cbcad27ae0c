package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/account"
)

// Nobody learns of an organization, or of what is wrong with a request, that is
// not theirs: the path counts before what the request says.
func TestStrangersSeeNoOrganization(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	f.as(t, ada, "DELETE", "/organizations/"+id+"/members/"+alan, "")
	for _, route := range Routes() {
		if route.Function != Organizations || !strings.Contains(route.Path, organizationVariable) {
			continue
		}
		for _, c := range []struct{ who, organizationID string }{
			{stranger, id},
			{alan, id},
			{ada, grace},
			{ada, "018f4e2a-0000-7000-8000-ffffffffffff"},
			{ada, "a%23b"},
			{ada, "%F0%9F%94%A5"},
			{ada, strings.Repeat("x", 65)},
		} {
			path := strings.NewReplacer(organizationVariable, c.organizationID, "{userId}", ada, "{invitationId}", id+"."+id).Replace(route.Path)
			bodies := []string{""}
			if route.Method == http.MethodPatch || route.Method == http.MethodPut || route.Method == http.MethodPost {
				bodies = []string{"", "{}", `{"nonsense":1}`, "["}
			}
			for _, body := range bodies {
				a := f.as(t, c.who, route.Method, path, body)
				a.expectProblem(t, http.StatusNotFound, account.CodeNotFound)
				if _, named := a.Headers["x-account-id"]; named {
					t.Errorf("%s %s: for %q", route.Method, path, a.Headers["x-account-id"])
				}
			}
		}
	}
}

// Who may not act at all hears that first.
func TestASessionThatEndedHearsThatFirst(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	err := f.store.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeSession{UserID: ada, SessionID: "session-of-" + ada, RevokedAt: new(noon)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range Routes() {
		if route.Function != Organizations || route.Open {
			continue
		}
		path := strings.NewReplacer(organizationVariable, id, "{userId}", "not an id", "{invitationId}", "not an id").Replace(route.Path)
		a := f.as(t, ada, route.Method, path, `{"nonsense":1}`)
		a.expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
		if got := f.lines(t); len(got) != 1 || got[0]["status"] != 401.0 {
			t.Errorf("%s: the log says %v", route.Key(), got)
		}
	}
}

// Authorization is one call and the change another.
func TestCallsOfTheOrganizationsFunction(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id
	for _, c := range []struct {
		method, path, body string
		status             int
		calls              int64
	}{
		{"POST", "/organizations", `{"name":"Another"}`, 201, 2},
		{"GET", path, "", 200, 1},
		{"PATCH", path, `{"name":"New","slug":"new-slug"}`, 200, 2},
		{"POST", path + "/image", `{"contentType":"image/png","size":9}`, 201, 1},
		{"PUT", path + "/image", `{"key":"` + id + `/good"}`, 200, 2},
		{"DELETE", path + "/image", "", 204, 2},
		{"GET", path + "/members", "", 200, 2},
		{"PATCH", path + "/members/" + alan, `{"role":"ORG_ADMIN"}`, 200, 2},
		{"DELETE", path + "/members/" + alan, "", 204, 2},
		{"GET", path + "/audit-log", "", 200, 3},
		{"GET", "/audit-log", "", 200, 2}, // nothing in it, so nobody to name
	} {
		f.counted.calls.Store(0)
		a := f.as(t, ada, c.method, c.path, c.body)
		if got := f.counted.calls.Load(); a.StatusCode != c.status || got != c.calls {
			t.Errorf("%s %s: %d in %d calls, want %d in %d", c.method, c.path, a.StatusCode, got, c.status, c.calls)
		}
	}
}
