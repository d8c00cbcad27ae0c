package cognito

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
)

// AssociateTOTP asks for a secret; one that is verified stays good until the
// new one is.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
func (c *credentials) AssociateTOTP(ctx context.Context, accessToken string) (string, error) {
	answer, err := c.api.AssociateSoftwareToken(ctx, &cognitoidentityprovider.AssociateSoftwareTokenInput{
		AccessToken: aws.String(accessToken),
	})
	if err != nil {
		return "", poolError("AssociateSoftwareToken", err)
	}
	return aws.ToString(answer.SecretCode), nil
}

// VerifyTOTP proves a secret by a code of it.
func (c *credentials) VerifyTOTP(ctx context.Context, accessToken, code, deviceName string) error {
	code = typed(code)
	if !sixDigits(code) {
		return fmt.Errorf("%w: it could not be one", account.ErrWrongCode)
	}
	answer, err := c.api.VerifySoftwareToken(ctx, &cognitoidentityprovider.VerifySoftwareTokenInput{
		AccessToken: aws.String(accessToken), UserCode: aws.String(code), FriendlyDeviceName: aws.String(deviceName),
	})
	switch {
	case err != nil:
		return poolError("VerifySoftwareToken", err)
	case answer.Status != types.VerifySoftwareTokenResponseTypeSuccess:
		return fmt.Errorf("%w: cognito: VerifySoftwareToken: status %s", account.ErrWrongCode, answer.Status)
	}
	return nil
}

// PreferTOTP turns the question for a code on or off.
func (c *credentials) PreferTOTP(ctx context.Context, accessToken string, on bool) error {
	_, err := c.api.SetUserMFAPreference(ctx, &cognitoidentityprovider.SetUserMFAPreferenceInput{
		AccessToken: aws.String(accessToken), SoftwareTokenMfaSettings: preference(on), WebAuthnMfaSettings: both(on),
	})
	if err != nil {
		return poolError("SetUserMFAPreference", err)
	}
	return nil
}

// both has a passkey with user verification count for both factors while codes
// are asked for: else whoever turns MFA on could not use their passkeys any
// more. Cognito takes it only together with another factor, and so it goes with
// the code.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnMfaSettingsType.html
func both(on bool) *types.WebAuthnMfaSettingsType {
	return &types.WebAuthnMfaSettingsType{Enabled: on}
}

func preference(on bool) *types.SoftwareTokenMfaSettingsType {
	return &types.SoftwareTokenMfaSettingsType{Enabled: on, PreferredMfa: on}
}

// sixDigits reports whether a code has the only form that Cognito's API takes.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
func sixDigits(code string) bool {
	return len(code) == 6 && strings.Trim(code, "0123456789") == ""
}
