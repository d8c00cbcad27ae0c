package userpool_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/local/userpool"
)

func TestSignUpSendsACodeThatConfirmsTheAddress(t *testing.T) {
	t.Parallel()
	h := start(t, func(o *userpool.Options) {
		o.Settings.Mail.VerificationSubject = "{####} is your code"
		o.Settings.Mail.VerificationMessage = "<p>{username}: <b>{####}</b></p>"
	})
	out, err := h.SignUp(t.Context(), &cip.SignUpInput{
		ClientId: aws.String(webClient), Username: aws.String("Ada&Co@Example.com"), Password: aws.String(password),
		UserAttributes: attributes("email", "Ada&Co@Example.com"),
	})
	noError(t, err)
	if out.UserConfirmed || aws.ToString(out.CodeDeliveryDetails.Destination) != "A***@E***" ||
		out.CodeDeliveryDetails.DeliveryMedium != "EMAIL" || aws.ToString(out.CodeDeliveryDetails.AttributeName) != "email" {
		t.Fatalf("got %+v", out)
	}
	message := h.mailbox.last(t)
	if message.To != "Ada&Co@Example.com" || message.Kind != userpool.MessageConfirmation || !message.SentAt.Equal(h.clock.Now()) ||
		!regexp.MustCompile(`^\d{6}$`).MatchString(message.Code) ||
		message.Subject != message.Code+" is your code" || message.HTML != "<p>Ada&amp;Co@Example.com: <b>"+message.Code+"</b></p>" {
		t.Fatalf("got mail %+v", message)
	}
	before := h.adminGet(t, "ada&co@example.com")
	if before.UserStatus != "UNCONFIRMED" || value(before.UserAttributes, "email_verified") != "false" {
		t.Fatalf("before the code: %+v", before)
	}
	noError(t, h.confirm(t, "ADA&co@example.COM", message.Code))
	after := h.adminGet(t, aws.ToString(out.UserSub))
	if after.UserStatus != "CONFIRMED" || value(after.UserAttributes, "email_verified") != "true" ||
		value(after.UserAttributes, "email") != "Ada&Co@Example.com" || aws.ToString(after.Username) != aws.ToString(out.UserSub) ||
		value(after.UserAttributes, "sub") != aws.ToString(out.UserSub) {
		t.Fatalf("after the code: %+v", after)
	}
	if !after.UserCreateDate.Equal(h.clock.Now()) {
		t.Fatalf("created %v, want %v", after.UserCreateDate, h.clock.Now())
	}
}

func TestSignUpRefuses(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.signUp(t, "taken@example.com")
	tests := map[string]struct {
		change        func(*cip.SignUpInput)
		code, message string
	}{
		"a taken address": {
			func(in *cip.SignUpInput) {
				in.Username, in.UserAttributes = aws.String("TAKEN@example.com"), attributes("email", "TAKEN@example.com")
			},
			"UsernameExistsException", "An account with the given email already exists.",
		},
		"a name that is no address": {
			func(in *cip.SignUpInput) { in.Username, in.UserAttributes = aws.String("ada"), nil },
			"InvalidParameterException", "Username should be an email.",
		},
		"another address than the name": {
			func(in *cip.SignUpInput) { in.UserAttributes = attributes("email", "other@example.com") },
			"InvalidParameterException", "The email attribute must be the username.",
		},
		"a malformed address": {
			func(in *cip.SignUpInput) { in.UserAttributes = attributes("email", "no address") },
			"InvalidParameterException", "Invalid email address format.",
		},
		"a short password": {
			func(in *cip.SignUpInput) { in.Password = aws.String("short") },
			"InvalidPasswordException", "Password did not conform with policy: Password not long enough",
		},
		"a password of white space": {
			func(in *cip.SignUpInput) { in.Password = aws.String(" " + password) },
			"InvalidParameterException", "1 validation error detected: Value at 'password'",
		},
		"an overlong password": {
			func(in *cip.SignUpInput) { in.Password = aws.String(strings.Repeat("x", 257)) },
			"InvalidParameterException", "1 validation error detected: Value at 'password'",
		},
		"a verified flag": {
			func(in *cip.SignUpInput) {
				in.UserAttributes = attributes("email", "ada@example.com", "email_verified", "true")
			},
			"NotAuthorizedException", "A client attempted to write unauthorized attribute",
		},
		"an attribute that the client may not write": {
			func(in *cip.SignUpInput) { in.UserAttributes = attributes("phone_number", "+491234567") },
			"NotAuthorizedException", "A client attempted to write unauthorized attribute",
		},
		"an attribute that no pool has": {
			func(in *cip.SignUpInput) { in.UserAttributes = attributes("custom:x", "1") },
			"InvalidParameterException", "Attributes did not conform to the schema: Type for attribute {custom:x}",
		},
		"an overlong attribute": {
			func(in *cip.SignUpInput) { in.UserAttributes = attributes("name", strings.Repeat("ä", 2049)) },
			"InvalidParameterException", "1 validation error detected: Value at 'userAttributes.value'",
		},
		"an attribute given twice": {
			func(in *cip.SignUpInput) { in.UserAttributes = attributes("name", "A", "name", "B") },
			"InvalidParameterException", "The attribute name is given twice.",
		},
		"an overlong name": {
			func(in *cip.SignUpInput) { in.Username = aws.String(strings.Repeat("a", 120) + "@example.com") },
			"InvalidParameterException", "1 validation error detected: Value at 'username'",
		},
		"an unknown client": {
			func(in *cip.SignUpInput) { in.ClientId = aws.String("nobody") },
			"ResourceNotFoundException", "User pool client nobody does not exist.",
		},
		"a secret hash": {
			func(in *cip.SignUpInput) { in.SecretHash = aws.String("c2VjcmV0") },
			"NotAuthorizedException", "Client " + webClient + " is not configured with a secret",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &cip.SignUpInput{
				ClientId: aws.String(webClient), Username: aws.String("ada@example.com"), Password: aws.String(password),
				UserAttributes: attributes("email", "ada@example.com"),
			}
			test.change(in)
			_, err := h.SignUp(t.Context(), in)
			wantCode(t, err, test.code, test.message)
		})
	}
}

func TestSignUpTakesTheAddressFromTheName(t *testing.T) {
	t.Parallel()
	h := start(t)
	_, err := h.SignUp(t.Context(), &cip.SignUpInput{
		ClientId: aws.String(webClient), Username: aws.String("ada@example.com"), Password: aws.String(password),
	})
	noError(t, err)
	if got := value(h.adminGet(t, "ada@example.com").UserAttributes, "email"); got != "ada@example.com" {
		t.Fatalf("got address %q", got)
	}
}

func TestAnUndeliveredCodeIsToldAndCanBeAskedForAgain(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.mailbox.breakDown(errors.New("no route to host"))
	_, err := h.SignUp(t.Context(), &cip.SignUpInput{
		ClientId: aws.String(webClient), Username: aws.String("ada@example.com"), Password: aws.String(password),
	})
	wantCode(t, err, "CodeDeliveryFailureException", "")
	h.mailbox.breakDown(nil)
	_, err = h.ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{
		ClientId: aws.String(webClient), Username: aws.String("ada@example.com"),
	})
	noError(t, err)
	noError(t, h.confirm(t, "ada@example.com", h.mailbox.last(t).Code))
}

func TestConfirmSignUpRefuses(t *testing.T) {
	t.Parallel()
	resend := func(t *testing.T, h *host) error {
		t.Helper()
		_, err := h.ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{
			ClientId: aws.String(webClient), Username: aws.String("ada@example.com"),
		})
		return err
	}
	tests := map[string]struct {
		// prepare returns the code to confirm with.
		prepare       func(t *testing.T, h *host, sent string) string
		code, message string
	}{
		"a wrong code": {
			func(_ *testing.T, _ *host, sent string) string { return another(sent) },
			"CodeMismatchException", "Invalid verification code provided, please try again.",
		},
		"an expired code": {
			func(_ *testing.T, h *host, sent string) string { h.clock.advance(24 * time.Hour); return sent },
			"ExpiredCodeException", "Invalid code provided, please request a code again.",
		},
		"a code that a new one ended": {
			func(t *testing.T, h *host, sent string) string {
				t.Helper()
				for h.mailbox.last(t).Code == sent {
					noError(t, resend(t, h))
				}
				return sent
			},
			"CodeMismatchException", "",
		},
		"a code used before": {
			func(t *testing.T, h *host, sent string) string {
				t.Helper()
				noError(t, h.confirm(t, "ada@example.com", sent))
				return sent
			},
			"NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED",
		},
		"white space": {
			func(*testing.T, *host, string) string { return "12 345" },
			"InvalidParameterException", "1 validation error detected: Value at 'confirmationCode'",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.signUp(t, "ada@example.com")
			sent := test.prepare(t, h, h.mailbox.last(t).Code)
			wantCode(t, h.confirm(t, "ada@example.com", sent), test.code, test.message)
		})
	}
}

// another returns a code that is not the given one.
func another(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestResendConfirmationCodeRefusesAConfirmedUser(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	_, err := h.ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{
		ClientId: aws.String(webClient), Username: aws.String("ada@example.com"),
	})
	wantCode(t, err, "InvalidParameterException", "User is already confirmed.")
}
