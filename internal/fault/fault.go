// Package fault tells whose fault an error of an AWS service is, for all of the
// services that have nothing more to say: try again, or a fault of ours.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"hearth/internal/account"
)

// Of returns account.ErrUnavailable for an error that says nothing against
// asking again: there was no answer, the service names one of the busy codes, or
// the fault is the server's, by the error's kind or by its status, or too many
// asked, or too slowly. Else it returns account.ErrInternal.
//
// Many answers do not say in their body whose fault an error is, so that the SDK
// knows it by the status alone.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
func Of(err error, busy ...string) *account.Error {
	var api smithy.APIError
	var answer *awshttp.ResponseError
	switch {
	case !errors.As(err, &api), slices.Contains(busy, api.ErrorCode()), api.ErrorFault() == smithy.FaultServer,
		errors.As(err, &answer) && mayPass(answer.HTTPStatusCode()):
		return account.ErrUnavailable
	}
	return account.ErrInternal
}

func mayPass(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
}

// OfS3 is Of with the busy codes of Amazon S3.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func OfS3(err error) *account.Error {
	return Of(err, "SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "ThrottlingException")
}

// Name is the code of an error that a service answered, empty where it did not
// answer.
func Name(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Named is what a service failed at with the name of its error alone, for those
// whose texts repeat what was sent; where it did not answer, with the error.
func Named(doing string, err error) error {
	if name := Name(err); name != "" {
		return fmt.Errorf("%s: %s", doing, name)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
