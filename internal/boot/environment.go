// Package boot turns a function's environment into its handler: configuration,
// AWS clients, and one constructor a function, so that each binary links only
// what its own function needs. The development host calls the same
// constructors; only the endpoints in the environment differ.
package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/image"
	"hearth/internal/kms"
	"hearth/internal/product"
)

// Environment reads a variable, "" if it is not set: os.Getenv in a function.
type Environment func(name string) string

// Function builds the handler of one Lambda function.
type Function func(Environment) (lambda.Handler, error)

// Start builds a function from the process's environment and serves it. A
// function that cannot be built ends with one line in the log, which Lambda
// shows as a failed start.
func Start(build Function) {
	handler, err := build(os.Getenv)
	if err != nil {
		logger().Error("start", slog.String("cause", err.Error()))
		os.Exit(1)
	}
	lambda.Start(handler)
}

// logger writes JSON lines to where Lambda collects them.
func logger() *slog.Logger { return slog.New(slog.NewJSONHandler(os.Stdout, nil)) }

// require returns the variables by name, or an error that lists those missing.
func (e Environment) require(names ...string) (map[string]string, error) {
	values := map[string]string{}
	var missing []error
	for _, name := range names {
		if values[name] = e(name); values[name] == "" {
			missing = append(missing, fmt.Errorf("environment: %s is not set", name))
		}
	}
	return values, errors.Join(missing...)
}

// endpoint is the standard variable that moves one service, else the one that
// moves all; nil leaves AWS's own.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (e Environment) endpoint(service string) *string {
	for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
		if url := e(name); url != "" {
			return aws.String(url)
		}
	}
	return nil
}

// credentials are those that Lambda puts into the environment. They outlive
// the execution environment, so nothing refreshes them.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (e Environment) credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID:     e("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: e("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    e("AWS_SESSION_TOKEN"),
			Source:          "environment",
		}, nil
	})
}

// table is the table that the environment names, with a client that has the
// function's own credentials. A meter, if there is one, sees what it uses.
func (e Environment) table(meter *dynamo.Meter) (client *dynamodb.Client, name string, err error) {
	values, err := e.require(dynamo.EnvTable, "AWS_REGION")
	if err != nil {
		return nil, "", err
	}
	options := dynamodb.Options{
		Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("DYNAMODB"),
	}
	if meter != nil {
		options.APIOptions = append(options.APIOptions, meter.Install)
	}
	return dynamo.NewClient(options), values[dynamo.EnvTable], nil
}

// Cognito is slower than a table and throttles by the pool; a request can wait
// for it, a sign-up trigger has five seconds in all.
const (
	poolTimeout    = 2 * time.Second
	poolAttempts   = 2
	poolMaxBackoff = 300 * time.Millisecond
)

// poolClient is the SDK's client of the user pool.
func (e Environment) poolClient() (*cognitoidentityprovider.Client, error) {
	values, err := e.require("AWS_REGION")
	if err != nil {
		return nil, err
	}
	return cognitoidentityprovider.New(cognitoidentityprovider.Options{
		Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("COGNITO_IDENTITY_PROVIDER"),
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(poolTimeout),
		Retryer: retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.MaxBackoff = poolAttempts, poolMaxBackoff
		}),
	}), nil
}

// images is the bucket of the pictures.
func (e Environment) images() (*image.Store, error) {
	values, err := e.require(image.EnvBucket, image.EnvURL, "AWS_REGION")
	if err != nil {
		return nil, err
	}
	return image.New(image.Options{
		Client: image.NewClient(s3.Options{
			Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("S3"),
		}),
		Bucket: values[image.EnvBucket], PublicURL: values[image.EnvURL],
	}), nil
}

// mac makes and checks the tokens of invitations and the codes of certificates.
func (e Environment) mac() (*kms.MAC, error) {
	values, err := e.require(kms.EnvKey, "AWS_REGION")
	if err != nil {
		return nil, err
	}
	return kms.New(kms.NewClient(awskms.Options{
		Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("KMS"),
	}), values[kms.EnvKey]), nil
}

// parts are what only some functions work with; the rest leaves them out.
type parts struct {
	images account.Images
	mac    account.MAC
	mailer account.Mailer
	// readOnly is that of account.Options.
	readOnly bool
	// exports keeps exports, remover ends users of the pool.
	exports account.Exports
	remover account.Remover
	meter   *dynamo.Meter
	// credentials gives the pool's side of the security settings.
	credentials func(*cognito.UserPool) account.Credentials
	breached    *account.BreachedPasswords
}

// service is the domain over the table and the pool.
func (e Environment) service(p parts) (*account.Service, *cognito.UserPool, error) {
	config, configErr := product.Config(e(account.EnvConfig))
	store, storeErr := e.metered(p.meter)
	client, clientErr := e.poolClient()
	if err := errors.Join(configErr, storeErr, clientErr); err != nil {
		return nil, nil, err
	}
	pool := cognito.NewUserPool(client)
	options := account.Options{
		Store: store, Pool: pool, Images: p.images, MAC: p.mac, Mailer: p.mailer, Breached: p.breached,
		Exports: p.exports, Remover: p.remover,
		ReadOnly: p.readOnly, Config: config, Grants: product.Grants(), Policies: product.Policies(),
		SessionValidity: cognito.RefreshTokenValidity, Now: time.Now, NewID: newID,
	}
	if p.credentials != nil {
		options.Credentials = p.credentials(pool)
	}
	return account.NewService(options), pool, nil
}
