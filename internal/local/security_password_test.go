package main

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"hearth/internal/account"
)

// changePassword asks for another password.
func (p *person) changePassword(t *testing.T, current, proposed string) answer {
	t.Helper()
	return p.call(t, http.MethodPost, "/me/security/password", map[string]string{"currentPassword": current, "newPassword": proposed})
}

// another returns the person at another device, signed in anew.
func (p *person) another(t *testing.T) *person {
	t.Helper()
	other := *p
	other.signInAgain(t)
	return &other
}

func TestAPasswordChangeEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	laptop := newPerson(t, shared.host, nil)
	phone, unseen, bystander := laptop.another(t), laptop.another(t), newPerson(t, shared.host, nil)
	laptop.me(t)
	phone.me(t)
	next := rand.Text()
	got := laptop.changePassword(t, laptop.Password, next).want(t, http.StatusNoContent)
	if len(got.Body) > 0 || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v", got.Body, got.Header)
	}
	phone.ended(t)
	unseen.ended(t)
	if _, err := phone.refresh(t); err != nil { // which Cognito still gives
		t.Errorf("the telephone's refresh token: %v", err)
	}
	// This one stays, refreshed as well.
	laptop.me(t)
	refreshed, err := laptop.refresh(t)
	if err != nil {
		t.Fatal(err)
	}
	laptop.with(refreshed).me(t)
	bystander.me(t)

	if _, err := laptop.signIn(t.Context(), laptop.Email, laptop.Password); err == nil {
		t.Error("the old password is good still")
	}
	laptop.mailed(t, "Your password was changed")
	nextSecond()
	laptop.Password = next
	phone = laptop.another(t)
	phone.me(t)
	laptop.me(t)

	// Now the telephone changes it: the laptop is kept no more.
	phone.changePassword(t, next, rand.Text()).want(t, http.StatusNoContent)
	laptop.ended(t)
	phone.me(t)
}

func TestAPasswordThatIsNotChangedEndsNothing(t *testing.T) {
	t.Parallel()
	laptop := newPerson(t, shared.host, nil)
	phone := laptop.another(t)
	for _, c := range []struct{ current, proposed, want string }{
		{"not the password", rand.Text(), "/currentPassword incorrect"},
		{"", rand.Text(), "/currentPassword too_short"},
		{laptop.Password, "short", "/newPassword too_short"},
		{laptop.Password, laptop.Password, "/newPassword reused"},
		{laptop.Password, strings.Repeat("x", 257), "/newPassword too_long"},
		{laptop.Password, " " + rand.Text(), "/newPassword malformed"},
	} {
		laptop.changePassword(t, c.current, c.proposed).
			refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, c.want)
	}
	laptop.me(t)
	phone.me(t)
	laptop.another(t).me(t) // by the password that it was
	if at := laptop.security(t).PasswordChangedAt; at != nil {
		t.Errorf("changed at %s", at)
	}
}

// Cognito stops who guesses, and says so to the client.
func TestPasswordsAreNotGuessed(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	var got answer
	for range 30 {
		if got = p.changePassword(t, rand.Text(), rand.Text()); got.Status != http.StatusUnprocessableEntity {
			break
		}
	}
	got.refused(t, http.StatusTooManyRequests, account.CodeRateLimited)
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	p.changePassword(t, p.Password, rand.Text()).refused(t, http.StatusTooManyRequests, account.CodeRateLimited)
}
