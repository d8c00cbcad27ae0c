package userpool

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

const (
	targetPrefix = "AWSCognitoIdentityProviderService."
	contentType  = "application/x-amz-json-1.1"
	// maxBody is far above what the API's own length limits add up to.
	maxBody = 1 << 20
)

// ServeHTTP answers Cognito's JSON protocol at POST /, and at GET
// /{poolId}/.well-known/jwks.json and /{poolId}/.well-known/openid-configuration
// the documents by which tokens are verified. Like Cognito's endpoint it can be
// called from any origin.
func (p *Pool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
	h.Set("x-amzn-RequestId", newID())
	switch {
	case r.Method == http.MethodOptions:
		preflight(w, r)
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/"+p.options.PoolID+"/.well-known/"):
		p.serveDiscovery(w, r)
	case r.Method == http.MethodPost && r.URL.Path == "/":
		p.serveOperation(w, r)
	default:
		p.answerError(w, r, "", fail(codeUnknownOperation, "There is nothing at this path and method."))
	}
}

// preflight allows what a browser asks for: Cognito's API carries its
// authority in the body or the signature, never in a cookie.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "172800")
	w.WriteHeader(http.StatusOK)
}

func (p *Pool) serveOperation(w http.ResponseWriter, r *http.Request) {
	name, found := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	op, known := operations[name]
	if !found || !known {
		p.answerError(w, r, name, fail(codeUnknownOperation, "This user pool does not know the operation."))
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		p.answerError(w, r, name, err)
		return
	}
	if op.signed {
		if err := p.checkSignature(r); err != nil {
			p.answerError(w, r, name, err)
			return
		}
	}
	fault, planned := p.options.Faults.takeOperation(name)
	if planned && !fault.after {
		p.answerError(w, r, name, fail(fault.code, "Planned failure."))
		return
	}
	// What an operation has begun it ends: Cognito does not stop half-way
	// because its caller hung up.
	answer, err := op.run(context.WithoutCancel(r.Context()), p, body)
	if planned {
		err = fail(fault.code, "Planned loss of the answer.")
	}
	if err != nil {
		p.answerError(w, r, name, err)
		return
	}
	p.answer(w, r, http.StatusOK, answer)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(strings.ToLower(media)) != contentType {
		return nil, fail(codeSerialization, "Content-Type must be "+contentType+".")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fail(codeSerialization, "The body could not be read.")
	}
	return body, nil
}

// checkSignature wants a SigV4 header for this service and region. The
// signature itself is not verified, so any static credentials will do.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (p *Pool) checkSignature(r *http.Request) error {
	header := r.Header.Get("Authorization")
	if header == "" {
		return fail(codeMissingAuthenticationToken, "Missing Authentication Token")
	}
	fields, found := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !found {
		return fail(codeIncompleteSignature, "Authorization header requires the AWS4-HMAC-SHA256 algorithm.")
	}
	parts := make(map[string]string)
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		parts[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[name] == "" {
			return fail(codeIncompleteSignature, "Authorization header requires '"+name+"' parameter.")
		}
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) < 5 || scope[len(scope)-1] != "aws4_request" || scope[len(scope)-2] != "cognito-idp" ||
		scope[len(scope)-3] != p.options.Region {
		return fail(codeInvalidSignature, "Credential should be scoped to cognito-idp in "+p.options.Region+".")
	}
	return nil
}

func (p *Pool) answerError(w http.ResponseWriter, r *http.Request, operation string, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		p.options.Log.LogAttrs(r.Context(), slog.LevelError, "user pool operation failed",
			slog.String("operation", operation), slog.String("error", err.Error()))
		e = &apiError{code: codeInternalError, message: "Internal error."}
	}
	w.Header().Set("x-amzn-ErrorType", e.code+":")
	w.Header().Set("x-amzn-ErrorMessage", headerText(e.message))
	p.answer(w, r, e.status(), struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.code, e.message})
}

// headerText keeps what may stand in a header: a trigger's error text can hold
// anything.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

func (p *Pool) answer(w http.ResponseWriter, r *http.Request, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		p.options.Log.LogAttrs(r.Context(), slog.LevelError, "user pool answer failed", slog.String("error", err.Error()))
		http.Error(w, codeInternalError, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(raw); err != nil {
		p.options.Log.LogAttrs(r.Context(), slog.LevelDebug, "user pool answer not delivered", slog.String("error", err.Error()))
	}
}
