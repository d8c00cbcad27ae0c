package account_test

import (
	"errors"
	"regexp"
	"sync"
	"testing"

	"hearth/internal/account"
)

const hereWho = "hash:here"

// withoutDevice is a world in which ada has MFA on, recovery codes, and no device.
func withoutDevice(t *testing.T) (w *world, p *provider, codes []string) {
	t.Helper()
	w, p = secured(t)
	withMFA(t, w, p)
	codes, err := w.MakeRecoveryCodes(t.Context(), w.caller(t))
	if err != nil {
		t.Fatal(err)
	}
	return w, p, codes
}

func (w *world) recover(t *testing.T, code string) error {
	t.Helper()
	return w.Recover(t.Context(), "Ada@Example.com", firstPassword, code, hereWho)
}

func TestRecoveryCodesAreShownOnceAndKeptAsHashes(t *testing.T) {
	t.Parallel()
	w, _, codes := withoutDevice(t)
	form := regexp.MustCompile(`^[A-Z2-7]{6}(-[A-Z2-7]{6}){3}$`)
	seen := map[string]bool{}
	for _, code := range codes {
		if !form.MatchString(code) || seen[code] {
			t.Errorf("%q", code)
		}
		seen[code] = true
	}
	kept := w.store.All().Recovery(ada)
	if len(codes) != account.RecoveryCodes || len(kept.Codes) != account.RecoveryCodes {
		t.Fatalf("%d codes, %d kept", len(codes), len(kept.Codes))
	}
	for _, k := range kept.Codes {
		if len(k.Hash) != 64 || k.State != account.RecoveryUnused || seen[k.Hash] {
			t.Errorf("kept %+v", k)
		}
	}
	again, err := w.MakeRecoveryCodes(t.Context(), w.caller(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.recover(t, codes[0]); !errors.Is(err, account.ErrNotRecovered) {
		t.Errorf("an old code: %v", err)
	}
	if err := w.recover(t, again[0]); err != nil {
		t.Errorf("a new code: %v", err)
	}
}

func TestARecoveryCodeTurnsMFAOffAndEndsEverySession(t *testing.T) {
	t.Parallel()
	w, p, codes := withoutDevice(t)
	w.now = w.now.Add(2 * account.TouchInterval)
	typed := "  " + codes[3][:8] + " " + codes[3][8:20] + codes[3][20:] + " " // as people type
	if err := w.recover(t, typed); err != nil {
		t.Fatal(err)
	}
	if p.person().MFA || w.user(t).MFA.Enabled || p.signedOut == 0 || !w.ends(t, laptop) || !w.ends(t, phone) {
		t.Errorf("MFA %t, %+v; signed out %d times", p.person().MFA, w.user(t).MFA, p.signedOut)
	}
	if state := w.store.All().Recovery(ada).Codes[3].State; state != account.RecoveryUsed {
		t.Errorf("the code is %s", state)
	}
	if err := w.recover(t, codes[3]); !errors.Is(err, account.ErrNotRecovered) {
		t.Errorf("used twice: %v", err)
	}
	if err := w.recover(t, codes[4]); !errors.Is(err, account.ErrNotRecovered) {
		t.Errorf("another one, with MFA off: %v", err)
	}
}

// Everything that is wrong has one answer, and changes nothing but the count.
func TestWhoCannotRecoverHearsNoMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		email, password string
		code            func(codes []string) string
		before          func(t *testing.T, w *world, p *provider)
	}{
		"an unknown address": {"nobody@example.com", firstPassword, func(c []string) string { return c[0] }, nil},
		"a wrong password":   {"Ada@Example.com", "wrong", func(c []string) string { return c[0] }, nil},
		"a wrong code":       {"Ada@Example.com", firstPassword, func([]string) string { return "AAAAAA-AAAAAA-AAAAAA-AAAAAA" }, nil},
		"no code":            {"Ada@Example.com", firstPassword, func([]string) string { return "" }, nil},
		"MFA off": {"Ada@Example.com", firstPassword, func(c []string) string { return c[0] }, func(_ *testing.T, _ *world, p *provider) {
			person := p.person()
			person.MFA = false
			p.set(person)
		}},
		"a user turned off": {"Ada@Example.com", firstPassword, func(c []string) string { return c[0] }, func(t *testing.T, w *world, _ *provider) {
			t.Helper()
			u := w.user(t)
			u.Status = account.UserInactive
			w.put(t, u)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p, codes := withoutDevice(t)
			if c.before != nil {
				c.before(t, w, p)
			}
			before := w.store.All().Recovery(ada).Version
			err := w.Recover(t.Context(), c.email, c.password, c.code(codes), hereWho)
			var refusal *account.Error
			if !errors.As(err, &refusal) || refusal.Detail != account.ErrNotRecovered.Detail || refusal.Code != account.CodeUnauthenticated {
				t.Errorf("got %v", err)
			}
			if after := w.store.All().Recovery(ada).Version; after != before || p.signedOut > 0 {
				t.Error("something changed")
			}
		})
	}
}

func TestTriesToRecoverAreBoundedByAddressAndByPlace(t *testing.T) {
	t.Parallel()
	w, _, codes := withoutDevice(t)
	for range account.RecoveryRate.Max {
		if err := w.Recover(t.Context(), "ada@example.com", "wrong", codes[0], hereWho); !errors.Is(err, account.ErrNotRecovered) {
			t.Fatal(err)
		}
	}
	for name, try := range map[string][2]string{"the address": {"ADA@example.com", "hash:there"}, "the place": {"bob@example.com", hereWho}} {
		err := w.Recover(t.Context(), try[0], firstPassword, codes[0], try[1])
		var refusal *account.Error
		if !errors.As(err, &refusal) || refusal.Code != account.CodeRateLimited || refusal.RetryAfter <= 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.now = w.now.Add(account.RecoveryRate.Window)
	if err := w.recover(t, codes[0]); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Killed before or after any step, the same code goes on; another one does not
// come in its place.
func TestARecoveryThatWasCutOffGoesOnByTheSameCode(t *testing.T) {
	t.Parallel()
	cuts := 0
	for n := 1; ; n++ {
		w, p, codes := withoutDevice(t)
		w.now = w.now.Add(2 * account.TouchInterval)
		count, wasCut := 0, false
		cut := func() error {
			if count++; count == n {
				wasCut = true
				return account.ErrUnavailable
			}
			return nil
		}
		p.cut = func(string, bool) error { return cut() }
		w.store.onCommit = func(int) error { return cut() }
		w.store.afterCommit = cut
		err := w.recover(t, codes[0])
		p.cut, w.store.onCommit, w.store.afterCommit = nil, nil, nil
		if !wasCut {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		cuts++
		used := w.store.All().Recovery(ada).Codes[0].State == account.RecoveryUsed
		if err := w.recover(t, codes[0]); err != nil && (!used || !errors.Is(err, account.ErrNotRecovered)) {
			t.Fatalf("cut %d, again: %v", n, err)
		}
		if p.person().MFA || w.user(t).MFA.Enabled || p.signedOut == 0 || !w.ends(t, laptop) ||
			w.store.All().Recovery(ada).Codes[0].State != account.RecoveryUsed {
			t.Errorf("cut %d: %+v, %+v, %+v", n, p.person(), w.user(t).MFA, w.store.All().Recovery(ada).Codes[0])
		}
	}
	if cuts < 10 {
		t.Errorf("%d cuts", cuts)
	}
}

func TestOneCodeUsedTwiceAtOnceIsUsedOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		w, p, codes := withoutDevice(t)
		var alone sync.Mutex // the provider is not made for two at once
		p.cut = func(_ string, done bool) error {
			if done {
				alone.Unlock()
			} else {
				alone.Lock()
			}
			return nil
		}
		answers := make(chan error, 2)
		for range 2 {
			go func() { answers <- w.recover(t, codes[0]) }()
		}
		good := 0
		for range 2 {
			if err := <-answers; err == nil {
				good++
			} else if !errors.Is(err, account.ErrNotRecovered) {
				t.Error(err)
			}
		}
		if left := w.store.All().Recovery(ada); good == 0 || left.Codes[0].State != account.RecoveryUsed || p.person().MFA {
			t.Fatalf("%d answered, %+v", good, left.Codes[0])
		}
	}
}
