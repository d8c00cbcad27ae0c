package httpapi

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"hearth/internal/account"
)

// A seat is a membership or a pending invitation; one that expired holds none.
func TestSeatsAreCounted(t *testing.T) {
	t.Parallel()
	f := newTeams(t, func(c *account.Config) { c.SeatLimit = 4 })
	id := f.team(t) // three
	path := "/organizations/" + id + "/invitations"
	first := f.invite(t, ada, id, "a@example.com", account.Member)
	full := func() {
		t.Helper()
		f.as(t, ada, "POST", path, `{"email":"b@example.com","role":"ORG_MEMBER"}`).expectProblem(t, http.StatusConflict, account.CodeSeatLimit)
	}
	full()
	f.as(t, ada, "DELETE", path+"/"+first.ID, "")
	f.invite(t, ada, id, "c@example.com", account.Member)
	full()
	f.later(week)
	f.invite(t, ada, id, "b@example.com", account.Member)
	f.as(t, ada, "POST", path, `{"email":"c@example.com","role":"ORG_MEMBER"}`).expectProblem(t, http.StatusConflict, account.CodeSeatLimit)
}

// What is too often is refused with the time to wait.
func TestInvitationsAreLimited(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id + "/invitations"
	made := f.invite(t, ada, id, "a@example.com", account.Member)
	for n := range account.InvitationRate.Max - 1 {
		f.invite(t, ada, id, fmt.Sprintf("guest-%d@example.com", n), account.Member)
	}
	f.later(time.Minute)
	for _, r := range [][2]string{{path, `{"email":"b@example.com","role":"ORG_MEMBER"}`}, {path + "/" + made.ID + "/resend", ""}} {
		a := f.as(t, ada, "POST", r[0], r[1])
		a.expectProblem(t, http.StatusTooManyRequests, account.CodeRateLimited)
		if got := a.Headers["retry-after"]; got != "3541" {
			t.Errorf("retry after %q", got)
		}
	}
	f.invite(t, grace, id, "c@example.com", account.Member) // who counts for herself
	f.later(account.InvitationRate.Window)
	f.invite(t, ada, id, "b@example.com", account.Member)
}

// What one invitation mails, and what one address is mailed, is bounded too,
// whoever sends it.
func TestMailsToOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id + "/invitations"
	for range account.AddressRate.Max {
		made := f.invite(t, ada, id, "A@example.com", account.Member)
		f.as(t, ada, "DELETE", path+"/"+made.ID, "")
	}
	f.as(t, grace, "POST", path, `{"email":"a@EXAMPLE.com","role":"ORG_MEMBER"}`).
		expectProblem(t, http.StatusTooManyRequests, account.CodeRateLimited)
	f.later(account.AddressRate.Window)
	made := f.invite(t, grace, id, "a@example.com", account.Member)
	for range account.MaxSends - 1 {
		read[invitationObject](t, f.as(t, ada, "POST", path+"/"+made.ID+"/resend", ""), http.StatusOK)
	}
	f.as(t, grace, "POST", path+"/"+made.ID+"/resend", "").
		expectProblem(t, http.StatusTooManyRequests, account.CodeRateLimited)
}

// Authorization is one call and the change another; a list reads its page and
// the names in it.
func TestCallsOfInvitations(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id + "/invitations"
	made := f.invite(t, ada, id, "stranger@example.com", account.Member)
	declined := f.invite(t, ada, f.create(t, `{"name":"Other"}`), "stranger@example.com", account.Member)
	revoked := f.invite(t, ada, id, "revoked@example.com", account.Member)
	for _, c := range []struct {
		who, method, path, body string
		status                  int
		calls                   int64
	}{
		{ada, "POST", path, `{"email":"a@example.com","role":"ORG_MEMBER"}`, 201, 2},
		{ada, "GET", path, "", 200, 3},
		{ada, "GET", path + "?status=declined", "", 200, 2}, // nobody to name
		{ada, "POST", path + "/" + made.ID + "/resend", "", 200, 2},
		{grace, "POST", path + "/" + made.ID + "/resend", "", 200, 3}, // and who sent it first
		{ada, "DELETE", path + "/" + revoked.ID, "", 204, 2},
		{stranger, "GET", "/me/invitations", "", 200, 2},
		{stranger, "POST", "/invitations/preview", `{"token":"` + f.token(t, declined.ID) + `"}`, 200, 2},
		{stranger, "POST", "/invitations/" + declined.ID + "/decline", "", 204, 2},
		{stranger, "POST", "/invitations/accept", `{"invitationId":"` + made.ID + `"}`, 200, 2},
	} {
		f.counted.calls.Store(0)
		a := f.as(t, c.who, c.method, c.path, c.body)
		if got := f.counted.calls.Load(); a.StatusCode != c.status || got != c.calls {
			t.Errorf("%s %s: %d in %d calls, want %d in %d", c.method, c.path, a.StatusCode, got, c.status, c.calls)
		}
	}
}
