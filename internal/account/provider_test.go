package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"hearth/internal/account"
)

// provider is ada's side of an identity provider, with rules as strict as the
// real one's and every call cut off where a test asks for it.
type provider struct {
	pool         *fakePool
	password     string
	pendingEmail string
	emailCode    string
	taken        string // an address that somebody else has
	secret       string
	verified     bool // the secret was proven
	usedCodes    []string
	passkeys     []account.Passkey
	offered      bool // a passkey may be registered
	signedOut    int
	revoked      bool // ada's own token
	// cut gets the name of each call, before and after it is done.
	cut func(call string, done bool) error
}

var _ interface {
	account.Passwords
	account.Emails
	account.TOTP
	account.Passkeys
	account.Proofs
} = (*provider)(nil)

const (
	firstPassword = "correct horse battery"
	emailCode     = "482913"
	totpCode      = "111111"
)

func newProvider(pool *fakePool) *provider {
	return &provider{pool: pool, password: firstPassword}
}

// do is one call: f is what it does unless it is cut off.
func (p *provider) do(call string, f func() error) error {
	if p.cut != nil {
		if err := p.cut(call, false); err != nil {
			return err
		}
	}
	if err := f(); err != nil {
		return err
	}
	if p.cut != nil {
		return p.cut(call, true)
	}
	return nil
}

func (p *provider) person() account.Person    { return p.pool.people[tokenOf(ada)] }
func (p *provider) set(person account.Person) { p.pool.people[tokenOf(ada)] = person }
func (p *provider) holds(accessToken string) error {
	if accessToken != tokenOf(ada) || p.revoked {
		return account.ErrUnauthenticated
	}
	return nil
}

func (p *provider) ChangePassword(_ context.Context, token, current, proposed string) error {
	return p.do("ChangePassword", func() error {
		switch {
		case p.holds(token) != nil:
			return account.ErrUnauthenticated
		case current != p.password:
			return account.ErrWrongPassword
		case len(proposed) < 12:
			return &account.WeakPasswordError{Code: account.FieldTooShort, Detail: "Use at least 12 characters."}
		}
		p.password = proposed
		return nil
	})
}

func (p *provider) ChangeEmail(_ context.Context, token, email string) error {
	return p.do("ChangeEmail", func() error {
		switch {
		case p.holds(token) != nil:
			return account.ErrUnauthenticated
		case email == p.taken:
			return account.ErrAddressTaken
		}
		p.pendingEmail, p.emailCode = email, emailCode
		return nil
	})
}

func (p *provider) VerifyEmail(_ context.Context, token, code string) error {
	return p.do("VerifyEmail", func() error {
		switch {
		case p.holds(token) != nil:
			return account.ErrUnauthenticated
		case p.emailCode == "":
			return account.ErrExpiredCode
		case code != p.emailCode:
			return account.ErrWrongCode
		case p.pendingEmail == p.taken:
			return account.ErrAddressTaken
		}
		person := p.person()
		person.Email, person.EmailVerified = p.pendingEmail, true
		p.set(person)
		p.pendingEmail, p.emailCode = "", ""
		return nil
	})
}

func (p *provider) AssociateTOTP(_ context.Context, token string) (string, error) {
	return "JBSWY3DPEHPK3PXP", p.do("AssociateTOTP", func() error {
		p.secret, p.verified = "JBSWY3DPEHPK3PXP", false
		return p.holds(token)
	})
}

// prove takes a code once.
func (p *provider) prove(code string) error {
	switch {
	case p.secret == "" || len(code) != len(totpCode) || code == "000000":
		return account.ErrWrongCode
	case slices.Contains(p.usedCodes, code):
		return account.ErrUsedCode
	}
	p.usedCodes = append(p.usedCodes, code)
	return nil
}

func (p *provider) VerifyTOTP(_ context.Context, token, code, _ string) error {
	return p.do("VerifyTOTP", func() error {
		if p.secret == "" || p.verified {
			return account.ErrNoSecret
		}
		if err := errors.Join(p.holds(token), p.prove(code)); err != nil {
			return err
		}
		p.verified = true
		return nil
	})
}

func (p *provider) PreferTOTP(_ context.Context, token string, on bool) error {
	return p.do("PreferTOTP", func() error {
		if on && !p.verified {
			return account.ErrInternal
		}
		person := p.person()
		person.MFA = on
		p.set(person)
		return p.holds(token)
	})
}

func (p *provider) StartPasskey(_ context.Context, token string) (json.RawMessage, error) {
	p.offered = true
	return json.RawMessage(`{"challenge":"AQ"}`), p.holds(token)
}

func (p *provider) CompletePasskey(_ context.Context, token string, credential json.RawMessage) error {
	return p.do("CompletePasskey", func() error {
		if p.holds(token) != nil || !p.offered {
			return account.ErrBadPasskey
		}
		var answer struct{ ID string }
		if err := json.Unmarshal(credential, &answer); err != nil {
			return fmt.Errorf("credential: %w", err)
		}
		p.offered = false
		p.passkeys = append(p.passkeys, account.Passkey{ID: answer.ID, Name: "Security key", CreatedAt: noon})
		return nil
	})
}

func (p *provider) ListPasskeys(_ context.Context, token string) ([]account.Passkey, error) {
	return slices.Clone(p.passkeys), p.holds(token)
}

func (p *provider) DeletePasskey(_ context.Context, token, id string) error {
	return p.do("DeletePasskey", func() error {
		i := slices.IndexFunc(p.passkeys, func(k account.Passkey) bool { return k.ID == id })
		if i < 0 {
			return account.ErrNoPasskey
		}
		p.passkeys = slices.Delete(p.passkeys, i, i+1)
		return p.holds(token)
	})
}

func (p *provider) ProvePassword(_ context.Context, name, password string) (account.Proof, error) {
	person := p.person()
	if name != person.Username && name != person.Email || password != p.password {
		return account.Proof{}, account.ErrWrongPassword
	}
	return account.Proof{Username: person.Username, Challenged: person.MFA, Challenge: "handle"}, nil
}

func (p *provider) ProveCode(_ context.Context, proof account.Proof, code string) error {
	if proof.Challenge != "handle" {
		return account.ErrWrongCode
	}
	return p.do("ProveCode", func() error { return p.prove(code) })
}

func (p *provider) DropTOTP(_ context.Context, username string) error {
	return p.do("DropTOTP", func() error {
		if username != ada {
			return account.ErrInternal
		}
		person := p.person()
		person.MFA = false
		p.set(person)
		return nil
	})
}

func (p *provider) SignOut(_ context.Context, username string) error {
	return p.do("SignOut", func() error {
		if username != ada {
			return account.ErrInternal
		}
		p.signedOut++
		return nil
	})
}

func (p *provider) SignOutSelf(_ context.Context, token string) error {
	return p.do("SignOutSelf", func() error {
		if token != tokenOf(ada) {
			return account.ErrUnauthenticated
		}
		p.signedOut++
		p.revoked = true
		return nil
	})
}

// secured is a world in which ada is signed in on her laptop and telephone.
func secured(t *testing.T) (*world, *provider) {
	t.Helper()
	w := newWorld(t)
	p := newProvider(w.pool)
	w.Service = account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Config: goodConfig(), Grants: account.CoreGrants(), SessionValidity: validity,
		Now: w.clock, NewID: w.newID, Credentials: account.Credentials{Passwords: p, Emails: p, TOTP: p, Passkeys: p, Proofs: p},
		Mailer: w,
	})
	w.enroll(t)
	if _, err := w.Authorize(t.Context(), signedIn(phone), account.Target{}); err != nil {
		t.Fatal(err)
	}
	w.store.calls()
	return w, p
}

// ends reports whether the next request of a session is refused as revoked.
func (w *world) ends(t *testing.T, session string) bool {
	t.Helper()
	_, err := w.Authorize(t.Context(), signedIn(session), account.Target{})
	if err != nil && !errors.Is(err, account.ErrSessionRevoked) {
		t.Fatalf("session %s: %v", session, err)
	}
	return err != nil
}

// expectField fails unless an error names the field and what is wrong with it.
func expectField(t *testing.T, err error, field string, code account.FieldCode) {
	t.Helper()
	var refusal *account.Error
	if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Field != field || refusal.Fields[0].Code != code {
		t.Errorf("got %v, want %s on %s", err, code, field)
	}
}
