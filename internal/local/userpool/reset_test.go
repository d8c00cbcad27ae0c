package userpool_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/local/userpool"
)

const newPassword = "another horse battery"

func (h *host) askReset(t *testing.T, name string) error {
	t.Helper()
	_, err := h.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: aws.String(webClient), Username: &name})
	return err
}

func (h *host) reset(t *testing.T, name, code, secret string) error {
	t.Helper()
	_, err := h.ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{
		ClientId: aws.String(webClient), Username: &name, ConfirmationCode: &code, Password: &secret,
	})
	return err
}

func TestForgottenPasswordIsSetAnewByACode(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	old := h.signIn(t, "ada@example.com")
	noError(t, h.askReset(t, "ADA@example.com"))
	message := h.mailbox.last(t)
	if message.Kind != userpool.MessageReset || message.To != "ada@example.com" {
		t.Fatalf("got mail %+v", message)
	}
	wantCode(t, h.reset(t, "ada@example.com", another(message.Code), newPassword), "CodeMismatchException", "")
	// A password that the policy refuses does not cost the code.
	wantCode(t, h.reset(t, "ada@example.com", message.Code, "short"), "InvalidPasswordException", "")
	noError(t, h.reset(t, "ada@example.com", message.Code, newPassword))
	_, err := h.trySRP(t, "ada@example.com", password)
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = h.trySRP(t, "ada@example.com", newPassword)
	noError(t, err)
	// Cognito ends no sign-in because of it.
	_, err = h.refresh(t, aws.ToString(old.RefreshToken))
	noError(t, err)
	wantCode(t, h.reset(t, "ada@example.com", message.Code, newPassword), "ExpiredCodeException", "")
}

func TestResetCodesEndAfterAnHour(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	wantCode(t, h.reset(t, "ada@example.com", "123456", newPassword), "ExpiredCodeException", "")
	noError(t, h.askReset(t, "ada@example.com"))
	h.clock.advance(time.Hour)
	wantCode(t, h.reset(t, "ada@example.com", h.mailbox.last(t).Code, newPassword), "ExpiredCodeException", "")
}

func TestAConfirmationCodeResetsNoPassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.signUp(t, "ada@example.com")
	wantCode(t, h.reset(t, "ada@example.com", h.mailbox.last(t).Code, newPassword), "ExpiredCodeException", "")
}

func TestATemporaryPasswordCannotBeForgotten(t *testing.T) {
	t.Parallel()
	h := start(t)
	_, err := h.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com")})
	noError(t, err)
	wantCode(t, h.askReset(t, "ada@example.com"), "NotAuthorizedException", "User password cannot be reset in the current state.")
}
