package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// invite has a member invite an address and returns the invitation.
func (f *teams) invite(tb testing.TB, who, organizationID, address string, role account.Role) invitationObject {
	tb.Helper()
	body := `{"email":"` + address + `","role":"` + string(role) + `"}`
	return read[invitationObject](tb, f.as(tb, who, "POST", "/organizations/"+organizationID+"/invitations", body), http.StatusCreated)
}

// invitation is what the store has under a public id.
func (f *teams) invitation(tb testing.TB, publicID string) *account.Invitation {
	tb.Helper()
	organizationID, id, _ := strings.Cut(publicID, ".")
	records, err := f.store.Read(tb.Context(), account.InvitationKey(organizationID, id))
	if err != nil {
		tb.Fatal(err)
	}
	i := records.Invitation(organizationID, id)
	if i == nil {
		tb.Fatalf("there is no invitation %s", publicID)
	}
	return i
}

// token is the one that the last mail of an invitation has.
func (f *teams) token(tb testing.TB, publicID string) string {
	tb.Helper()
	token, err := f.service.InvitationToken(tb.Context(), f.invitation(tb, publicID))
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// later moves the clock.
func (f *teams) later(d time.Duration) { f.clock.Add(int64(d)) }

const week = 7 * 24 * time.Hour

// The answer as clients count on it, written out by hand.
func TestSomebodyIsInvited(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	a := f.as(t, grace, "POST", "/organizations/"+id+"/invitations", `{"email":" Stranger@Example.com ","role":"ORG_MEMBER"}`)
	got := read[map[string]any](t, a, http.StatusCreated)
	publicID, _ := got["id"].(string)
	want := map[string]any{
		"id": publicID, "organizationId": id, "organizationName": "Team", "email": "Stranger@Example.com", "role": "ORG_MEMBER",
		"status": "pending", "invitedBy": map[string]any{"userId": grace, "name": "Grace"},
		"createdAt": "2026-05-04T12:00:00Z", "lastSentAt": "2026-05-04T12:00:00Z", "expiresAt": "2026-05-11T12:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !account.IsInvitationID(publicID) || a.Headers["location"] != "/organizations/"+id+"/invitations/"+publicID || a.Headers["x-account-id"] != id {
		t.Errorf("%s: headers %v", publicID, a.Headers)
	}
	for who, path := range map[string]string{ada: "/organizations/" + id + "/invitations", stranger: "/me/invitations"} {
		list := read[map[string]any](t, f.as(t, who, "GET", path, ""), http.StatusOK)
		if diff := cmp.Diff(map[string]any{"items": []any{want}, "nextCursor": nil}, list); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestWhatIsWrongWithAnInvitationIsToldByField(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	path := "/organizations/" + f.team(t) + "/invitations"
	long := strings.Repeat("l", 64) + "@" + strings.Repeat(strings.Repeat("d", 60)+".", 4) + "example"
	for body, want := range map[string][]string{
		``:                                  {" required"},
		`{}`:                                {"/email required", "/role required"},
		`{"email":"a@example.com"}`:         {"/role required"},
		`{"email":"","role":"ORG_MEMBER"}`:  {"/email required"},
		`{"email":" ","role":"ORG_MEMBER"}`: {"/email required"},
		`{"email":7,"role":"ORG_MEMBER"}`:   {"/email malformed"},
		`{"email":"a@example.com","role":"ORG_KING"}`:                                 {"/role unknown_value"},
		`{"email":"a@example.com","role":"org_member"}`:                               {"/role unknown_value"},
		`{"email":"a@example.com","role":""}`:                                         {"/role unknown_value"},
		`{"email":"a@example.com","role":"ORG_MEMBER","status":"accepted"}`:           {"/status unknown_field"},
		`{"email":"` + long + `","role":"ORG_MEMBER"}`:                                {"/email too_long"},
		`{"email":"` + strings.Repeat("x", 257) + `","role":"ORG_MEMBER"}`:            {"/email too_long"},
		`{"email":"` + strings.Repeat("ü", 122) + `@example.de","role":"ORG_MEMBER"}`: {"/email too_long"},
	} {
		f.as(t, ada, "POST", path, body).expectFields(t, want...)
	}
	for _, address := range []string{
		"ada", "ada@", "@example.com", "ada@example", "ada@@example.com", "ada@example.com,bob@example.com", "Ada <ada@example.com>",
		"ada@example.com\\nbcc: bob@example.com", "a da@example.com", "ada@exam ple.com", "<ada@example.com>", "ada@example.com\\u200b",
		"\\\"a d\\\"@example.com", "a#b@example.com", "ada@.", "ada@.com.", "ada(comment)@example.com",
	} {
		f.as(t, ada, "POST", path, `{"email":"`+address+`","role":"ORG_MEMBER"}`).expectFields(t, "/email malformed")
	}
	list := read[invitationList](t, f.as(t, ada, "GET", path, ""), http.StatusOK)
	if len(list.Items) != 0 || list.Items == nil {
		t.Errorf("refused, and yet there are %+v", list.Items)
	}
}

func TestWhoMayInviteWhom(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	f.invite(t, ada, id, "new@example.com", account.Member)
	for _, c := range []struct {
		rule, who, address string
		role               account.Role
		status             int
		code               account.Code
	}{
		{"a member invites nobody", alan, "a@example.com", account.Member, 403, account.CodeForbidden},
		{"an administrator no owner", grace, "a@example.com", account.Owner, 403, account.CodeForbidden},
		{"nobody a member", ada, "alan@example.com", account.Member, 409, account.CodeAlreadyMember},
		{"whatever the case", ada, "ALAN@example.COM", account.Member, 409, account.CodeAlreadyMember},
		{"nobody themselves", ada, "ada@example.com", account.Member, 409, account.CodeAlreadyMember},
		{"nobody twice", grace, "New@Example.com", account.Admin, 409, account.CodeAlreadyInvited},
		{"a stranger hears of nothing", stranger, "a@example.com", account.Member, 404, account.CodeNotFound},
	} {
		a := f.as(t, c.who, "POST", "/organizations/"+id+"/invitations", `{"email":"`+c.address+`","role":"`+string(c.role)+`"}`)
		a.expectProblem(t, c.status, c.code)
		if named := a.Headers["x-account-id"] == id; named != (c.who != stranger) {
			t.Errorf("%s: for %q", c.rule, a.Headers["x-account-id"])
		}
	}
	// Who may not hears that, not what is wrong with the request.
	f.as(t, alan, "POST", "/organizations/"+id+"/invitations", `{"role":"ORG_KING"}`).
		expectProblem(t, http.StatusForbidden, account.CodeForbidden)
	f.invite(t, ada, id, "owner@example.com", account.Owner)
	f.invite(t, grace, id, "admin@example.com", account.Admin)
}

func TestInvitationsWantATeam(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	const body = `{"email":"a@example.com","role":"ORG_MEMBER"}`
	own := "/organizations/" + ada + "/invitations"
	requests := func(path string) [][3]string {
		return [][3]string{{"POST", path, body}, {"GET", path, ""}, {"POST", path + "/" + ada + "." + ada + "/resend", ""}, {"DELETE", path + "/x", ""}}
	}
	for _, r := range requests(own) {
		a := f.as(t, ada, r[0], r[1], r[2])
		if a.expectProblem(t, http.StatusBadRequest, account.CodePersonalOrganization); a.Headers["x-account-id"] != ada {
			t.Errorf("%v: for %q", r, a.Headers["x-account-id"])
		}
	}
	personal := newTeams(t, func(c *account.Config) { c.AccountMode = account.PersonalOnly })
	personal.join(t, account.Owner) // as left from another mode
	for _, r := range requests("/organizations/" + team + "/invitations") {
		personal.as(t, ada, r[0], r[1], r[2]).expectProblem(t, http.StatusForbidden, account.CodeAccountMode)
	}
	teamsOnly := newTeams(t, func(c *account.Config) { c.AccountMode = account.OrganizationsOnly })
	for _, r := range requests(own) {
		teamsOnly.as(t, ada, r[0], r[1], r[2]).expectProblem(t, http.StatusForbidden, account.CodeAccountMode)
	}
}

func TestARepeatedInvitationIsOne(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	const body = `{"email":"new@example.com","role":"ORG_MEMBER"}`
	path := "/organizations/" + id + "/invitations"
	first := f.as(t, ada, "POST", path, body, "idempotency-key", "k")
	again := f.as(t, ada, "POST", path, body, "idempotency-key", "k")
	if first.StatusCode != http.StatusCreated || again.StatusCode != http.StatusCreated || again.Body != first.Body ||
		again.Headers["location"] != first.Headers["location"] || again.Headers["x-account-id"] != id {
		t.Errorf("%d %s, then %d %s", first.StatusCode, first.Body, again.StatusCode, again.Body)
	}
	f.as(t, ada, "POST", path, `{"email":"new@example.com","role":"ORG_ADMIN"}`, "idempotency-key", "k").
		expectProblem(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
	other := f.create(t, `{"name":"Other"}`)
	f.as(t, ada, "POST", "/organizations/"+other+"/invitations", body, "idempotency-key", "k").
		expectProblem(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
	f.as(t, ada, "POST", path, body, "idempotency-key", "k2").expectProblem(t, http.StatusConflict, account.CodeAlreadyInvited)
	// It is the same one still when it is not pending any more.
	publicID := read[invitationObject](t, first, http.StatusCreated).ID
	f.as(t, ada, "DELETE", path+"/"+publicID, "")
	revoked := read[invitationObject](t, f.as(t, ada, "POST", path, body, "idempotency-key", "k"), http.StatusCreated)
	if revoked.ID != publicID || revoked.Status != account.InvitationRevoked {
		t.Errorf("repeated after its end it is %+v", revoked)
	}
}

func TestInvitationsAreListedByStatus(t *testing.T) {
	t.Parallel()
	f := newTeams(t, func(c *account.Config) { c.InvitationDays = 1 })
	id := f.team(t)
	path := "/organizations/" + id + "/invitations"
	f.invite(t, ada, id, "expired@example.com", account.Member)
	f.later(25 * time.Hour)
	f.as(t, ada, "DELETE", path+"/"+f.invite(t, grace, id, "revoked@example.com", account.Member).ID, "")
	accepted := f.invite(t, ada, id, "stranger@example.com", account.Member).ID
	f.as(t, stranger, "POST", "/invitations/accept", `{"invitationId":"`+accepted+`"}`)
	f.pool.change(stranger, func(p *account.Person) { p.Email = "declined@example.com" })
	declined := f.invite(t, ada, id, "declined@example.com", account.Member).ID
	f.as(t, stranger, "POST", "/invitations/"+declined+"/decline", "")
	f.invite(t, ada, id, "pending@example.com", account.Member)
	f.invite(t, ada, id, "newest@example.com", account.Member)
	for query, want := range map[string]string{
		"": "newest pending", "?status=pending": "newest pending", "?status=accepted": "stranger", "?status=declined": "declined",
		"?status=revoked": "revoked", "?status=expired": "expired",
	} {
		list := read[invitationList](t, f.as(t, grace, "GET", path+query, ""), http.StatusOK)
		var names []string
		for _, i := range list.Items {
			name, _, _ := strings.Cut(i.Email, "@")
			if names = append(names, name); query != "" && "?status="+string(i.Status) != query {
				t.Errorf("%q has one that is %s", query, i.Status)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	for query, want := range map[string]string{
		"status=gone": "/status unknown_value", "status=": "", "limit=0": "/limit not_allowed", "limit=101": "/limit not_allowed", "q=a": "/q unknown_field",
	} {
		if want == "" { // the default
			read[invitationList](t, f.as(t, ada, "GET", path+"?"+query, ""), http.StatusOK)
			continue
		}
		f.as(t, ada, "GET", path+"?"+query, "").expectFields(t, want)
	}
	f.as(t, alan, "GET", path, "").expectProblem(t, http.StatusForbidden, account.CodeForbidden)
}

// A cursor belongs to the team and the status that gave it.
func TestCursorsOfInvitations(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id, other := f.team(t), f.create(t, `{"name":"Other"}`)
	path := "/organizations/" + id + "/invitations"
	for _, name := range []string{"a", "b", "c"} {
		f.invite(t, ada, id, name+"@example.com", account.Member)
	}
	var names string
	cursor := ""
	for range 4 {
		list := read[invitationList](t, f.as(t, ada, "GET", path+"?limit=1&cursor="+cursor, ""), http.StatusOK)
		for _, i := range list.Items {
			names += i.Email[:1]
		}
		if list.NextCursor == nil {
			break
		}
		cursor = *list.NextCursor
	}
	if names != "cba" {
		t.Errorf("the pages have %q", names)
	}
	for rule, target := range map[string]string{
		"another status's":     path + "?status=revoked&cursor=" + cursor,
		"another team's":       "/organizations/" + other + "/invitations?cursor=" + cursor,
		"another list's":       "/organizations/" + id + "/members?cursor=" + cursor,
		"one's own list's":     "/me/invitations?cursor=" + cursor,
		"one that was altered": path + "?cursor=" + cursor[:len(cursor)-2] + "AA",
		"one that never was":   path + "?cursor=" + url.QueryEscape("🔥"),
	} {
		if a := f.as(t, ada, "GET", target, ""); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", rule, a.StatusCode, a.Body)
		} else {
			a.expectFields(t, "/cursor malformed")
		}
	}
}

func TestAnInvitationIsSentAgain(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	made := f.invite(t, ada, id, "stranger@example.com", account.Member)
	before := f.token(t, made.ID)
	f.later(week + time.Hour) // expired; sent again it is good again
	a := f.as(t, grace, "POST", "/organizations/"+id+"/invitations/"+made.ID+"/resend", "")
	want := made
	want.LastSentAt, want.ExpiresAt = noon.Add(week+time.Hour), noon.Add(2*week+time.Hour)
	if diff := cmp.Diff(want, read[invitationObject](t, a, http.StatusOK)); diff != "" || a.Headers["x-account-id"] != id {
		t.Errorf("for %q (-want +got):\n%s", a.Headers["x-account-id"], diff)
	}
	after := f.token(t, made.ID)
	for token, status := range map[string]int{before: http.StatusNotFound, after: http.StatusOK} {
		if a := f.asNobody(t, callerIP, "POST", "/invitations/preview", `{"token":"`+token+`"}`); a.StatusCode != status {
			t.Errorf("preview: %d %s, want %d", a.StatusCode, a.Body, status)
		}
	}
	f.as(t, stranger, "POST", "/invitations/accept", `{"token":"`+before+`"}`).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	read[accountObject](t, f.as(t, stranger, "POST", "/invitations/accept", `{"token":"`+after+`"}`), http.StatusOK)
}

func TestAnInvitationIsRevoked(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	made := f.invite(t, ada, id, "stranger@example.com", account.Member)
	token := f.token(t, made.ID)
	a := f.as(t, grace, "DELETE", "/organizations/"+id+"/invitations/"+made.ID, "")
	if a.StatusCode != http.StatusNoContent || a.Body != "" || a.Headers["x-account-id"] != id {
		t.Errorf("%d %s %v", a.StatusCode, a.Body, a.Headers)
	}
	for _, body := range []string{`{"token":"` + token + `"}`, `{"invitationId":"` + made.ID + `"}`} {
		f.as(t, stranger, "POST", "/invitations/accept", body).expectProblem(t, http.StatusConflict, account.CodeInvitationNotPending)
	}
	preview := f.asNobody(t, callerIP, "POST", "/invitations/preview", `{"token":"`+token+`"}`)
	if got := read[previewObject](t, preview, http.StatusOK); got.Status != account.InvitationRevoked {
		t.Errorf("a preview says %s", got.Status)
	}
	if again := f.invite(t, ada, id, "stranger@example.com", account.Admin); again.ID == made.ID {
		t.Error("invited again it is the same invitation")
	}
}

func TestRefusalsOfResendAndRevoke(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id, other := f.team(t), f.create(t, `{"name":"Other"}`)
	pending := f.invite(t, ada, id, "pending@example.com", account.Member).ID
	foreign := f.invite(t, ada, other, "pending@example.com", account.Member).ID
	ended := f.invite(t, ada, id, "ended@example.com", account.Member).ID
	f.as(t, ada, "DELETE", "/organizations/"+id+"/invitations/"+ended, "")
	for _, c := range []struct {
		rule, who, invitationID string
		status                  int
		code                    account.Code
	}{
		{"a member may not", alan, pending, 403, account.CodeForbidden},
		{"nor learn whether it is there", alan, "none", 403, account.CodeForbidden},
		{"a stranger sees no team", stranger, pending, 404, account.CodeNotFound},
		{"one that ended stays so", grace, ended, 409, account.CodeInvitationNotPending},
		{"another team's is not this one's", ada, foreign, 404, account.CodeNotFound},
		{"nor with this one's id before it", ada, id + foreign[strings.Index(foreign, "."):], 404, account.CodeNotFound},
		{"a token is no id", ada, f.token(t, pending), 404, account.CodeNotFound},
		{"the half of an id is none", ada, pending[strings.Index(pending, ".")+1:], 404, account.CodeNotFound},
		{"nor what cannot be one", ada, "%F0%9F%94%A5", 404, account.CodeNotFound},
		{"nor an overlong one", ada, strings.Repeat("x", 600), 404, account.CodeNotFound},
	} {
		for method, path := range map[string]string{"DELETE": "", "POST": "/resend"} {
			a := f.as(t, c.who, method, "/organizations/"+id+"/invitations/"+c.invitationID+path, "")
			a.expectProblem(t, c.status, c.code)
			if named := a.Headers["x-account-id"] == id; named != (c.who != stranger) {
				t.Errorf("%s: for %q", c.rule, a.Headers["x-account-id"])
			}
		}
	}
	if i := f.invitation(t, pending); i.SendCount != 1 || i.Status != account.InvitationPending {
		t.Errorf("refused, and yet it is %+v", i)
	}
}
