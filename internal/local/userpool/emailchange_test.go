package userpool_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

func (h *host) changeEmail(t *testing.T, token *string, email string) {
	t.Helper()
	_, err := h.UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: attributes("email", email)})
	noError(t, err)
}

func (h *host) verifyEmail(t *testing.T, token *string, code string) error {
	t.Helper()
	_, err := h.VerifyUserAttribute(t.Context(), &cip.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: &code})
	return err
}

func (h *host) resendEmailCode(t *testing.T, token *string) {
	t.Helper()
	_, err := h.GetUserAttributeVerificationCode(t.Context(), &cip.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: aws.String("email")})
	noError(t, err)
}

func TestEachCodeForANewAddressEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	var codes []string
	last := func(to string) {
		t.Helper()
		message := h.mailbox.last(t)
		if message.To != to {
			t.Fatalf("the code went to %s, want %s", message.To, to)
		}
		for _, before := range codes {
			if before != message.Code {
				wantCode(t, h.verifyEmail(t, token, before), "CodeMismatchException", "")
			}
		}
		codes = append(codes, message.Code)
	}
	h.changeEmail(t, token, "first@example.com")
	last("first@example.com")
	h.changeEmail(t, token, "first@example.com")
	last("first@example.com")
	h.changeEmail(t, token, "second@example.com")
	last("second@example.com")
	h.resendEmailCode(t, token)
	last("second@example.com")
	noError(t, h.verifyEmail(t, token, codes[len(codes)-1]))
	if got := value(h.adminGet(t, "second@example.com").UserAttributes, "email"); got != "second@example.com" {
		t.Errorf("got the address %q", got)
	}
	// With nothing waiting the code is for the user's own address.
	h.resendEmailCode(t, token)
	if to := h.mailbox.last(t).To; to != "second@example.com" {
		t.Errorf("the code went to %s", to)
	}
}

func TestACodeForANewAddressEndsWithItsTime(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	refresh := h.signIn(t, "ada@example.com").RefreshToken
	token := func() *string {
		t.Helper()
		out, err := h.refresh(t, *refresh)
		noError(t, err)
		return out.AuthenticationResult.AccessToken
	}
	h.changeEmail(t, token(), "lovelace@example.com")
	late := h.mailbox.last(t).Code
	h.clock.advance(24 * time.Hour)
	wantCode(t, h.verifyEmail(t, token(), late), "ExpiredCodeException", "")
	// The address waits on for another code.
	h.resendEmailCode(t, token())
	h.clock.advance(24*time.Hour - time.Millisecond)
	noError(t, h.verifyEmail(t, token(), h.mailbox.last(t).Code))
	if got := value(h.adminGet(t, "lovelace@example.com").UserAttributes, "email_verified"); got != "true" {
		t.Errorf("email_verified is %q", got)
	}
}
