package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
)

const longPassword = "a new and long password"

// act is something that ada does to her security, always with the same request.
type act struct {
	// before brings the world to where it can be done.
	before func(t *testing.T, w *world, p *provider)
	do     func(ctx context.Context, w *world, c account.Caller) error
	// action is what is noted of it, and mailed to to.
	action account.AuditAction
	to     string
	// others says that the other sessions end.
	others bool
	// sensitive wants a fresh sign-in.
	sensitive bool
	// anew says that it does something new each time, and is noted each time.
	anew bool
}

func withMFA(t *testing.T, w *world, p *provider) {
	t.Helper()
	c := w.caller(t)
	if _, err := w.StartTOTP(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := w.EnableMFA(t.Context(), c, "999999", "Telephone"); err != nil {
		t.Fatal(err)
	}
	p.usedCodes = nil
}

func withPasskey(t *testing.T, w *world, _ *provider) {
	t.Helper()
	c := w.caller(t)
	if _, err := w.StartPasskey(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddPasskey(t.Context(), c, json.RawMessage(`{"id":"key-1"}`), "Laptop", account.Repeat{}); err != nil {
		t.Fatal(err)
	}
}

func withPendingEmail(t *testing.T, w *world, _ *provider) {
	t.Helper()
	if _, err := w.ChangeEmail(t.Context(), w.caller(t), "ada@new.example"); err != nil {
		t.Fatal(err)
	}
}

var acts = map[string]act{
	"change the password": {
		do: func(ctx context.Context, w *world, c account.Caller) error {
			return w.ChangePassword(ctx, c, firstPassword, longPassword)
		},
		action: account.PasswordChanged, to: "Ada@Example.com", others: true,
	},
	"ask for another address": {
		do: func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.ChangeEmail(ctx, c, "ada@new.example")
			return err
		},
		action: account.EmailChangeRequested, to: "Ada@Example.com", sensitive: true,
	},
	"ask for the code again": {
		before: withPendingEmail,
		do: func(ctx context.Context, w *world, c account.Caller) error {
			return w.ResendEmailCode(ctx, c)
		},
		sensitive: true,
	},
	"prove another address": {
		before: withPendingEmail,
		do: func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.VerifyEmail(ctx, c, emailCode)
			return err
		},
		action: account.EmailChanged, to: "ada@example.com", others: true, sensitive: true,
	},
	"turn MFA on": {
		before: func(t *testing.T, w *world, _ *provider) {
			t.Helper()
			if _, err := w.StartTOTP(t.Context(), w.caller(t)); err != nil {
				t.Fatal(err)
			}
		},
		do: func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.EnableMFA(ctx, c, totpCode, "Telephone")
			return err
		},
		action: account.MFAEnabled, to: "Ada@Example.com", others: true, sensitive: true,
	},
	"make recovery codes": {
		before: withMFA,
		do: func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.MakeRecoveryCodes(ctx, c)
			return err
		},
		action: account.RecoveryCodesMade, to: "Ada@Example.com", sensitive: true, anew: true,
	},
	"turn MFA off": {
		before: withMFA,
		do: func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.DisableMFA(ctx, c, firstPassword, totpCode)
			var refusal *account.Error
			if errors.As(err, &refusal) && len(refusal.Fields) == 1 && refusal.Fields[0].Code == account.FieldReused {
				_, err = w.DisableMFA(ctx, c, firstPassword, "222222") // a person types the next one
			}
			return err
		},
		action: account.MFADisabled, to: "Ada@Example.com", others: true, sensitive: true,
	},
	"add a passkey": {
		before: func(t *testing.T, w *world, _ *provider) {
			t.Helper()
			if _, err := w.StartPasskey(t.Context(), w.caller(t)); err != nil {
				t.Fatal(err)
			}
		},
		do: func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.AddPasskey(ctx, c, json.RawMessage(`{"id":"key-1"}`), "Laptop", account.Repeat{})
			return err
		},
		action: account.PasskeyAdded, to: "Ada@Example.com", sensitive: true,
	},
	"remove a passkey": {
		before: withPasskey,
		do: func(ctx context.Context, w *world, c account.Caller) error {
			return w.RemovePasskey(ctx, c, "key-1")
		},
		action: account.PasskeyRemoved, to: "Ada@Example.com", sensitive: true,
	},
}

// state is what is left of an act: the table but for versions, times and random
// ids, and the provider.
func state(w *world, p *provider) map[string]any {
	u := *w.store.All().User(ada)
	u.Version, u.UpdatedAt = 0, time.Time{}
	addresses := []string{}
	actions := []string{}
	for _, r := range w.store.All() {
		switch r := r.(type) {
		case *account.Address:
			addresses = append(addresses, r.Email+" "+r.UserID)
		case *account.AuditEntry:
			actions = append(actions, string(r.Action))
		case *account.PasskeyName:
			addresses = append(addresses, r.CredentialID+" "+r.Name)
		}
	}
	slices.Sort(addresses)
	slices.Sort(actions)
	return map[string]any{
		"user": u, "records": addresses, "actions": actions, "codes": w.store.All().Recovery(ada) != nil,
		"password": p.password, "person": p.person(), "passkeys": p.passkeys, "session": w.store.All().Membership(ada, ada).UserEmail,
	}
}

// done runs an act in a world of its own, cut off at the n-th cut (before and
// after each of the provider's calls and of the table's commits) and then asked
// for again with the same request. It reports whether there was an n-th cut.
func (a act) done(t *testing.T, n int) (left map[string]any, wasCut bool) {
	t.Helper()
	w, p := secured(t)
	if a.before != nil {
		a.before(t, w, p)
	}
	c := w.caller(t)
	count, killed := 0, errors.New("killed")
	cut := func() error {
		if count++; count == n {
			wasCut = true
			return killed
		}
		return nil
	}
	p.cut = func(string, bool) error { return cut() }
	w.store.onCommit = func(int) error { return cut() }
	w.store.afterCommit = cut
	err := a.do(t.Context(), w, c)
	if err != nil && !wasCut {
		t.Fatal(err)
	}
	p.cut, w.store.onCommit, w.store.afterCommit = nil, nil, nil
	if err != nil {
		if err := a.do(t.Context(), w, w.caller(t)); err != nil && !repeatsSay(err) {
			t.Fatalf("cut %d, asked again: %v", n, err)
		}
	}
	return state(w, p), wasCut
}

// repeatsSay reports an answer by which somebody who asks again learns that it
// was done.
func repeatsSay(err error) bool {
	return errors.Is(err, account.ErrNotFound) || errors.Is(err, account.ErrMFANotEnabled) || errors.Is(err, account.ErrMFAAlreadyEnabled) ||
		strings.Contains(err.Error(), "invalid_request")
}

func TestEachActCutOffAnywhereAndAskedForAgainIsDoneOnce(t *testing.T) {
	t.Parallel()
	for name, a := range acts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, _ := a.done(t, 0)
			n := 1
			for ; ; n++ {
				got, wasCut := a.done(t, n)
				if !wasCut {
					break
				}
				if a.anew {
					got["actions"] = slices.Compact(got["actions"].([]string)) //nolint:forcetypeassert // made above
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("cut %d:\n got %+v\nwant %+v", n, got, want)
				}
			}
			if n < 3 {
				t.Errorf("there was nothing to cut: %d", n)
			}
		})
	}
}

func TestWhatEachActEndsAndTells(t *testing.T) {
	t.Parallel()
	for name, a := range acts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := secured(t)
			if a.before != nil {
				a.before(t, w, p)
				w.now = noon.Add(5 * time.Second)
				u := w.user(t)
				u.SessionsValidFrom, u.KeptSession = time.Time{}, ""
				w.put(t, u) // the telephone is back
			}
			before := w.store.All()
			if err := a.do(t.Context(), w, w.caller(t)); err != nil {
				t.Fatal(err)
			}
			if w.ends(t, phone) != a.others {
				t.Errorf("the telephone's session ended: %t", !a.others)
			}
			if w.ends(t, laptop) {
				t.Error("the session that did it ended")
			}
			var noted []*account.AuditEntry
			for key, r := range w.store.All() {
				if entry, ok := r.(*account.AuditEntry); ok && before[key] == nil {
					noted = append(noted, entry)
				}
			}
			if a.action == "" {
				if len(noted) != 0 {
					t.Errorf("noted %v", noted)
				}
				return
			}
			if len(noted) != 1 || noted[0].Action != a.action || noted[0].OrganizationID != ada || noted[0].Actor != ada {
				t.Fatalf("noted %v", noted)
			}
			if err := w.MailSecurity(t.Context(), ada, noted[0].Action, noted[0].Time); err != nil {
				t.Fatal(err)
			}
			if want := []string{string(a.action) + " to " + a.to}; !slices.Equal(w.mails, want) {
				t.Errorf("mailed %q, want %q", w.mails, want)
			}
		})
	}
}

func TestSensitiveActsWantAFreshSignIn(t *testing.T) {
	t.Parallel()
	for name, a := range acts {
		for age, fresh := range map[time.Duration]bool{10 * time.Minute: true, 10*time.Minute + time.Second: false} {
			t.Run(name+" "+age.String(), func(t *testing.T) {
				t.Parallel()
				w, p := secured(t)
				if a.before != nil {
					a.before(t, w, p)
				}
				w.now = time.Unix(signedIn(laptop).AuthTime, 0).Add(age)
				before := state(w, p)
				err := a.do(t.Context(), w, w.caller(t))
				if refused := errors.Is(err, account.ErrReauthenticate); refused != (a.sensitive && !fresh) {
					t.Fatalf("got %v", err)
				} else if refused && !reflect.DeepEqual(before, state(w, p)) {
					t.Error("something changed")
				}
			})
		}
	}
}

// An act that was decided on an old state of the user is decided again; a
// session that was ended meanwhile does not come back by it.
func TestAnActOfASessionThatIsEndedMeanwhileIsRefused(t *testing.T) {
	t.Parallel()
	for name, a := range acts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := secured(t)
			if a.before != nil {
				a.before(t, w, p)
			}
			c := w.caller(t)
			w.now = w.now.Add(time.Minute)
			other := signedIn(phone)
			other.AuthTime = w.now.Unix()
			other.SessionID = "5c1d4b1e-6f0e-4a38-9d42-0000000000cc"
			o, err := w.Authorize(t.Context(), other, account.Target{})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.RevokeOtherSessions(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if err := a.do(t.Context(), w, c); !errors.Is(err, account.ErrSessionRevoked) {
				t.Errorf("got %v", err)
			}
			if !w.ends(t, laptop) {
				t.Error("the session is back")
			}
		})
	}
}

func TestTheTableFollowsWhatWasDoneAtTheProvider(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*account.Person){
		"another address": func(p *account.Person) { p.Email = "ada@elsewhere.example" },
		"MFA on":          func(p *account.Person) { p.MFA = true },
		"unverified":      func(p *account.Person) { p.EmailVerified = false },
	}
	for name, change := range changes {
		for road, see := range map[string]func(t *testing.T, w *world){
			"settings": func(t *testing.T, w *world) {
				t.Helper()
				if _, err := w.Security(t.Context(), w.caller(t)); err != nil {
					t.Fatal(err)
				}
			},
			"sign-in": func(t *testing.T, w *world) {
				t.Helper()
				id := signedIn("5c1d4b1e-6f0e-4a38-9d42-0000000000cc")
				if _, err := w.Authorize(t.Context(), id, account.Target{}); err != nil {
					t.Fatal(err)
				}
			},
		} {
			t.Run(name+" seen by "+road, func(t *testing.T) {
				t.Parallel()
				w, p := secured(t)
				person := p.person()
				change(&person)
				p.set(person)
				see(t, w)
				u := w.user(t)
				if u.Email != person.Email || u.EmailVerified != person.EmailVerified || u.MFA.Enabled != person.MFA {
					t.Errorf("the table says %+v", u)
				}
				addresses := map[string]string{}
				for _, r := range w.store.All() {
					if a, ok := r.(*account.Address); ok {
						addresses[a.Email] = a.UserID
					}
				}
				if want := map[string]string{account.FoldAddress(person.Email): ada}; !maps.Equal(addresses, want) {
					t.Errorf("addresses: %v", addresses)
				}
				if w.ends(t, phone) {
					t.Error("a repair ended a session")
				}
			})
		}
	}
}
