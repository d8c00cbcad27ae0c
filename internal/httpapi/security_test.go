package httpapi

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The answers as clients count on them, written out by hand.
func TestTheSecuritySettings(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	want := map[string]any{
		"email": email, "emailVerified": true, "pendingEmail": nil, "passwordChangedAt": nil,
		"mfa": map[string]any{"enabled": false, "deviceName": nil}, "recoveryCodesLeft": 0.0, "passkeys": []any{},
	}
	get := func() map[string]any {
		t.Helper()
		a := f.as(t, ada, "GET", "/me/security", "")
		if a.Headers["cache-control"] != "no-store" || a.Headers["x-account-id"] != ada {
			t.Errorf("headers %v", a.Headers)
		}
		return read[map[string]any](t, a, http.StatusOK)
	}
	if diff := cmp.Diff(want, get()); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	f.as(t, ada, "POST", "/me/security/email", `{"email":"new@example.com"}`)
	f.as(t, ada, "POST", "/me/security/password", `{"currentPassword":"`+firstPassword+`","newPassword":"another good one"}`)
	f.enableMFA(t, ada, "Telephone")
	f.makeCodes(t, ada)
	f.addPasskey(t, ada, "key-1", " My  laptop ")
	want = map[string]any{
		"email": email, "emailVerified": true, "pendingEmail": "new@example.com", "passwordChangedAt": "2026-05-04T12:00:00Z",
		"mfa": map[string]any{"enabled": true, "deviceName": "Telephone"}, "recoveryCodesLeft": 10.0,
		"passkeys": []any{map[string]any{"id": "key-1", "name": "My laptop", "createdAt": "2026-05-04T12:00:00Z"}},
	}
	if diff := cmp.Diff(want, get()); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
}

// With the same token people can ask Cognito around Hearth: it is the truth.
func TestTheSecuritySettingsFollowTheProvider(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.enableMFA(t, ada, "Telephone")
	f.pool.change(ada, func(p *account.Person) { p.Email, p.EmailVerified, p.MFA = "around@example.com", false, false })
	got := read[securityObject](t, f.as(t, ada, "GET", "/me/security", ""), http.StatusOK)
	if got.Email != "around@example.com" || got.EmailVerified || got.MFA.Enabled || got.MFA.DeviceName != nil {
		t.Errorf("%+v", got)
	}
	if u := f.store.All().User(ada); u.Email != "around@example.com" || u.MFA.Enabled {
		t.Errorf("the table has %+v", u)
	}
}

// What the provider cannot do is told as such, and nothing is noted as done.
func TestAProviderThatFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  error
		status int
		code   account.Code
		retry  string
	}{
		{account.ErrUnavailable, http.StatusServiceUnavailable, account.CodeUnavailable, "2"},
		{account.ErrRateLimited, http.StatusTooManyRequests, account.CodeRateLimited, "60"},
		{account.ErrUnauthenticated, http.StatusUnauthorized, account.CodeUnauthenticated, ""},
	} {
		asked := 0
		for _, route := range Routes() {
			if route.Function != Security || !route.Limited {
				continue
			}
			s := newScene(t, route, nil)
			s.logins.fault = c.fault
			before := s.unlimited().User(ada)
			a := s.ask(t, route, ada, "personal")
			asked++
			want := c
			if route == postRecovery && errors.Is(c.fault, account.ErrRateLimited) {
				want.status, want.code, want.retry = http.StatusUnauthorized, account.CodeUnauthenticated, "" // tells nobody who exists
			}
			if a.StatusCode != want.status || a.problem.Code != want.code || a.Headers["retry-after"] != want.retry {
				t.Errorf("%s: %d %s, retry after %q", route.Key(), a.StatusCode, a.Body, a.Headers["retry-after"])
			}
			// That a mail is wanted is noted first; it is sent when asked for again.
			if diff := cmp.Diff(before, s.unlimited().User(ada)); diff != "" && route != postEmail && route != resendEmail {
				t.Errorf("%s (-before +after):\n%s", route.Key(), diff)
			}
		}
		if asked == 0 {
			t.Error("no route was asked")
		}
	}
}

// Sensitive routes want a sign-in of the last ten minutes, and say so in a way
// that a client can act on. Written out by hand: one more or less is a decision.
func TestSensitiveRoutesWantAFreshSignIn(t *testing.T) {
	t.Parallel()
	sensitive := map[string]bool{
		"POST /me/security/email": true, "POST /me/security/email/resend": true, "POST /me/security/email/verify": true,
		"POST /me/security/mfa/totp": true, "POST /me/security/mfa/totp/verify": true, "POST /me/security/mfa/totp/disable": true,
		"POST /me/security/recovery-codes": true, "POST /me/security/passkeys": true, "POST /me/security/passkeys/verify": true,
		"DELETE /me/security/passkeys/{passkeyId}": true, "DELETE /organizations/{organizationId}": true,
		"POST /organizations/{organizationId}/transfer-ownership": true, "POST /me/deletion": true,
	}
	for _, route := range Routes() {
		if route.Sensitive != sensitive[route.Key()] {
			t.Errorf("%s: sensitive %t", route.Key(), route.Sensitive)
		}
		t.Run(route.Name, func(t *testing.T) {
			t.Parallel()
			about, who := "own", ada
			if route.Function == Security {
				about = "personal"
			}
			if route == acceptInvitation || route == declineInvitation {
				who = stranger
			}
			for age, fresh := range map[time.Duration]bool{10 * time.Minute: true, 10*time.Minute + time.Second: false} {
				s := newScene(t, route, nil)
				s.signedIn = noon.Add(-age)
				before := s.unlimited()
				a := s.ask(t, route, who, about)
				if fresh || !route.Sensitive {
					if a.StatusCode/100 != 2 {
						t.Errorf("signed in %s ago: %d %s", age, a.StatusCode, a.Body)
					}
					continue
				}
				a.expectProblem(t, http.StatusForbidden, account.CodeReauthentication)
				if a.problem.MaxAge != 600 || !strings.Contains(a.Body, `"maxAge":600`) ||
					a.Headers["www-authenticate"] != `Bearer error="insufficient_user_authentication", max_age="600"` {
					t.Errorf("%s %v", a.Body, a.Headers)
				}
				if diff := cmp.Diff(before, s.unlimited()); diff != "" {
					t.Errorf("refused, and yet (-before +after):\n%s", diff)
				}
			}
		})
	}
}

// Only that problem speaks of an age.
func TestOtherProblemsHaveNoMaxAge(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	a := f.as(t, ada, "DELETE", "/me/security/email", "")
	a.expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	if strings.Contains(a.Body, "maxAge") || a.Headers["www-authenticate"] != "" {
		t.Errorf("%s %v", a.Body, a.Headers)
	}
}
