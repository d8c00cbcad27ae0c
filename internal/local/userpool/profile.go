package userpool

import (
	"context"
	"slices"

	"hearth/internal/cognito"
)

type getUserOutput struct {
	Username       string
	UserAttributes []attribute
	mfaState
}

// getUser returns what the client of the token may read.
func (p *Pool) getUser(_ context.Context, in accessTokenInput) (getUserOutput, error) {
	u, g, err := p.caller(in.AccessToken)
	if err != nil {
		return getUserOutput{}, err
	}
	client, err := p.client(g.ClientID)
	if err != nil {
		return getUserOutput{}, err
	}
	return getUserOutput{Username: u.Sub, UserAttributes: u.listed(client.ReadAttributes), mfaState: u.mfaState()}, nil
}

type updateAttributesInput struct {
	AccessToken    string
	UserAttributes []attribute
	ClientMetadata map[string]string
}

type updateAttributesOutput struct {
	CodeDeliveryDetailsList []codeDelivery `json:",omitempty"`
}

func (p *Pool) updateUserAttributes(ctx context.Context, in updateAttributesInput) (updateAttributesOutput, error) {
	u, g, err := p.caller(in.AccessToken)
	if err != nil {
		return updateAttributesOutput{}, err
	}
	client, err := p.client(g.ClientID)
	if err != nil {
		return updateAttributesOutput{}, err
	}
	err = firstError(someAttributes(in.UserAttributes), p.checkWrite(in.UserAttributes, client), validMetadata(in.ClientMetadata))
	if err != nil {
		return updateAttributesOutput{}, err
	}
	return p.writeAttributes(ctx, u.Sub, in.UserAttributes, false)
}

func someAttributes(given []attribute) error {
	if len(given) == 0 {
		return invalidParameter("1 validation error detected: Value at 'userAttributes' failed to satisfy constraint: Member must not be null")
	}
	return nil
}

// writeAttributes writes checked attributes. A new address waits for the code
// that is mailed to it, while the old one stays, unless an administrator says
// that it is verified.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
func (p *Pool) writeAttributes(ctx context.Context, sub string, given []attribute, verified bool) (updateAttributesOutput, error) {
	email, rest := splitEmail(given)
	var digits string
	edited, err := p.edit(sub, func(u *user) (err error) {
		if err := p.set(u, rest); err != nil {
			return err
		}
		digits, err = p.changeEmail(u, email, verified)
		return err
	})
	if err != nil || digits == "" {
		return updateAttributesOutput{}, err
	}
	if err := p.send(ctx, edited.PendingEmail, MessageVerification, digits); err != nil {
		return updateAttributesOutput{}, err
	}
	return updateAttributesOutput{CodeDeliveryDetailsList: []codeDelivery{delivery(edited.PendingEmail)}}, nil
}

func splitEmail(given []attribute) (email string, rest []attribute) {
	for _, a := range given {
		if a.Name == cognito.AttributeEmail {
			email = a.Value
		} else {
			rest = append(rest, a)
		}
	}
	return email, rest
}

// changeEmail writes an address or lets it wait and returns the code that it
// waits for. The caller holds p.mu.
func (p *Pool) changeEmail(u *user, email string, verified bool) (string, error) {
	switch {
	case email == "":
		return "", nil
	case p.takenByAnother(email, u.Sub):
		return "", errAliasExists
	case verified || email == u.email():
		u.Attributes[cognito.AttributeEmail] = email
		u.PendingEmail = ""
		delete(u.Codes, purposeVerify)
		return "", nil
	}
	u.PendingEmail = email
	return p.giveCode(u, purposeVerify)
}

func (p *Pool) takenByAnother(email, sub string) bool {
	other := p.state.find(email)
	return other != nil && other.Sub != sub
}

type attributeCodeInput struct {
	AccessToken    string
	AttributeName  string
	ClientMetadata map[string]string
}

// getUserAttributeVerificationCode sends a code to the address that waits, or
// to the user's own.
func (p *Pool) getUserAttributeVerificationCode(ctx context.Context, in attributeCodeInput) (codeOutput, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return codeOutput{}, err
	}
	if err := firstError(onlyEmail(in.AttributeName), validMetadata(in.ClientMetadata)); err != nil {
		return codeOutput{}, err
	}
	var digits, to string
	_, err = p.edit(u.Sub, func(u *user) (err error) {
		if !p.attempts.allow(limitAttributeCode, u.Sub, p.now()) {
			return errTooManyAttempts
		}
		if to = u.PendingEmail; to == "" {
			to = u.email()
		}
		digits, err = p.giveCode(u, purposeVerify)
		return err
	})
	if err != nil {
		return codeOutput{}, err
	}
	if err := p.send(ctx, to, MessageVerification, digits); err != nil {
		return codeOutput{}, err
	}
	return codeOutput{delivery(to)}, nil
}

func onlyEmail(name string) error {
	if err := member("attributeName", name, 1, maxAttributeName, usernamePattern); err != nil {
		return err
	}
	if name != cognito.AttributeEmail {
		return invalidParameter("Only the attribute email can be verified in this user pool.")
	}
	return nil
}

type verifyAttributeInput struct {
	AccessToken   string
	AttributeName string
	Code          string
}

func (p *Pool) verifyUserAttribute(_ context.Context, in verifyAttributeInput) (none, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return none{}, err
	}
	if err := firstError(onlyEmail(in.AttributeName), validCode(in.Code)); err != nil {
		return none{}, err
	}
	_, err = p.edit(u.Sub, func(u *user) error {
		if !p.attempts.allow(limitVerify, u.Sub, p.now()) {
			return errTooManyAttempts
		}
		if err := p.spendCode(u, purposeVerify, in.Code); err != nil {
			return err
		}
		if u.PendingEmail != "" {
			if p.takenByAnother(u.PendingEmail, u.Sub) {
				return errAliasExists
			}
			u.Attributes[cognito.AttributeEmail] = u.PendingEmail
			u.PendingEmail = ""
		}
		u.Attributes[cognito.AttributeEmailVerified] = "true"
		return nil
	})
	return none{}, err
}

// setsVerified reports whether attributes say that the address is verified.
func setsVerified(given []attribute) bool {
	return slices.Contains(given, attribute{Name: cognito.AttributeEmailVerified, Value: "true"})
}
