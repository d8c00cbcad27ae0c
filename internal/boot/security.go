package boot

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

// Security builds the security function: how a person signs in, and where they
// are signed in.
func Security(env Environment) (lambda.Handler, error) {
	values, err := env.require(cognito.EnvUserPoolID, cognito.EnvClientID, cognito.EnvServerClientID, cognito.EnvIssuer)
	if err != nil {
		return nil, err
	}
	breached, err := product.BreachedPasswords()
	if err != nil {
		return nil, err
	}
	service, _, err := env.service(parts{
		credentials: func(pool *cognito.UserPool) account.Credentials {
			return cognito.NewCredentials(pool, values[cognito.EnvUserPoolID], values[cognito.EnvServerClientID])
		},
		breached: breached,
	})
	if err != nil {
		return nil, err
	}
	api := httpapi.New(service, httpapi.Tokens{
		Issuer: values[cognito.EnvIssuer], ClientID: values[cognito.EnvClientID], Now: time.Now,
	})
	httpapi.RegisterSecurity(api, httpapi.SecurityDependencies{Service: service})
	return httpapi.Lambda(api, logger()), nil
}
