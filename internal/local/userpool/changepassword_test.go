package userpool_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

func (h *host) changePassword(t *testing.T, token *string, previous, proposed string) error {
	t.Helper()
	_, err := h.ChangePassword(t.Context(), &cip.ChangePasswordInput{
		AccessToken: token, PreviousPassword: &previous, ProposedPassword: &proposed,
	})
	return err
}

func TestChangePasswordByTheOldOne(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	other, own := h.signIn(t, "ada@example.com"), h.signIn(t, "ada@example.com")
	wantCode(t, h.changePassword(t, aws.String("nonsense"), password, newPassword), "NotAuthorizedException", "Invalid Access Token")
	wantCode(t, h.changePassword(t, own.AccessToken, "wrong password", newPassword), "NotAuthorizedException", "Incorrect username or password.")
	wantCode(t, h.changePassword(t, own.AccessToken, "", newPassword), "InvalidParameterException", "")
	wantCode(t, h.changePassword(t, own.AccessToken, password, "short"), "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
	noError(t, h.changePassword(t, own.AccessToken, password, newPassword))

	_, err := h.trySRP(t, "ada@example.com", password)
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = h.trySRP(t, "ada@example.com", newPassword)
	noError(t, err)
	// No sign-in ends.
	for _, token := range []*string{other.RefreshToken, own.RefreshToken} {
		_, err := h.refresh(t, *token)
		noError(t, err)
	}
}

func TestChangePasswordIsLimitedApartFromTheLockOut(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	for range 5 {
		wantCode(t, h.changePassword(t, token, "wrong password", newPassword), "NotAuthorizedException", "Incorrect username or password.")
	}
	wantCode(t, h.changePassword(t, token, password, newPassword), "LimitExceededException", "Attempt limit exceeded, please try after some time.")
	// Nobody was locked out of signing in, and the tries end with the hour.
	h.signIn(t, "ada@example.com")
	h.clock.advance(time.Hour)
	token = h.signIn(t, "ada@example.com").AccessToken
	noError(t, h.changePassword(t, token, password, newPassword))
}

func TestALockedOutPersonWhoIsSignedInChangesThePassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	for range 5 {
		_, err := h.tryPassword(t, "ada@example.com", "wrong password")
		wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	}
	noError(t, h.changePassword(t, token, password, newPassword))
	_, err := h.tryPassword(t, "ada@example.com", newPassword)
	wantCode(t, err, "NotAuthorizedException", "Password attempts exceeded")
}

func TestATemporaryPasswordIsNotChangedByAToken(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	token := h.signIn(t, sub).AccessToken
	_, err := h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{
		UserPoolId: aws.String(poolID), Username: &sub, Password: aws.String("temporary password"),
	})
	noError(t, err)
	wantCode(t, h.changePassword(t, token, password, newPassword), "NotAuthorizedException", "Incorrect username or password.")
	wantCode(t, h.changePassword(t, token, "temporary password", newPassword), "NotAuthorizedException", "User password cannot be changed in the current state.")
}
