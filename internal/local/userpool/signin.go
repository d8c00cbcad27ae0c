package userpool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"hearth/internal/cognito"
)

// passwordChecked goes on after a password was found right or wrong. That a
// user exists, is disabled, confirmed or has a temporary password is told only to who
// knows the password.
func (p *Pool) passwordChecked(s subject, right bool, clientID string, client cognito.Client) (authOutput, error) {
	now := p.now()
	u, err := p.judgePassword(s, right, now)
	if err != nil {
		return authOutput{}, err
	}
	if u.Disabled {
		return authOutput{}, errDisabled
	}
	switch u.Status {
	case statusConfirmed:
		return p.secondFactor(s, u, clientID, client)
	case statusForceChangePassword:
		if u.TemporaryUntil != nil && !now.Before(*u.TemporaryUntil) {
			return authOutput{}, fail(codeNotAuthorized, "Temporary password has expired and must be reset by an administrator.")
		}
		return p.askNewPassword(s, u, clientID, client)
	default:
		return authOutput{}, errNotConfirmed
	}
}

// judgePassword counts the try and returns the user if it was right.
func (p *Pool) judgePassword(s subject, right bool, now time.Time) (*user, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.attempts.locked(s.who, now) {
		return nil, errLockedOut
	}
	u := p.state.users[s.sub]
	// The password may have been changed since the sign-in began.
	current := u != nil && u.Password != nil && bytes.Equal(u.Password.Value, s.verifier.Value)
	if !right || !s.exists || !current {
		p.attempts.failed(s.who, now)
		return nil, errCredentials
	}
	// A sign-in that still needs a code has not succeeded yet.
	if !u.Token.Enabled {
		p.attempts.succeeded(s.who)
	}
	return u, nil
}

// askNewPassword gives the challenge that replaces a temporary password.
func (p *Pool) askNewPassword(s subject, u *user, clientID string, client cognito.Client) (authOutput, error) {
	attributes, err := json.Marshal(u.Attributes)
	if err != nil {
		return authOutput{}, fmt.Errorf("user pool: challenge: %w", err)
	}
	missing := []string{}
	for _, name := range p.options.Settings.RequiredAttributes {
		if u.Attributes[name] == "" {
			missing = append(missing, userAttributePrefix+name)
		}
	}
	required, err := json.Marshal(missing)
	if err != nil {
		return authOutput{}, fmt.Errorf("user pool: challenge: %w", err)
	}
	session := p.open(&challenge{name: challengeNewPassword, clientID: clientID, subject: s}, client.AuthSessionValidity)
	return authOutput{
		ChallengeName: challengeNewPassword, Session: session,
		ChallengeParameters: map[string]string{
			"USER_ID_FOR_SRP": s.sub, "userAttributes": string(attributes), "requiredAttributes": string(required),
		},
	}, nil
}

// userAttributePrefix stands before attributes in NEW_PASSWORD_REQUIRED.
const userAttributePrefix = "userAttributes."

// answerNewPassword sets the password that a user chose in place of a
// temporary one, which confirms them; a code is asked for next if they turned
// MFA on. No trigger is called.
func (p *Pool) answerNewPassword(in respondInput, client cognito.Client) (authOutput, error) {
	given := make(map[string]string)
	var attributes []attribute
	for name, value := range in.ChallengeResponses {
		if bare, found := strings.CutPrefix(name, userAttributePrefix); found {
			attributes = append(attributes, attribute{Name: bare, Value: value})
		} else {
			given[name] = value
		}
	}
	err := firstError(parameters(given, []string{"USERNAME", "NEW_PASSWORD"}), p.checkWrite(attributes, client),
		member("session", in.Session, 1, maxSession, nil), validPassword(given["NEW_PASSWORD"]),
		checkPolicy(p.options.Settings.PasswordPolicy, given["NEW_PASSWORD"]), noEmail(attributes))
	if err != nil {
		return authOutput{}, err
	}
	c, err := p.take(in)
	if err != nil {
		return authOutput{}, err
	}
	password, err := p.newPassword(c.subject.sub, given["NEW_PASSWORD"])
	if err != nil {
		return authOutput{}, err
	}
	u, err := p.edit(c.subject.sub, func(u *user) error {
		if u.Disabled {
			return errDisabled
		}
		if u.Status != statusForceChangePassword || !bytes.Equal(u.Password.Value, c.subject.verifier.Value) {
			return fail(codeNotAuthorized, "Invalid session for the user.")
		}
		u.Status, u.Password, u.TemporaryUntil = statusConfirmed, password, nil
		return p.set(u, attributes)
	})
	if err != nil {
		return authOutput{}, err
	}
	proven := c.subject
	proven.verifier = password
	return p.secondFactor(proven, u, in.ClientId, client)
}

// signIn begins a sign-in and returns its tokens.
func (p *Pool) signIn(u *user, clientID string, client cognito.Client) (authOutput, error) {
	now := p.now()
	refresh := newRefreshToken()
	g := &grant{
		OriginJTI: newID(), EventID: newID(), TokenHash: hashToken(refresh), Sub: u.Sub,
		ClientID: clientID, AuthTime: now, Expires: now.Add(client.RefreshTokenValidity),
	}
	result, err := p.tokens(g, u, client, now)
	if err != nil {
		return authOutput{}, err
	}
	result.RefreshToken = refresh
	p.mu.Lock()
	defer p.mu.Unlock()
	// The user may have been deleted or disabled since the factors were checked.
	switch current := p.state.users[u.Sub]; {
	case current == nil:
		return authOutput{}, errCredentials
	case current.Disabled:
		return authOutput{}, errDisabled
	}
	if err := p.commit(change{Grants: []*grant{g}}); err != nil {
		return authOutput{}, err
	}
	return authOutput{AuthenticationResult: result, ChallengeParameters: map[string]string{}}, nil
}

func (p *Pool) tokens(g *grant, u *user, client cognito.Client, now time.Time) (*authResult, error) {
	access, err := p.accessToken(g, client.AccessTokenValidity, now)
	if err != nil {
		return nil, err
	}
	id, err := p.idToken(g, u, client, now)
	if err != nil {
		return nil, err
	}
	return &authResult{
		AccessToken: access, IdToken: id, TokenType: "Bearer",
		ExpiresIn: int(client.AccessTokenValidity / time.Second),
	}, nil
}
