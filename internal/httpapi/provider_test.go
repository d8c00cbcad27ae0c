package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hearth/internal/account"
)

const (
	firstPassword = "correct horse battery"
	// wrongTries is how many wrong passwords or codes the provider takes.
	wrongTries  = 5
	codeLife    = 24 * time.Hour
	maxPasskeys = 20
	totpStep    = 30 * time.Second
)

// provider is the identity provider with everybody's credentials: it believes
// nothing that was not proven to it. Who somebody is, the directory knows; an
// access token is its holder's id.
type provider struct {
	*directory
	now    func() time.Time
	mu     sync.Mutex
	logins map[string]*login
	// fault is what every call is answered with, unless it is nil.
	fault error
}

// login is how one person signs in.
type login struct {
	password  string
	wrong     int
	pending   string // the address that waits to be proven
	code      string
	expires   time.Time
	codes     int    // mails sent
	offered   string // a secret that no device has proven yet
	secret    string
	secrets   int
	used      map[string]bool
	challenge string // of a passkey that may be made
	passkeys  []account.Passkey
	signedOut int
	revoked   bool // the access token
}

func newProvider(d *directory, now func() time.Time) *provider {
	return &provider{directory: d, now: now, logins: map[string]*login{}}
}

func (p *provider) credentials() account.Credentials {
	return account.Credentials{Passwords: p, Emails: p, TOTP: p, Passkeys: p, Proofs: p}
}

// of returns how somebody signs in, whoever asks.
func (p *provider) of(userID string) *login {
	if p.logins[userID] == nil {
		p.logins[userID] = &login{password: firstPassword, used: map[string]bool{}}
	}
	return p.logins[userID]
}

// peek calls look with how somebody signs in.
func (p *provider) peek(userID string, look func(*login)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	look(p.of(userID))
}

// as calls do for the holder of an access token.
func (p *provider) as(token string, do func(*login) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil {
		return p.fault
	}
	if _, err := p.directory.Person(context.Background(), token); err != nil || p.of(token).revoked {
		return account.ErrUnauthenticated
	}
	return do(p.of(token))
}

// taken reports whether somebody else proved to have an address.
func (p *provider) taken(userID, email string) bool {
	p.directory.mu.Lock()
	defer p.directory.mu.Unlock()
	for id, person := range p.people {
		if id != userID && person.EmailVerified && account.FoldAddress(person.Email) == account.FoldAddress(email) {
			return true
		}
	}
	return false
}

// totp is the code that a device with the secret shows at a time.
func totp(secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_ = binary.Write(mac, binary.BigEndian, at.UnixNano()/int64(totpStep))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(mac.Sum(nil))%1_000_000)
}

// prove takes the code of a device once, while it shows it.
func (p *provider) prove(l *login, secret, code string) error {
	switch {
	case l.wrong >= wrongTries:
		return account.ErrRateLimited
	case secret == "" || code != totp(secret, p.now()):
		l.wrong++
		return account.ErrWrongCode
	case l.used[code]:
		return account.ErrUsedCode
	}
	l.used[code], l.wrong = true, 0
	return nil
}

func (l *login) provePassword(password string) error {
	switch {
	case l.wrong >= wrongTries:
		return account.ErrRateLimited
	case password != l.password:
		l.wrong++
		return account.ErrWrongPassword
	}
	l.wrong = 0
	return nil
}

func (p *provider) Person(ctx context.Context, token string) (account.Person, error) {
	if err := p.as(token, func(*login) error { return nil }); err != nil {
		return account.Person{}, err
	}
	return p.directory.Person(ctx, token)
}

func (p *provider) ChangePassword(_ context.Context, token, current, proposed string) error {
	return p.as(token, func(l *login) error {
		if err := l.provePassword(current); err != nil {
			return err
		}
		if len(proposed) < 12 {
			return &account.WeakPasswordError{Code: account.FieldTooShort, Detail: "Use at least 12 characters."}
		}
		l.password = proposed
		return nil
	})
}

func (p *provider) ChangeEmail(_ context.Context, token, email string) error {
	return p.as(token, func(l *login) error {
		if p.taken(token, email) {
			return account.ErrAddressTaken
		}
		l.codes++
		l.pending, l.code, l.expires = email, fmt.Sprintf("%06d", 100_000+l.codes), p.now().Add(codeLife)
		return nil
	})
}

func (p *provider) VerifyEmail(_ context.Context, token, code string) error {
	return p.as(token, func(l *login) error {
		switch {
		case l.pending == "" || !p.now().Before(l.expires):
			return account.ErrExpiredCode
		case code != l.code:
			return account.ErrWrongCode
		case p.taken(token, l.pending):
			return account.ErrAddressTaken
		}
		p.change(token, func(person *account.Person) { person.Email, person.EmailVerified = l.pending, true })
		l.pending = ""
		return nil
	})
}

func (p *provider) AssociateTOTP(_ context.Context, token string) (secret string, err error) {
	return secret, p.as(token, func(l *login) error {
		l.secrets++
		l.offered = fmt.Sprintf("SECRET%dOF%s", l.secrets, token)
		secret = l.offered
		return nil
	})
}

func (p *provider) VerifyTOTP(_ context.Context, token, code, _ string) error {
	return p.as(token, func(l *login) error {
		if err := p.prove(l, l.offered, code); err != nil {
			return err
		}
		l.secret = l.offered
		return nil
	})
}

func (p *provider) PreferTOTP(_ context.Context, token string, on bool) error {
	return p.as(token, func(l *login) error {
		if on && l.secret == "" {
			return account.ErrInternal
		}
		p.change(token, func(person *account.Person) { person.MFA = on })
		return nil
	})
}

func (p *provider) StartPasskey(_ context.Context, token string) (options json.RawMessage, err error) {
	return options, p.as(token, func(l *login) error {
		if len(l.passkeys) >= maxPasskeys {
			return account.ErrTooMany
		}
		l.challenge = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "challenge %d of %s", len(l.passkeys), token))
		options = json.RawMessage(`{"challenge":"` + l.challenge + `","rp":{"id":"app.example.com","name":"Hearth"},"timeout":60000}`)
		return nil
	})
}

// credential is what a browser makes of a challenge.
func credential(id, challenge string) string {
	clientData := base64.RawURLEncoding.EncodeToString([]byte(`{"type":"webauthn.create","challenge":"` + challenge + `"}`))
	return `{"id":"` + id + `","rawId":"` + id + `","type":"public-key","response":{"clientDataJSON":"` + clientData + `"}}`
}

func (p *provider) CompletePasskey(_ context.Context, token string, made json.RawMessage) error {
	return p.as(token, func(l *login) error {
		var answer struct{ ID string }
		if err := json.Unmarshal(made, &answer); err != nil || l.challenge == "" || string(made) != credential(answer.ID, l.challenge) {
			return account.ErrBadPasskey
		}
		l.challenge = ""
		l.passkeys = append(l.passkeys, account.Passkey{ID: answer.ID, Name: "Passkey", CreatedAt: p.now()})
		return nil
	})
}

func (p *provider) ListPasskeys(_ context.Context, token string) (list []account.Passkey, err error) {
	return list, p.as(token, func(l *login) error {
		list = slices.Clone(l.passkeys)
		return nil
	})
}

func (p *provider) DeletePasskey(_ context.Context, token, id string) error {
	return p.as(token, func(l *login) error {
		left := slices.DeleteFunc(slices.Clone(l.passkeys), func(k account.Passkey) bool { return k.ID == id })
		if len(left) == len(l.passkeys) {
			return account.ErrNoPasskey
		}
		l.passkeys = left
		return nil
	})
}

// by calls do for a user by the server's own rights.
func (p *provider) by(username string, do func(*login) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil {
		return p.fault
	}
	return do(p.of(username))
}

func (p *provider) ProvePassword(_ context.Context, name, password string) (proof account.Proof, err error) {
	p.directory.mu.Lock()
	people := maps.Clone(p.people)
	p.directory.mu.Unlock()
	for id, person := range people {
		if name != person.Username && account.FoldAddress(name) != account.FoldAddress(person.Email) {
			continue
		}
		err := p.by(id, func(l *login) error { return l.provePassword(password) })
		return account.Proof{Username: id, Challenged: person.MFA, Challenge: "challenge of " + id}, err
	}
	return account.Proof{}, p.by("nobody", func(*login) error { return account.ErrWrongPassword })
}

func (p *provider) ProveCode(_ context.Context, proof account.Proof, code string) error {
	return p.by(proof.Username, func(l *login) error {
		if proof.Challenge != "challenge of "+proof.Username {
			return account.ErrWrongCode
		}
		return p.prove(l, l.secret, code)
	})
}

func (p *provider) DropTOTP(_ context.Context, username string) error {
	return p.by(username, func(*login) error {
		p.change(username, func(person *account.Person) { person.MFA = false })
		return nil
	})
}

func (p *provider) SignOut(_ context.Context, username string) error {
	return p.by(username, func(l *login) error {
		l.signedOut++
		l.revoked = true
		return nil
	})
}

func (p *provider) SignOutSelf(_ context.Context, token string) error {
	return p.by(token, func(l *login) error {
		l.signedOut++
		l.revoked = true
		return nil
	})
}
