package cognito

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
)

// ChangeEmail has Cognito send a code to a new address; the pool keeps the old
// one until the code proved the new.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
func (c *credentials) ChangeEmail(ctx context.Context, accessToken, email string) error {
	_, err := c.api.UpdateUserAttributes(ctx, &cognitoidentityprovider.UpdateUserAttributesInput{
		AccessToken:    aws.String(accessToken),
		UserAttributes: []types.AttributeType{{Name: aws.String(AttributeEmail), Value: aws.String(email)}},
	})
	var invalid *types.InvalidParameterException
	switch {
	case errors.As(err, &invalid): // an address that Hearth would take and Cognito does not
		return account.Invalid("/email", account.FieldMalformed).Because(poolError("UpdateUserAttributes", err))
	case err != nil:
		return poolError("UpdateUserAttributes", err)
	}
	return nil
}

// VerifyEmail proves the new address.
func (c *credentials) VerifyEmail(ctx context.Context, accessToken, code string) error {
	code = typed(code)
	if code == "" {
		return fmt.Errorf("%w: it could not be one", account.ErrWrongCode)
	}
	_, err := c.api.VerifyUserAttribute(ctx, &cognitoidentityprovider.VerifyUserAttributeInput{
		AccessToken: aws.String(accessToken), AttributeName: aws.String(AttributeEmail), Code: aws.String(code),
	})
	if err != nil {
		return poolError("VerifyUserAttribute", err)
	}
	return nil
}
