package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/handlertrace"

	"hearth/internal/account"
	"hearth/internal/boot"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/export"
	"hearth/internal/httpapi"
	"hearth/internal/image"
	"hearth/internal/kms"
	"hearth/internal/sts"
)

// functions are the Lambda functions as AWS starts them, each from its environment.
type functions struct {
	api              map[httpapi.Function]lambda.Handler
	postConfirmation lambda.Handler
	stream           lambda.Handler
	maintenance      lambda.Handler
}

// environment is what functions learn from their variables. What they learn here
// they learn on AWS from the CDK app; the endpoints are the standard variables
// of AWS's SDKs.
// https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
func environment(o options, id identity, c hostConfig) boot.Environment {
	variables := map[string]string{
		"AWS_REGION":                                 c.Region,
		"AWS_ACCESS_KEY_ID":                          accessKeyID,
		"AWS_SECRET_ACCESS_KEY":                      secretAccessKey,
		"AWS_ENDPOINT_URL_DYNAMODB":                  c.DynamoDBEndpoint,
		"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": c.CognitoEndpoint,
		"AWS_ENDPOINT_URL_S3":                        c.S3Endpoint,
		"AWS_ENDPOINT_URL_SESV2":                     c.SESEndpoint,
		"AWS_ENDPOINT_URL_KMS":                       c.KMSEndpoint,
		"AWS_ENDPOINT_URL_STS":                       c.STSEndpoint,
		dynamo.EnvTable:                              c.TableName,
		cognito.EnvUserPoolID:                        id.UserPoolID,
		cognito.EnvClientID:                          id.WebClientID,
		cognito.EnvServerClientID:                    id.ServerClientID,
		cognito.EnvIssuer:                            c.Issuer,
		cognito.EnvEndpoint:                          c.CognitoEndpoint,
		image.EnvBucket:                              c.Bucket,
		image.EnvURL:                                 c.imageURL(),
		export.EnvBucket:                             exportBucket,
		kms.EnvKey:                                   c.MACKey,
		sts.EnvRole:                                  c.DataRole,
		account.EnvConfig:                            o.Config,
	}
	return func(name string) string { return variables[name] }
}

// newFunctions builds every function.
func newFunctions(env boot.Environment) (functions, error) {
	var wrong []error
	build := func(name string, constructor func(boot.Environment) (lambda.Handler, error)) lambda.Handler {
		handler, err := constructor(env)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("function %s: %w", name, err))
		}
		return concurrent{handler}
	}
	f := functions{
		api: map[httpapi.Function]lambda.Handler{
			httpapi.Profile:       build("profile", boot.Profile),
			httpapi.Security:      build("security", boot.Security),
			httpapi.Organizations: build("organizations", boot.Organizations),
			httpapi.Projects:      build("projects", boot.Projects),
			httpapi.Deletion:      build("deletion", boot.Deletion),
		},
		postConfirmation: build("postconfirmation", boot.PostConfirmation),
		stream:           build("stream", boot.Stream),
		maintenance:      build("maintenance", boot.Maintenance),
	}
	return f, errors.Join(wrong...)
}

// concurrent is a function that may be called while it is being called: on AWS
// each execution environment has one call at a time, here all share one. What
// lambda.Handler.Invoke returns is a buffer that another call may write over
// already (https://github.com/aws/aws-lambda-go/pull/639), so the answer is
// encoded here, from what the function returned.
type concurrent struct{ function lambda.Handler }

// Invoke returns the answer, as JSON that is the caller's.
func (c concurrent) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var answer bytes.Buffer
	var encodeErr error
	ctx = handlertrace.NewContext(ctx, handlertrace.HandlerTrace{ResponseEvent: func(_ context.Context, response any) {
		encoder := json.NewEncoder(&answer)
		encoder.SetEscapeHTML(false) // as Lambda's own
		encodeErr = encoder.Encode(response)
	}})
	if _, err := c.function.Invoke(ctx, payload); err != nil {
		return nil, err //nolint:wrapcheck // the function's own error, as Lambda has it
	}
	return bytes.TrimSuffix(answer.Bytes(), []byte("\n")), encodeErr
}

// invoke calls a function's handler as the Lambda service does.
func invoke(handler lambda.Handler) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, event []byte) ([]byte, error) { return handler.Invoke(ctx, event) }
}
