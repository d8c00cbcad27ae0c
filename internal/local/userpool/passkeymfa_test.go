package userpool_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/cognito"
	"hearth/internal/local/userpool"
)

// preferPasskey lets a passkey count for both factors, or no longer.
func (h *host) preferPasskey(t *testing.T, token *string, enabled bool) error {
	t.Helper()
	_, err := h.SetUserMFAPreference(t.Context(), &cip.SetUserMFAPreferenceInput{
		AccessToken: token, WebAuthnMfaSettings: &types.WebAuthnMfaSettingsType{Enabled: enabled},
	})
	return err
}

func TestAPasskeyCountsForBothFactorsIfTheUserSaysSo(t *testing.T) {
	t.Parallel()
	h, a, token := withPasskey(t)
	wantCode(t, h.preferPasskey(t, token, true), "InvalidParameterException", "The user must have another MFA method")
	noError(t, h.tryPasskey(t, "ada@example.com", a))
	begun := h.toPasskey(t, "ada@example.com")
	_, token = h.enrol(t, "ada@example.com")

	// With MFA alone a passkey is not enough, not even in a sign-in that had
	// begun before.
	_, err := h.answerPasskey(t.Context(), begun.Session, "ada@example.com", a.get(t, begun.ChallengeParameters))
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	out := h.choose(t, "ada@example.com", "WEB_AUTHN")
	if out.ChallengeName != types.ChallengeNameTypeSelectChallenge || slices.Contains(out.AvailableChallenges, "WEB_AUTHN") {
		t.Fatalf("got challenge %s of %v", out.ChallengeName, out.AvailableChallenges)
	}

	noError(t, h.preferPasskey(t, token, true))
	noError(t, h.tryPasskey(t, "ada@example.com", a))
	h.toSecondFactor(t, "ada@example.com")
	a.device.Options.UserNotVerified = true
	wantCode(t, h.tryPasskey(t, "ada@example.com", a), "NotAuthorizedException", "Incorrect username or password.")
	a.device.Options.UserNotVerified = false

	wantCode(t, h.preferToken(t, token, false, false), "InvalidParameterException", "The user must have another MFA method")
	_, err = h.AdminSetUserMFAPreference(t.Context(), &cip.AdminSetUserMFAPreferenceInput{
		UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"),
		SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{}, WebAuthnMfaSettings: &types.WebAuthnMfaSettingsType{},
	})
	noError(t, err)
	noError(t, h.tryPasskey(t, "ada@example.com", a))
}

func TestWithPreferredVerificationAPasskeyIsEnoughUntilMFA(t *testing.T) {
	t.Parallel()
	h, a, _ := withPasskey(t, func(o *userpool.Options) { o.Settings.UserVerification = cognito.VerificationPreferred })
	a.device.Options.UserNotVerified = true
	noError(t, h.tryPasskey(t, "ada@example.com", a))
	_, token := h.enrol(t, "ada@example.com")
	noError(t, h.preferPasskey(t, token, true))
	wantCode(t, h.tryPasskey(t, "ada@example.com", a), "NotAuthorizedException", "Incorrect username or password.")
	a.device.Options.UserNotVerified = false
	noError(t, h.tryPasskey(t, "ada@example.com", a))
}

func TestWhereAPasskeyIsASingleFactorMFAShutsItOut(t *testing.T) {
	t.Parallel()
	h, a, _ := withPasskey(t, func(o *userpool.Options) { o.Settings.WebAuthnFactor = cognito.WebAuthnSingleFactor })
	noError(t, h.tryPasskey(t, "ada@example.com", a))
	_, token := h.enrol(t, "ada@example.com")
	wantCode(t, h.preferPasskey(t, token, true), "InvalidParameterException", "Passkeys do not count as MFA in this user pool.")
	if got := h.choose(t, "ada@example.com", "WEB_AUTHN").ChallengeName; got != types.ChallengeNameTypeSelectChallenge {
		t.Errorf("got challenge %s", got)
	}
}

func TestThePoolsSettingOutweighsTheUsers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, _, _ := withPasskey(t, in(dir))
	_, token := h.enrol(t, "ada@example.com")
	noError(t, h.preferPasskey(t, token, true))
	noError(t, h.pool.Close())
	h = start(t, in(dir), func(o *userpool.Options) {
		o.Now, o.Settings.WebAuthnFactor = h.clock.Now, cognito.WebAuthnSingleFactor
	})
	if got := h.choose(t, "ada@example.com", "WEB_AUTHN").ChallengeName; got != types.ChallengeNameTypeSelectChallenge {
		t.Errorf("got challenge %s", got)
	}
}
