package cognito

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/account"
)

// credentials is the pool's side of the security settings. What takes an access
// token needs no rights of AWS; the proofs do.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pools-API-operations.html
type credentials struct {
	api *cognitoidentityprovider.Client
	// poolID and clientID are for proofs: the client is the server-only one.
	poolID, clientID string
}

// NewCredentials returns the security settings' side of a pool. The client is
// the server-only one, whose tokens no API takes.
func NewCredentials(pool *UserPool, poolID, serverClientID string) account.Credentials {
	c := &credentials{api: pool.api, poolID: poolID, clientID: serverClientID}
	return account.Credentials{Passwords: c, Emails: c, TOTP: c, Passkeys: c, Proofs: c}
}

// typed is a code without the spaces with which apps show it.
func typed(code string) string { return strings.Join(strings.Fields(code), "") }
