package cognito

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
)

// Directory is one user pool as its operators see it.
type Directory struct {
	api    *cognitoidentityprovider.Client
	poolID *string
}

var _ account.Directory = (*Directory)(nil)

// NewDirectory returns a pool over the SDK's client. Cognito allows, unless it
// is asked for more, 30 ListUsers and 120 AdminGetUser a second, which people's
// own sign-ins share in part: a client for jobs should slow down when it is
// throttled.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
func NewDirectory(api *cognitoidentityprovider.Client, poolID string) *Directory {
	return &Directory{api: api, poolID: aws.String(poolID)}
}

// People returns a page by ListUsers. Its positions are Cognito's own tokens,
// which end with time, and then are an invalid parameter.
func (d *Directory) People(ctx context.Context, after string) (page []account.Resident, next string, err error) {
	input := &cognitoidentityprovider.ListUsersInput{UserPoolId: d.poolID, Limit: aws.Int32(account.MaxPeople)}
	if after != "" {
		input.PaginationToken = aws.String(after)
	}
	output, err := d.api.ListUsers(ctx, input)
	var invalid *types.InvalidParameterException
	if after != "" && errors.As(err, &invalid) {
		return nil, "", account.ErrExpiredPosition
	}
	if err != nil {
		return nil, "", poolError("ListUsers", err)
	}
	for _, u := range output.Users {
		page = append(page, listed(u))
	}
	return page, aws.ToString(output.PaginationToken), nil
}

// maxFilter is how long a filter of ListUsers can be, in characters.
const maxFilter = 256

// FindByID asks for a user by sub with ListUsers, which AWS does not count among
// the operations that make somebody an active user, and whose quota no sign-in
// shares. A page can be empty before the last one.
// https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-using-listusers-api
func (d *Directory) FindByID(ctx context.Context, id string) (account.Resident, error) {
	filter := AttributeSub + ` = "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(id) + `"`
	if len(filter) > maxFilter { // of such a length no sub is
		return account.Resident{}, account.ErrNotFound
	}
	input := &cognitoidentityprovider.ListUsersInput{UserPoolId: d.poolID, Filter: aws.String(filter)}
	for {
		output, err := d.api.ListUsers(ctx, input)
		if err != nil {
			return account.Resident{}, poolError("ListUsers", err)
		}
		for _, u := range output.Users {
			if r := listed(u); r.ID == id {
				return r, nil
			}
		}
		if input.PaginationToken = output.PaginationToken; aws.ToString(input.PaginationToken) == "" {
			return account.Resident{}, account.ErrNotFound
		}
	}
}

// Find asks for a user by name or address with AdminGetUser, whose answer is of
// this moment. AWS bills who was asked for as an active user of the month: it is
// for the few who look broken, and for those whom support is about.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html
func (d *Directory) Find(ctx context.Context, name string) (account.Resident, error) {
	u, err := d.api.AdminGetUser(ctx, &cognitoidentityprovider.AdminGetUserInput{UserPoolId: d.poolID, Username: aws.String(name)})
	if err != nil {
		return account.Resident{}, userError("AdminGetUser", err)
	}
	return resident(u.Username, u.UserAttributes, u.UserStatus, u.Enabled, u.UserLastModifiedDate), nil
}

// Disable keeps a user from signing in; Cognito revokes their tokens, too.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableUser.html
func (d *Directory) Disable(ctx context.Context, username string) error {
	_, err := d.api.AdminDisableUser(ctx, &cognitoidentityprovider.AdminDisableUserInput{UserPoolId: d.poolID, Username: aws.String(username)})
	return userError("AdminDisableUser", err)
}

// Enable lets a user sign in again.
func (d *Directory) Enable(ctx context.Context, username string) error {
	_, err := d.api.AdminEnableUser(ctx, &cognitoidentityprovider.AdminEnableUserInput{UserPoolId: d.poolID, Username: aws.String(username)})
	return userError("AdminEnableUser", err)
}

// SignOut ends every refresh token of a user.
func (d *Directory) SignOut(ctx context.Context, username string) error {
	_, err := d.api.AdminUserGlobalSignOut(ctx, &cognitoidentityprovider.AdminUserGlobalSignOutInput{UserPoolId: d.poolID, Username: aws.String(username)})
	return userError("AdminUserGlobalSignOut", err)
}

// userError is poolError for calls that name a user: who is not there is not
// found, rather than not who they say.
func userError(operation string, err error) error {
	if err == nil {
		return nil
	}
	if isGone(err) {
		return account.ErrNotFound.Because(err)
	}
	return poolError(operation, err)
}

// listed is a user as ListUsers has them.
func listed(u types.UserType) account.Resident {
	return resident(u.Username, u.Attributes, u.UserStatus, u.Enabled, u.UserLastModifiedDate)
}

func resident(username *string, given []types.AttributeType, status types.UserStatusType, enabled bool, modified *time.Time) account.Resident {
	return account.Resident{
		Person: person(aws.ToString(username), attributesOf(given)), Confirmed: confirmed(status), Enabled: enabled, ModifiedAt: aws.ToTime(modified),
	}
}

// confirmed reports whether a user of this status has been confirmed. Whom an
// administrator made is so from the first password of their own on.
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
func confirmed(status types.UserStatusType) bool {
	switch status {
	case types.UserStatusTypeConfirmed, types.UserStatusTypeExternalProvider, types.UserStatusTypeResetRequired, types.UserStatusTypeCompromised:
		return true
	default:
		return false
	}
}
