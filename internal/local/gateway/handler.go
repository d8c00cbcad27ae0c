package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

const (
	// maxRequestBody is the payload size of an HTTP API, 10 MB.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	maxRequestBody = 10 << 20
	// maxLambdaPayload is Lambda's limit for the event and for the response of
	// a synchronous call: 6 MB, in the service's own error messages 6291556
	// bytes.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxLambdaPayload = 6291556
)

// requestIDHeader is on every answer of an HTTP API.
const requestIDHeader = "Apigw-Requestid"

type gateway struct {
	Options
	routes     router
	cors       *cors
	authorizer *authorizer
}

// ServeHTTP takes a request through the steps of an HTTP API: route, preflight,
// authorizer, integration.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := newRequestID()
	w.Header().Set(requestIDHeader, requestID)
	path := decodedPath(r)
	route, parameters, found := g.routes.match(r.Method, path)
	if !found {
		if g.cors.answersPreflight(r) {
			g.cors.writePreflight(w, r)
			return
		}
		g.refuse(w, r, http.StatusNotFound, "Not Found")
		return
	}

	in := incoming{Request: r, route: route, path: path, parameters: parameters, requestID: requestID}
	if !route.Open {
		identity, refusal := g.authorizer.authorize(r)
		if refusal != nil {
			w.Header().Set("Www-Authenticate", refusal.challenge)
			g.refuse(w, r, refusal.status, refusal.message())
			return
		}
		in.identity = identity
	}

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			g.refuse(w, r, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
			return
		}
		g.refuse(w, r, http.StatusBadRequest, "Bad Request")
		return
	}
	in.body = body
	g.integrate(w, in)
}

// integrate calls the function of the route and writes its answer.
func (g *gateway) integrate(w http.ResponseWriter, in incoming) {
	payload, err := g.event(in)
	if err != nil {
		g.Log.Error("event not encoded", "route", in.route.Key(), "error", err)
		g.refuse(w, in.Request, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	// A body within API Gateway's limit can still be more than Lambda takes,
	// most of all in base64; API Gateway answers the same 413 (its own emulator
	// does: ToHttpApiV2RequestTooLargeResponse in github.com/aws/aws-lambda-dotnet).
	if len(payload) > maxLambdaPayload {
		g.refuse(w, in.Request, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	output, err := g.invoke(in, payload)
	if errors.Is(err, errTimeout) {
		g.Log.Error("function timed out", "route", in.route.Key(), "timeout", g.RequestTimeout)
		g.refuse(w, in.Request, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	var answer response
	if err == nil {
		answer, err = parseResponse(output)
	}
	if err != nil {
		g.Log.Error("function failed", "route", in.route.Key(), "function", string(in.route.Function), "error", err)
		g.refuse(w, in.Request, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	answer.write(w, in.Request, g.cors)
}

// refuse writes one of the gateway's own answers, whose body cannot be changed
// in an HTTP API.
func (g *gateway) refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	if g.CORSOnErrors {
		g.cors.addHeaders(w.Header(), r)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body, _ := json.Marshal(map[string]string{"message": message}) // a map of strings always encodes
	_, _ = w.Write(body)                                           // the client is gone if this fails
}

// decodedPath is the path that routes are matched with and that functions get.
// Unlike a REST API, an HTTP API decodes the path before it does anything else,
// and loses what follows a decoded question mark (captures summed up in
// github.com/middleapi/standard-server/pull/93; github.com/honojs/hono/issues/2156).
func decodedPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.URL.Path, "?")
	if path == "" {
		return "/"
	}
	return path
}

// newRequestID returns a request id in the form of HTTP APIs: 15 characters of
// base64 and an equals sign.
func newRequestID() string {
	var id [11]byte
	_, _ = rand.Read(id[:]) // never fails, as its documentation says
	return base64.URLEncoding.EncodeToString(id[:])
}
