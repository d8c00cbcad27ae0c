package fault_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"hearth/internal/account"
	"hearth/internal/fault"
)

// answered is an error with a status, as the SDK has it.
func answered(status int, err error) error {
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err,
	}}
}

func TestOf(t *testing.T) {
	t.Parallel()
	named := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	for name, c := range map[string]struct {
		err  error
		code string
		want *account.Error
	}{
		"no answer":                {io.ErrUnexpectedEOF, "", account.ErrUnavailable},
		"an answer without a name": {answered(http.StatusBadRequest, io.ErrUnexpectedEOF), "", account.ErrUnavailable},
		"busy":                     {answered(http.StatusBadRequest, named("Busy")), "Busy", account.ErrUnavailable},
		"busy, wrapped":            {fmt.Errorf("operation: %w", named("Busy")), "Busy", account.ErrUnavailable},
		"refused":                  {answered(http.StatusForbidden, named("AccessDenied")), "AccessDenied", account.ErrInternal},
		"the server's by its kind": {&smithy.GenericAPIError{Code: "X", Fault: smithy.FaultServer}, "X", account.ErrUnavailable},
		"the client's by its kind": {&smithy.GenericAPIError{Code: "X", Fault: smithy.FaultClient}, "X", account.ErrInternal},
		"too often by status":      {answered(http.StatusTooManyRequests, named("X")), "X", account.ErrUnavailable},
		"too slowly by status":     {answered(http.StatusRequestTimeout, named("X")), "X", account.ErrUnavailable},
		"the server's by status":   {answered(http.StatusBadGateway, named("X")), "X", account.ErrUnavailable},
	} {
		if got := fault.Of(c.err, "Slow", "Busy"); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if got := fault.Name(c.err); got != c.code {
			t.Errorf("%s: named %q, want %q", name, got, c.code)
		}
	}
}
