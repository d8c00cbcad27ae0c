package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"hearth/internal/account"
)

// Repeatable is what every POST takes that makes something. It is exported
// because huma sees no parameters in an embedded type that is not.
type Repeatable struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"128" pattern:"^[!-~]+$" patternDescription:"printable ASCII" doc:"Sent again within 24 hours with the same body, the request answers the same and makes nothing twice."`
	RawBody        []byte
}

// Repeat names the request of a route for an account.
func (r Repeatable) Repeat(route Route, accountID string) account.Repeat {
	if r.IdempotencyKey == "" {
		return account.Repeat{}
	}
	hash := sha256.New()
	for _, part := range []string{route.Key(), accountID, string(r.RawBody)} {
		sum := sha256.Sum256([]byte(part))
		hash.Write(sum[:])
	}
	return account.Repeat{Key: r.IdempotencyKey, Request: base64.RawURLEncoding.EncodeToString(hash.Sum(nil))}
}

// Resolve refuses a key that was sent but is empty, which huma takes for none:
// whoever sends it believes that the request may be sent again.
func (r *Repeatable) Resolve(ctx huma.Context) []error {
	request, _ := humago.Unwrap(ctx)
	if _, sent := request.Header[http.CanonicalHeaderKey("Idempotency-Key")]; !sent || r.IdempotencyKey != "" {
		return nil
	}
	return []error{&huma.ErrorDetail{Location: "header.Idempotency-Key", Message: "an empty key"}}
}
