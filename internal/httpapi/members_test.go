package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The answer as clients count on it, written out by hand.
func TestMembersAreListedByName(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	a := f.as(t, alan, "GET", "/organizations/"+id+"/members", "")
	got := read[map[string]any](t, a, http.StatusOK)
	member := func(userID, name, role string) any {
		return map[string]any{
			"userId": userID, "name": name, "email": strings.ToLower(name) + "@example.com", "imageUrl": nil, "role": role,
			"joinedAt": "2026-05-04T12:00:00Z",
		}
	}
	want := map[string]any{
		"items": []any{
			member(ada, "Ada", "ORG_OWNER"), member(alan, "Alan", "ORG_MEMBER"), member(grace, "Grace", "ORG_ADMIN"),
		},
		"nextCursor": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a.Headers["x-account-id"] != id {
		t.Errorf("for %q", a.Headers["x-account-id"])
	}
	// One's own organization has one member.
	own := read[memberList](t, f.as(t, alan, "GET", "/organizations/"+alan+"/members", ""), http.StatusOK)
	if len(own.Items) != 1 || own.Items[0].UserID != alan {
		t.Errorf("a personal organization has %+v", own.Items)
	}
}

func TestMembersAreFoundByTheBeginningOfTheirName(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	path := "/organizations/" + f.team(t) + "/members?q="
	for q, want := range map[string]string{
		"": "Ada Alan Grace", "a": "Ada Alan", "AL": "Alan", " al ": "Alan", "lan": "", "*": "", "%": "", "alan@": "",
	} {
		list := read[memberList](t, f.as(t, ada, "GET", path+url.QueryEscape(q), ""), http.StatusOK)
		var names []string
		for _, m := range list.Items {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
	f.as(t, ada, "GET", path+strings.Repeat("a", 65), "").expectFields(t, "/q too_long")
}

func TestPagesOfMembers(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	path := "/organizations/" + f.team(t) + "/members?"
	var names []string
	query := "limit=1"
	for range 4 {
		list := read[memberList](t, f.as(t, ada, "GET", path+query, ""), http.StatusOK)
		for _, m := range list.Items {
			names = append(names, m.Name)
		}
		if list.NextCursor == nil {
			break
		}
		query = "limit=1&cursor=" + *list.NextCursor
	}
	if got := strings.Join(names, " "); got != "Ada Alan Grace" {
		t.Errorf("the pages have %q", got)
	}
	for query, want := range map[string]string{
		"limit=0": "/limit not_allowed", "limit=101": "/limit not_allowed", "limit=x": "/limit malformed", "page=2": "/page unknown_field",
	} {
		f.as(t, ada, "GET", path+query, "").expectFields(t, want)
	}
}

// A cursor belongs to the organization and the search that gave it.
func TestACursorOfAnotherListIsRefused(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	path := "/organizations/" + f.team(t)
	list := read[memberList](t, f.as(t, ada, "GET", path+"/members?limit=1&q=a", ""), http.StatusOK)
	cursor := *list.NextCursor
	if a := f.as(t, ada, "GET", path+"/members?q=a&cursor="+cursor, ""); a.StatusCode != http.StatusOK {
		t.Fatalf("on its own list: %d %s", a.StatusCode, a.Body)
	}
	other := f.create(t, `{"name":"Other"}`)
	audit := read[auditList](t, f.as(t, ada, "GET", "/organizations/"+other+"/audit-log?limit=1", ""), http.StatusOK)
	if audit.NextCursor != nil {
		t.Fatalf("one entry has a page behind it: %v", *audit.NextCursor)
	}
	read[accountObject](t, f.as(t, ada, "PATCH", path, `{"name":"Another entry"}`), http.StatusOK)
	log := *read[auditList](t, f.as(t, ada, "GET", path+"/audit-log?limit=1", ""), http.StatusOK).NextCursor
	for rule, target := range map[string]string{
		"another team's log":      "/organizations/" + other + "/audit-log?cursor=" + log,
		"another list's too":      path + "/members?cursor=" + log,
		"another organization's":  "/organizations/" + other + "/members?q=a&cursor=" + cursor,
		"another search's":        path + "/members?q=al&cursor=" + cursor,
		"no search's":             path + "/members?cursor=" + cursor,
		"another list's":          path + "/audit-log?cursor=" + cursor,
		"one that was altered":    path + "/members?q=a&cursor=" + cursor[:len(cursor)-2] + "AA",
		"one that was cut":        path + "/members?q=a&cursor=" + cursor[:len(cursor)-3],
		"one that never was":      path + "/members?q=a&cursor=%F0%9F%94%A5",
		"a position and no more":  path + "/members?q=a&cursor=" + grace,
		"the account's audit log": "/audit-log?cursor=" + cursor,
	} {
		a := f.as(t, ada, "GET", target, "")
		a.expectFields(t, "/cursor malformed")
		if a.Headers["x-account-id"] == "" {
			t.Errorf("%s: for no account", rule)
		}
	}
}

func TestARoleIsChanged(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id + "/members/"
	a := f.as(t, grace, "PATCH", path+alan, `{"role":"ORG_ADMIN"}`)
	got := read[memberObject](t, a, http.StatusOK)
	if got.UserID != alan || got.Role != account.Admin || got.Name != "Alan" || a.Headers["x-account-id"] != id {
		t.Errorf("got %s %v", a.Body, a.Headers)
	}
	if again := f.as(t, grace, "PATCH", path+alan, `{"role":"ORG_ADMIN"}`); again.Body != a.Body {
		t.Errorf("the same again is %d %s", again.StatusCode, again.Body)
	}
	for _, c := range []struct {
		rule, who, userID, body string
		status                  int
		code                    account.Code
	}{
		{"an administrator makes no owner", grace, alan, `{"role":"ORG_OWNER"}`, 403, account.CodeForbidden},
		{"nor an owner less", grace, ada, `{"role":"ORG_MEMBER"}`, 403, account.CodeForbidden},
		{"the last owner stays one", ada, ada, `{"role":"ORG_ADMIN"}`, 409, account.CodeLastOwner},
		{"a stranger is no member", ada, stranger, `{"role":"ORG_ADMIN"}`, 404, account.CodeNotFound},
		{"nor is nobody", ada, "018f4e2a-0000-7000-8000-ffffffffffff", `{"role":"ORG_ADMIN"}`, 404, account.CodeNotFound},
		{"nor what cannot be an id", ada, "a%23b", `{"role":"ORG_ADMIN"}`, 404, account.CodeNotFound},
	} {
		a := f.as(t, c.who, "PATCH", path+c.userID, c.body)
		if a.expectProblem(t, c.status, c.code); a.Headers["x-account-id"] != id {
			t.Errorf("%s: for %q", c.rule, a.Headers["x-account-id"])
		}
	}
	for body, want := range map[string]string{
		`{}`: "/role required", `{"role":"ORG_KING"}`: "/role unknown_value", `{"role":"ORG_ADMIN","name":"A"}`: "/name unknown_field",
		`{"role":null}`: "/role malformed", ``: " required",
	} {
		a := f.as(t, ada, "PATCH", path+alan, body)
		if a.expectFields(t, want); a.Headers["x-account-id"] != id {
			t.Errorf("%s: for %q", body, a.Headers["x-account-id"])
		}
	}
	member := f.as(t, ada, "PATCH", path+grace, `{"role":"ORG_MEMBER"}`)
	if got := read[memberObject](t, member, http.StatusOK); got.Role != account.Member {
		t.Errorf("got %s", member.Body)
	}
	// Who may not hears that, not what is wrong with the request.
	f.as(t, grace, "PATCH", path+alan, `{"role":"ORG_KING"}`).expectProblem(t, http.StatusForbidden, account.CodeForbidden)
}

func TestAMemberIsRemovedAndLeaves(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id
	for _, c := range []struct {
		rule, who, method, path string
		status                  int
		code                    account.Code
	}{
		{"a member removes nobody", alan, "DELETE", "/members/" + grace, 403, account.CodeForbidden},
		{"an administrator removes no owner", grace, "DELETE", "/members/" + ada, 403, account.CodeForbidden},
		{"the last owner is not removed", ada, "DELETE", "/members/" + ada, 409, account.CodeLastOwner},
		{"and does not leave", ada, "POST", "/leave", 409, account.CodeLastOwner},
		{"a stranger is no member", ada, "DELETE", "/members/" + stranger, 404, account.CodeNotFound},
	} {
		a := f.as(t, c.who, c.method, path+c.path, "")
		if a.expectProblem(t, c.status, c.code); a.Headers["x-account-id"] != id {
			t.Errorf("%s: for %q", c.rule, a.Headers["x-account-id"])
		}
	}
	for _, c := range []struct{ who, gone, method, path string }{
		{grace, alan, "DELETE", "/members/" + alan}, {grace, grace, "POST", "/leave"},
	} {
		a := f.as(t, c.who, c.method, path+c.path, "")
		if a.StatusCode != http.StatusNoContent || a.Body != "" || a.Headers["x-account-id"] != id {
			t.Errorf("%s %s: %d %s %v", c.method, c.path, a.StatusCode, a.Body, a.Headers)
		}
		f.as(t, c.gone, "GET", path, "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	if got := read[accountObject](t, f.as(t, ada, "GET", path, ""), http.StatusOK); got.MemberCount != 1 {
		t.Errorf("%d members are left", got.MemberCount)
	}
}

func TestOwnershipIsTransferred(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id + "/transfer-ownership"
	for body, want := range map[string]string{
		`{}`: "/userId required", `{"userId":""}`: "/userId too_short", `{"userId":"a b"}`: "/userId malformed",
		`{"userId":"` + strings.Repeat("x", 65) + `"}`: "/userId too_long",
	} {
		f.as(t, ada, "POST", path, body).expectFields(t, want)
	}
	f.as(t, grace, "POST", path, `{"userId":"`+alan+`"}`).expectProblem(t, http.StatusForbidden, account.CodeForbidden)
	f.as(t, ada, "POST", path, `{"userId":"`+stranger+`"}`).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	f.as(t, ada, "POST", path, `{"userId":"`+ada+`"}`).expectProblem(t, http.StatusConflict, account.CodeConflict)

	a := f.as(t, ada, "POST", path, `{"userId":"`+alan+`"}`)
	got := read[accountObject](t, a, http.StatusOK)
	if got.ID != id || got.Role != account.Admin || got.Capabilities.CanTransfer || !got.Capabilities.CanLeave || a.Headers["x-account-id"] != id {
		t.Errorf("got %s %v", a.Body, a.Headers)
	}
	if now := f.as(t, ada, "GET", "/organizations/"+id, ""); now.Body != a.Body {
		t.Errorf("read it is %s, transferred it was %s", now.Body, a.Body)
	}
	if now := read[accountObject](t, f.as(t, alan, "GET", "/organizations/"+id, ""), http.StatusOK); now.Role != account.Owner {
		t.Errorf("alan is %s", now.Role)
	}
}

// The answer as clients count on it, written out by hand.
func TestTheAuditLogTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id
	read[memberObject](t, f.as(t, grace, "PATCH", path+"/members/"+alan, `{"role":"ORG_ADMIN"}`), http.StatusOK)
	for _, c := range []struct{ path, header string }{{path + "/audit-log", ""}, {"/audit-log", id}} {
		var headers []string
		if c.header != "" {
			headers = []string{"x-account-id", c.header}
		}
		a := f.as(t, ada, "GET", c.path, "", headers...)
		got := read[map[string]any](t, a, http.StatusOK)
		items, _ := got["items"].([]any)
		for _, item := range items {
			if entry, ok := item.(map[string]any); !ok || entry["id"] == "" {
				t.Errorf("an entry is %v", item)
			} else {
				delete(entry, "id")
			}
		}
		want := map[string]any{"nextCursor": nil, "items": []any{
			map[string]any{
				"time": "2026-05-04T12:00:00Z", "actor": map[string]any{"userId": grace, "name": "Grace"},
				"action": "member.role_changed", "target": alan, "detail": "ORG_ADMIN",
			},
			map[string]any{
				"time": "2026-05-04T12:00:00Z", "actor": map[string]any{"userId": ada, "name": "Ada"},
				"action": "organization.created", "target": id, "detail": "team",
			},
		}}
		if diff := cmp.Diff(want, got); diff != "" || a.Headers["x-account-id"] != id {
			t.Errorf("%s for %q (-want +got):\n%s", c.path, a.Headers["x-account-id"], diff)
		}
		page := read[auditList](t, f.as(t, ada, "GET", c.path+"?limit=1", "", headers...), http.StatusOK)
		if len(page.Items) != 1 || page.NextCursor == nil || page.Items[0].Action != account.MemberRoleChanged {
			t.Fatalf("the first page is %+v", page)
		}
		page = read[auditList](t, f.as(t, ada, "GET", c.path+"?limit=1&cursor="+*page.NextCursor, "", headers...), http.StatusOK)
		if len(page.Items) != 1 || page.NextCursor != nil || page.Items[0].Action != account.OrganizationCreated {
			t.Errorf("the second page is %+v", page)
		}
	}
	// Nothing of a team's is in a personal log, and a member reads none.
	if own := read[auditList](t, f.as(t, ada, "GET", "/audit-log", ""), http.StatusOK); len(own.Items) != 0 || own.Items == nil {
		t.Errorf("the personal log has %+v", own.Items)
	}
	read[memberObject](t, f.as(t, ada, "PATCH", path+"/members/"+alan, `{"role":"ORG_MEMBER"}`), http.StatusOK)
	f.as(t, alan, "GET", path+"/audit-log", "").expectProblem(t, http.StatusForbidden, account.CodeForbidden)
	f.as(t, stranger, "GET", "/audit-log", "", "x-account-id", id).expectProblem(t, http.StatusNotFound, account.CodeAccountNotFound)
}

func TestTheAuditLogWantsAnAccount(t *testing.T) {
	t.Parallel()
	f := newTeams(t, func(c *account.Config) { c.AccountMode = account.OrganizationsOnly })
	f.as(t, ada, "GET", "/audit-log", "").expectProblem(t, http.StatusConflict, account.CodeOrganizationRequired)
	id := f.create(t, `{"name":"First"}`)
	if a := f.as(t, ada, "GET", "/audit-log", ""); a.StatusCode != http.StatusOK || a.Headers["x-account-id"] != id {
		t.Errorf("with a team: %d %v", a.StatusCode, a.Headers)
	}
	f.as(t, ada, "GET", "/organizations/"+ada, "").expectProblem(t, http.StatusForbidden, account.CodeAccountMode)
}
