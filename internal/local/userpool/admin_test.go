package userpool_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/local/userpool"
)

func TestAdminCreateUserInvitesWithoutATrigger(t *testing.T) {
	t.Parallel()
	h := start(t, func(o *userpool.Options) {
		o.Settings.Mail.InvitationMessage = "{username}, your password is {####}"
		o.Triggers.PostConfirmation = func(context.Context, []byte) ([]byte, error) {
			t.Error("the trigger was called")
			return nil, nil
		}
	})
	out, err := h.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{
		UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"),
		UserAttributes:         attributes("email", "ada@example.com", "email_verified", "true"),
		DesiredDeliveryMediums: []types.DeliveryMediumType{types.DeliveryMediumTypeEmail},
	})
	noError(t, err)
	sub := aws.ToString(out.User.Username)
	if !uuidPattern.MatchString(sub) || value(out.User.Attributes, "sub") != sub || !out.User.Enabled ||
		out.User.UserStatus != types.UserStatusTypeForceChangePassword {
		t.Fatalf("got %+v", out.User)
	}
	message := h.mailbox.last(t)
	if message.Kind != userpool.MessageInvitation || !strings.Contains(message.HTML, "ada@example.com") {
		t.Fatalf("got mail %+v", message)
	}
	signedIn, err := h.trySRP(t, "ada@example.com", message.Code)
	noError(t, err)
	if signedIn.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
		t.Fatalf("got %+v", signedIn)
	}

	again := &cip.AdminCreateUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ADA@example.com")}
	_, err = h.AdminCreateUser(t.Context(), again)
	wantCode(t, err, "UsernameExistsException", "")
	again.MessageAction = types.MessageActionTypeResend
	_, err = h.AdminCreateUser(t.Context(), again)
	noError(t, err)
	if second := h.mailbox.last(t); second.Code == message.Code || second.Kind != userpool.MessageInvitation {
		t.Fatalf("got mail %+v, want a new temporary password", second)
	}
}

func TestAdminCreateUserRefuses(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "joined@example.com")
	tests := map[string]struct {
		change        func(*cip.AdminCreateUserInput)
		code, message string
	}{
		"another pool":     {func(in *cip.AdminCreateUserInput) { in.UserPoolId = aws.String("eu-central-1_Other") }, "ResourceNotFoundException", "User pool eu-central-1_Other does not exist."},
		"SMS":              {func(in *cip.AdminCreateUserInput) { in.DesiredDeliveryMediums = []types.DeliveryMediumType{"SMS"} }, "InvalidParameterException", ""},
		"a weak password":  {func(in *cip.AdminCreateUserInput) { in.TemporaryPassword = aws.String("weak") }, "InvalidPasswordException", ""},
		"a name":           {func(in *cip.AdminCreateUserInput) { in.Username = aws.String("ada") }, "InvalidParameterException", "Username should be an email."},
		"an alias":         {func(in *cip.AdminCreateUserInput) { in.ForceAliasCreation = true }, "InvalidParameterException", ""},
		"an action":        {func(in *cip.AdminCreateUserInput) { in.MessageAction = "SHOUT" }, "InvalidParameterException", "1 validation error detected: Value at 'messageAction'"},
		"an unused one":    {func(in *cip.AdminCreateUserInput) { in.UserAttributes = attributes("phone_number", "+49") }, "InvalidParameterException", ""},
		"resend to nobody": {func(in *cip.AdminCreateUserInput) { in.MessageAction = "RESEND" }, "UserNotFoundException", "User does not exist."},
		"resend to a joined": {func(in *cip.AdminCreateUserInput) {
			in.MessageAction, in.Username = "RESEND", aws.String("joined@example.com")
		}, "UnsupportedUserStateException", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &cip.AdminCreateUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com")}
			test.change(in)
			_, err := h.AdminCreateUser(t.Context(), in)
			wantCode(t, err, test.code, test.message)
		})
	}
}

func TestAdminSetUserPassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.signUp(t, "ada@example.com")
	set := func(secret string, permanent bool) error {
		_, err := h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{
			UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"), Password: &secret, Permanent: permanent,
		})
		return err
	}
	wantCode(t, set("weak", true), "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
	noError(t, set(newPassword, false))
	if got := h.adminGet(t, "ada@example.com").UserStatus; got != types.UserStatusTypeForceChangePassword {
		t.Fatalf("a temporary password left the user %s", got)
	}
	noError(t, set(newPassword, true))
	after := h.adminGet(t, "ada@example.com")
	if after.UserStatus != types.UserStatusTypeConfirmed || value(after.UserAttributes, "email_verified") != "false" {
		t.Fatalf("got %+v, want a confirmed user with an unverified address", after)
	}
	_, err := h.trySRP(t, "ada@example.com", newPassword)
	noError(t, err)
}

func TestAdministratorsAreToldThatAUserIsMissing(t *testing.T) {
	t.Parallel()
	h := start(t)
	pool, nobody := aws.String(poolID), aws.String("nobody@example.com")
	_, err := h.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: pool, Username: nobody})
	wantCode(t, err, "UserNotFoundException", "User does not exist.")
	_, err = h.AdminUserGlobalSignOut(t.Context(), &cip.AdminUserGlobalSignOutInput{UserPoolId: pool, Username: nobody})
	wantCode(t, err, "UserNotFoundException", "User does not exist.")
	_, err = h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: pool, Username: nobody, Password: aws.String(password)})
	wantCode(t, err, "UserNotFoundException", "User does not exist.")
	_, err = h.AdminConfirmSignUp(t.Context(), &cip.AdminConfirmSignUpInput{UserPoolId: pool, Username: nobody})
	wantCode(t, err, "UserNotFoundException", "User does not exist.")
}

func TestListUsersFilters(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.join(t, "ada@example.com", "name", `Ada "Countess"`, "given_name", "Ada")
	h.clock.advance(time.Second)
	h.signUp(t, "adam@example.com", "given_name", "Adam")
	h.clock.advance(time.Second)
	bob := h.join(t, "bob@example.com", "name", "Bob")
	_, err := h.AdminDisableUser(t.Context(), &cip.AdminDisableUserInput{UserPoolId: aws.String(poolID), Username: &bob})
	noError(t, err)
	tests := map[string][]string{
		``:                             {"ada@example.com", "adam@example.com", "bob@example.com"},
		` `:                            {"ada@example.com", "adam@example.com", "bob@example.com"},
		`email = "ada@example.com"`:    {"ada@example.com"},
		`email="ada@example.com"`:      {"ada@example.com"},
		`email ^= "ada"`:               {"ada@example.com", "adam@example.com"},
		`email = "ADA@Example.com"`:    {"ada@example.com"},
		`given_name ^= "aD"`:           {"ada@example.com", "adam@example.com"},
		`cognito:user_status ^= "unc"`: {"adam@example.com"},
		`status = "enabled"`:           nil,
		fmt.Sprintf(`username = "%s"`, strings.ToUpper(ada)): nil,
		`"email" ^= "ada"`:                        {"ada@example.com", "adam@example.com"},
		`email = "nobody@example.com"`:            nil,
		`name = "Ada \"Countess\""`:               {"ada@example.com"},
		`given_name ^= "Ad"`:                      {"ada@example.com", "adam@example.com"},
		`name ^= ""`:                              {"ada@example.com", "bob@example.com"},
		`cognito:user_status = "confirmed"`:       {"ada@example.com", "bob@example.com"},
		`cognito:user_status ^= "UNC"`:            {"adam@example.com"},
		`status = "Enabled"`:                      {"ada@example.com", "adam@example.com"},
		`status = "Disabled"`:                     {"bob@example.com"},
		`status ^= "Dis"`:                         {"bob@example.com"},
		`status = "disabled"`:                     nil,
		fmt.Sprintf(`sub = "%s"`, ada):            {"ada@example.com"},
		fmt.Sprintf(`username ^= "%s"`, ada[:12]): {"ada@example.com"},
	}
	for filter, want := range tests {
		t.Run(filter, func(t *testing.T) {
			t.Parallel()
			out, err := h.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: aws.String(poolID), Filter: &filter})
			noError(t, err)
			var got []string
			for _, u := range out.Users {
				got = append(got, value(u.Attributes, "email"))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		})
	}
	for _, filter := range []string{
		`email`, `email = ada`, `email = 'ada'`, `email == "ada"`, `email > "ada"`, `email = "ada" and name = "Ada"`,
		`locale = "de"`, `custom:x = "1"`, `email = "ada`, `= "ada"`, strings.Repeat("x", 257),
	} {
		t.Run("refused: "+filter, func(t *testing.T) {
			t.Parallel()
			_, err := h.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: aws.String(poolID), Filter: &filter})
			wantCode(t, err, "InvalidParameterException", "")
		})
	}
}

func TestListUsersPages(t *testing.T) {
	t.Parallel()
	h := start(t)
	var want []string
	for i := range 7 {
		email := fmt.Sprintf("user%d@example.com", i)
		h.signUp(t, email)
		want = append(want, email)
		h.clock.advance(time.Second)
	}
	var got []string
	pages := cip.NewListUsersPaginator(h, &cip.ListUsersInput{
		UserPoolId: aws.String(poolID), Limit: aws.Int32(3), Filter: aws.String(`email ^= "user"`), AttributesToGet: []string{"email"},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		noError(t, err)
		if len(page.Users) > 3 {
			t.Fatalf("a page of %d", len(page.Users))
		}
		for _, u := range page.Users {
			if len(u.Attributes) != 1 {
				t.Fatalf("got attributes %v, want the address alone", u.Attributes)
			}
			got = append(got, value(u.Attributes, "email"))
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	whole, err := h.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: aws.String(poolID), Limit: aws.Int32(7)})
	noError(t, err)
	if whole.PaginationToken != nil {
		t.Fatal("the last page has a token")
	}
}

func TestListUsersRefuses(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.signUp(t, "ada@example.com", "name", "Ada")
	h.signUp(t, "bob@example.com")
	page, err := h.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: aws.String(poolID), Limit: aws.Int32(1)})
	noError(t, err)
	token := aws.ToString(page.PaginationToken)
	tests := map[string]func(*cip.ListUsersInput){
		"a token for another filter":   func(in *cip.ListUsersInput) { in.Filter, in.PaginationToken = aws.String(`email ^= "b"`), &token },
		"an altered token":             func(in *cip.ListUsersInput) { in.PaginationToken = aws.String("A" + token[1:]) },
		"a made-up token":              func(in *cip.ListUsersInput) { in.PaginationToken = aws.String("x") },
		"too many":                     func(in *cip.ListUsersInput) { in.Limit = aws.Int32(61) },
		"a negative limit":             func(in *cip.ListUsersInput) { in.Limit = aws.Int32(-1) },
		"an attribute not all have":    func(in *cip.ListUsersInput) { in.AttributesToGet = []string{"name"} },
		"an attribute that nobody has": func(in *cip.ListUsersInput) { in.AttributesToGet = []string{"custom:x"} },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &cip.ListUsersInput{UserPoolId: aws.String(poolID)}
			change(in)
			if token[0] == 'A' && name == "an altered token" {
				in.PaginationToken = aws.String("B" + token[1:])
			}
			_, err := h.ListUsers(t.Context(), in)
			wantCode(t, err, "InvalidParameterException", "")
		})
	}
}
