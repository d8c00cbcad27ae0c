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
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUser.html
func (r *Remover) DeleteUser(ctx context.Context, username string) error {
	_, err := r.api.AdminDeleteUser(ctx, &cognitoidentityprovider.AdminDeleteUserInput{
		UserPoolId: aws.String(r.poolID), Username: aws.String(username),
	})
	var gone *types.UserNotFoundException
	if err == nil || errors.As(err, &gone) {
		return nil
	}
	return poolError("AdminDeleteUser", err)
}
