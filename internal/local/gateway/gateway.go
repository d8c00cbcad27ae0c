// Package gateway does in process what an API Gateway HTTP API does in front of
// Hearth's functions: routes, the JWT authorizer, CORS and Lambda proxy
// integrations with payload format 2.0. The development host and the end-to-end
// tests put it where AWS puts API Gateway, so that a function receives the same
// bytes and a client sees the same answers.
//
// Each rule names the page of AWS's documentation that it comes from. Where the
// documentation is silent, the comment names the report that shows what the
// service does, or says "assumed".
//
// What an HTTP API has and this does not: throttling (429), the limit of 10,240
// bytes for request line and headers, stages besides $default, custom domains,
// mutual TLS, other authorizers and other integrations.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
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
	// Routes are the API's routes. A route path follows API Gateway: it starts
	// with a slash and does not end with one, {name} matches one segment, a
	// last {name+} matches the rest; the method ANY matches every method.
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

	// Origins are the allowOrigins of the API's CORS settings, as API Gateway
	// takes them ("*", "https://*" and "http://*" included); none turns CORS
	// off. Methods and headers are httpapi's.
	Origins []string
	// CORSMaxAge is how long a browser may keep a preflight answer, in whole
	// seconds; 0 leaves the header out.
	CORSMaxAge time.Duration
	// CORSOnErrors adds the CORS headers to the gateway's own answers (401, 403,
	// 404, 413, 500, 503) too. Off, which the documentation speaks for, is the
	// stricter: a client that copes with it copes with both. See cors.go.
	CORSOnErrors bool

	// AccountID and APIID are what events tell functions about the API; empty
	// ones get values of the same form.
	AccountID, APIID string

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
	routes, err := newRouter(o.Routes)
	if err != nil {
		return nil, err
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = DefaultRequestTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Keys == nil {
		o.Keys = fetchKeys(o.JWKSURL)
	}
	if o.AccountID == "" {
		o.AccountID = "000000000000"
	}
	if o.APIID == "" {
		o.APIID = "local"
	}
	return &gateway{
		Options: o,
		routes:  routes,
		cors:    newCORS(o),
		authorizer: &authorizer{
			issuer: o.Issuer, audience: o.Audience, scope: o.Scope, now: o.Now,
			keys: &keyCache{load: o.Keys, now: o.Now, log: o.Log},
		},
	}, nil
}

func (o Options) validate() error {
	var wrong []error
	protected := false
	for _, route := range o.Routes {
		protected = protected || !route.Open
		if o.Functions[route.Function] == nil {
			wrong = append(wrong, fmt.Errorf("gateway: route %q: no handler for function %q", route.Key(), route.Function))
		}
	}
	if protected {
		if o.Issuer == "" || o.Audience == "" {
			wrong = append(wrong, errors.New("gateway: routes that are not open need Issuer and Audience"))
		}
		if u, err := url.Parse(o.JWKSURL); o.Keys == nil && (err != nil || u.Host == "") {
			wrong = append(wrong, errors.New("gateway: routes that are not open need Keys or an absolute JWKSURL"))
		}
	}
	if o.RequestTimeout < 0 || o.CORSMaxAge < 0 {
		wrong = append(wrong, errors.New("gateway: RequestTimeout and CORSMaxAge must not be negative"))
	}
	return errors.Join(wrong...)
}
