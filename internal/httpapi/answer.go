package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// recorder is the http.ResponseWriter that becomes a function's response.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header is the header to be sent.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader sets the status; the first one counts.
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
}

// Write adds to the body.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p) //nolint:wrapcheck // a buffer does not fail
}

func (r *recorder) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}

// reset forgets what was written, but for the account that was acted for.
func (r *recorder) reset() {
	accountID := r.header.Get(HeaderAccountID)
	r.header, r.code = http.Header{}, 0
	if accountID != "" {
		r.header.Set(HeaderAccountID, accountID)
	}
	r.body.Reset()
}

// response is the answer in payload format 2.0. Every answer of Hearth is text.
// No cache may keep an answer unless the operation says so.
func (r *recorder) response() events.APIGatewayV2HTTPResponse {
	if r.header.Get("Cache-Control") == "" {
		r.header.Set("Cache-Control", "no-store")
	}
	headers := make(map[string]string, len(r.header))
	for name, values := range r.header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: r.status(), Headers: headers, Body: r.body.String()}
}

// writeProblem answers with a problem where no operation does it.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the recorder does not fail
}
