package userpool

import (
	"context"

	"hearth/internal/cognito"
)

// forgotPassword sends a code to the verified address. Users who do not exist
// or have none get the same answer.
func (p *Pool) forgotPassword(ctx context.Context, in resendInput) (codeOutput, error) {
	return p.requestCode(ctx, in, limitForgotPassword, MessageReset, func(u *user) (string, error) {
		switch {
		case !u.Disabled && u.Status == statusForceChangePassword:
			return "", fail(codeNotAuthorized, "User password cannot be reset in the current state.")
		case u.Disabled || u.Status != statusConfirmed || u.Attributes[cognito.AttributeEmailVerified] != "true":
			return "", errPretend
		}
		return p.giveCode(u, purposeReset)
	})
}

type confirmResetInput struct {
	ClientId          string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username          string
	ConfirmationCode  string
	Password          string
	SecretHash        string
	ClientMetadata    map[string]string
	AnalyticsMetadata *analytics
	UserContextData   *userContext
}

// confirmForgotPassword sets a new password by a code. Sign-ins stay: Cognito
// does not end them.
func (p *Pool) confirmForgotPassword(ctx context.Context, in confirmResetInput) (none, error) {
	if _, err := p.client(in.ClientId); err != nil {
		return none{}, err
	}
	// The password is looked at first, so that one that the policy refuses
	// does not cost the code.
	err := firstError(validUsername(in.Username), validCode(in.ConfirmationCode), validPassword(in.Password),
		noSecretHash(in.ClientId, in.SecretHash), validMetadata(in.ClientMetadata),
		checkPolicy(p.options.Settings.PasswordPolicy, in.Password))
	if err != nil {
		return none{}, err
	}
	s := p.subjectOf(in.Username)
	p.mu.Lock()
	within := p.attempts.allow(limitConfirmReset, s.who, p.now())
	p.mu.Unlock()
	if !within {
		return none{}, errTooManyAttempts
	}
	password, err := p.newPassword(s.sub, in.Password)
	if err != nil {
		return none{}, err
	}
	if !s.exists {
		return none{}, errCodeMismatch
	}
	u, err := p.edit(s.sub, func(u *user) error {
		if u.Disabled {
			return errCodeMismatch
		}
		if err := p.spendCode(u, purposeReset, in.ConfirmationCode); err != nil {
			return err
		}
		u.Password, u.Status, u.TemporaryUntil = password, statusConfirmed, nil
		p.attempts.succeeded(u.Sub)
		return nil
	})
	if err != nil {
		return none{}, err
	}
	return none{}, p.postConfirmation(ctx, sourceConfirmForgotPassword, in.ClientId, u, in.ClientMetadata)
}
