package userpool_test

import (
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"hearth/internal/local/userpool"
)

// Whatever a caller sends, the pool answers with what Cognito could answer and
// never breaks.
func TestNothingThatIsSentBreaksThePool(t *testing.T) {
	t.Parallel()
	pool, err := userpool.Open(options())
	noError(t, err)
	t.Cleanup(func() { noError(t, pool.Close()) })
	operations := rapid.SampledFrom([]string{
		"SignUp", "ConfirmSignUp", "ResendConfirmationCode", "ForgotPassword", "ConfirmForgotPassword", "InitiateAuth",
		"RespondToAuthChallenge", "GetTokensFromRefreshToken", "RevokeToken", "GlobalSignOut", "GetUser", "UpdateUserAttributes",
		"GetUserAttributeVerificationCode", "VerifyUserAttribute", "AdminCreateUser", "AdminSetUserPassword", "AdminGetUser",
		"ChangePassword", "AssociateSoftwareToken", "VerifySoftwareToken", "SetUserMFAPreference", "AdminInitiateAuth",
		"AdminRespondToAuthChallenge", "AdminSetUserMFAPreference",
		"AdminConfirmSignUp", "AdminUpdateUserAttributes", "AdminUserGlobalSignOut", "ListUsers", "DeleteUser", "AdminDeleteUser",
		"AdminDisableUser", "AdminEnableUser", "DescribeUserPool", "StartWebAuthnRegistration", "CompleteWebAuthnRegistration",
		"ListWebAuthnCredentials", "DeleteWebAuthnCredential",
	})
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "ada@example.com", "a@b", "@", password, "000000", "USER_SRP_AUTH", "USER_AUTH", "USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH",
		"PASSWORD_VERIFIER", "SELECT_CHALLENGE", "NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN", "ADMIN_USER_PASSWORD_AUTH", "email", "name", "sub", "email_verified", "true", "AAAA",
		`email ^= "a"`, "aaaaaaaaaaaaaaaaaaaaaaaa", "-1", "Mon Mar 1 00:00:00 UTC 2027",
	}))
	named := func(names ...string) *rapid.Generator[map[string]any] {
		return rapid.Custom(func(t *rapid.T) map[string]any {
			object := make(map[string]any)
			for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 8).Draw(t, "names") {
				object[name] = text.Draw(t, name)
			}
			return object
		})
	}
	values := map[string]*rapid.Generator[any]{
		"ClientId":       rapid.SampledFrom([]any{webClient, serverClient, "nobody", nil}),
		"UserPoolId":     rapid.SampledFrom([]any{poolID, "", nil}),
		"AuthParameters": named("USERNAME", "PASSWORD", "SRP_A", "PREFERRED_CHALLENGE", "REFRESH_TOKEN").AsAny(),
		"ChallengeResponses": named("USERNAME", "ANSWER", "PASSWORD", "SRP_A", "NEW_PASSWORD", "TIMESTAMP", "userAttributes.name",
			"PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "SOFTWARE_TOKEN_MFA_CODE", "CREDENTIAL").AsAny(),
		"UserAttributes":     rapid.SliceOfN(named("Name", "Value"), 0, 3).AsAny(),
		"ClientMetadata":     named("a", "b").AsAny(),
		"Limit":              rapid.OneOf(rapid.IntRange(-5, 70).AsAny(), rapid.Float64().AsAny()),
		"AttributesToGet":    rapid.SliceOfN(text, 0, 3).AsAny(),
		"Permanent":          rapid.Bool().AsAny(),
		"ForceAliasCreation": rapid.Bool().AsAny(),
		"Username":           text.AsAny(), "Password": text.AsAny(), "Session": text.AsAny(), "AuthFlow": text.AsAny(),
		"ChallengeName": text.AsAny(), "ConfirmationCode": text.AsAny(), "Code": text.AsAny(), "AccessToken": text.AsAny(),
		"RefreshToken": text.AsAny(), "Token": text.AsAny(), "AttributeName": text.AsAny(), "Filter": text.AsAny(),
		"PreviousPassword": text.AsAny(), "ProposedPassword": text.AsAny(), "UserCode": text.AsAny(), "FriendlyDeviceName": text.AsAny(),
		"SoftwareTokenMfaSettings": named("Enabled", "PreferredMfa").AsAny(),
		"Credential":               named("id", "rawId", "type", "response").AsAny(), "CredentialId": text.AsAny(), "NextToken": text.AsAny(),
		"PaginationToken": text.AsAny(), "TemporaryPassword": text.AsAny(), "MessageAction": text.AsAny(),
	}
	members := map[string][]string{
		"SignUp":                       {"ClientId", "Username", "Password", "UserAttributes", "ClientMetadata"},
		"ConfirmSignUp":                {"ClientId", "Username", "ConfirmationCode", "ForceAliasCreation", "ClientMetadata"},
		"InitiateAuth":                 {"ClientId", "AuthFlow", "AuthParameters", "ClientMetadata"},
		"RespondToAuthChallenge":       {"ClientId", "ChallengeName", "ChallengeResponses", "Session"},
		"AdminCreateUser":              {"UserPoolId", "Username", "TemporaryPassword", "UserAttributes", "MessageAction"},
		"AdminInitiateAuth":            {"UserPoolId", "ClientId", "AuthFlow", "AuthParameters", "ClientMetadata"},
		"AdminRespondToAuthChallenge":  {"UserPoolId", "ClientId", "ChallengeName", "ChallengeResponses", "Session"},
		"ChangePassword":               {"AccessToken", "PreviousPassword", "ProposedPassword"},
		"VerifySoftwareToken":          {"AccessToken", "UserCode", "FriendlyDeviceName", "Session"},
		"SetUserMFAPreference":         {"AccessToken", "SoftwareTokenMfaSettings"},
		"AdminSetUserMFAPreference":    {"UserPoolId", "Username", "SoftwareTokenMfaSettings"},
		"CompleteWebAuthnRegistration": {"AccessToken", "Credential"},
		"ListWebAuthnCredentials":      {"AccessToken", "NextToken"},
		"DeleteWebAuthnCredential":     {"AccessToken", "CredentialId"},
		"ListUsers":                    {"UserPoolId", "Filter", "Limit", "PaginationToken", "AttributesToGet"},
	}
	all := []string{
		"ClientId", "UserPoolId", "Username", "Password", "ConfirmationCode", "AccessToken", "RefreshToken", "Token",
		"AttributeName", "Code", "UserAttributes", "Permanent",
	}
	rapid.Check(t, func(rt *rapid.T) {
		operation := operations.Draw(rt, "operation")
		names := members[operation]
		if names == nil {
			names = rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(rt, "members")
		}
		in := make(map[string]any)
		for _, name := range names {
			in[name] = values[name].Draw(rt, name)
		}
		status, answer := call(t, pool, operation, in)
		if status != http.StatusOK && (status != http.StatusBadRequest || answer["__type"] == "") {
			rt.Fatalf("%s %v: got %d %v", operation, in, status, answer)
		}
	})
}
