package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

const next = "next@example.com"

// emailCode is the code that was mailed last for a change of a user's.
func (f *teams) emailCode(userID string) (code string) {
	f.logins.peek(userID, func(l *login) { code = l.code })
	return code
}

func (f *teams) verifyEmail(t *testing.T, code string) answer {
	t.Helper()
	return f.as(t, ada, "POST", "/me/security/email/verify", `{"code":"`+code+`"}`)
}

// The answers as clients count on them, written out by hand.
func TestAnAddressIsChanged(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.from(t, "telephone", ada, "GET", "/me/sessions", "")
	asked := read[map[string]any](t, f.as(t, ada, "POST", "/me/security/email", `{"email":" Next@Example.com "}`), http.StatusOK)
	if diff := cmp.Diff(map[string]any{"email": email, "emailVerified": true, "pendingEmail": "Next@Example.com"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if f.pool.people[ada].Email != email {
		t.Error("not proven, and the old one is gone")
	}
	proven := read[map[string]any](t, f.verifyEmail(t, f.emailCode(ada)), http.StatusOK)
	if diff := cmp.Diff(map[string]any{"email": "Next@Example.com", "emailVerified": true, "pendingEmail": nil}, proven); diff != "" {
		t.Errorf("proven (-want +got):\n%s", diff)
	}
	f.from(t, "telephone", ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	f.verifyEmail(t, f.emailCode(ada)).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	if all := f.store.All(); all.Address(email) != nil || all.Address(next) == nil || all.Address(next).UserID != ada {
		t.Errorf("the addresses are %+v and %+v", all.Address(email), all.Address(next))
	}
}

func TestACodeThatIsWrong(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	for _, path := range []string{"/resend", "/verify"} { // nothing is asked for yet
		f.as(t, ada, "POST", "/me/security/email"+path, map[string]string{"/verify": `{"code":"1"}`}[path]).
			expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	f.as(t, ada, "DELETE", "/me/security/email", "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	f.as(t, ada, "POST", "/me/security/email", `{"email":"`+next+`"}`)
	first := f.emailCode(ada)
	f.verifyEmail(t, "000000").expectFields(t, "/code incorrect")
	for body, want := range map[string]string{
		``: " required", `{}`: "/code required", `{"code":""}`: "/code too_short", `{"code":123456}`: "/code malformed",
		`{"code":"` + strings.Repeat("1", 65) + `"}`: "/code too_long", `{"code":"1","email":"x"}`: "/email unknown_field",
	} {
		f.as(t, ada, "POST", "/me/security/email/verify", body).expectFields(t, want)
	}
	if a := f.as(t, ada, "POST", "/me/security/email/resend", ""); a.StatusCode != http.StatusNoContent || a.Body != "" {
		t.Errorf("resent: %d %s", a.StatusCode, a.Body)
	}
	f.verifyEmail(t, first).expectFields(t, "/code incorrect") // the one before
	f.later(codeLife)
	f.signedIn = f.now()
	f.verifyEmail(t, f.emailCode(ada)).expectFields(t, "/code expired")
	if f.pool.people[ada].Email != email {
		t.Error("refused, and yet changed")
	}
	f.as(t, ada, "POST", "/me/security/email/resend", "")
	read[emailObject](t, f.verifyEmail(t, f.emailCode(ada)), http.StatusOK)
}

func TestAChangeOfAddressIsCancelled(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.as(t, ada, "POST", "/me/security/email", `{"email":"`+next+`"}`)
	if a := f.as(t, ada, "DELETE", "/me/security/email", ""); a.StatusCode != http.StatusNoContent || a.Body != "" {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
	f.verifyEmail(t, f.emailCode(ada)).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	if got := read[securityObject](t, f.as(t, ada, "GET", "/me/security", ""), http.StatusOK); got.PendingEmail != nil || got.Email != email {
		t.Errorf("%+v", got)
	}
}

// That somebody has an address is told only to who proved to have it too.
func TestAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	free := f.as(t, ada, "POST", "/me/security/email", `{"email":"nobody@example.com"}`)
	taken := f.as(t, ada, "POST", "/me/security/email", `{"email":"grace@example.com"}`)
	if taken.StatusCode != free.StatusCode || taken.Body != strings.ReplaceAll(free.Body, "nobody@", "grace@") {
		t.Errorf("free: %d %s; taken: %d %s", free.StatusCode, free.Body, taken.StatusCode, taken.Body)
	}
	f.as(t, ada, "POST", "/me/security/email", `{"email":"`+next+`"}`)
	f.pool.change(grace, func(p *account.Person) { p.Email = next }) // meanwhile
	f.verifyEmail(t, f.emailCode(ada)).expectProblem(t, http.StatusConflict, account.CodeEmailTaken)
	if f.pool.people[ada].Email != email || f.store.All().User(ada).Email != email {
		t.Error("refused, and yet changed")
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	for body, want := range map[string]string{
		``: " required", `{}`: "/email required", `{"email":null}`: "/email malformed", `{"email":""}`: "/email required",
		`{"email":"nobody"}`: "/email malformed", `{"email":"` + strings.Repeat("x", 257) + `"}`: "/email too_long",
		`{"email":"ADA@example.com"}`: "/email not_allowed", `{"email":"a@example.com","emailVerified":true}`: "/emailVerified unknown_field",
	} {
		f.as(t, ada, "POST", "/me/security/email", body).expectFields(t, want)
	}
	if u := f.store.All().User(ada); u.PendingEmail != "" {
		t.Errorf("refused, and yet %q waits", u.PendingEmail)
	}
}

// Each change and each resend is a mail to somebody.
func TestChangesOfAddressAreLimited(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	ask := func() answer { return f.as(t, ada, "POST", "/me/security/email", `{"email":"`+next+`"}`) }
	resend := func() answer { return f.as(t, ada, "POST", "/me/security/email/resend", "") }
	read[emailObject](t, ask(), http.StatusOK)
	for range account.EmailRate.Max - 1 {
		if a := resend(); a.StatusCode != http.StatusNoContent {
			t.Fatalf("%d %s", a.StatusCode, a.Body)
		}
	}
	for _, a := range []answer{ask(), resend()} {
		a.expectProblem(t, http.StatusTooManyRequests, account.CodeRateLimited)
		if a.Headers["retry-after"] != "86401" {
			t.Errorf("retry after %q", a.Headers["retry-after"])
		}
	}
	f.later(24 * time.Hour)
	f.signedIn = f.now()
	read[emailObject](t, ask(), http.StatusOK)
}
