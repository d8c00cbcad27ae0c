package sts

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// A person waits for the answer, so a client tries three times in all, pauses
// little between, and soon gives up on a silent connection.
const (
	attempts       = 3
	maxBackoff     = 400 * time.Millisecond
	requestTimeout = 3 * time.Second
)

// NewClient returns an STS client with Hearth's patience. A transport in the
// options stays. Without an endpoint in them it asks STS in the region, whose
// quota and latency are the region's own.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
func NewClient(o sts.Options) *sts.Client {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts = attempts
		r.MaxBackoff = maxBackoff
	})
	if o.HTTPClient == nil {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(requestTimeout)
	}
	return sts.New(o)
}
