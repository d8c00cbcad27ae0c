package s3

import (
	"net/http"
	"slices"
)

// preflightMaxAge is what the bucket's rule says, in seconds.
const preflightMaxAge = "3600"

// preflight answers a browser that asks before it POSTs.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Origin") == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		return failure{
			status: http.StatusBadRequest, Code: "BadRequest",
			Message: "Insufficient information. Origin request header needed.",
		}
	}
	if r.Header.Get("Access-Control-Request-Method") != http.MethodPost || !s.allowOrigin(w.Header(), r) {
		return failure{
			status: http.StatusForbidden, Code: "AccessForbidden",
			Message: "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, " +
				"request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
		}
	}
	header := w.Header()
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		header.Set("Access-Control-Allow-Headers", asked)
	}
	header.Set("Access-Control-Max-Age", preflightMaxAge)
	w.WriteHeader(http.StatusOK)
	return nil
}

// allowOrigin lets a browser read the answer, and reports whether it does.
func (s *Server) allowOrigin(header http.Header, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	asksPost := r.Method == http.MethodPost || r.Method == http.MethodOptions
	if !asksPost || !slices.Contains(s.options.Origins, origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Methods", http.MethodPost)
	header.Set("Access-Control-Allow-Credentials", "true")
	header.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	return true
}
