package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// authorizer is a JWT authorizer with the identity source
// $request.header.Authorization. It looks at no claim but those listed here: an
// ID token has the audience too, only its lack of the scope tells it apart, and
// token_use is the function's to check.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
type authorizer struct {
	issuer, audience, scope string
	keys                    *keyCache
	now                     func() time.Time
}

// refusal is a token that the authorizer did not accept.
type refusal struct {
	status int
	// challenge is the answer's WWW-Authenticate header.
	challenge string
}

func (r *refusal) message() string { return http.StatusText(r.status) }

// The reasons that AWS gives in error_description. The first is documented, the
// second to fourth were seen on AWS. All read like those of the JWT library
// for Go that was common when HTTP APIs came out, so the others that such a
// library gives are worded as it does (assumed). The last ones are Hearth's own
// words where nothing is known.
const (
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
	reasonAudience  = "the token does not have a valid audience"
	reasonSegments  = "token contains an invalid number of segments"
	reasonAlgorithm = "signing method %s is invalid"
	reasonKeys      = "JWKS communication error"

	reasonMalformed = "token is malformed"
	reasonSignature = "crypto/rsa: verification error"
	reasonExpired   = "the token has expired"

	reasonIssuer    = "the token does not have a valid issuer"
	reasonKey       = "the token does not have a valid key id"
	reasonNotYet    = "the token is not valid yet"
	reasonIssuedAt  = "the token was issued in the future"
	reasonTimeClaim = "the token does not have a valid time claim"
)

// missingToken is the refusal of a request without a token.
func missingToken() *refusal { return &refusal{http.StatusUnauthorized, "Bearer"} }

func invalidToken(reason string) *refusal {
	return &refusal{
		http.StatusUnauthorized,
		`Bearer scope="" error="invalid_token" error_description="` + reason + `"`,
	}
}

// insufficientScope is worded as seen on AWS.
func insufficientScope(scope string) *refusal {
	return &refusal{http.StatusForbidden, fmt.Sprintf(
		`Bearer scope="%s" error="insufficient_scope" error_description="expected scopes: [%s]"`, scope, scope,
	)}
}

// authorize checks the token of a request and returns what it says, or why it
// is refused. "The identitySource can include only the token, or the token
// prefixed with Bearer."
func (a *authorizer) authorize(r *http.Request) (*identity, *refusal) {
	token := strings.TrimSpace(r.Header.Get("Authorization"))
	token = strings.TrimSpace(strings.TrimPrefix(token, "Bearer "))
	if token == "" || token == "Bearer" {
		return nil, missingToken()
	}
	payload, refused := a.verify(r, token)
	if refused != nil {
		return nil, refused
	}
	var c claims
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	if err := decoder.Decode(&c); err != nil || c == nil {
		return nil, invalidToken(reasonMalformed)
	}
	if refused := a.check(c); refused != nil {
		return nil, refused
	}
	who := &identity{Claims: c.asStrings()}
	if a.scope != "" {
		if !slices.Contains(c.scopes(), a.scope) {
			return nil, insufficientScope(a.scope)
		}
		who.Scopes = []string{a.scope}
	}
	return who, nil
}

// algorithms are the signature algorithms that are accepted: "Currently, only
// RSA-based algorithms are supported." Never one that takes the public key for
// a shared secret.
var algorithms = map[string]jwa.SignatureAlgorithm{
	"RS256": jwa.RS256(), "RS384": jwa.RS384(), "RS512": jwa.RS512(),
}

// algorithmName is what may be echoed of a token's alg.
var algorithmName = regexp.MustCompile(`^[A-Za-z0-9-]{1,16}$`)

// verify checks the signature and returns the payload that was signed.
func (a *authorizer) verify(r *http.Request, token string) ([]byte, *refusal) {
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		return nil, invalidToken(reasonSegments)
	}
	header, err := base64.RawURLEncoding.DecodeString(segments[0])
	if err != nil {
		return nil, invalidToken(reasonMalformed)
	}
	var named struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	if err := json.Unmarshal(header, &named); err != nil {
		return nil, invalidToken(reasonMalformed)
	}
	algorithm, ok := algorithms[named.Algorithm]
	if !ok {
		if !algorithmName.MatchString(named.Algorithm) {
			return nil, invalidToken(reasonMalformed)
		}
		return nil, invalidToken(fmt.Sprintf(reasonAlgorithm, named.Algorithm))
	}
	if named.KeyID == "" {
		return nil, invalidToken(reasonKey)
	}
	key, err := a.keys.find(r.Context(), named.KeyID)
	if err != nil {
		return nil, invalidToken(reasonKeys)
	}
	if key == nil || !fits(key, algorithm) {
		return nil, invalidToken(reasonKey)
	}
	payload, err := jws.Verify([]byte(token), jws.WithCompact(), jws.WithKey(algorithm, key))
	if err != nil {
		return nil, invalidToken(reasonSignature)
	}
	return payload, nil
}

// fits reports whether a key is an RSA key that may be used with an algorithm.
func fits(key jwk.Key, algorithm jwa.SignatureAlgorithm) bool {
	if key.KeyType() != jwa.RSA() {
		return false
	}
	named, ok := key.Algorithm()
	return !ok || named.String() == algorithm.String()
}

// check looks at the claims: iss, aud or client_id, exp, nbf and iat. A token
// without exp is refused, because exp "must be after the current time".
func (a *authorizer) check(c claims) *refusal {
	now := float64(a.now().UnixNano()) / float64(time.Second)
	expires, present, err := c.seconds("exp")
	if err != nil || !present {
		return invalidToken(reasonTimeClaim)
	}
	if expires <= now {
		return invalidToken(reasonExpired)
	}
	for _, start := range []struct{ claim, reason string }{{"nbf", reasonNotYet}, {"iat", reasonIssuedAt}} {
		at, present, err := c.seconds(start.claim)
		if err != nil {
			return invalidToken(reasonTimeClaim)
		}
		if present && at > now {
			return invalidToken(start.reason)
		}
	}
	if issuer, _ := c["iss"].(string); issuer != a.issuer {
		return invalidToken(reasonIssuer)
	}
	if !c.isFor(a.audience) {
		return invalidToken(reasonAudience)
	}
	return nil
}
