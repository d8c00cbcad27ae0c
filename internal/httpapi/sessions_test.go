package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// sessions are the ids of a user's sessions, as one of them sees them.
func (f *teams) sessions(t *testing.T, sessionID string) (ids []string) {
	t.Helper()
	for _, s := range read[sessionList](t, f.from(t, sessionID, ada, "GET", "/me/sessions", ""), http.StatusOK).Items {
		ids = append(ids, s.ID)
	}
	return ids
}

const laptop = "session-of-" + ada

// threeSessions has ada signed in on her laptop, telephone and tablet, a minute
// apart.
func threeSessions(t *testing.T) *teams {
	t.Helper()
	f := newTeams(t)
	for _, device := range []string{"telephone", "tablet"} {
		f.later(time.Minute)
		f.from(t, device, ada, "GET", "/me/security", "")
	}
	return f
}

// The answer as clients count on it, written out by hand.
func TestSessionsAreListed(t *testing.T) {
	t.Parallel()
	f := threeSessions(t)
	session := func(id string, current bool, minute string) any {
		at := "2026-05-04T12:" + minute + ":00Z"
		return map[string]any{"id": id, "current": current, "device": browser, "createdAt": at, "lastSeenAt": at}
	}
	want := map[string]any{"items": []any{
		session(laptop, true, "00"), session("tablet", false, "02"), session("telephone", false, "01"),
	}, "nextCursor": nil}
	if diff := cmp.Diff(want, read[map[string]any](t, f.as(t, ada, "GET", "/me/sessions", ""), http.StatusOK)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.as(t, ada, "GET", "/me/sessions?limit=1", "").expectFields(t, "/limit unknown_field")
}

func TestASessionIsEnded(t *testing.T) {
	t.Parallel()
	f := threeSessions(t)
	if a := f.as(t, ada, "DELETE", "/me/sessions/telephone", ""); a.StatusCode != http.StatusNoContent || a.Body != "" {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
	f.from(t, "telephone", ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	if diff := cmp.Diff([]string{"tablet", laptop}, f.sessions(t, "tablet")); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	for _, id := range []string{"none", "session-of-" + grace, "a#b", "%F0%9F%94%A5", strings.Repeat("x", 600)} {
		f.as(t, ada, "DELETE", "/me/sessions/"+id, "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	read[sessionList](t, f.as(t, grace, "GET", "/me/sessions", ""), http.StatusOK)
	// One's own is a sign-out.
	if a := f.as(t, ada, "DELETE", "/me/sessions/"+laptop, ""); a.StatusCode != http.StatusNoContent {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
	f.as(t, ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
}

func TestTheOtherSessionsAreEnded(t *testing.T) {
	t.Parallel()
	f := threeSessions(t)
	if a := f.from(t, "tablet", ada, "POST", "/me/sessions/revoke-others", ""); a.StatusCode != http.StatusNoContent || a.Body != "" {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
	for _, id := range []string{laptop, "telephone", "never seen"} {
		f.from(t, id, ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	}
	if diff := cmp.Diff([]string{"tablet"}, f.sessions(t, "tablet")); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	f.logins.peek(ada, func(l *login) {
		if l.signedOut != 0 {
			t.Error("the provider ended this one, too")
		}
	})
}

func TestEverySessionIsEnded(t *testing.T) {
	t.Parallel()
	f := threeSessions(t)
	f.later(time.Second)
	if a := f.as(t, ada, "POST", "/me/sessions/revoke-all", ""); a.StatusCode != http.StatusNoContent || a.Body != "" {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
	for _, id := range []string{laptop, "telephone", "tablet", "never seen"} {
		f.from(t, id, ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	}
	f.logins.peek(ada, func(l *login) {
		if l.signedOut != 1 {
			t.Errorf("the provider signed out %d times", l.signedOut)
		}
	})
	f.signedIn = f.now().Add(time.Second)
	if diff := cmp.Diff([]string{"anew"}, f.sessions(t, "anew")); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}
