package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"

	"hearth/internal/account"
)

// StartPasskey returns Cognito's options for a new passkey.
func (c *credentials) StartPasskey(ctx context.Context, accessToken string) (json.RawMessage, error) {
	answer, err := c.api.StartWebAuthnRegistration(ctx, &cognitoidentityprovider.StartWebAuthnRegistrationInput{
		AccessToken: aws.String(accessToken),
	})
	if err != nil {
		return nil, poolError("StartWebAuthnRegistration", err)
	}
	if answer.CredentialCreationOptions == nil {
		return nil, account.ErrUnavailable.Because(errors.New("cognito: StartWebAuthnRegistration: no options"))
	}
	options, err := answer.CredentialCreationOptions.MarshalSmithyDocument()
	if err != nil {
		return nil, account.ErrUnavailable.Because(fmt.Errorf("cognito: StartWebAuthnRegistration: %w", err))
	}
	return options, nil
}

// CompletePasskey hands the browser's answer to Cognito as it is.
func (c *credentials) CompletePasskey(ctx context.Context, accessToken string, credential json.RawMessage) error {
	var answer map[string]any
	decoder := json.NewDecoder(bytes.NewReader(credential))
	if err := decoder.Decode(&answer); err != nil || answer == nil {
		return fmt.Errorf("%w: it is no JSON object", account.ErrBadPasskey)
	}
	_, err := c.api.CompleteWebAuthnRegistration(ctx, &cognitoidentityprovider.CompleteWebAuthnRegistrationInput{
		AccessToken: aws.String(accessToken), Credential: document.NewLazyDocument(answer),
	})
	if err != nil {
		return poolError("CompleteWebAuthnRegistration", err)
	}
	return nil
}

// ListPasskeys reads Cognito's pages to the end.
func (c *credentials) ListPasskeys(ctx context.Context, accessToken string) ([]account.Passkey, error) {
	passkeys := []account.Passkey{}
	for page := (*string)(nil); ; {
		answer, err := c.api.ListWebAuthnCredentials(ctx, &cognitoidentityprovider.ListWebAuthnCredentialsInput{
			AccessToken: aws.String(accessToken), NextToken: page,
		})
		if err != nil {
			return nil, poolError("ListWebAuthnCredentials", err)
		}
		for _, credential := range answer.Credentials {
			passkeys = append(passkeys, account.Passkey{
				ID: aws.ToString(credential.CredentialId), CreatedAt: aws.ToTime(credential.CreatedAt).UTC(),
			})
		}
		if page = answer.NextToken; aws.ToString(page) == "" {
			return passkeys, nil
		}
	}
}

// DeletePasskey takes a passkey away.
func (c *credentials) DeletePasskey(ctx context.Context, accessToken, id string) error {
	_, err := c.api.DeleteWebAuthnCredential(ctx, &cognitoidentityprovider.DeleteWebAuthnCredentialInput{
		AccessToken: aws.String(accessToken), CredentialId: aws.String(id),
	})
	if err != nil {
		return poolError("DeleteWebAuthnCredential", err)
	}
	return nil
}
