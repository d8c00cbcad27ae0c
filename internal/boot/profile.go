package boot

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/httpapi"
)

// Profile builds the profile function: who the caller is, and what a client
// must know beforehand.
func Profile(env Environment) (lambda.Handler, error) {
	values, err := env.require(cognito.EnvUserPoolID, cognito.EnvClientID, cognito.EnvIssuer)
	if err != nil {
		return nil, err
	}
	images, err := env.images()
	if err != nil {
		return nil, err
	}
	service, _, err := env.service(parts{})
	if err != nil {
		return nil, err
	}
	api := httpapi.New(service, httpapi.Tokens{
		Issuer: values[cognito.EnvIssuer], ClientID: values[cognito.EnvClientID], Now: time.Now,
	})
	httpapi.RegisterProfile(api, httpapi.ProfileDependencies{
		Service: service, Images: images, Config: publicConfig(env, service.Config()),
	})
	return httpapi.Lambda(api, logger()), nil
}

// publicConfig is what GET /config says.
func publicConfig(env Environment, config account.Config) httpapi.PublicConfig {
	return httpapi.PublicConfig{
		Region: env("AWS_REGION"), UserPoolID: env(cognito.EnvUserPoolID), ClientID: env(cognito.EnvClientID),
		CognitoEndpoint: env(cognito.EnvEndpoint),
		AccountMode:     string(config.AccountMode), Languages: config.Languages,
		PasswordPolicy: httpapi.PasswordPolicy(cognito.DefaultPasswordPolicy()),
	}
}
