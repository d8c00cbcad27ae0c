package userpool_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/cognito"
	"hearth/internal/local/userpool"
)

func (h *host) disable(t *testing.T, name string) {
	t.Helper()
	_, err := h.AdminDisableUser(t.Context(), &cip.AdminDisableUserInput{UserPoolId: aws.String(poolID), Username: &name})
	noError(t, err)
}

func (h *host) enable(t *testing.T, name string) {
	t.Helper()
	_, err := h.AdminEnableUser(t.Context(), &cip.AdminEnableUserInput{UserPoolId: aws.String(poolID), Username: &name})
	noError(t, err)
}

func (h *host) adminDelete(ctx context.Context, name string) error {
	_, err := h.AdminDeleteUser(ctx, &cip.AdminDeleteUserInput{UserPoolId: aws.String(poolID), Username: &name})
	return err
}

func TestADeletedUserIsGone(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(*testing.T, *host, *types.AuthenticationResultType) error{
		"by themselves": func(t *testing.T, h *host, r *types.AuthenticationResultType) error {
			t.Helper()
			_, err := h.DeleteUser(t.Context(), &cip.DeleteUserInput{AccessToken: r.AccessToken})
			return err
		},
		"by an administrator": func(t *testing.T, h *host, _ *types.AuthenticationResultType) error {
			t.Helper()
			return h.adminDelete(t.Context(), "ADA@example.com")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			h := start(t, in(dir))
			sub, bob := h.join(t, "ada@example.com"), h.join(t, "bob@example.com")
			first, second := h.signIn(t, "ada@example.com"), h.signIn(t, "ada@example.com")
			srp, begun := h.beginSRP(t, "ada@example.com", password)
			noError(t, remove(t, h, first))

			_, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
				ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
				ChallengeResponses: proof(t, srp, begun.ChallengeParameters),
			})
			wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
			for range 3 { // As it is, from the journal, and from the compacted one.
				for _, id := range []string{sub, "ada@example.com"} {
					_, err = h.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: aws.String(poolID), Username: &id})
					wantCode(t, err, "UserNotFoundException", "")
				}
				_, err = h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: second.AccessToken})
				wantCode(t, err, "NotAuthorizedException", "Access Token has been revoked")
				_, err = h.refresh(t, aws.ToString(second.RefreshToken))
				wantCode(t, err, "NotAuthorizedException", "Invalid Refresh Token")
				_, err = h.trySRP(t, "ada@example.com", password)
				wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
				if got := aws.ToString(h.adminGet(t, "bob@example.com").Username); got != bob {
					t.Fatalf("the other user became %q", got)
				}
				h = restart(t, h, dir)
			}
			wantCode(t, h.adminDelete(t.Context(), sub), "UserNotFoundException", "User does not exist.")
		})
	}
}

func TestTheAddressOfADeletedUserIsFree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	sub := h.join(t, "ada@example.com")
	noError(t, h.adminDelete(t.Context(), sub))
	again := h.signUp(t, "ada@example.com")
	h = restart(t, h, dir)
	if got := aws.ToString(h.adminGet(t, "ada@example.com").Username); got != again || again == sub {
		t.Fatalf("got user %q, want %q, which is not %q", got, again, sub)
	}
}

func TestOneOfManyDeletionsSucceeds(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	codes := together(8, func(int) error { return h.adminDelete(t.Context(), "ada@example.com") })
	if codes[""] != 1 || codes["UserNotFoundException"] != 7 {
		t.Fatalf("got %v, want one success", codes)
	}
}

// Whoever deletes or disables a user while they sign in: no sign-in is left.
func TestNoSignInOutlivesADeletionOrTheDisabling(t *testing.T) {
	t.Parallel()
	h := start(t)
	for name, end := range map[string]func(){
		"ada@example.com": func() { noError(t, h.adminDelete(t.Context(), "ada@example.com")) },
		"bob@example.com": func() { h.disable(t, "bob@example.com") },
	} {
		h.join(t, name)
		tokens := make(chan *types.AuthenticationResultType, 8)
		together(9, func(i int) error {
			if i == 4 {
				end()
				return nil
			}
			out, err := h.tryPassword(t, name, password)
			if err == nil {
				tokens <- out.AuthenticationResult
			}
			return err
		})
		close(tokens)
		for r := range tokens {
			_, err := h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: r.AccessToken})
			wantCode(t, err, "NotAuthorizedException", "Access Token has been revoked")
		}
	}
}

func TestADisabledUserIsKeptOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	h.join(t, "ada@example.com")
	r := h.signIn(t, "ada@example.com")
	srp, begun := h.beginSRP(t, "ada@example.com", password)
	h.disable(t, "ada@example.com")
	h.disable(t, "ada@example.com") // Again is no error.

	_, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
		ChallengeResponses: proof(t, srp, begun.ChallengeParameters),
	})
	wantCode(t, err, "NotAuthorizedException", "User is disabled.")
	for range 2 {
		if h.adminGet(t, "ada@example.com").Enabled {
			t.Fatal("the user is listed as enabled")
		}
		_, err = h.trySRP(t, "ada@example.com", password)
		wantCode(t, err, "NotAuthorizedException", "User is disabled.")
		_, err = h.trySRP(t, "ada@example.com", "a wrong password")
		wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
		_, err = h.refresh(t, aws.ToString(r.RefreshToken))
		wantCode(t, err, "NotAuthorizedException", "User is disabled.")
		_, err = h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: r.AccessToken})
		wantCode(t, err, "NotAuthorizedException", "Access Token has been revoked")
		h = restart(t, h, dir)
	}

	h.enable(t, "ada@example.com")
	if !h.adminGet(t, "ada@example.com").Enabled {
		t.Fatal("the user is listed as disabled")
	}
	_, err = h.refresh(t, aws.ToString(r.RefreshToken))
	wantCode(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
	h.signIn(t, "ada@example.com")
}

func TestADisabledUserCannotReplaceATemporaryPassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	_, err := h.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com")})
	noError(t, err)
	temporary := h.mailbox.last(t).Code
	begun, err := h.tryPassword(t, "ada@example.com", temporary)
	noError(t, err)
	h.disable(t, "ada@example.com")
	_, err = h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
		ChallengeResponses: map[string]string{"USERNAME": "ada@example.com", "NEW_PASSWORD": newPassword},
	})
	wantCode(t, err, "NotAuthorizedException", "User is disabled.")
	if got := h.adminGet(t, "ada@example.com").UserStatus; got != types.UserStatusTypeForceChangePassword {
		t.Fatalf("the user became %s", got)
	}
}

// With codes a disabled user looks like one who does not exist.
func TestADisabledUserGetsNoCodeAndMaySpendNone(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	noError(t, h.askReset(t, "ada@example.com"))
	reset := h.mailbox.last(t).Code
	h.signUp(t, "bob@example.com")
	confirmation := h.mailbox.last(t).Code
	h.disable(t, "ada@example.com")
	h.disable(t, "bob@example.com")
	before := h.mailbox.count()

	noError(t, h.askReset(t, "ada@example.com"))
	_, err := h.ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{
		ClientId: aws.String(webClient), Username: aws.String("bob@example.com"),
	})
	noError(t, err)
	if h.mailbox.count() != before {
		t.Error("a disabled user was sent a code")
	}
	_, err = h.ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{
		ClientId: aws.String(webClient), Username: aws.String("ada@example.com"), ConfirmationCode: &reset, Password: aws.String(newPassword),
	})
	wantCode(t, err, "CodeMismatchException", "")
	wantCode(t, h.confirm(t, "bob@example.com", confirmation), "ExpiredCodeException", "")

	h.enable(t, "bob@example.com")
	noError(t, h.confirm(t, "bob@example.com", confirmation))
}

func TestThePoolDescribesItself(t *testing.T) {
	t.Parallel()
	settings := cognito.Settings(cognito.Options{RelyingPartyID: "localhost"})
	settings.PasswordPolicy = cognito.PasswordPolicy{MinimumLength: 17, RequireNumbers: true}
	h := start(t, func(o *userpool.Options) { o.Settings = settings })
	for _, email := range []string{"ada@example.com", "bob@example.com"} {
		_, err := h.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: aws.String(poolID), Username: &email})
		noError(t, err)
	}
	noError(t, h.adminDelete(t.Context(), "bob@example.com"))
	out, err := h.DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: aws.String(poolID)})
	noError(t, err)
	pool := out.UserPool
	if aws.ToString(pool.Id) != poolID || pool.EstimatedNumberOfUsers != 1 || aws.ToBool(pool.UsernameConfiguration.CaseSensitive) {
		t.Errorf("got %+v", pool)
	}
	if pool.MfaConfiguration != types.UserPoolMfaTypeOptional {
		t.Errorf("got MFA %s", pool.MfaConfiguration)
	}
	policy := pool.Policies.PasswordPolicy
	if aws.ToInt32(policy.MinimumLength) != 17 || !policy.RequireNumbers || policy.RequireSymbols || policy.TemporaryPasswordValidityDays != 7 {
		t.Errorf("got password policy %+v", policy)
	}
	factors := []types.AuthFactorType{types.AuthFactorTypePassword, types.AuthFactorTypeWebAuthn}
	if diff := cmp.Diff(factors, pool.Policies.SignInPolicy.AllowedFirstAuthFactors); diff != "" {
		t.Errorf("first factors (-want +got):\n%s", diff)
	}
	required := map[string]bool{}
	for _, a := range pool.SchemaAttributes {
		required[aws.ToString(a.Name)] = aws.ToBool(a.Required)
	}
	want := map[string]bool{
		"sub": true, "email": true, "email_verified": false, "name": false, "given_name": false, "family_name": false, "locale": false,
	}
	if diff := cmp.Diff(want, required); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if aws.ToString(pool.AdminCreateUserConfig.InviteMessageTemplate.EmailSubject) != settings.Mail.InvitationSubject ||
		aws.ToString(pool.VerificationMessageTemplate.EmailMessage) != settings.Mail.VerificationMessage {
		t.Errorf("got mails %+v %+v", pool.AdminCreateUserConfig, pool.VerificationMessageTemplate)
	}
	_, err = h.DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: aws.String("eu-central-1_Other")})
	wantCode(t, err, "ResourceNotFoundException", "")
}
