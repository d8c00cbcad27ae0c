package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/mail"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/cognito"
)

// tokenCommand prints an access token of the person whom EMAIL names, alone, so
// that a shell can take it. A note about the person goes to notes.
func tokenCommand(notes io.Writer) func(context.Context, func(string) string, io.Writer) error {
	return func(ctx context.Context, env func(string) string, out io.Writer) error {
		port, err := portFrom(env)
		if err != nil {
			return err
		}
		address, err := mail.ParseAddress(env(envEmail))
		if err != nil {
			return errors.New("EMAIL must be an e-mail address: make token EMAIL=you@example.com")
		}
		host, err := connect(ctx, localhost(port))
		if err != nil {
			return err
		}
		token, made, err := host.tokenOf(ctx, address.Address)
		if err != nil {
			return err
		}
		if made {
			_, _ = fmt.Fprintf(notes, "%s is new here.\n", address.Address)
		} else {
			_, _ = fmt.Fprintf(notes, "%s has a new random password now, which is kept nowhere.\n", address.Address)
		}
		_, err = fmt.Fprintln(out, token)
		return err //nolint:wrapcheck // the shell's pipe
	}
}

// tokenOf signs a person in and returns their access token. It makes the person
// if the address has none, and gives them a random password each time.
func (r *remote) tokenOf(ctx context.Context, email string) (token string, made bool, err error) {
	password := rand.Text()
	if made, err = r.provide(ctx, email, password); err != nil {
		return "", made, err
	}
	tokens, err := r.signIn(ctx, email, password)
	if err != nil {
		return "", made, err
	}
	return aws.ToString(tokens.AccessToken), made, nil
}

// provide sees to it that somebody can sign in with an address, proven, and a
// password. Attributes are for a person who is made.
func (r *remote) provide(ctx context.Context, email, password string, attributes ...types.AttributeType) (made bool, err error) {
	pool := aws.String(r.UserPoolID)
	_, err = r.cognito.AdminCreateUser(ctx, &cognitoidentityprovider.AdminCreateUserInput{
		UserPoolId:    pool,
		Username:      aws.String(email),
		MessageAction: types.MessageActionTypeSuppress,
		UserAttributes: append([]types.AttributeType{
			{Name: aws.String(cognito.AttributeEmail), Value: aws.String(email)},
			{Name: aws.String(cognito.AttributeEmailVerified), Value: aws.String("true")},
		}, attributes...),
	})
	made = err == nil
	if exists := (*types.UsernameExistsException)(nil); err != nil && !errors.As(err, &exists) {
		return false, fmt.Errorf("make %s: %w", email, err)
	}
	_, err = r.cognito.AdminSetUserPassword(ctx, &cognitoidentityprovider.AdminSetUserPasswordInput{
		UserPoolId: pool, Username: aws.String(email), Password: aws.String(password), Permanent: true,
	})
	if err != nil {
		return made, fmt.Errorf("set a password for %s: %w", email, err)
	}
	return made, nil
}
