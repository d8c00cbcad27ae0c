package main

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// recover asks for the way back in, as somebody who is not signed in.
func (p *person) recover(t *testing.T, email, password, code string) answer {
	t.Helper()
	return p.with("").call(t, http.MethodPost, "/security/recovery",
		map[string]string{"email": email, "password": password, "recoveryCode": code})
}

// body is a problem without the id of its request, the one thing in which two
// of a kind differ.
func (a answer) body(t *testing.T) map[string]any {
	t.Helper()
	var body map[string]any
	a.JSON(t, &body)
	delete(body, "instance")
	return body
}

func TestRecoveryIsTheWayBackInWithoutTheDevice(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil) // tries are counted by where they come from
	p, bystander := newPerson(t, h, nil), newPerson(t, h, nil)
	p.me(t)
	bystander.me(t)
	p.enroll(t)
	first, codes := p.recoveryCodes(t), p.recoveryCodes(t)
	if len(codes) != account.RecoveryCodes || len(slices.Compact(slices.Sorted(slices.Values(append(first, codes...))))) != 2*account.RecoveryCodes {
		t.Errorf("codes %d, and those before, not all different", len(codes))
	}
	if s := p.security(t); s.RecoveryCodesLeft != account.RecoveryCodes {
		t.Errorf("%d codes are left", s.RecoveryCodesLeft)
	}

	// Whatever is wrong, the answer is one.
	refused := p.recover(t, p.Email, p.Password+"x", codes[0]).want(t, http.StatusUnauthorized)
	for wrong, got := range map[string]answer{
		"an unknown address":       p.recover(t, "nobody@example.com", p.Password, codes[0]),
		"a code that was replaced": p.recover(t, p.Email, p.Password, first[0]),
		"somebody else's code":     p.recover(t, bystander.Email, bystander.Password, codes[0]),
		"no code at all":           p.recover(t, p.Email, p.Password, "X"),
	} {
		if diff := cmp.Diff(refused.body(t), got.body(t)); got.Status != http.StatusUnauthorized || diff != "" {
			t.Errorf("%s answers %d, otherwise than a wrong password (-wrong password +this):\n%s", wrong, got.Status, diff)
		}
	}
	p.me(t)
	if s := p.security(t); !s.MFA.Enabled || s.RecoveryCodesLeft != account.RecoveryCodes {
		t.Errorf("after wrong tries: %+v", s)
	}

	nextSecond()
	p.recover(t, strings.ToUpper(p.Email), p.Password, strings.ToLower(strings.ReplaceAll(codes[0], "-", " "))).want(t, http.StatusNoContent)
	p.ended(t)
	if _, err := p.refresh(t); err == nil {
		t.Error("the refresh token lives on at Cognito")
	}
	bystander.me(t)
	p.signInAgain(t) // no code is asked for
	p.me(t)
	if s := p.security(t); s.MFA != (mfa{}) || s.RecoveryCodesLeft != account.RecoveryCodes-1 {
		t.Errorf("after: %+v", s)
	}
	if got := p.noted(t, account.RecoveryCodeUsed); got != 1 {
		t.Errorf("noted %d times", got)
	}
	p.mailed(t, "A recovery code was used")

	// A code that was used is no code, nor is any while no code of the device is
	// asked for: the sign-in that the password gave is ended, and the answer is
	// the same.
	for _, code := range codes[:2] {
		got := p.recover(t, p.Email, p.Password, code)
		if diff := cmp.Diff(refused.body(t), got.body(t)); got.Status != http.StatusUnauthorized || diff != "" {
			t.Errorf("%d otherwise than a wrong password (-wrong password +this):\n%s", got.Status, diff)
		}
	}
	p.me(t)
	if _, err := p.refresh(t); err != nil {
		t.Errorf("a recovery that was refused ended the session: %v", err)
	}
}

func TestRecoveryTwiceAtOnce(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	p := newPerson(t, h, nil)
	p.enroll(t)
	codes := p.recoveryCodes(t)
	nextSecond()
	answers, wait := make([]answer, 4), sync.WaitGroup{}
	for i := range answers {
		wait.Go(func() { answers[i] = p.recover(t, p.Email, p.Password, codes[0]) })
	}
	wait.Wait()
	recovered := 0
	for _, got := range answers {
		switch got.Status {
		case http.StatusNoContent:
			recovered++
		case http.StatusUnauthorized, http.StatusServiceUnavailable:
		default:
			t.Errorf("answer %d: %s", got.Status, got.Body)
		}
	}
	if recovered == 0 {
		t.Error("nobody got in")
	}
	p.ended(t)
	nextSecond()
	p.signInAgain(t)
	if s := p.security(t); s.MFA != (mfa{}) || s.RecoveryCodesLeft != account.RecoveryCodes-1 {
		t.Errorf("after: %+v", s)
	}
	if got := p.noted(t, account.RecoveryCodeUsed); got != 1 {
		t.Errorf("noted %d times", got)
	}
}

func TestRecoveryIsNotGuessed(t *testing.T) {
	t.Parallel()
	p := visit(t, newHost(t, nil))
	for range account.RecoveryRate.Max {
		p.recover(t, newAddress(), "correct horse", "X").refused(t, http.StatusUnauthorized, account.CodeUnauthenticated)
	}
	got := p.recover(t, newAddress(), "correct horse", "X")
	got.refused(t, http.StatusTooManyRequests, account.CodeRateLimited)
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
