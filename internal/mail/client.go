package mail

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
)

// Nobody waits for a mail, but the stream's batch does: what SES does not take
// within three tries is tried again with the batch.
const (
	attempts       = 3
	maxBackoff     = time.Second
	requestTimeout = 5 * time.Second
)

// NewClient returns an SES client with Hearth's patience. A transport in the
// options stays.
func NewClient(o sesv2.Options) *sesv2.Client {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts = attempts
		r.MaxBackoff = maxBackoff
	})
	if o.HTTPClient == nil {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(requestTimeout)
	}
	return sesv2.New(o)
}
