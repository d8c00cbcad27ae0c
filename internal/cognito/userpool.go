package cognito

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
)

// UserPool calls the user pool.
type UserPool struct {
	api *cognitoidentityprovider.Client
}

var _ account.Pool = (*UserPool)(nil)

// NewUserPool returns the pool over the SDK's.
func NewUserPool(api *cognitoidentityprovider.Client) *UserPool { return &UserPool{api: api} }

// Person asks Cognito who holds an access token. The token is the proof: the
// call needs no credentials of AWS.
func (u *UserPool) Person(ctx context.Context, accessToken string) (account.Person, error) {
	user, err := u.api.GetUser(ctx, &cognitoidentityprovider.GetUserInput{AccessToken: aws.String(accessToken)})
	if err != nil {
		return account.Person{}, poolError("GetUser", err)
	}
	p := person(aws.ToString(user.Username), attributesOf(user.UserAttributes))
	p.MFA = slices.Contains(user.UserMFASettingList, string(MFASoftwareToken))
	return p, nil
}

// Rename sets the name of who holds an access token, by the token itself.
func (u *UserPool) Rename(ctx context.Context, accessToken, name string) error {
	_, err := u.api.UpdateUserAttributes(ctx, &cognitoidentityprovider.UpdateUserAttributesInput{
		AccessToken:    aws.String(accessToken),
		UserAttributes: []types.AttributeType{{Name: aws.String(AttributeName), Value: aws.String(name)}},
	})
	if err != nil {
		return poolError("UpdateUserAttributes", err)
	}
	return nil
}

// SignOutEverywhere ends every refresh token of a user. Access tokens live on
// until they expire, but Hearth refuses them by the user's sessionsValidFrom.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUserGlobalSignOut.html
func (u *UserPool) SignOutEverywhere(ctx context.Context, poolID, username string) error {
	_, err := u.api.AdminUserGlobalSignOut(ctx, &cognitoidentityprovider.AdminUserGlobalSignOutInput{
		UserPoolId: aws.String(poolID), Username: aws.String(username),
	})
	if err == nil || isGone(err) {
		return nil
	}
	return poolError("AdminUserGlobalSignOut", err)
}

// attributesOf are a user's attributes by their names.
func attributesOf(given []types.AttributeType) map[string]string {
	attributes := map[string]string{}
	for _, a := range given {
		attributes[aws.ToString(a.Name)] = aws.ToString(a.Value)
	}
	return attributes
}

// person is what a user's attributes say. Cognito gives every value as text.
func person(username string, attributes map[string]string) account.Person {
	return account.Person{
		ID:            attributes[AttributeSub],
		Username:      username,
		Email:         attributes[AttributeEmail],
		EmailVerified: attributes[AttributeEmailVerified] == "true",
		Name:          attributes[AttributeName],
		GivenName:     attributes[AttributeGivenName],
		FamilyName:    attributes[AttributeFamilyName],
		Locale:        attributes[AttributeLocale],
	}
}
