package userpool

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"

	"hearth/internal/cognito"
)

// userStatus is a user's state in Cognito's words.
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
type userStatus string

const (
	statusUnconfirmed         userStatus = "UNCONFIRMED"
	statusConfirmed           userStatus = "CONFIRMED"
	statusForceChangePassword userStatus = "FORCE_CHANGE_PASSWORD"
)

// user is what the pool keeps on a user. The password is kept as an SRP
// verifier only.
type user struct {
	Sub        string               `json:"sub"`
	Status     userStatus           `json:"status"`
	Attributes map[string]string    `json:"attributes"`
	Created    time.Time            `json:"created"`
	Modified   time.Time            `json:"modified"`
	Password   *verifier            `json:"password,omitempty"`
	Codes      map[codePurpose]code `json:"codes,omitempty"`
	// TemporaryUntil ends the password that an administrator set.
	TemporaryUntil *time.Time `json:"temporaryUntil,omitempty"`
	// Disabled users can neither sign in nor refresh.
	Disabled bool `json:"disabled,omitempty"`
	// Token is the user's software token for MFA.
	Token    softwareToken `json:"token,omitzero"`
	Passkeys []passkey     `json:"passkeys,omitempty"`
	// PasskeyMFA lets a passkey count for both factors.
	PasskeyMFA bool `json:"passkeyMfa,omitempty"`
	// PendingEmail is a new address that waits for its code.
	PendingEmail string `json:"pendingEmail,omitempty"`
}

func (u *user) clone() *user {
	c := *u
	c.Attributes = maps.Clone(u.Attributes)
	c.Codes = maps.Clone(u.Codes)
	c.Passkeys = slices.Clone(u.Passkeys)
	return &c
}

func (u *user) email() string { return u.Attributes[cognito.AttributeEmail] }

// grant is one sign-in: its refresh token and what its later tokens repeat.
type grant struct {
	// OriginJTI names the sign-in in each of its tokens.
	OriginJTI string `json:"originJti"`
	// TokenHash is the SHA-256 of the refresh token.
	TokenHash []byte    `json:"tokenHash"`
	Sub       string    `json:"sub"`
	ClientID  string    `json:"clientId"`
	EventID   string    `json:"eventId"`
	AuthTime  time.Time `json:"authTime"`
	Expires   time.Time `json:"expires"`
	Revoked   bool      `json:"revoked,omitempty"`
}

// secrets are made once for a pool.
type secrets struct {
	// SigningKey is the RSA key of the tokens, PKCS #8.
	SigningKey []byte `json:"signingKey"`
	// Simulation makes up salts and ids of users who do not exist, always the
	// same for the same name.
	Simulation []byte `json:"simulation"`
	// Paging seals the tokens of ListUsers.
	Paging []byte `json:"paging"`
}

// change is one step from one state of the pool to the next; the journal keeps
// each in one line, so that it is there as a whole or not at all.
type change struct {
	PoolID  string   `json:"poolId,omitempty"`
	Secrets *secrets `json:"secrets,omitempty"`
	Users   []*user  `json:"users,omitempty"`
	Grants  []*grant `json:"grants,omitempty"`
	// Removed are the subs of deleted users, whose sign-ins go with them.
	Removed []string `json:"removed,omitempty"`
}

// state is everything that outlives a restart. What it holds is never altered,
// only replaced, so that a reader may keep what it got.
type state struct {
	poolID  string
	secrets *secrets
	users   map[string]*user
	// subs finds users by their folded e-mail address.
	subs   map[string]string
	grants map[string]*grant
	// tokens finds grants by the hash of their refresh token.
	tokens map[string]string
}

func newState() *state {
	return &state{
		users: make(map[string]*user), subs: make(map[string]string),
		grants: make(map[string]*grant), tokens: make(map[string]string),
	}
}

func (s *state) apply(c change) {
	if c.PoolID != "" {
		s.poolID = c.PoolID
	}
	if c.Secrets != nil {
		s.secrets = c.Secrets
	}
	for _, u := range c.Users {
		if old := s.users[u.Sub]; old != nil {
			delete(s.subs, fold(old.email()))
		}
		s.users[u.Sub] = u
		s.subs[fold(u.email())] = u.Sub
	}
	for _, g := range c.Grants {
		s.grants[g.OriginJTI] = g
		s.tokens[string(g.TokenHash)] = g.OriginJTI
	}
	for _, sub := range c.Removed {
		s.remove(sub)
	}
}

func (s *state) remove(sub string) {
	if old := s.users[sub]; old != nil {
		delete(s.subs, fold(old.email()))
	}
	delete(s.users, sub)
	for id, g := range s.grants {
		if g.Sub == sub {
			delete(s.grants, id)
			delete(s.tokens, string(g.TokenHash))
		}
	}
}

// revokedGrants returns the end of every sign-in of a user.
func (s *state) revokedGrants(sub string) []*grant {
	var ended []*grant
	for _, g := range s.grants {
		if g.Sub == sub && !g.Revoked {
			ended = append(ended, revoked(g))
		}
	}
	return ended
}

// find returns the user of a name, which is a sub or an e-mail address, or nil.
func (s *state) find(name string) *user {
	if u := s.users[name]; u != nil {
		return u
	}
	return s.users[s.subs[fold(name)]]
}

// hasPasskey reports whether anybody has a passkey of that id.
func (s *state) hasPasskey(id []byte) bool {
	for _, u := range s.users {
		if slices.ContainsFunc(u.Passkeys, func(k passkey) bool { return bytes.Equal(k.ID, id) }) {
			return true
		}
	}
	return false
}

// sortedUsers returns all users, the oldest first.
func (s *state) sortedUsers() []*user {
	return slices.SortedFunc(maps.Values(s.users), func(a, b *user) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.Sub, b.Sub))
	})
}

// fold makes names equal that differ in upper and lower case only: Hearth's
// pool is case-insensitive.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html
func fold(name string) string { return cases.Fold().String(name) }
