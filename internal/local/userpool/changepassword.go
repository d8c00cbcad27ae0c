package userpool

import (
	"bytes"
	"context"
)

type changePasswordInput struct {
	AccessToken      string
	PreviousPassword string
	ProposedPassword string
}

// changePassword sets a new password by the old one. It ends no sign-in.
//
// Its tries are limited by LimitExceededException and neither count towards
// the lock-out nor fall under it: that is for sign-ins, which somebody without
// a token can attempt.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior
func (p *Pool) changePassword(_ context.Context, in changePasswordInput) (none, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return none{}, err
	}
	required := 0
	if u.Password != nil {
		required = 1
	}
	// The new password is looked at first, so that one that the policy refuses
	// does not cost a try.
	err = firstError(member("previousPassword", in.PreviousPassword, required, maxPassword, nil),
		validPassword(in.ProposedPassword), checkPolicy(p.options.Settings.PasswordPolicy, in.ProposedPassword))
	if err != nil {
		return none{}, err
	}
	p.mu.Lock()
	within := p.attempts.allow(limitChangePassword, u.Sub, p.now())
	p.mu.Unlock()
	if !within {
		return none{}, errTooManyAttempts
	}
	proven := u.Password
	if proven == nil && in.PreviousPassword != "" ||
		proven != nil && !proven.matches(p.poolName(), u.Sub, in.PreviousPassword) {
		return none{}, errCredentials
	}
	password, err := p.newPassword(u.Sub, in.ProposedPassword)
	if err != nil {
		return none{}, err
	}
	_, err = p.edit(u.Sub, func(u *user) error {
		switch {
		case !u.Password.equal(proven):
			// Another change came first.
			return errCredentials
		case u.Status != statusConfirmed:
			return fail(codeNotAuthorized, "User password cannot be changed in the current state.")
		}
		u.Password = password
		return nil
	})
	return none{}, err
}

// equal reports whether two verifiers are of one setting of a password; either
// may be nil.
func (v *verifier) equal(other *verifier) bool {
	if v == nil || other == nil {
		return v == other
	}
	return bytes.Equal(v.Salt, other.Salt) && bytes.Equal(v.Value, other.Value)
}
