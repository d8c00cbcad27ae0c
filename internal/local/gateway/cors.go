package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/httpapi"
)

// cors is the corsConfiguration of an HTTP API.
//
// What carries the headers: "For a CORS request, API Gateway adds the configured
// CORS headers to the response from an integration." A preflight is answered by
// the gateway itself.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
//
// Whether the gateway's own answers (401 and 403 of the authorizer, 404, 413,
// 500, 503) carry them is not documented, and the evidence conflicts. The
// sentence above speaks of integrations only, and users report that refusals of
// an HTTP API's authorizer come without them; other web clients are written as
// if they could read the status of such a 401 across origins. No capture with an
// Origin and a CORS configuration was found that would decide it. So the default
// is the documented reading, which is also the one that a client must survive;
// Options.CORSOnErrors gives the other.
type cors struct {
	origins       []string
	allowHeaders  string
	exposeHeaders string
	allowMethods  string
	maxAge        string
}

func newCORS(o Options) *cors {
	c := &cors{
		origins:       o.Origins,
		allowHeaders:  strings.Join(httpapi.CORSAllowHeaders, ","),
		exposeHeaders: strings.Join(httpapi.CORSExposeHeaders, ","),
		allowMethods:  strings.Join(httpapi.CORSAllowMethods, ","),
	}
	if o.CORSMaxAge > 0 {
		c.maxAge = strconv.Itoa(int(o.CORSMaxAge.Seconds()))
	}
	return c
}

func (c *cors) configured() bool { return len(c.origins) > 0 }

// answersPreflight reports whether the gateway answers a request for which there
// is no route: with CORS configured, "API Gateway automatically sends a response
// to preflight OPTIONS requests, even if there isn't an OPTIONS route". A route
// that matches OPTIONS gets the request instead.
func (c *cors) answersPreflight(r *http.Request) bool {
	return c.configured() && r.Method == http.MethodOptions
}

// writePreflight answers 204, without an authorizer and whatever the path. From
// an origin that is not allowed, or without Access-Control-Request-Method, the
// answer has no CORS headers, which is what makes a browser refuse (assumed).
func (c *cors) writePreflight(w http.ResponseWriter, r *http.Request) {
	if origin := c.allowedOrigin(r); origin != "" && r.Header.Get("Access-Control-Request-Method") != "" {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Allow-Methods", c.allowMethods)
		header.Set("Access-Control-Allow-Headers", c.allowHeaders)
		if c.maxAge != "" {
			header.Set("Access-Control-Max-Age", c.maxAge)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// addHeaders adds the headers of an answer that is not a preflight's.
func (c *cors) addHeaders(header http.Header, r *http.Request) {
	if origin := c.allowedOrigin(r); origin != "" {
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Expose-Headers", c.exposeHeaders)
	}
}

// allowedOrigin is the value of Access-Control-Allow-Origin for a request; empty
// if it has no Origin or one that is not allowed.
func (c *cors) allowedOrigin(r *http.Request) string {
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
		return ""
	case slices.Contains(c.origins, "*"):
		return "*"
	case slices.Contains(c.origins, origin):
		return origin
	}
	if scheme, _, ok := strings.Cut(origin, "://"); ok && slices.Contains(c.origins, scheme+"://*") {
		return origin
	}
	return ""
}
