package boot

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/httpapi"
	"hearth/internal/product"
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
	data, err := env.data()
	if err != nil {
		return nil, err
	}
	api := httpapi.New(service, httpapi.Tokens{
		Issuer: values[cognito.EnvIssuer], ClientID: values[cognito.EnvClientID], Now: time.Now,
	})
	product.RegisterResources(api, data)
	return httpapi.Lambda(api, logger()), nil
}

// data is what accounts own, reached by the function's own credentials.
func (e Environment) data() (*account.Data, error) {
	client, table, err := e.table()
	if err != nil {
		return nil, err
	}
	return account.NewData(dynamo.NewData(dynamo.OneClient(client), table), time.Now, newID), nil
}
