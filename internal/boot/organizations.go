package boot

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/cognito"
	"hearth/internal/httpapi"
)

// Organizations builds the organizations function: teams, their members and
// what was done in them.
func Organizations(env Environment) (lambda.Handler, error) {
	values, err := env.require(cognito.EnvClientID, cognito.EnvIssuer)
	if err != nil {
		return nil, err
	}
	images, err := env.images()
	if err != nil {
		return nil, err
	}
	mac, err := env.mac()
	if err != nil {
		return nil, err
	}
	service, _, err := env.service(parts{mac: mac})
	if err != nil {
		return nil, err
	}
	api := httpapi.New(service, httpapi.Tokens{
		Issuer: values[cognito.EnvIssuer], ClientID: values[cognito.EnvClientID], Now: time.Now,
	})
	httpapi.RegisterOrganizations(api, httpapi.OrganizationsDependencies{Service: service, Images: images})
	return httpapi.Lambda(api, logger()), nil
}
