package userpool

import (
	"context"
	"fmt"
	"slices"

	"hearth/internal/cognito"
)

// checkMFA refuses settings that this pool cannot go by.
func checkMFA(s cognito.Pool) error {
	switch {
	case s.MFA == cognito.MFAOff && len(s.MFAFactors) == 0:
	case s.MFA == cognito.MFAOptional && slices.Equal(s.MFAFactors, []cognito.MFAFactor{cognito.MFASoftwareToken}):
	default:
		return fmt.Errorf("user pool: MFA %q with the factors %q is not supported", s.MFA, s.MFAFactors)
	}
	return nil
}

// mfaSettings is a user's wish for one second factor.
type mfaSettings struct {
	Enabled      bool
	PreferredMfa bool
}

// mfaPreference is what SetUserMFAPreference and AdminSetUserMFAPreference set.
type mfaPreference struct {
	SMSMfaSettings           *mfaSettings
	EmailMfaSettings         *mfaSettings
	SoftwareTokenMfaSettings *mfaSettings
	WebAuthnMfaSettings      *passkeyMFASettings
}

// passkeyMFASettings is the wish that a passkey counts for both factors. There
// is no preference, as a passkey is always the first factor.
type passkeyMFASettings struct{ Enabled bool }

type preferenceInput struct {
	AccessToken string
	mfaPreference
}

// setUserMFAPreference turns MFA on or off.
func (p *Pool) setUserMFAPreference(_ context.Context, in preferenceInput) (none, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return none{}, err
	}
	return none{}, p.prefer(u.Sub, in.mfaPreference)
}

type adminPreferenceInput struct {
	UserPoolId string //nolint:revive // Cognito's own spelling, which decoding goes by.
	Username   string
	mfaPreference
}

// adminSetUserMFAPreference is the way back in for who lost their device.
func (p *Pool) adminSetUserMFAPreference(_ context.Context, in adminPreferenceInput) (none, error) {
	u, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return none{}, err
	}
	return none{}, p.prefer(u.Sub, in.mfaPreference)
}

// prefer sets what a user wishes for. What is left out stays; clients turn
// factors off that the pool does not have, which is no contradiction.
func (p *Pool) prefer(sub string, wish mfaPreference) error {
	if wish.SMSMfaSettings.wanted() {
		return invalidParameter("User does not have delivery config set to turn on SMS_MFA")
	}
	if wish.EmailMfaSettings.wanted() {
		return invalidParameter("User does not have delivery config set to turn on EMAIL_OTP")
	}
	token, passkey := wish.SoftwareTokenMfaSettings, wish.WebAuthnMfaSettings
	if token == nil && passkey == nil {
		return nil
	}
	_, err := p.edit(sub, func(u *user) error {
		return firstError(u.preferToken(token), p.preferPasskey(u, passkey))
	})
	return err
}

func (u *user) preferToken(token *mfaSettings) error {
	switch {
	case token == nil:
		return nil
	case token.PreferredMfa && !token.Enabled:
		return invalidParameter("SOFTWARE_TOKEN_MFA cannot be preferred while it is not enabled.")
	case token.Enabled && u.Token.Secret == "" && u.Token.Pending == "":
		return invalidParameter("User has not set up software token mfa")
	case token.Enabled && u.Token.Secret == "":
		return invalidParameter("User has not verified software token mfa")
	}
	u.Token.Enabled, u.Token.Preferred = token.Enabled, token.PreferredMfa
	return nil
}

// preferPasskey runs after preferToken: who lets a passkey count for both
// factors must have another second factor, and keep it until then.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnMfaSettingsType.html
func (p *Pool) preferPasskey(u *user, passkey *passkeyMFASettings) error {
	if passkey != nil {
		u.PasskeyMFA = passkey.Enabled
	}
	switch {
	case !u.PasskeyMFA:
		return nil
	case p.passkeysReady() != nil || p.options.Settings.WebAuthnFactor != cognito.WebAuthnMultiFactor:
		return invalidParameter("Passkeys do not count as MFA in this user pool.")
	case !u.Token.Enabled:
		return invalidParameter("The user must have another MFA method while passkeys count as MFA.")
	}
	return nil
}

func (s *mfaSettings) wanted() bool { return s != nil && (s.Enabled || s.PreferredMfa) }

// mfaState is what GetUser and AdminGetUser tell.
type mfaState struct {
	PreferredMfaSetting string   `json:",omitempty"`
	UserMFASettingList  []string `json:",omitempty"`
}

func (u *user) mfaState() mfaState {
	var state mfaState
	if u.Token.Enabled {
		state.UserMFASettingList = []string{string(cognito.MFASoftwareToken)}
	}
	if u.Token.Preferred {
		state.PreferredMfaSetting = string(cognito.MFASoftwareToken)
	}
	return state
}
