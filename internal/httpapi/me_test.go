package httpapi

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// me asks GET /me, for an account if it is named.
func (f *fixture) me(tb testing.TB, accountID string) (answer, map[string]any) {
	tb.Helper()
	event := newEvent("GET", "/me", "")
	if accountID != "" {
		event.Headers["x-account-id"] = accountID
	}
	a := f.send(tb, event)
	body := map[string]any{}
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil {
		tb.Fatal(err)
	}
	return a, body
}

// The answer as clients count on it, written out by hand.
func TestMe(t *testing.T) {
	t.Parallel()
	f := newFixture(t, account.Hybrid).withProfile()
	f.join(t, account.Admin)
	user := map[string]any{
		"id": ada, "email": email, "emailVerified": true, "name": "Ada", "imageUrl": nil, "createdAt": "2026-05-04T12:00:00Z",
	}
	preferences := map[string]any{"theme": "system", "language": "en"}
	none := map[string]any{
		"canRename": false, "canDelete": false, "canInvite": false, "canManageMembers": false, "canTransfer": false, "canLeave": false,
	}
	for _, c := range []struct {
		accountID string
		want      map[string]any
	}{
		{"", map[string]any{
			"user": user, "preferences": preferences, "accountMode": "hybrid", "activeOrganizationId": nil,
			"account": map[string]any{
				"id": ada, "name": "Ada's Organization", "slug": nil, "imageUrl": nil, "isPersonal": true, "memberCount": 1.0,
				"role": "ORG_OWNER", "capabilities": none, "createdAt": "2026-05-04T12:00:00Z", "updatedAt": "2026-05-04T12:00:00Z",
				"permissions": []any{
					"audit.read", "billing.manage", "member.invite", "member.read", "member.remove", "member.update",
					"organization.delete", "organization.read", "organization.update", "ownership.grant", "ownership.transfer",
				},
			},
		}},
		{team, map[string]any{
			"user": user, "preferences": preferences, "accountMode": "hybrid", "activeOrganizationId": team,
			"account": map[string]any{
				"id": team, "name": "Team", "slug": "team", "imageUrl": nil, "isPersonal": false, "memberCount": 2.0,
				"role": "ORG_ADMIN", "createdAt": "2026-05-04T12:00:00Z", "updatedAt": "2026-05-04T12:00:00Z",
				"capabilities": map[string]any{
					"canRename": true, "canDelete": false, "canInvite": true, "canManageMembers": true, "canTransfer": false, "canLeave": true,
				},
				"permissions": []any{
					"audit.read", "member.invite", "member.read", "member.remove", "member.update", "organization.read", "organization.update",
				},
			},
		}},
	} {
		a, got := f.me(t, c.accountID)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("account %q (-want +got):\n%s", c.accountID, diff)
		}
		want := c.accountID
		if want == "" {
			want = ada
		}
		if a.StatusCode != http.StatusOK || a.Headers["x-account-id"] != want || a.Headers["content-type"] != "application/json" ||
			a.Headers["cache-control"] != "no-store" {
			t.Errorf("account %q: %d %v", c.accountID, a.StatusCode, a.Headers)
		}
	}
}

func TestMeWithoutAnAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t, account.OrganizationsOnly).withProfile()
	a, got := f.me(t, "")
	if account, there := got["account"]; !there || account != nil || got["activeOrganizationId"] != nil {
		t.Errorf("got %s", a.Body)
	}
	if _, named := a.Headers["x-account-id"]; named {
		t.Errorf("an account is named: %v", a.Headers)
	}
	if !strings.HasPrefix(a.Headers["etag"], `"`) {
		t.Errorf("etag is %s", a.Headers["etag"])
	}
}

// An ETag covers what a client can change; what others change by coming and
// going would fail an If-Match for nothing.
func TestETagOfMe(t *testing.T) {
	t.Parallel()
	f := newFixture(t, account.Hybrid).withProfile()
	f.join(t, account.Owner)
	first, _ := f.me(t, team)
	tag := first.Headers["etag"]
	if len(tag) < 18 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		t.Fatalf("etag is %s", tag)
	}
	personal, _ := f.me(t, "")
	if personal.Headers["etag"] == tag {
		t.Error("two accounts have one etag")
	}
	commit := func(u account.Update) {
		t.Helper()
		if err := f.store.Commit(t.Context(), account.Change{Updates: []account.Update{u}}); err != nil {
			t.Fatal(err)
		}
	}
	later := noon.Add(time.Hour)
	for rule, update := range map[string]account.Update{
		"members come":      account.ChangeOrganization{OrganizationID: team, Members: 3, Seats: 4, Owners: 1, UpdatedAt: later},
		"a session is used": account.ChangeSession{UserID: ada, SessionID: session, LastSeenAt: &later},
		"a team is joined":  account.ChangeUser{UserID: ada, Teams: 1, UpdatedAt: later},
	} {
		commit(update)
		if again, _ := f.me(t, team); again.Headers["etag"] != tag {
			t.Errorf("%s: another etag for the same object", rule)
		}
	}
	name := "Renamed"
	commit(account.ChangeOrganization{OrganizationID: team, Name: &name, UpdatedAt: later})
	if renamed, _ := f.me(t, team); renamed.Headers["etag"] == tag {
		t.Error("a new name has the old etag")
	}
}

// Every answer after authorization says for which account it acted.
func TestEveryAnswerNamesItsAccount(t *testing.T) {
	t.Parallel()
	refused := &account.Error{Code: account.CodeConflict, Detail: "No."}
	for _, c := range []struct {
		rule, method, path, header, body string
		role                             account.Role
		do                               func(thing) error
		status                           int
		want                             string
	}{
		{"done", "POST", "/things", "", `{"name":"thing"}`, account.Owner, fine, 200, ada},
		{"done for a header's", "POST", "/things", team, `{"name":"thing"}`, account.Owner, fine, 200, team},
		{"done for a path's", "GET", "/organizations/" + team + "/things", "", "", account.Owner, fine, 200, team},
		{"a path wins over a header", "GET", "/organizations/" + team + "/things", ada, "", account.Owner, fine, 200, team},
		{"refused by the handler", "POST", "/things", team, `{"name":"thing"}`, account.Owner, func(thing) error { return refused }, 409, team},
		{"invalid", "POST", "/things", team, `{}`, account.Owner, fine, 422, team},
		{"too large", "POST", "/things", team, strings.Repeat(" ", maxBody+1), account.Owner, fine, 413, team},
		{"forbidden", "POST", "/things", team, `{"name":"thing"}`, account.Member, fine, 403, team},
		{"panicked", "POST", "/things", team, `{"name":"thing"}`, account.Owner, func(thing) error { panic("no") }, 500, team},
		{"a stranger's is not entered", "POST", "/things", "018f4e2a-0000-7000-8000-00000000000b", `{"name":"thing"}`, account.Owner, fine, 404, ""},
		{"nor one in a path", "GET", "/organizations/018f4e2a/things", team, "", account.Owner, fine, 404, ""},
		{"nor a malformed one", "GET", "/organizations/a%23b/things", team, "", account.Owner, fine, 404, ""},
		{"an open route acts for none", "POST", "/open-things", team, `{"name":"thing"}`, account.Owner, fine, 200, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, account.Hybrid).withThings(c.do)
			f.join(t, c.role)
			event := newEvent(c.method, c.path, c.body)
			if c.header != "" {
				event.Headers["x-account-id"] = c.header
			}
			a := f.send(t, event)
			if a.StatusCode != c.status || a.Headers["x-account-id"] != c.want {
				t.Errorf("got %d for %q, want %d for %q: %s", a.StatusCode, a.Headers["x-account-id"], c.status, c.want, a.Body)
			}
			line := f.lines(t)[0]
			if got, _ := line["accountId"].(string); got != c.want {
				t.Errorf("the log says %q, want %q", got, c.want)
			}
		})
	}
}

// A log is read by many: ids and causes, never a token, a body or an address.
func TestTheLogTellsNoSecrets(t *testing.T) {
	t.Parallel()
	for rule, do := range map[string]func(thing) error{
		"done": fine, "refused": func(thing) error { return account.ErrForbidden }, "panicked": func(thing) error { panic("no") },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, account.Hybrid).withProfile().withThings(do)
			event := newEvent("POST", "/things", `{"name":"s3cr3t"}`)
			event.RawQueryString = "limit=7"
			event.Cookies = []string{"s3cr3t=1"}
			event.Headers["x-extra"] = "s3cr3t"
			f.send(t, event)
			f.me(t, "")
			for _, secret := range []string{accessToken, "secret-claims", "c2VjcmV0", "s3cr3t", email, "Ada's", "Bearer", callerIP, browser} {
				if strings.Contains(f.log.String(), secret) {
					t.Errorf("the log tells %q:\n%s", secret, f.log.String())
				}
			}
			lines := f.lines(t)
			if len(lines) != 2 {
				t.Fatalf("%d lines for two requests", len(lines))
			}
			line := lines[1]
			if line["level"] != "INFO" || line["route"] != "GET /me" || line["status"] != 200.0 || line["requestId"] != "request-1" ||
				line["userId"] != ada || line["accountId"] != ada {
				t.Errorf("the line is %v", line)
			}
		})
	}
}

func TestConfigIsOpenAndKept(t *testing.T) {
	t.Parallel()
	f := &fixture{api: New(down{}, tokens())} // no store is asked
	f.withProfile()
	event := newEvent("GET", "/config", "")
	event.RequestContext.Authorizer = nil
	delete(event.Headers, "authorization")
	a := f.send(t, event)
	body := map[string]any{}
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s, %v", a.StatusCode, a.Body, err)
	}
	if _, there := body["cognitoEndpoint"]; there || body["languages"] == nil || body["passwordPolicy"] == nil {
		t.Errorf("got %s", a.Body)
	}
	if got := a.Headers["cache-control"]; got != "public, max-age=300" {
		t.Errorf("cache-control is %q", got)
	}
}

// The whole of a request in the function: event, authorization, answer.
func BenchmarkGetMe(b *testing.B) {
	f := newFixture(b, account.Hybrid).withProfile()
	f.send(b, newEvent("GET", "/me", "")) // the records are made
	handler := Lambda(f.api, slog.New(slog.DiscardHandler))
	payload, err := json.Marshal(newEvent("GET", "/me", ""))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := handler.Invoke(b.Context(), payload); err != nil {
			b.Fatal(err)
		}
	}
}
