package userpool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/local/userpool"
)

func TestUpdateUserAttributesByTheClientsPermissions(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com", "name", "Ada", "locale", "de")
	token := h.signIn(t, "ada@example.com").AccessToken
	write := func(pairs ...string) error {
		_, err := h.UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: attributes(pairs...)})
		return err
	}
	noError(t, write("name", "Ada L.", "locale", ""))
	after := h.adminGet(t, "ada@example.com").UserAttributes
	if value(after, "name") != "Ada L." || value(after, "locale") != "" {
		t.Fatalf("got %v", after)
	}
	wantCode(t, write("email_verified", "true"), "NotAuthorizedException", "A client attempted to write unauthorized attribute")
	wantCode(t, write("sub", "x"), "NotAuthorizedException", "A client attempted to write unauthorized attribute")
	wantCode(t, write("picture", "x"), "NotAuthorizedException", "A client attempted to write unauthorized attribute")
	wantCode(t, write("email", ""), "InvalidParameterException", "Invalid email address format.")
	wantCode(t, write("email", "nonsense"), "InvalidParameterException", "Invalid email address format.")
}

func TestANewAddressWaitsForItsCode(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	h.join(t, "bob@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	change := func(email string) (*cip.UpdateUserAttributesOutput, error) {
		return h.UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: attributes("email", email)})
	}
	verify := func(code string) error {
		_, err := h.VerifyUserAttribute(t.Context(), &cip.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: &code})
		return err
	}
	_, err := change("BOB@example.com")
	wantCode(t, err, "AliasExistsException", "An account with the given email already exists.")

	out, err := change("lovelace@example.com")
	noError(t, err)
	message := h.mailbox.last(t)
	if len(out.CodeDeliveryDetailsList) != 1 || message.To != "lovelace@example.com" || message.Kind != userpool.MessageVerification {
		t.Fatalf("got %+v and mail %+v", out, message)
	}
	waiting := h.adminGet(t, sub)
	if value(waiting.UserAttributes, "email") != "ada@example.com" || value(waiting.UserAttributes, "email_verified") != "true" {
		t.Fatalf("before the code: %v", waiting.UserAttributes)
	}
	_, err = h.trySRP(t, "lovelace@example.com", password)
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	wantCode(t, verify(another(message.Code)), "CodeMismatchException", "")
	noError(t, verify(message.Code))
	wantCode(t, verify(message.Code), "ExpiredCodeException", "")
	if got := value(h.adminGet(t, "lovelace@example.com").UserAttributes, "email"); got != "lovelace@example.com" {
		t.Fatalf("after the code: %q", got)
	}
	h.signIn(t, "lovelace@example.com")
	_, err = h.trySRP(t, "ada@example.com", password)
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")

	// Whoever takes the waiting address first has it.
	_, err = change("third@example.com")
	noError(t, err)
	_, err = h.GetUserAttributeVerificationCode(t.Context(), &cip.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: aws.String("email")})
	noError(t, err)
	code := h.mailbox.last(t).Code
	h.join(t, "third@example.com")
	wantCode(t, verify(code), "AliasExistsException", "")
}

func TestTheOldAddressWrittenAgainEndsTheChange(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	for _, email := range []string{"lovelace@example.com", "ada@example.com"} {
		_, err := h.UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: attributes("email", email)})
		noError(t, err)
	}
	_, err := h.VerifyUserAttribute(t.Context(), &cip.VerifyUserAttributeInput{
		AccessToken: token, AttributeName: aws.String("email"), Code: aws.String(h.mailbox.last(t).Code),
	})
	wantCode(t, err, "ExpiredCodeException", "")
}

func TestAdminUpdateUserAttributes(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	h.join(t, "bob@example.com")
	write := func(pairs ...string) error {
		_, err := h.AdminUpdateUserAttributes(t.Context(), &cip.AdminUpdateUserAttributesInput{
			UserPoolId: aws.String(poolID), Username: &sub, UserAttributes: attributes(pairs...),
		})
		return err
	}
	noError(t, write("email", "new@example.com", "email_verified", "true"))
	if got := value(h.adminGet(t, sub).UserAttributes, "email"); got != "new@example.com" {
		t.Fatalf("a verified address was not written: %q", got)
	}
	noError(t, write("email", "unproven@example.com"))
	if got := value(h.adminGet(t, sub).UserAttributes, "email"); got != "new@example.com" || h.mailbox.last(t).To != "unproven@example.com" {
		t.Fatalf("an unverified address was written: %q", got)
	}
	noError(t, write("email_verified", "false", "name", "Ada"))
	after := h.adminGet(t, sub).UserAttributes
	if value(after, "email_verified") != "false" || value(after, "name") != "Ada" {
		t.Fatalf("got %v", after)
	}
	wantCode(t, write("email", "bob@example.com", "email_verified", "true"), "AliasExistsException", "")
	wantCode(t, write("sub", "x"), "InvalidParameterException", "Cannot modify the non-mutable attribute sub")
	wantCode(t, write("email_verified", "yes"), "InvalidParameterException", "")
	wantCode(t, write("picture", "x"), "InvalidParameterException", "")
}
