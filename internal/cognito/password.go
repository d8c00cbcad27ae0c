package cognito

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/account"
)

// ChangePassword replaces the password of who holds an access token.
func (c *credentials) ChangePassword(ctx context.Context, accessToken, current, proposed string) error {
	if !possiblePassword(current) {
		return fmt.Errorf("%w: it could not be one", account.ErrWrongPassword)
	}
	if !possiblePassword(proposed) {
		return &account.WeakPasswordError{
			Code: account.FieldMalformed, Detail: "A password is one line that neither begins nor ends with a space.",
		}
	}
	_, err := c.api.ChangePassword(ctx, &cognitoidentityprovider.ChangePasswordInput{
		AccessToken: aws.String(accessToken), PreviousPassword: aws.String(current), ProposedPassword: aws.String(proposed),
	})
	if err != nil {
		return poolError("ChangePassword", err)
	}
	return nil
}

// possiblePassword reports whether Cognito could take a password at all. What
// its API refuses by form would otherwise look like a mistake of Hearth's.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
func possiblePassword(password string) bool {
	first, _ := utf8.DecodeRuneInString(password)
	last, _ := utf8.DecodeLastRuneInString(password)
	return password != "" && !unicode.IsSpace(first) && !unicode.IsSpace(last) && !strings.ContainsAny(password, "\n\r")
}
