package userpool

import (
	"context"
	"slices"
	"time"

	"hearth/internal/cognito"
)

// userRecord is a user as administrators see them. Times are seconds since
// 1970, with fractions.
type userRecord struct {
	Username             string
	Attributes           []attribute `json:",omitempty"`
	UserAttributes       []attribute `json:",omitempty"`
	UserCreateDate       float64
	UserLastModifiedDate float64
	Enabled              bool
	UserStatus           userStatus
}

func (u *user) record() userRecord {
	return userRecord{
		Username: u.Sub, Enabled: !u.Disabled, UserStatus: u.Status,
		UserCreateDate: seconds(u.Created), UserLastModifiedDate: seconds(u.Modified),
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

type adminCreateInput struct {
	UserPoolId             string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username               string
	UserAttributes         []attribute
	ValidationData         []attribute
	TemporaryPassword      string
	ForceAliasCreation     bool
	MessageAction          string
	DesiredDeliveryMediums []string
	ClientMetadata         map[string]string
}

type adminCreateOutput struct{ User userRecord }

// adminCreateUser makes a user with a temporary password. No trigger of
// Hearth's pool is called for it.
func (p *Pool) adminCreateUser(ctx context.Context, in adminCreateInput) (adminCreateOutput, error) {
	err := firstError(p.checkPool(in.UserPoolId), validUsername(in.Username), validMetadata(in.ClientMetadata),
		p.checkAdminWrite(in.UserAttributes), checkInvitation(in))
	if err != nil {
		return adminCreateOutput{}, err
	}
	temporary := in.TemporaryPassword
	if temporary == "" {
		if temporary, err = temporaryPassword(p.options.Settings.PasswordPolicy); err != nil {
			return adminCreateOutput{}, err
		}
	}
	var u *user
	if in.MessageAction == "RESEND" {
		u, err = p.reinvite(in.Username, temporary)
	} else {
		u, err = p.invite(in, temporary)
	}
	if err != nil {
		return adminCreateOutput{}, err
	}
	if in.MessageAction != "SUPPRESS" {
		if err := p.send(ctx, u.email(), MessageInvitation, temporary); err != nil {
			return adminCreateOutput{}, err
		}
	}
	out := adminCreateOutput{User: u.record()}
	out.User.Attributes = u.listed(nil)
	return out, nil
}

// checkInvitation checks how the new user is to be told.
func checkInvitation(in adminCreateInput) error {
	if !slices.Contains([]string{"", "SUPPRESS", "RESEND"}, in.MessageAction) {
		return invalidParameter("1 validation error detected: Value at 'messageAction' failed to satisfy constraint: Member must satisfy enum value set: [RESEND, SUPPRESS]")
	}
	for _, medium := range in.DesiredDeliveryMediums {
		if medium != "EMAIL" {
			return invalidParameter("This user pool delivers messages by EMAIL only.")
		}
	}
	if in.ForceAliasCreation {
		return invalidParameter("This user pool has no aliases that could be moved to the new user.")
	}
	return nil
}

func (p *Pool) invite(in adminCreateInput, temporary string) (*user, error) {
	attributes, err := p.newAttributes(in.Username, in.UserAttributes)
	if err != nil {
		return nil, err
	}
	if attributes[cognito.AttributeEmailVerified] == "" {
		attributes[cognito.AttributeEmailVerified] = "false"
	}
	now := p.now()
	u := &user{Sub: newID(), Attributes: attributes, Created: now, Modified: now}
	password, err := p.newPassword(u.Sub, temporary)
	if err != nil {
		return nil, err
	}
	p.setTemporary(u, password)
	return u, p.add(u)
}

// reinvite gives a user who has not signed in yet a new temporary password.
func (p *Pool) reinvite(name, temporary string) (*user, error) {
	found := p.lookUp(name)
	if found == nil {
		return nil, errUserNotFound
	}
	password, err := p.newPassword(found.Sub, temporary)
	if err != nil {
		return nil, err
	}
	return p.edit(found.Sub, func(u *user) error {
		if u.Status != statusForceChangePassword {
			return fail(codeUnsupportedUserState, "Resend not possible. "+u.Sub+" status is not FORCE_CHANGE_PASSWORD")
		}
		p.setTemporary(u, password)
		return nil
	})
}

func (p *Pool) setTemporary(u *user, password *verifier) {
	until := p.now().Add(p.options.Settings.TemporaryPasswordValidity)
	u.Password, u.Status, u.TemporaryUntil = password, statusForceChangePassword, &until
}

type adminPasswordInput struct {
	UserPoolId string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username   string
	Password   string
	Permanent  bool
}

// adminSetUserPassword sets a password; a permanent one confirms the user,
// though not the address.
func (p *Pool) adminSetUserPassword(_ context.Context, in adminPasswordInput) (none, error) {
	found, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return none{}, err
	}
	password, err := p.newPassword(found.Sub, in.Password)
	if err != nil {
		return none{}, err
	}
	_, err = p.edit(found.Sub, func(u *user) error {
		if in.Permanent {
			u.Password, u.Status, u.TemporaryUntil = password, statusConfirmed, nil
			delete(u.Codes, purposeConfirm)
		} else {
			p.setTemporary(u, password)
		}
		return nil
	})
	return none{}, err
}

type adminUserInput struct {
	UserPoolId string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username   string
}

type adminGetOutput struct {
	userRecord
	mfaState
}

func (p *Pool) adminGetUser(_ context.Context, in adminUserInput) (adminGetOutput, error) {
	u, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return adminGetOutput{}, err
	}
	out := adminGetOutput{u.record(), u.mfaState()}
	out.UserAttributes = u.listed(nil)
	return out, nil
}

func (p *Pool) adminUserGlobalSignOut(_ context.Context, in adminUserInput) (none, error) {
	u, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return none{}, err
	}
	return none{}, p.signOut(u.Sub)
}

type adminConfirmInput struct {
	UserPoolId     string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username       string
	ClientMetadata map[string]string
}

// adminConfirmSignUp confirms a user without a code. The address stays
// unverified, as at Cognito.
func (p *Pool) adminConfirmSignUp(ctx context.Context, in adminConfirmInput) (none, error) {
	found, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return none{}, err
	}
	if err := validMetadata(in.ClientMetadata); err != nil {
		return none{}, err
	}
	u, err := p.edit(found.Sub, func(u *user) error {
		if u.Status != statusUnconfirmed {
			return fail(codeNotAuthorized, "User cannot be confirmed. Current status is "+string(u.Status))
		}
		u.Status = statusConfirmed
		delete(u.Codes, purposeConfirm)
		return nil
	})
	if err != nil {
		return none{}, err
	}
	return none{}, p.postConfirmation(ctx, sourceConfirmSignUp, "CLIENT_ID_NOT_APPLICABLE", u, in.ClientMetadata)
}

type adminAttributesInput struct {
	UserPoolId     string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username       string
	UserAttributes []attribute
	ClientMetadata map[string]string
}

func (p *Pool) adminUpdateUserAttributes(ctx context.Context, in adminAttributesInput) (none, error) {
	u, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return none{}, err
	}
	err = firstError(someAttributes(in.UserAttributes), p.checkAdminWrite(in.UserAttributes), validMetadata(in.ClientMetadata))
	if err != nil {
		return none{}, err
	}
	_, err = p.writeAttributes(ctx, u.Sub, in.UserAttributes, setsVerified(in.UserAttributes))
	return none{}, err
}
