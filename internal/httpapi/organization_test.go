package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The answer as clients count on it, written out by hand.
func TestAnOrganizationIsCreated(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	a := f.as(t, ada, "POST", "/organizations", `{"name":"  Analytical   Engines ","slug":"engines"}`)
	got := read[map[string]any](t, a, http.StatusCreated)
	id, _ := got["id"].(string)
	want := map[string]any{
		"id": id, "name": "Analytical Engines", "slug": "engines", "imageUrl": nil, "isPersonal": false, "memberCount": 1.0,
		"role": "ORG_OWNER", "createdAt": "2026-05-04T12:00:00Z", "updatedAt": "2026-05-04T12:00:00Z",
		"capabilities": map[string]any{
			"canRename": true, "canDelete": true, "canInvite": true, "canManageMembers": true, "canTransfer": true, "canLeave": false,
		},
		"permissions": []any{
			"audit.read", "billing.manage", "member.invite", "member.read", "member.remove", "member.update",
			"organization.delete", "organization.read", "organization.update", "ownership.grant", "ownership.transfer",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// It was the personal account that made it.
	if a.Headers["location"] != "/organizations/"+id || a.Headers["x-account-id"] != ada {
		t.Errorf("headers %v", a.Headers)
	}
	again := f.as(t, ada, "GET", a.Headers["location"], "")
	if again.Body != a.Body || again.Headers["etag"] != a.Headers["etag"] || again.Headers["etag"] == "" || again.Headers["x-account-id"] != id {
		t.Errorf("read again it is %s %v, created it was %s %v", again.Body, again.Headers, a.Body, a.Headers)
	}
}

func TestASlugIsMadeOfTheName(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	first := read[accountObject](t, f.as(t, ada, "POST", "/organizations", `{"name":"Köln & Co"}`), http.StatusCreated)
	second := read[accountObject](t, f.as(t, grace, "POST", "/organizations", `{"name":"Köln & Co"}`), http.StatusCreated)
	if *first.Slug != "koln-co" || !strings.HasPrefix(*second.Slug, "koln-co-") {
		t.Errorf("slugs %s and %s", *first.Slug, *second.Slug)
	}
}

func TestWhatIsWrongWithANewOrganizationIsToldByField(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	for body, want := range map[string]string{
		`{}`:                  "/name required",
		`{"name":""}`:         "/name too_short",
		`{"name":" \u200b "}`: "/name too_short",
		`{"name":7}`:          "/name malformed",
		`{"name":"` + strings.Repeat("n", 65) + `"}`:            "/name too_long",
		`{"name":"N","slug":"ab"}`:                              "/slug too_short",
		`{"name":"N","slug":""}`:                                "/slug too_short /slug malformed",
		`{"name":"N","slug":"` + strings.Repeat("s", 49) + `"}`: "/slug too_long",
		`{"name":"N","slug":"UPPER"}`:                           "/slug malformed",
		`{"name":"N","slug":"-dash"}`:                           "/slug malformed",
		`{"name":"N","slug":"admin"}`:                           "/slug not_allowed",
		`{"name":"N","isPersonal":true}`:                        "/isPersonal unknown_field",
	} {
		a := f.as(t, ada, "POST", "/organizations", body)
		var got []string
		for _, e := range a.problem.Errors {
			got = append(got, e.Field+" "+string(e.Code))
		}
		if a.StatusCode != http.StatusUnprocessableEntity || strings.Join(got, " ") != want || a.Headers["x-account-id"] != ada {
			t.Errorf("%s: %d %v for %q, want %s", body, a.StatusCode, got, a.Headers["x-account-id"], want)
		}
	}
}

func TestWhoMayCreateAndHowMany(t *testing.T) {
	t.Parallel()
	const body = `{"name":"Team","slug":"team"}`
	f := newTeams(t)
	f.create(t, body)
	f.as(t, grace, "POST", "/organizations", body).expectProblem(t, http.StatusConflict, account.CodeSlugTaken)
	f.create(t, `{"name":"Two"}`)
	f.create(t, `{"name":"Three"}`)
	f.as(t, ada, "POST", "/organizations", `{"name":"Four"}`).expectProblem(t, http.StatusConflict, account.CodeOrganizationLimit)

	nobody := newTeams(t, func(c *account.Config) { c.WhoMayCreateOrganizations = account.NobodyCreates })
	nobody.as(t, ada, "POST", "/organizations", body).expectProblem(t, http.StatusForbidden, account.CodeForbidden)
	personal := newTeams(t, func(c *account.Config) { c.AccountMode = account.PersonalOnly })
	personal.as(t, ada, "POST", "/organizations", body).expectProblem(t, http.StatusForbidden, account.CodeAccountMode)
	// Without a team there is no account yet, and the first one can be made.
	teamsOnly := newTeams(t, func(c *account.Config) { c.AccountMode = account.OrganizationsOnly })
	a := teamsOnly.as(t, ada, "POST", "/organizations", body)
	if _, named := a.Headers["x-account-id"]; a.StatusCode != http.StatusCreated || named {
		t.Errorf("the first team: %d %v", a.StatusCode, a.Headers)
	}
}

func TestARepeatedCreationMakesOneTeam(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	first := f.as(t, ada, "POST", "/organizations", `{"name":"Team"}`, "idempotency-key", "k")
	id := read[accountObject](t, first, http.StatusCreated).ID
	// After a switch to the team it is the same request still.
	again := f.as(t, ada, "POST", "/organizations", `{"name":"Team"}`, "idempotency-key", "k", "x-account-id", id)
	if read[accountObject](t, again, http.StatusCreated).ID != id || again.Headers["location"] != first.Headers["location"] {
		t.Errorf("made twice: %s and %s", first.Body, again.Body)
	}
	f.as(t, ada, "POST", "/organizations", `{"name":"Other"}`, "idempotency-key", "k").
		expectProblem(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
}

func TestAnOrganizationIsChanged(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id
	f.clock.Store(int64(time.Hour))
	a := f.as(t, grace, "PATCH", path, `{"name":" New ","slug":"new-slug"}`)
	got := read[accountObject](t, a, http.StatusOK)
	if got.Name != "New" || *got.Slug != "new-slug" || got.Role != account.Admin || got.MemberCount != 3 || !got.UpdatedAt.After(got.CreatedAt) ||
		a.Headers["x-account-id"] != id {
		t.Errorf("got %s %v", a.Body, a.Headers)
	}
	if read := f.as(t, grace, "GET", path, ""); read.Body != a.Body || read.Headers["etag"] != a.Headers["etag"] {
		t.Errorf("read it is %s, changed it was %s", read.Body, a.Body)
	}
	// The old slug is free again.
	read[accountObject](t, f.as(t, stranger, "POST", "/organizations", `{"name":"Team","slug":"team"}`), http.StatusCreated)
	for body, want := range map[string]string{
		`{"name":"  "}`: "/name too_short", `{"slug":"Nope!"}`: "/slug malformed", `{"slug":"settings"}`: "/slug not_allowed",
		`{"owner":"me"}`: "/owner unknown_field",
	} {
		f.as(t, ada, "PATCH", path, body).expectFields(t, want)
	}
	f.as(t, ada, "PATCH", path, `{"slug":"team"}`).expectProblem(t, http.StatusConflict, account.CodeSlugTaken)
	f.as(t, alan, "PATCH", path, `{"name":"Mine"}`).expectProblem(t, http.StatusForbidden, account.CodeForbidden)
	if same := f.as(t, grace, "PATCH", path, `{}`); same.Body != a.Body {
		t.Errorf("an empty change answers %d %s", same.StatusCode, same.Body)
	}
}

// Members come and go without a change failing for it.
func TestETagOfAnOrganization(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.create(t, `{"name":"Team"}`)
	path := "/organizations/" + id
	tag := f.as(t, ada, "GET", path, "").Headers["etag"]
	f.clock.Store(int64(time.Hour))
	f.add(t, id, grace, account.Owner)
	if a := f.as(t, ada, "GET", path, ""); a.Headers["etag"] != tag {
		t.Error("another owner made another etag")
	}
	a := f.as(t, ada, "PATCH", path, `{"name":"New"}`, "if-match", tag)
	if a.StatusCode != http.StatusOK || a.Headers["etag"] == tag {
		t.Errorf("got %d %v", a.StatusCode, a.Headers)
	}
	for _, request := range []struct{ method, path, body string }{
		{"PATCH", path, `{"name":"Newer"}`},
		{"PUT", path + "/image", `{"key":"` + id + `/good"}`},
		{"DELETE", path + "/image", ""},
	} {
		stale := f.as(t, ada, request.method, request.path, request.body, "if-match", tag)
		stale.expectProblem(t, http.StatusPreconditionFailed, account.CodePreconditionFailed)
		if stale.Headers["x-account-id"] != id {
			t.Errorf("%s: for %q", request.method, stale.Headers["x-account-id"])
		}
	}
	if f.images.checked.Load() != 0 {
		t.Error("an upload was looked at for a stale change")
	}
}

func TestAnOrganizationIsDeleted(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id
	f.as(t, grace, "DELETE", path, "").expectProblem(t, http.StatusForbidden, account.CodeForbidden)
	a := f.as(t, ada, "DELETE", path, "")
	if a.StatusCode != http.StatusNoContent || a.Body != "" || a.Headers["x-account-id"] != id {
		t.Errorf("got %d %s %v", a.StatusCode, a.Body, a.Headers)
	}
	for _, userID := range []string{ada, grace, alan} {
		f.as(t, userID, "GET", path, "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	f.as(t, ada, "DELETE", path, "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
}

func TestSensitiveChangesWantAFreshSignIn(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	f.clock.Store(int64(account.FreshSignIn)) // the sign-in was a minute before noon
	for _, c := range []struct{ method, path, body string }{
		{"DELETE", "", ""}, {"POST", "/transfer-ownership", `{"userId":"` + grace + `"}`},
	} {
		a := f.as(t, ada, c.method, "/organizations/"+id+c.path, c.body)
		a.expectProblem(t, http.StatusForbidden, account.CodeReauthentication)
		if a.Headers["x-account-id"] != id {
			t.Errorf("for %q", a.Headers["x-account-id"])
		}
	}
}

// A personal organization follows its user and is nobody else's.
func TestAPersonalOrganizationStaysAsItIs(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	path := "/organizations/" + ada
	for _, c := range []struct{ method, path, body string }{
		{"PATCH", "", `{"name":"Mine"}`},
		{"DELETE", "", ""},
		{"POST", "/image", `{"contentType":"image/png","size":9}`},
		{"PUT", "/image", `{"key":"` + ada + `/good"}`},
		{"DELETE", "/image", ""},
		{"PATCH", "/members/" + ada, `{"role":"ORG_MEMBER"}`},
		{"DELETE", "/members/" + ada, ""},
		{"POST", "/leave", ""},
		{"POST", "/transfer-ownership", `{"userId":"` + grace + `"}`},
	} {
		a := f.as(t, ada, c.method, path+c.path, c.body)
		a.expectProblem(t, http.StatusBadRequest, account.CodePersonalOrganization)
		if a.Headers["x-account-id"] != ada {
			t.Errorf("%s %s: for %q", c.method, c.path, a.Headers["x-account-id"])
		}
	}
	got := read[accountObject](t, f.as(t, ada, "GET", path, ""), http.StatusOK)
	if !got.IsPersonal || got.Name != "Ada's Organization" || got.Slug != nil {
		t.Errorf("got %+v", got)
	}
}

// The document says of every route of a team what a personal one answers.
func TestTheDocumentTellsOfPersonalOrganizations(t *testing.T) {
	t.Parallel()
	text, err := Document(func(a *API) { RegisterOrganizations(a, OrganizationsDependencies{}) })
	if err != nil {
		t.Fatal(err)
	}
	var d openAPI
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	for path, methods := range d.Paths {
		for method, operation := range methods {
			_, told := operation.Responses["400"]
			changes := method != "get" || strings.HasSuffix(path, "/invitations") // to which it has none
			if want := changes && strings.Contains(path, organizationVariable); told != want {
				t.Errorf("%s %s: 400 is described: %t", method, path, told)
			}
			named := fmt.Sprint(operation.Parameters)
			if strings.Contains(path, organizationVariable) && !strings.Contains(named, "organizationId path") {
				t.Errorf("%s %s has the parameters %s", method, path, named)
			}
		}
	}
}
