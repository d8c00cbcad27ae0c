// Package httpapi is the HTTP side of Hearth: the one list of routes, the
// handlers of each noun, problems, and the adapter between a Lambda function
// and net/http.
package httpapi

import (
	"context"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"hearth/internal/account"
)

// Authorizer decides who makes a request and for which account; it is
// account.Service in production.
type Authorizer interface {
	// Authorize fails as account.Service.Authorize says.
	Authorize(ctx context.Context, id account.Identity, target account.Target) (account.Caller, error)
}

// Tokens says which access tokens are meant for this API.
type Tokens struct {
	// Issuer is the pool's `iss`, ClientID the web client.
	Issuer, ClientID string
	// Now is the clock.
	Now func() time.Time
}

// API collects the operations of one function and serves them.
type API struct {
	huma       huma.API
	mux        *http.ServeMux
	authorizer Authorizer
	tokens     Tokens
	documented bool
	served     []Route
}

// maxBody is the largest body of a request, in bytes.
const maxBody = 64 << 10

// HeaderAccountID names the account for one request, and in every answer the
// account that it acted for.
const HeaderAccountID = "X-Account-Id"

// New returns an API without operations.
func New(authorizer Authorizer, tokens Tokens) *API {
	return newAPI(authorizer, tokens, false)
}

func newAPI(authorizer Authorizer, tokens Tokens, documented bool) *API {
	mux := http.NewServeMux()
	a := &API{mux: mux, authorizer: authorizer, tokens: tokens, documented: documented}
	a.huma = humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0"},
		// By the part behind the + huma finds application/problem+json.
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// API Gateway sends a function no other routes, so this is a mistake in
		// a deployment.
		writeProblem(w, newProblem(r.Context(), account.ErrNotFound))
	})
	return a
}

// ServeHTTP serves the operations. A path such as /a/../b, or one without its
// first slash, is no route's, and http.ServeMux would answer it with a redirect
// and a page.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != path.Clean("/"+r.URL.Path) {
		writeProblem(w, newProblem(r.Context(), account.ErrNotFound))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// Served returns the routes that have an operation.
func (a *API) Served() []Route { return slices.Clone(a.served) }

type contextKey int

const (
	callerKey contextKey = iota
	requestKey
	eventKey
	noteKey
)

// Handle registers the operation of a route that wants a signed-in caller. The
// caller is authorized before anything of the request is looked at; what a
// handler returns as error becomes a problem.
func Handle[I, O any](a *API, route Route, handler func(context.Context, account.Caller, *I) (*O, error)) {
	register(a, route, huma.Middlewares{a.authorize(route)}, func(ctx context.Context, input *I) (*O, error) {
		caller, ok := ctx.Value(callerKey).(account.Caller)
		if !ok {
			return nil, errors.New("no caller: the route was served without authorization")
		}
		return handler(ctx, caller, input)
	})
}

// HandleOpen registers the operation of a route that wants no token.
func HandleOpen[I, O any](a *API, route Route, handler func(context.Context, *I) (*O, error)) {
	register(a, route, nil, handler)
}

func register[I, O any](a *API, route Route, middlewares huma.Middlewares, handler func(context.Context, *I) (*O, error)) {
	operation := huma.Operation{
		OperationID: route.Name, Method: route.Method, Path: route.Path, Summary: route.Summary,
		// huma refuses a body that reaches its limit.
		MaxBodyBytes: maxBody + 1, Middlewares: middlewares,
		// A function answers requests; only `product.OpenAPI` describes them.
		Hidden: !a.documented,
	}
	switch {
	case route.Creates:
		operation.DefaultStatus = http.StatusCreated
	case route.Background:
		operation.DefaultStatus = http.StatusAccepted
	}
	switch route.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		operation.Middlewares = append(operation.Middlewares, onlyJSON)
	}
	if a.documented {
		document(&operation, route)
	}
	a.served = append(a.served, route)
	huma.Register(a.huma, operation, func(ctx context.Context, input *I) (*O, error) {
		output, err := handler(ctx, input)
		if err != nil {
			return nil, newProblem(ctx, err)
		}
		return output, nil
	})
}

// Request is what a handler gets that authorizes by itself, because what it
// acts for stands in the body or is the list that it makes.
type Request struct {
	Identity account.Identity
	Target   account.Target
}

// HandleIdentity registers the operation of a route whose handler authorizes by
// itself. The token is checked before anything of the request is looked at; a
// refusal goes only to those who may ask at all, as account says.
func HandleIdentity[I, O any](a *API, route Route, handler func(context.Context, Request, *I) (*O, error)) {
	register(a, route, huma.Middlewares{a.identify(route)}, func(ctx context.Context, input *I) (*O, error) {
		request, ok := ctx.Value(requestKey).(Request)
		if !ok {
			return nil, errors.New("no identity: the route was served without a token")
		}
		return handler(ctx, request, input)
	})
}

// identify is the middleware that lets the holder of a good token through.
func (a *API) identify(route Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		identity, err := a.identity(ctx)
		if err != nil {
			refuse(ctx, err)
			return
		}
		named := target(ctx, route)
		next(huma.WithValue(ctx, requestKey, Request{Identity: identity, Target: named}))
		a.name(ctx, route, named)
	}
}

// name sees to it that the answer of a handler that authorized by itself says
// for which account it acted. What was done, was done for the account in the
// path. What was refused may have been so before the caller was authorized, as
// a malformed body is: then the caller is authorized now, one more read, so
// that nobody hears what is wrong with a request that was not theirs to make.
func (a *API) name(ctx huma.Context, route Route, named account.Target) {
	_, w := humago.Unwrap(ctx)
	answer, ok := w.(*recorder)
	if !ok { // sent already
		return
	}
	status := answer.status()
	refused := status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusUnauthorized
	switch {
	case answer.header.Get(HeaderAccountID) != "":
	case status < http.StatusBadRequest && named.InPath:
		answer.header.Set(HeaderAccountID, named.AccountID)
	case refused:
		caller, err := a.caller(ctx, route)
		if err != nil {
			answer.reset()
			refuse(ctx, err)
		}
		if caller.Organization != nil {
			answer.header.Set(HeaderAccountID, caller.Organization.ID)
		}
	}
	note(ctx.Context()).accountID = answer.header.Get(HeaderAccountID)
}

// authorize is the middleware that lets a caller through.
func (a *API) authorize(route Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		caller, err := a.caller(ctx, route)
		if caller.Organization != nil {
			ctx.SetHeader(HeaderAccountID, caller.Organization.ID)
			note(ctx.Context()).accountID = caller.Organization.ID
		}
		if err != nil {
			refuse(ctx, err)
			return
		}
		next(huma.WithValue(ctx, callerKey, caller))
	}
}

// refuse answers before huma has looked at the request.
func refuse(ctx huma.Context, err error) {
	_, w := humago.Unwrap(ctx)
	writeProblem(w, newProblem(ctx.Context(), err))
}

func (a *API) identity(ctx huma.Context) (account.Identity, error) {
	event, ok := ctx.Context().Value(eventKey).(*Event)
	if !ok {
		return account.Identity{}, account.ErrUnauthenticated
	}
	identity, err := a.tokens.identity(event)
	note(ctx.Context()).userID = identity.UserID
	return identity, err
}

func (a *API) caller(ctx huma.Context, route Route) (account.Caller, error) {
	identity, err := a.identity(ctx)
	if err != nil {
		return account.Caller{}, err
	}
	caller, err := a.authorizer.Authorize(ctx.Context(), identity, target(ctx, route))
	if err == nil && route.Permission != "" {
		err = caller.Require(route.Permission)
	}
	return caller, err
}

// organizationVariable is how a path names an organization.
const organizationVariable = "{organizationId}"

// target is the account that a request names: the path wins over the header.
func target(ctx huma.Context, route Route) account.Target {
	if strings.Contains(route.Path, organizationVariable) {
		return account.Target{AccountID: ctx.Param("organizationId"), InPath: true}
	}
	return account.Target{AccountID: ctx.Header(HeaderAccountID)}
}
