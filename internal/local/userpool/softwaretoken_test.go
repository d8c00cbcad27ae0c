package userpool_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/pquerna/otp/totp"

	"hearth/internal/cognito"
	"hearth/internal/local/userpool"
)

// codeAt is what an authenticator app shows, some time from now.
func (h *host) codeAt(t *testing.T, secret string, from time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, h.clock.Now().Add(from))
	noError(t, err)
	return code
}

func (h *host) associate(t *testing.T, token *string) string {
	t.Helper()
	out, err := h.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{AccessToken: token})
	noError(t, err)
	return aws.ToString(out.SecretCode)
}

func (h *host) verifyToken(t *testing.T, token *string, code string) error {
	t.Helper()
	out, err := h.VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{
		AccessToken: token, UserCode: &code, FriendlyDeviceName: aws.String("Ada's phone"),
	})
	if err == nil && out.Status != types.VerifySoftwareTokenResponseTypeSuccess {
		t.Fatalf("got status %s", out.Status)
	}
	return err
}

func (h *host) preferToken(t *testing.T, token *string, enabled, preferred bool) error {
	t.Helper()
	_, err := h.SetUserMFAPreference(t.Context(), &cip.SetUserMFAPreferenceInput{
		AccessToken:              token,
		SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: enabled, PreferredMfa: preferred},
	})
	return err
}

// enrol turns MFA on for a user and moves the clock on, so that the next code
// is a new one. It returns the secret and an access token.
func (h *host) enrol(t *testing.T, name string) (secret string, token *string) {
	t.Helper()
	token = h.signIn(t, name).AccessToken
	secret = h.associate(t, token)
	noError(t, h.verifyToken(t, token, h.codeAt(t, secret, 0)))
	noError(t, h.preferToken(t, token, true, true))
	h.clock.advance(time.Minute)
	return secret, token
}

func TestASoftwareTokenIsSetUpByItsFirstCode(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	mfa := func() (list []string, preferred string) {
		t.Helper()
		own, err := h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: token})
		noError(t, err)
		admin := h.adminGet(t, sub)
		if len(own.UserMFASettingList) != len(admin.UserMFASettingList) ||
			aws.ToString(own.PreferredMfaSetting) != aws.ToString(admin.PreferredMfaSetting) {
			t.Fatalf("GetUser says %v, AdminGetUser %v", own, admin)
		}
		return own.UserMFASettingList, aws.ToString(own.PreferredMfaSetting)
	}

	wantCode(t, h.preferToken(t, token, true, true), "InvalidParameterException", "User has not set up software token mfa")
	wantCode(t, h.verifyToken(t, token, "123456"), "SoftwareTokenMFANotFoundException", "")
	secret := h.associate(t, token)
	if len(secret) != 52 {
		t.Errorf("the secret has %d letters, want Cognito's 52", len(secret))
	}
	wantCode(t, h.preferToken(t, token, true, true), "InvalidParameterException", "User has not verified software token mfa")
	right := h.codeAt(t, secret, 0)
	wantCode(t, h.verifyToken(t, token, another(right)), "EnableSoftwareTokenMFAException", "")
	wantCode(t, h.verifyToken(t, token, "12345"), "InvalidParameterException", "")
	wantCode(t, h.verifyToken(t, token, "12345a"), "InvalidParameterException", "")
	noError(t, h.verifyToken(t, token, right))
	if list, preferred := mfa(); len(list) != 0 || preferred != "" {
		t.Errorf("verified alone: got %v, %q; want MFA off", list, preferred)
	}
	h.signIn(t, "ada@example.com")

	wantCode(t, h.verifyToken(t, token, h.codeAt(t, secret, 30*time.Second)), "SoftwareTokenMFANotFoundException", "")
	wantCode(t, h.preferToken(t, token, false, true), "InvalidParameterException", "")
	noError(t, h.preferToken(t, token, true, false))
	if list, preferred := mfa(); len(list) != 1 || list[0] != "SOFTWARE_TOKEN_MFA" || preferred != "" {
		t.Errorf("enabled: got %v, %q", list, preferred)
	}
	noError(t, h.preferToken(t, token, true, true))
	if _, preferred := mfa(); preferred != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("preferred: got %q", preferred)
	}
	noError(t, h.preferToken(t, token, false, false))
	if list, preferred := mfa(); len(list) != 0 || preferred != "" {
		t.Errorf("turned off: got %v, %q", list, preferred)
	}
	h.signIn(t, "ada@example.com")
}

func TestANewSoftwareTokenReplacesTheOldOnlyOnceVerified(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	first, token := h.enrol(t, "ada@example.com")
	second := h.associate(t, token)
	noError(t, h.trySecondFactor(t, h.toSecondFactor(t, "ada@example.com"), h.codeAt(t, first, 0)))
	h.clock.advance(time.Minute)
	noError(t, h.verifyToken(t, token, h.codeAt(t, second, 0)))
	h.clock.advance(time.Minute)
	session := h.toSecondFactor(t, "ada@example.com")
	wantCode(t, h.trySecondFactor(t, session, h.codeAt(t, first, 0)), "CodeMismatchException", "")
	noError(t, h.trySecondFactor(t, session, h.codeAt(t, second, 0)))
}

func TestSoftwareTokensNeedAnAccessToken(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	_, err := h.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{AccessToken: aws.String("nonsense")})
	wantCode(t, err, "NotAuthorizedException", "Invalid Access Token")
	// A Session would do in MFA_SETUP, which optional MFA never asks for.
	begun := h.selectChallenge(t, "ada@example.com")
	_, err = h.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{Session: begun})
	wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = h.VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{Session: begun, UserCode: aws.String("123456")})
	wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
}

// selectChallenge begins USER_AUTH and returns the Session.
func (h *host) selectChallenge(t *testing.T, name string) *string {
	t.Helper()
	out, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, ClientId: aws.String(webClient), AuthParameters: map[string]string{"USERNAME": name},
	})
	noError(t, err)
	return out.Session
}

func TestOtherFactorsCanBeTurnedOffButNotOn(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	set := func(on bool) error {
		_, err := h.SetUserMFAPreference(t.Context(), &cip.SetUserMFAPreferenceInput{
			AccessToken: token, SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: on},
		})
		return err
	}
	noError(t, set(false))
	wantCode(t, set(true), "InvalidParameterException", "User does not have delivery config set to turn on SMS_MFA")
	_, err := h.AdminSetUserMFAPreference(t.Context(), &cip.AdminSetUserMFAPreferenceInput{
		UserPoolId: aws.String(poolID), Username: &sub, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true},
	})
	wantCode(t, err, "InvalidParameterException", "User does not have delivery config set to turn on EMAIL_OTP")
}

func TestAnAdministratorTurnsMFAOff(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	set := func(enabled bool) error {
		_, err := h.AdminSetUserMFAPreference(t.Context(), &cip.AdminSetUserMFAPreferenceInput{
			UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"),
			SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: enabled},
		})
		return err
	}
	wantCode(t, set(true), "InvalidParameterException", "User has not set up software token mfa")
	secret, token := h.enrol(t, "ada@example.com")
	open := h.toSecondFactor(t, "ada@example.com")
	noError(t, set(false))
	wantCode(t, h.trySecondFactor(t, open, h.codeAt(t, secret, 0)), "SoftwareTokenMFANotFoundException", "")
	h.signIn(t, "ada@example.com")
	// The verified token stays, so that it can be turned on again.
	noError(t, h.preferToken(t, token, true, true))
	noError(t, h.trySecondFactor(t, h.toSecondFactor(t, "ada@example.com"), h.codeAt(t, secret, 0)))
	_, err := h.AdminSetUserMFAPreference(t.Context(), &cip.AdminSetUserMFAPreferenceInput{
		UserPoolId: aws.String(poolID), Username: aws.String("nobody@example.com"),
	})
	wantCode(t, err, "UserNotFoundException", "")
}

func TestAPoolWithoutMFAHasNoSoftwareTokens(t *testing.T) {
	t.Parallel()
	h := start(t, func(o *userpool.Options) { o.Settings.MFA, o.Settings.MFAFactors = cognito.MFAOff, nil })
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	_, err := h.AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{AccessToken: token})
	wantCode(t, err, "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
	wantCode(t, h.verifyToken(t, token, "123456"), "SoftwareTokenMFANotFoundException", "")
}

func TestMFASettingsThatThePoolCannotGoByAreRefused(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*cognito.Pool){
		func(s *cognito.Pool) { s.MFA = "ON" },
		func(s *cognito.Pool) { s.MFA = "" },
		func(s *cognito.Pool) { s.MFA = cognito.MFAOff },
		func(s *cognito.Pool) { s.MFAFactors = nil },
		func(s *cognito.Pool) { s.MFAFactors = []cognito.MFAFactor{"SMS_MFA"} },
	} {
		o := options()
		change(&o.Settings)
		if pool, err := userpool.Open(o); err == nil {
			t.Errorf("%q with %q was accepted", o.Settings.MFA, o.Settings.MFAFactors)
			noError(t, pool.Close())
		}
	}
}

func TestASoftwareTokenOutlivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keep := func(o *userpool.Options) { o.Dir = dir }
	h := start(t, keep)
	h.join(t, "ada@example.com")
	secret, _ := h.enrol(t, "ada@example.com")
	noError(t, h.trySecondFactor(t, h.toSecondFactor(t, "ada@example.com"), h.codeAt(t, secret, 0)))
	used := h.codeAt(t, secret, 0)
	noError(t, h.pool.Close())

	again := start(t, keep, func(o *userpool.Options) { o.Now = h.clock.Now })
	session := again.toSecondFactor(t, "ada@example.com")
	wantCode(t, again.trySecondFactor(t, session, used), "ExpiredCodeException", "Your software token has already been used once.")
	h.clock.advance(30 * time.Second)
	noError(t, again.trySecondFactor(t, session, h.codeAt(t, secret, 0)))
}
