package boot

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/cognito"
	"hearth/internal/export"
	"hearth/internal/httpapi"
)

// Deletion builds the deletion function: what deleting an account means, its
// acceptance, and exports. What follows is the stream function's.
func Deletion(env Environment) (lambda.Handler, error) {
	values, err := env.require(cognito.EnvClientID, cognito.EnvIssuer)
	if err != nil {
		return nil, err
	}
	exports, err := env.exports()
	if err != nil {
		return nil, err
	}
	service, _, err := env.service(parts{exports: exports})
	if err != nil {
		return nil, err
	}
	api := httpapi.New(service, httpapi.Tokens{
		Issuer: values[cognito.EnvIssuer], ClientID: values[cognito.EnvClientID], Now: time.Now,
	})
	httpapi.RegisterDeletion(api, httpapi.DeletionDependencies{Service: service})
	return httpapi.Lambda(api, logger()), nil
}

// exports is the private bucket of the copies that people ask for.
func (e Environment) exports() (*export.Store, error) {
	values, err := e.require(export.EnvBucket, "AWS_REGION")
	if err != nil {
		return nil, err
	}
	return export.New(export.NewClient(s3.Options{
		Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("S3"),
	}), values[export.EnvBucket]), nil
}

// remover ends users of the pool.
func (e Environment) remover() (*cognito.Remover, error) {
	values, err := e.require(cognito.EnvUserPoolID)
	if err != nil {
		return nil, err
	}
	client, err := e.poolClient()
	if err != nil {
		return nil, err
	}
	return cognito.NewRemover(client, values[cognito.EnvUserPoolID]), nil
}
