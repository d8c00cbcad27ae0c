package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/account"
)

func changePassword(current, proposed string) string {
	return `{"currentPassword":"` + current + `","newPassword":"` + proposed + `"}`
}

func TestAPasswordIsChanged(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.from(t, "telephone", ada, "GET", "/me/sessions", "")
	a := f.as(t, ada, "POST", "/me/security/password", changePassword(firstPassword, "another good one"))
	if a.StatusCode != http.StatusNoContent || a.Body != "" || a.Headers["cache-control"] != "no-store" {
		t.Fatalf("%d %s %v", a.StatusCode, a.Body, a.Headers)
	}
	f.logins.peek(ada, func(l *login) {
		if l.password != "another good one" {
			t.Error("the provider has the old one")
		}
	})
	f.from(t, "telephone", ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	f.from(t, "never seen", ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	read[sessionList](t, f.as(t, ada, "GET", "/me/sessions", ""), http.StatusOK)
	read[sessionList](t, f.as(t, grace, "GET", "/me/sessions", ""), http.StatusOK)
}

func TestAPasswordThatIsRefused(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	long := strings.Repeat("x", 257)
	for body, want := range map[string]string{
		``:                              " required",
		`{}`:                            "/currentPassword required, /newPassword required",
		changePassword("", "good one"):  "/currentPassword too_short",
		changePassword("x", ""):         "/newPassword too_short",
		changePassword(long, "x"):       "/currentPassword too_long",
		changePassword("x", long):       "/newPassword too_long",
		changePassword("wrong", "good"): "/currentPassword incorrect",
		changePassword(firstPassword, "too short"):           "/newPassword too_short",
		changePassword(firstPassword, firstPassword):         "/newPassword reused",
		`{"currentPassword":7,"newPassword":"x"}`:            "/currentPassword malformed",
		`{"currentPassword":"x","newPassword":null}`:         "/newPassword malformed",
		`{"currentPassword":"x","newPassword":"y","more":1}`: "/more unknown_field",
	} {
		f.as(t, ada, "POST", "/me/security/password", body).expectFields(t, strings.Split(want, ", ")...)
		f.logins.peek(ada, func(l *login) {
			if l.password != firstPassword {
				t.Fatalf("%s changed it", body)
			}
		})
	}
	if u := f.store.All().User(ada); !u.PasswordChangedAt.IsZero() || !u.SessionsValidFrom.IsZero() {
		t.Errorf("refused, and yet %+v", u)
	}
	// The policy in plain words, as the provider puts them.
	a := f.as(t, ada, "POST", "/me/security/password", changePassword(firstPassword, "too short"))
	if a.problem.Errors[0].Detail != "Use at least 12 characters." {
		t.Errorf("%s", a.Body)
	}
}

func TestPasswordsAreNotGuessed(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	for range wrongTries {
		f.as(t, ada, "POST", "/me/security/password", changePassword("wrong", "another good one"))
	}
	a := f.as(t, ada, "POST", "/me/security/password", changePassword(firstPassword, "another good one"))
	a.expectProblem(t, http.StatusTooManyRequests, account.CodeRateLimited)
	if a.Headers["retry-after"] != "60" {
		t.Errorf("retry after %q", a.Headers["retry-after"])
	}
	if got := f.as(t, grace, "POST", "/me/security/password", changePassword(firstPassword, "another good one")); got.StatusCode != http.StatusNoContent {
		t.Errorf("somebody else: %d %s", got.StatusCode, got.Body)
	}
}

// A password that was changed and not noted is noted by the same request.
func TestAPasswordChangeThatWasCutOff(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.logins.peek(ada, func(l *login) { l.password = "another good one" })
	a := f.as(t, ada, "POST", "/me/security/password", changePassword(firstPassword, "another good one"))
	if a.StatusCode != http.StatusNoContent || f.store.All().User(ada).PasswordChangedAt.IsZero() {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
}
