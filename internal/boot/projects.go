package boot

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/httpapi"
	"hearth/internal/product"
	"hearth/internal/sts"
)

// Projects builds the function that serves what accounts own: the worked
// example and a product's own resources.
func Projects(env Environment) (lambda.Handler, error) {
	values, err := env.require(cognito.EnvClientID, cognito.EnvIssuer)
	if err != nil {
		return nil, err
	}
	service, _, err := env.service(parts{readOnly: true})
	if err != nil {
		return nil, err
	}
	data, err := env.data(service.Config())
	if err != nil {
		return nil, err
	}
	api := httpapi.New(service, httpapi.Tokens{
		Issuer: values[cognito.EnvIssuer], ClientID: values[cognito.EnvClientID], Now: time.Now,
	})
	product.RegisterResources(api, data)
	return httpapi.Lambda(api, logger()), nil
}

// data is what accounts own, reached with credentials for one account and user
// where the product wants isolation, else with the function's own.
func (e Environment) data(config account.Config) (*account.Data, error) {
	client, table, err := e.table(nil)
	if err != nil {
		return nil, err
	}
	clients := dynamo.OneClient(client)
	if config.Isolation {
		values, err := e.require(sts.EnvRole, "AWS_REGION")
		if err != nil {
			return nil, err
		}
		clients = dynamo.Narrowed(client, sts.NewVendor(sts.Options{
			Client: sts.NewClient(awssts.Options{
				Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("STS"),
			}),
			RoleARN: values[sts.EnvRole],
		}))
	}
	return account.NewData(dynamo.NewData(clients, table), time.Now, newID), nil
}
