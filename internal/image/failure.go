package image

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/account"
	"hearth/internal/fault"
)

// A person waits while an image is attached, so a client tries three times in
// all, pauses little between and soon gives up on a silent connection.
const (
	attempts       = 3
	maxBackoff     = 400 * time.Millisecond
	requestTimeout = 3 * time.Second
)

// NewClient returns an S3 client with Hearth's patience. A transport in the
// options stays. With an endpoint in the options the bucket is part of the path,
// since no DNS knows a name for it below that endpoint.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
func NewClient(o s3.Options) *s3.Client {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts = attempts
		r.MaxBackoff = maxBackoff
	})
	if o.HTTPClient == nil {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(requestTimeout)
	}
	o.UsePathStyle = o.BaseEndpoint != nil
	// A range of an object has no checksum of its own.
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	return s3.New(o)
}

// errMissing is the cause where an object does not exist.
var errMissing = errors.New("no such object")

func isMissing(err error) bool { return errors.Is(err, errMissing) }

// failure turns S3's errors into Hearth's, in this one place; nil stays nil. S3
// tells that an object does not exist only to those who may list the bucket;
// others get AccessDenied, which is a fault of ours.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func failure(operation string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("s3: %s: %w", operation, err)
	switch fault.Name(err) {
	case "NoSuchKey", "NotFound":
		return account.ErrNotFound.Because(fmt.Errorf("%w: %w", errMissing, cause))
	}
	return fault.OfS3(err).Because(cause)
}

// invalid is the refusal that names these fields, nil if there are none.
func invalid(fields ...account.FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &account.Error{
		Code: account.CodeInvalidRequest, Detail: "The image is not valid.", Fields: fields,
	}
}
