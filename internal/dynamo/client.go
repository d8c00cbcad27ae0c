package dynamo

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// A person waits for the answer, so a client tries three times in all, pauses
// little between, and gives up on a silent connection long before API Gateway
// gives up on the function (30 seconds). The SDK's own pauses reach 20 seconds.
const (
	attempts       = 3
	maxBackoff     = 400 * time.Millisecond
	requestTimeout = 3 * time.Second
)

// NewClient returns a DynamoDB client with Hearth's patience. A transport and a
// retryer in the options stay.
func NewClient(o dynamodb.Options) *dynamodb.Client {
	if o.Retryer == nil {
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = attempts
			r.MaxBackoff = maxBackoff
		})
	}
	if o.HTTPClient == nil {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(requestTimeout)
	}
	return dynamodb.New(o)
}
