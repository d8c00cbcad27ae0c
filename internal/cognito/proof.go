package cognito

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
)

// ProvePassword signs in by the server-only client and ends the sign-in again.
// An address that nobody has takes the same way as a wrong password.
func (c *credentials) ProvePassword(ctx context.Context, name, password string) (account.Proof, error) {
	if !possibleName(name) || password == "" {
		return account.Proof{}, fmt.Errorf("%w: it could not be one", account.ErrWrongPassword)
	}
	answer, err := c.api.AdminInitiateAuth(ctx, &cognitoidentityprovider.AdminInitiateAuthInput{
		UserPoolId: aws.String(c.poolID), ClientId: aws.String(c.clientID),
		AuthFlow:       types.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
	})
	switch {
	case err != nil:
		return account.Proof{}, poolError("AdminInitiateAuth", err)
	case answer.AuthenticationResult != nil:
		username, err := c.discard(ctx, answer.AuthenticationResult)
		return account.Proof{Username: username}, err
	case answer.ChallengeName == types.ChallengeNameTypeSoftwareTokenMfa:
		return account.Proof{
			Username:   answer.ChallengeParameters["USER_ID_FOR_SRP"],
			Challenged: true, Challenge: aws.ToString(answer.Session),
		}, nil
	}
	// Whoever must choose a password first, say, has none that proves anything.
	return account.Proof{}, fmt.Errorf("%w: cognito: AdminInitiateAuth: challenge %s", account.ErrWrongPassword, answer.ChallengeName)
}

// ProveCode answers the challenge and ends the sign-in that it gives.
func (c *credentials) ProveCode(ctx context.Context, p account.Proof, code string) error {
	code = typed(code)
	if !sixDigits(code) {
		return fmt.Errorf("%w: it could not be one", account.ErrWrongCode)
	}
	answer, err := c.api.AdminRespondToAuthChallenge(ctx, &cognitoidentityprovider.AdminRespondToAuthChallengeInput{
		UserPoolId: aws.String(c.poolID), ClientId: aws.String(c.clientID),
		ChallengeName: types.ChallengeNameTypeSoftwareTokenMfa, Session: aws.String(p.Challenge),
		ChallengeResponses: map[string]string{"USERNAME": p.Username, "SOFTWARE_TOKEN_MFA_CODE": code},
	})
	switch {
	case err != nil:
		return poolError("AdminRespondToAuthChallenge", err)
	case answer.AuthenticationResult == nil:
		return fmt.Errorf("%w: cognito: AdminRespondToAuthChallenge: challenge %s", account.ErrWrongCode, answer.ChallengeName)
	}
	_, err = c.discard(ctx, answer.AuthenticationResult)
	return err
}

// discard ends a sign-in that was only a proof, and returns whose it was.
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
func (c *credentials) discard(ctx context.Context, tokens *types.AuthenticationResultType) (username string, err error) {
	_, err = c.api.RevokeToken(ctx, &cognitoidentityprovider.RevokeTokenInput{
		ClientId: aws.String(c.clientID), Token: tokens.RefreshToken,
	})
	if err != nil {
		return "", poolError("RevokeToken", err)
	}
	return tokenUsername(aws.ToString(tokens.AccessToken))
}

// tokenUsername reads whose an access token is. Nothing verifies its signature:
// it has come from Cognito itself, over TLS, in the answer to this call, and
// nobody could have touched it in between.
func tokenUsername(token string) (string, error) {
	var claims struct {
		Username string `json:"username"`
	}
	parts := strings.Split(token, ".")
	if len(parts) == 3 {
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && json.Unmarshal(payload, &claims) == nil && claims.Username != "" {
			return claims.Username, nil
		}
	}
	return "", account.ErrUnavailable.Because(errors.New("cognito: an access token without a user name"))
}

// DropTOTP turns the question for a code off.
func (c *credentials) DropTOTP(ctx context.Context, username string) error {
	_, err := c.api.AdminSetUserMFAPreference(ctx, &cognitoidentityprovider.AdminSetUserMFAPreferenceInput{
		UserPoolId: aws.String(c.poolID), Username: aws.String(username), SoftwareTokenMfaSettings: preference(false),
		WebAuthnMfaSettings: both(false),
	})
	if err != nil {
		return poolError("AdminSetUserMFAPreference", err)
	}
	return nil
}

// SignOut ends every refresh token of a user; one who is gone has none.
func (c *credentials) SignOut(ctx context.Context, username string) error {
	return (&UserPool{api: c.api}).SignOutEverywhere(ctx, c.poolID, username)
}

// SignOutSelf does the same in the name of who holds an access token.
func (c *credentials) SignOutSelf(ctx context.Context, accessToken string) error {
	_, err := c.api.GlobalSignOut(ctx, &cognitoidentityprovider.GlobalSignOutInput{AccessToken: aws.String(accessToken)})
	var refused *types.NotAuthorizedException
	switch {
	case errors.As(err, &refused) && strings.Contains(refused.ErrorMessage(), "has been revoked"):
		return nil
	case err != nil:
		return poolError("GlobalSignOut", err)
	}
	return nil
}

// possibleName reports whether Cognito could know a user name at all.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html
func possibleName(name string) bool {
	const longest = 128
	return name != "" && utf8.RuneCountInString(name) <= longest && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P)
	})
}
