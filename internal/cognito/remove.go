package cognito

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
)

// Remover removes users of one pool.
type Remover struct {
	api    *cognitoidentityprovider.Client
	poolID string
}

var _ account.Remover = (*Remover)(nil)

// NewRemover returns the remover of a pool over the SDK's client.
func NewRemover(api *cognitoidentityprovider.Client, poolID string) *Remover {
	return &Remover{api: api, poolID: poolID}
}

// DeleteUser removes a user, enabled or not, with every token of theirs. A user
// who is gone already is no error: it is called until somebody has noted it.
//
// A name other than the sub is that of a federated user, who gets it again when
// they sign in again: as another user, whose sub tells.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUser.html
func (r *Remover) DeleteUser(ctx context.Context, userID, username string) error {
	if username != userID {
		output, err := r.api.AdminGetUser(ctx, &cognitoidentityprovider.AdminGetUserInput{
			UserPoolId: aws.String(r.poolID), Username: aws.String(username),
		})
		switch {
		case isGone(err):
			return nil
		case err != nil:
			return poolError("AdminGetUser", err)
		case attributesOf(output.UserAttributes)[AttributeSub] != userID:
			return nil
		}
	}
	_, err := r.api.AdminDeleteUser(ctx, &cognitoidentityprovider.AdminDeleteUserInput{
		UserPoolId: aws.String(r.poolID), Username: aws.String(username),
	})
	if err == nil || isGone(err) {
		return nil
	}
	return poolError("AdminDeleteUser", err)
}

func isGone(err error) bool {
	var gone *types.UserNotFoundException
	return errors.As(err, &gone)
}
