package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The answer as clients count on it, written out by hand.
func TestAnInvitationIsPreviewed(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	f.as(t, ada, "PUT", "/organizations/"+id+"/image", `{"key":"`+id+`/good"}`)
	token := f.token(t, f.invite(t, grace, id, "new@example.com", account.Admin).ID)
	a := f.asNobody(t, callerIP, "POST", "/invitations/preview", `{"token":"`+token+`"}`)
	want := map[string]any{
		"organizationName": "Team", "organizationImageUrl": "https://images.example.com/" + id + "/good",
		"invitedBy": map[string]any{"name": "Grace"}, "email": "new@example.com", "role": "ORG_ADMIN", "status": "pending",
		"expiresAt": "2026-05-11T12:00:00Z",
	}
	if diff := cmp.Diff(want, read[map[string]any](t, a, http.StatusOK)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, named := a.Headers["x-account-id"]; named || a.Headers["cache-control"] != "no-store" {
		t.Errorf("headers %v", a.Headers)
	}
	// Signed in or not, the answer is the same.
	if signedIn := f.as(t, stranger, "POST", "/invitations/preview", `{"token":"`+token+`"}`); signedIn.Body != a.Body {
		t.Errorf("signed in it is %d %s", signedIn.StatusCode, signedIn.Body)
	}
	other := f.create(t, `{"name":"Other"}`)
	gone := f.token(t, f.invite(t, ada, other, "new@example.com", account.Member).ID)
	f.as(t, ada, "DELETE", "/organizations/"+other, "")
	f.asNobody(t, callerIP, "POST", "/invitations/preview", `{"token":"`+gone+`"}`).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	f.later(week)
	a = f.asNobody(t, callerIP, "POST", "/invitations/preview", `{"token":"`+token+`"}`)
	if got := read[previewObject](t, a, http.StatusOK); got.Status != account.InvitationExpired {
		t.Errorf("after its time it is %s", got.Status)
	}
}

// badTokens are made of a good one; each differs from the others.
func badTokens(token string) map[string]string {
	parts := strings.Split(token, ".")
	flipped := "A"
	if strings.HasPrefix(parts[2], "A") {
		flipped = "B"
	}
	return map[string]string{
		"the id alone":             parts[0] + "." + parts[1],
		"the id and a dot":         parts[0] + "." + parts[1] + ".",
		"cut":                      token[:len(token)-1],
		"cut to a half":            token[:len(token)/2],
		"one character longer":     token + "A",
		"altered":                  parts[0] + "." + parts[1] + "." + flipped + parts[2][1:],
		"another organization's":   parts[1] + "." + parts[1] + "." + parts[2],
		"another invitation's":     parts[0] + "." + parts[0] + "." + parts[2],
		"with padding":             token + "=",
		"with a part more":         token + "." + parts[2],
		"in capitals":              strings.ToUpper(token),
		"no token at all":          "🔥",
		"with a separator of keys": "a#b.c#d." + parts[2],
		"a path":                   "../../" + token,
		"a megabyte's beginning":   strings.Repeat("A", 512),
	}
}

func TestABadTokenLeadsNowhere(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	made := f.invite(t, ada, id, "stranger@example.com", account.Member)
	for rule, token := range badTokens(f.token(t, made.ID)) {
		body, err := json.Marshal(map[string]string{"token": token})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []answer{
			f.asNobody(t, callerIP, "POST", "/invitations/preview", string(body)),
			f.as(t, stranger, "POST", "/invitations/accept", string(body)),
		} {
			if a.StatusCode != http.StatusNotFound || a.problem.Code != account.CodeNotFound {
				t.Errorf("%s: %d %s", rule, a.StatusCode, a.Body)
			}
		}
	}
	// A token is no id either: ids may be shown and kept where secrets may not.
	f.as(t, stranger, "POST", "/invitations/accept", `{"invitationId":"`+f.token(t, made.ID)+`"}`).
		expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	if i := f.invitation(t, made.ID); i.Status != account.InvitationPending || i.Version != 1 {
		t.Errorf("refused, and yet it is %+v", i)
	}
}

func TestWhatIsWrongWithAnAcceptanceIsToldByField(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	long := strings.Repeat("x", 513)
	for body, want := range map[string]string{
		``:                                       " required",
		`{}`:                                     "/token required",
		`{"token":null}`:                         "/token required",
		`{"token":null,"invitationId":null}`:     "/token required",
		`{"token":"a.b.c","invitationId":"a.b"}`: "/invitationId not_allowed",
		`{"token":""}`:                           "/token too_short",
		`{"invitationId":""}`:                    "/invitationId too_short",
		`{"token":7}`:                            "/token malformed",
		`{"token":"` + long + `"}`:               "/token too_long",
		`{"invitationId":"` + long + `"}`:        "/invitationId too_long",
		`{"token":"a.b.c","role":"ORG_OWNER"}`:   "/role unknown_field",
	} {
		f.as(t, ada, "POST", "/invitations/accept", body).expectFields(t, want)
	}
	for body, want := range map[string][]string{
		``: {" required"}, `{}`: {"/token required"}, `{"token":null}`: {"/token malformed"}, `{"token":""}`: {"/token too_short"},
		`{"token":"` + long + `"}`: {"/token too_long"}, `{"invitationId":"a.b"}`: {"/token required", "/invitationId unknown_field"},
	} {
		f.asNobody(t, callerIP, "POST", "/invitations/preview", body).expectFields(t, want...)
	}
}

func TestAnInvitationIsAccepted(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"token", "invitationId"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			f := newTeams(t)
			id := f.team(t)
			f.as(t, ada, "PATCH", "/organizations/"+id, `{"slug":"the-team"}`)
			made := f.invite(t, ada, id, "Stranger@EXAMPLE.com", account.Admin)
			value := map[string]string{"token": f.token(t, made.ID), "invitationId": made.ID}[by]
			a := f.as(t, stranger, "POST", "/invitations/accept", `{"`+by+`":"`+value+`"}`)
			got := read[accountObject](t, a, http.StatusOK)
			if got.ID != id || got.Name != "Team" || *got.Slug != "the-team" || got.Role != account.Admin || got.MemberCount != 4 ||
				!got.Capabilities.CanInvite || got.Capabilities.CanDelete || a.Headers["x-account-id"] != id {
				t.Errorf("joined %s %v", a.Body, a.Headers)
			}
			now := f.as(t, stranger, "GET", "/organizations/"+id, "")
			if now.Body != a.Body || now.Headers["etag"] != a.Headers["etag"] || a.Headers["etag"] == "" {
				t.Errorf("read it is %s %v, accepted it was %s %v", now.Body, now.Headers, a.Body, a.Headers)
			}
			f.as(t, stranger, "POST", "/invitations/accept", `{"`+by+`":"`+value+`"}`).expectProblem(t, http.StatusConflict, account.CodeAlreadyMember)
			if own := read[invitationList](t, f.as(t, stranger, "GET", "/me/invitations", ""), http.StatusOK); len(own.Items) != 0 {
				t.Errorf("and still invited to %+v", own.Items)
			}
			// Who was removed cannot come back by it.
			f.as(t, ada, "DELETE", "/organizations/"+id+"/members/"+stranger, "")
			f.as(t, stranger, "POST", "/invitations/accept", `{"`+by+`":"`+value+`"}`).
				expectProblem(t, http.StatusConflict, account.CodeInvitationNotPending)
		})
	}
}

func TestWhoMayNotAccept(t *testing.T) {
	t.Parallel()
	type given struct {
		f    *teams
		id   string
		made invitationObject
	}
	for rule, c := range map[string]struct {
		change  func(*testing.T, given)
		status  int
		code    account.Code
		decline account.Code // "" if that is refused alike
	}{
		"somebody with another address": {func(_ *testing.T, g given) {
			g.f.pool.change(stranger, func(p *account.Person) { p.Email = "other@example.com" })
		}, 403, account.CodeEmailMismatch, ""},
		"somebody who had the address": {func(t *testing.T, g given) { // the table still says so
			g.f.pool.change(stranger, func(p *account.Person) { p.Email = "new-" + p.Email })
		}, 403, account.CodeEmailMismatch, ""},
		"somebody who did not prove it": {func(_ *testing.T, g given) {
			g.f.pool.change(stranger, func(p *account.Person) { p.EmailVerified = false })
		}, 403, account.CodeEmailNotVerified, ""},
		"somebody whom the pool does not know any more": {func(_ *testing.T, g given) {
			g.f.pool.mu.Lock()
			defer g.f.pool.mu.Unlock()
			delete(g.f.pool.people, stranger)
		}, 401, account.CodeUnauthenticated, ""},
		"somebody too late": {func(_ *testing.T, g given) { g.f.later(week) }, 409, account.CodeInvitationNotPending, ""},
		"somebody whom a team was deleted from": {func(t *testing.T, g given) {
			g.f.as(t, ada, "DELETE", "/organizations/"+g.id, "")
		}, 404, account.CodeNotFound, "fine"},
		"somebody with too many teams": {func(t *testing.T, g given) {
			for n := range 3 {
				read[accountObject](t, g.f.as(t, stranger, "POST", "/organizations", fmt.Sprintf(`{"name":"Team %d"}`, n)), http.StatusCreated)
			}
		}, 409, account.CodeOrganizationLimit, "fine"},
		"somebody who is a member already": {func(t *testing.T, g given) {
			g.f.add(t, g.id, stranger, account.Member)
		}, 409, account.CodeAlreadyMember, "fine"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			f := newTeams(t)
			g := given{f: f, id: f.team(t)}
			g.made = f.invite(t, ada, g.id, "stranger@example.com", account.Member)
			token := f.token(t, g.made.ID)
			c.change(t, g)
			for _, body := range []string{`{"token":"` + token + `"}`, `{"invitationId":"` + g.made.ID + `"}`} {
				f.as(t, stranger, "POST", "/invitations/accept", body).expectProblem(t, c.status, c.code)
			}
			if i := f.invitation(t, g.made.ID); i.Status != account.InvitationPending {
				t.Errorf("refused, and yet it is %s", i.Status)
			}
			if c.decline == "" {
				f.as(t, stranger, "POST", "/invitations/"+g.made.ID+"/decline", "").expectProblem(t, c.status, c.code)
			}
		})
	}
}

func TestAccountModesAndAcceptance(t *testing.T) {
	t.Parallel()
	for mode, status := range map[account.Mode]int{account.PersonalOnly: http.StatusForbidden, account.OrganizationsOnly: http.StatusOK} {
		f := newTeams(t, func(c *account.Config) { c.AccountMode = mode })
		f.join(t, account.Owner) // ada's, as left from another mode
		made := &account.Invitation{
			OrganizationID: team, ID: "018f4e2a-0000-7000-8000-0000000000b0", Email: "stranger@example.com", Role: account.Member,
			Status: account.InvitationPending, SendCount: 1, InvitedBy: ada, CreatedAt: noon, LastSentAt: noon, ExpiresAt: noon.Add(week), Version: 1,
		}
		f.put(t, made)
		f.put(t, &account.Invited{OrganizationID: team, Email: made.Email, InvitationID: made.ID, Version: 1})
		// Nobody needs a team to see and accept an invitation to their first.
		own := read[invitationList](t, f.as(t, stranger, "GET", "/me/invitations", ""), http.StatusOK)
		if len(own.Items) != 1 || own.Items[0].ID != made.PublicID() {
			t.Errorf("%s: %+v", mode, own.Items)
		}
		a := f.as(t, stranger, "POST", "/invitations/accept", `{"invitationId":"`+made.PublicID()+`"}`)
		if a.StatusCode != status || status == http.StatusForbidden && a.problem.Code != account.CodeAccountMode {
			t.Errorf("%s: %d %s", mode, a.StatusCode, a.Body)
		}
	}
}

func TestAnInvitationIsDeclined(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	made := f.invite(t, ada, id, "stranger@example.com", account.Member)
	token := f.token(t, made.ID)
	decline := func(invitationID string) answer {
		return f.as(t, stranger, "POST", "/invitations/"+invitationID+"/decline", "")
	}
	for _, none := range []string{token, "none", id, id + "." + id, "%F0%9F%94%A5", strings.Repeat("x", 600)} {
		decline(none).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	if a := decline(made.ID); a.StatusCode != http.StatusNoContent || a.Body != "" {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
	decline(made.ID).expectProblem(t, http.StatusConflict, account.CodeInvitationNotPending)
	f.as(t, stranger, "POST", "/invitations/accept", `{"token":"`+token+`"}`).expectProblem(t, http.StatusConflict, account.CodeInvitationNotPending)
	if own := read[invitationList](t, f.as(t, stranger, "GET", "/me/invitations", ""), http.StatusOK); len(own.Items) != 0 {
		t.Errorf("still invited to %+v", own.Items)
	}
	if i := f.invitation(t, made.ID); i.Status != account.InvitationDeclined {
		t.Errorf("it is %s", i.Status)
	}
}

// One's own list is the same whatever account the request acts for, which it
// names and hears of as everywhere.
func TestOnesOwnInvitationsInAnAccount(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id, other := f.team(t), f.create(t, `{"name":"Other"}`)
	invited := f.invite(t, ada, other, "alan@example.com", account.Member).ID
	ask := func(named string) answer {
		if named == "" {
			return f.as(t, alan, "GET", "/me/invitations", "")
		}
		return f.as(t, alan, "GET", "/me/invitations", "", "x-account-id", named)
	}
	expect := func(named, want string) {
		t.Helper()
		a := ask(named)
		list := read[invitationList](t, a, http.StatusOK)
		if len(list.Items) != 1 || list.Items[0].ID != invited || a.Headers["x-account-id"] != want {
			t.Errorf("for %q it acts for %q and lists %+v", named, a.Headers["x-account-id"], list.Items)
		}
	}
	expect("", alan)
	expect(alan, alan)
	expect(id, id)
	for _, unknown := range []string{other, stranger, "no id", "-"} {
		ask(unknown).expectProblem(t, http.StatusNotFound, account.CodeAccountNotFound)
	}
	// In a session that is in a team it is not told: that would take a read more.
	identity := account.Identity{UserID: alan, SessionID: "session-of-" + alan, AuthTime: noon.Unix(), AccessToken: alan}
	if _, err := f.service.Choose(t.Context(), identity, &id); err != nil {
		t.Fatal(err)
	}
	expect("", "")
	expect(alan, alan)
}

func TestOnesOwnInvitations(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	var teams []string
	for n := range 3 {
		id := f.create(t, fmt.Sprintf(`{"name":"Team %d"}`, n))
		teams = append(teams, id)
		f.invite(t, ada, id, "Stranger@example.com", account.Member)
	}
	pages := func(limit string) (names []string) {
		t.Helper()
		cursor := ""
		for range 5 {
			list := read[invitationList](t, f.as(t, stranger, "GET", "/me/invitations?limit="+limit+"&cursor="+cursor, ""), http.StatusOK)
			for _, i := range list.Items {
				names = append(names, i.OrganizationName+" by "+i.InvitedBy.Name)
			}
			if list.NextCursor == nil {
				return names
			}
			cursor = *list.NextCursor
		}
		t.Fatal("there is no end")
		return nil
	}
	want := []string{"Team 2 by Ada", "Team 1 by Ada", "Team 0 by Ada"}
	for _, limit := range []string{"1", "2", "48"} {
		if diff := cmp.Diff(want, pages(limit)); diff != "" {
			t.Errorf("%s a page (-want +got):\n%s", limit, diff)
		}
	}
	cursor := *read[invitationList](t, f.as(t, stranger, "GET", "/me/invitations?limit=1", ""), http.StatusOK).NextCursor
	f.as(t, grace, "GET", "/me/invitations?cursor="+cursor, "").expectFields(t, "/cursor malformed") // another's
	for query, want := range map[string]string{
		"limit=0": "/limit not_allowed", "limit=49": "/limit not_allowed", "limit=x": "/limit malformed", "status=accepted": "/status unknown_field",
		"email=ada@example.com": "/email unknown_field", "cursor=x": "/cursor malformed",
	} {
		f.as(t, stranger, "GET", "/me/invitations?"+query, "").expectFields(t, want)
	}
	// A team that is gone invites nobody, and an address that is not proven has none.
	f.as(t, ada, "DELETE", "/organizations/"+teams[1], "")
	if diff := cmp.Diff([]string{want[0], want[2]}, pages("48")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.pool.change(stranger, func(p *account.Person) { p.EmailVerified = false })
	if got := pages("48"); len(got) != 0 {
		t.Errorf("not verified, and yet %v", got)
	}
}
