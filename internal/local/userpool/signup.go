package userpool

import (
	"context"
	"errors"

	"hearth/internal/cognito"
)

type signUpInput struct {
	ClientId          string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username          string
	Password          string
	SecretHash        string
	UserAttributes    []attribute
	ValidationData    []attribute
	ClientMetadata    map[string]string
	AnalyticsMetadata *analytics
	UserContextData   *userContext
}

type signUpOutput struct {
	UserConfirmed       bool
	UserSub             string
	CodeDeliveryDetails codeDelivery
}

// errTaken tells that an address is in use, even where existence is hidden.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
var errTaken = fail(codeUsernameExists, "An account with the given email already exists.")

func (p *Pool) signUp(ctx context.Context, in signUpInput) (signUpOutput, error) {
	client, err := p.client(in.ClientId)
	if err != nil {
		return signUpOutput{}, err
	}
	err = firstError(validUsername(in.Username), noSecretHash(in.ClientId, in.SecretHash),
		validMetadata(in.ClientMetadata), p.checkWrite(in.UserAttributes, client))
	if err != nil {
		return signUpOutput{}, err
	}
	attributes, err := p.newAttributes(in.Username, in.UserAttributes)
	if err != nil {
		return signUpOutput{}, err
	}
	sub := newID()
	password, err := p.newPassword(sub, in.Password)
	if err != nil {
		return signUpOutput{}, err
	}
	now := p.now()
	attributes[cognito.AttributeEmailVerified] = "false"
	u := &user{
		Sub: sub, Status: statusUnconfirmed, Attributes: attributes,
		Created: now, Modified: now, Password: password,
	}
	digits, err := p.giveCode(u, purposeConfirm)
	if err != nil {
		return signUpOutput{}, err
	}
	if err := p.add(u); err != nil {
		return signUpOutput{}, err
	}
	// A mail that cannot be sent leaves the user there: they ask for another.
	if err := p.send(ctx, u.email(), MessageConfirmation, digits); err != nil {
		return signUpOutput{}, err
	}
	return signUpOutput{UserSub: sub, CodeDeliveryDetails: delivery(u.email())}, nil
}

// add stores a new user unless the address is taken.
func (p *Pool) add(u *user) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.find(u.email()) != nil {
		return errTaken
	}
	return p.commit(change{Users: []*user{u}})
}

type confirmSignUpInput struct {
	ClientId         string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username         string
	ConfirmationCode string
	SecretHash       string
	// ForceAliasCreation has no effect: an address belongs to its user from
	// sign-up on, so there is never another user to take it from.
	ForceAliasCreation bool
	ClientMetadata     map[string]string
	AnalyticsMetadata  *analytics
	UserContextData    *userContext
	Session            string
}

func (p *Pool) confirmSignUp(ctx context.Context, in confirmSignUpInput) (none, error) {
	if _, err := p.client(in.ClientId); err != nil {
		return none{}, err
	}
	err := firstError(validUsername(in.Username), validCode(in.ConfirmationCode),
		noSecretHash(in.ClientId, in.SecretHash), validMetadata(in.ClientMetadata), noSession(in.Session))
	if err != nil {
		return none{}, err
	}
	u, err := p.confirm(in.Username, in.ConfirmationCode)
	if err != nil {
		return none{}, err
	}
	return none{}, p.postConfirmation(ctx, sourceConfirmSignUp, in.ClientId, u, in.ClientMetadata)
}

// noSession refuses a Session where this pool never gives one.
func noSession(session string) error {
	if session != "" {
		return fail(codeNotAuthorized, "Invalid session for the user.")
	}
	return nil
}

func (p *Pool) confirm(name, digits string) (*user, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.state.find(name)
	if found == nil {
		if !p.attempts.allow(limitConfirmSignUp, fold(name), p.now()) {
			return nil, errTooManyAttempts
		}
		return nil, errCodeExpired
	}
	return p.editLocked(found.Sub, func(u *user) error {
		if u.Status != statusUnconfirmed {
			return fail(codeNotAuthorized, "User cannot be confirmed. Current status is "+string(u.Status))
		}
		if !p.attempts.allow(limitConfirmSignUp, u.Sub, p.now()) {
			return errTooManyAttempts
		}
		if u.Disabled {
			return errCodeExpired
		}
		if err := p.spendCode(u, purposeConfirm, digits); err != nil {
			return err
		}
		u.Status = statusConfirmed
		u.Attributes[cognito.AttributeEmailVerified] = "true"
		return nil
	})
}

type resendInput struct {
	ClientId          string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username          string
	SecretHash        string
	ClientMetadata    map[string]string
	AnalyticsMetadata *analytics
	UserContextData   *userContext
}

type codeOutput struct{ CodeDeliveryDetails codeDelivery }

// resendConfirmationCode answers for a user who does not exist as for one who
// does, without sending anything.
func (p *Pool) resendConfirmationCode(ctx context.Context, in resendInput) (codeOutput, error) {
	return p.requestCode(ctx, in, limitResend, MessageConfirmation, func(u *user) (string, error) {
		switch {
		case u.Disabled:
			return "", errPretend
		case u.Status == statusUnconfirmed:
			return p.giveCode(u, purposeConfirm)
		case u.Status == statusConfirmed:
			return "", invalidParameter("User is already confirmed.")
		default:
			return "", fail(codeNotAuthorized, "Cannot resend a code in the current state of the user.")
		}
	})
}

// errPretend makes requestCode treat a user as one who does not exist.
var errPretend = errors.New("no code for this user")

// requestCode gives a user a code and sends it.
func (p *Pool) requestCode(ctx context.Context, in resendInput, l limit, kind MessageKind, give func(*user) (string, error)) (codeOutput, error) {
	if _, err := p.client(in.ClientId); err != nil {
		return codeOutput{}, err
	}
	err := firstError(validUsername(in.Username), noSecretHash(in.ClientId, in.SecretHash), validMetadata(in.ClientMetadata))
	if err != nil {
		return codeOutput{}, err
	}
	s := p.subjectOf(in.Username)
	p.mu.Lock()
	within := p.attempts.allow(l, s.who, p.now())
	p.mu.Unlock()
	switch {
	case !within:
		return codeOutput{}, errTooManyAttempts
	case !s.exists:
		return codeOutput{p.simulatedDelivery(in.Username)}, nil
	}
	var digits string
	u, err := p.edit(s.sub, func(u *user) (err error) {
		digits, err = give(u)
		return err
	})
	switch {
	case errors.Is(err, errPretend):
		return codeOutput{p.simulatedDelivery(in.Username)}, nil
	case err != nil:
		return codeOutput{}, err
	}
	if err := p.send(ctx, u.email(), kind, digits); err != nil {
		return codeOutput{}, err
	}
	return codeOutput{delivery(u.email())}, nil
}

// simulatedDelivery is what is answered for a user who does not exist, always
// the same for one name.
func (p *Pool) simulatedDelivery(name string) codeDelivery {
	if isAddress(name) {
		return delivery(name)
	}
	letters := derive(p.state.secrets.Simulation, "delivery", fold(name))
	return delivery(string([]byte{'a' + letters[0]%26, '@', 'a' + letters[1]%26}))
}
