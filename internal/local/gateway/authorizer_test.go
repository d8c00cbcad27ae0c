package gateway_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"hearth/internal/local/gateway"
)

func invalid(description string) string {
	return `Bearer scope="" error="invalid_token" error_description="` + description + `"`
}

const forbidden = `Bearer scope="` + scope + `" error="insufficient_scope" error_description="expected scopes: [` + scope + `]"`

func TestClaimsDecideWhatTheAuthorizerAnswers(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	api := newAPI(t, echo, s, nil)
	now := testTime.Unix()
	for _, c := range []struct {
		name    string
		changes map[string]any
		want    string // the challenge; empty if the token is good
	}{
		{"an access token", nil, ""},
		{"token_use is not looked at", map[string]any{"token_use": "id"}, ""},
		{"the scope among others", map[string]any{"scope": "openid " + scope + " profile"}, ""},
		{"the scope in scp, an array", map[string]any{"scope": nil, "scp": []string{"x", scope}}, ""},
		{"the scope in scp, a string", map[string]any{"scope": nil, "scp": scope}, ""},
		{"aud instead of client_id", map[string]any{"client_id": nil, "aud": audience}, ""},
		{"aud with several", map[string]any{"client_id": nil, "aud": []string{"other", audience}}, ""},
		{"no iat and no nbf", map[string]any{"iat": nil, "nbf": nil}, ""},
		{"iat and nbf now", map[string]any{"iat": now, "nbf": now}, ""},

		{"an ID token has no scope", map[string]any{"client_id": nil, "aud": audience, "token_use": "id", "scope": nil}, forbidden},
		{"another scope", map[string]any{"scope": "openid"}, forbidden},
		{"a scope that only starts alike", map[string]any{"scope": scope + ".x"}, forbidden},

		{"another issuer", map[string]any{"iss": issuer + "x"}, invalid("the token does not have a valid issuer")},
		{"no issuer", map[string]any{"iss": nil}, invalid("the token does not have a valid issuer")},
		{"another client", map[string]any{"client_id": "server"}, invalid("the token does not have a valid audience")},
		{"aud wins over client_id", map[string]any{"aud": "other"}, invalid("the token does not have a valid audience")},
		{"neither aud nor client_id", map[string]any{"client_id": nil}, invalid("the token does not have a valid audience")},
		{"expired", map[string]any{"exp": now - 1}, invalid("the token has expired")},
		{"expires now", map[string]any{"exp": now}, invalid("the token has expired")},
		{"no exp", map[string]any{"exp": nil}, invalid("the token does not have a valid time claim")},
		{"exp is text", map[string]any{"exp": "9999999999"}, invalid("the token does not have a valid time claim")},
		{"nbf in the future", map[string]any{"nbf": now + 1}, invalid("the token is not valid yet")},
		{"iat in the future", map[string]any{"iat": now + 1}, invalid("the token was issued in the future")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, body := call(t, api, "GET", "/me", "", "Authorization: Bearer "+s.token(t, accessClaims(c.changes)))
			assertChallenge(t, answer, body, c.want)
		})
	}
}

// assertChallenge checks an answer of the authorizer by the challenge alone,
// which decides status and body; empty means that the token was accepted.
func assertChallenge(t *testing.T, answer *http.Response, body, want string) {
	t.Helper()
	status, wantBody := http.StatusUnauthorized, `{"message":"Unauthorized"}`
	switch {
	case want == "":
		status, wantBody = http.StatusOK, body
	case strings.Contains(want, "insufficient_scope"):
		status, wantBody = http.StatusForbidden, `{"message":"Forbidden"}`
	}
	if answer.StatusCode != status || body != wantBody {
		t.Errorf("answer %d %s, want %d %s", answer.StatusCode, body, status, wantBody)
	}
	if got := answer.Header.Get("WWW-Authenticate"); got != want {
		t.Errorf("challenge %q, want %q", got, want)
	}
	if answer.Header.Get("Apigw-Requestid") == "" {
		t.Error("no apigw-requestid")
	}
}

func TestIdentitySourceIsTheTokenWithOrWithoutBearer(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	api := newAPI(t, echo, s, nil)
	token := s.token(t, accessClaims(nil))
	segments := invalid("token contains an invalid number of segments")
	for _, c := range []struct {
		name, header, want string
	}{
		{"prefixed", "Authorization: Bearer " + token, ""},
		{"the token alone", "Authorization: " + token, ""},
		{"no header", "X-Other: x", "Bearer"},
		{"empty", "Authorization: ", "Bearer"},
		{"only the prefix", "Authorization: Bearer ", "Bearer"},
		{"another scheme", "Authorization: Basic dXNlcjpwYXNz", segments},
		{"no token at all", "Authorization: Bearer not-a-token", segments},
		{"two segments", "Authorization: Bearer a.b", segments},
		{"four segments", "Authorization: Bearer " + token + ".x", segments},
		{"three empty segments", "Authorization: Bearer ..", invalid("token is malformed")},
		{"in the query", "X-Other: x", "Bearer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, body := call(t, api, "GET", "/me?access_token="+token, "", c.header)
			assertChallenge(t, answer, body, c.want)
		})
	}
}

// part is one segment of a hand-made token.
func part(t *testing.T, value map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	s, stranger := newSigner(t, "k1"), newSigner(t, "k1")
	api := newAPI(t, echo, s, nil)
	good := strings.Split(s.token(t, accessClaims(nil)), ".")
	admin := part(t, accessClaims(map[string]any{"sub": "somebody-else"}))

	der, err := x509.MarshalPKIXPublicKey(s.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	hmacKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	withKey := func(alg jwa.SignatureAlgorithm, key any, headers map[string]any) string {
		payload, err := json.Marshal(accessClaims(nil))
		if err != nil {
			t.Fatal(err)
		}
		header := jws.NewHeaders()
		for name, value := range headers {
			if err := header.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
		signed, err := jws.Sign(payload, jws.WithKey(alg, key, jws.WithProtectedHeaders(header)))
		if err != nil {
			t.Fatal(err)
		}
		return string(signed)
	}
	own, err := jwk.Import(stranger.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	signature := invalid("crypto/rsa: verification error")
	keyID := invalid("the token does not have a valid key id")
	for _, c := range []struct {
		name, token, want string
	}{
		{"another payload", good[0] + "." + admin + "." + good[2], signature},
		{"another signature", good[0] + "." + good[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256)), signature},
		{"no signature", good[0] + "." + good[1] + ".", signature},
		{"signed by a stranger with the same key id", stranger.token(t, accessClaims(nil)), signature},
		{"alg none", part(t, map[string]any{"alg": "none", "kid": "k1"}) + "." + admin + ".", invalid("signing method none is invalid")},
		{"HS256 with the public key", withKey(jwa.HS256(), hmacKey, map[string]any{"kid": "k1"}), invalid("signing method HS256 is invalid")},
		{"HS256 with the public key's DER", withKey(jwa.HS256(), der, map[string]any{"kid": "k1"}), invalid("signing method HS256 is invalid")},
		{"another RSA algorithm than the key's", withKey(jwa.RS512(), s.private, map[string]any{"kid": "k1"}), keyID},
		{"PSS", withKey(jwa.PS256(), s.private, map[string]any{"kid": "k1"}), invalid("signing method PS256 is invalid")},
		{"no key id", withKey(jwa.RS256(), s.private, nil), keyID},
		{"unknown key id", withKey(jwa.RS256(), s.private, map[string]any{"kid": "k2"}), keyID},
		{"a key of its own", withKey(jwa.RS256(), stranger.private, map[string]any{"kid": "k1", "jwk": own}), signature},
		{"a key set of its own", withKey(jwa.RS256(), stranger.private, map[string]any{"kid": "k1", "jku": "http://127.0.0.1:1/keys"}), signature},
		{"no algorithm", part(t, map[string]any{"kid": "k1"}) + "." + good[1] + "." + good[2], invalid("token is malformed")},
		{"an algorithm that is markup", part(t, map[string]any{"alg": "\"\r\nX: y", "kid": "k1"}) + "." + good[1] + "." + good[2], invalid("token is malformed")},
		{"a header that is no JSON", "bm90LWpzb24." + good[1] + "." + good[2], invalid("token is malformed")},
		{"a header that is no base64", "!!." + good[1] + "." + good[2], invalid("token is malformed")},
		{"JSON serialization", `{"protected":"` + good[0] + `","payload":"` + good[1] + `","signature":"` + good[2] + `","a":"..x"}`, invalid("token is malformed")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, body := call(t, api, "GET", "/me", "", "Authorization: Bearer "+c.token)
			assertChallenge(t, answer, body, c.want)
		})
	}
}

func TestSignedPayloadThatIsNoObjectIsRefused(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	api := newAPI(t, echo, s, nil)
	header := jws.NewHeaders()
	if err := header.Set(jws.KeyIDKey, s.id); err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{"null", "[]", `"x"`, "x", ""} {
		signed, err := jws.Sign([]byte(payload), jws.WithKey(jwa.RS256(), s.private, jws.WithProtectedHeaders(header)))
		if err != nil {
			t.Fatal(err)
		}
		answer, body := call(t, api, "GET", "/me", "", "Authorization: "+string(signed))
		assertChallenge(t, answer, body, invalid("token is malformed"))
	}
}

func TestClaimsReachTheFunctionAsStrings(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	token := s.token(t, accessClaims(map[string]any{
		"email_verified": true, "cognito:groups": []any{"admins", "editors"}, "empty": []any{}, "large": 12345678901234567,
		"nested": map[string]any{"b": 2, "a": "x"}, "nothing": json.RawMessage("null"), "ratio": 0.5,
	}))
	want := map[string]any{
		"sub": "5f0c", "iss": issuer, "client_id": audience, "token_use": "access", "scope": scope,
		"auth_time": "1584039778", "iat": "1584039778", "exp": "1584043438",
		"email_verified": "true", "cognito:groups": "[admins editors]", "empty": "[]", "large": "12345678901234567",
		"nested": "map[a:x b:2]", "nothing": "<nil>", "ratio": "0.5",
	}
	for _, c := range []struct {
		name   string
		change func(*gateway.Options)
		scopes any
	}{
		{"with a route scope", nil, []any{scope}},
		{"without a route scope", func(o *gateway.Options) { o.Scope = "" }, nil},
	} {
		e := event(t, newAPI(t, echo, s, c.change), "GET", "/me", "", "Authorization: "+token)
		context, _ := e["requestContext"].(map[string]any)
		got := context["authorizer"]
		if diff := cmp.Diff(map[string]any{"jwt": map[string]any{"claims": want, "scopes": c.scopes}}, got); diff != "" {
			t.Errorf("%s: authorizer:\n%s", c.name, diff)
		}
	}
}

func TestOpenRouteHasNoAuthorizer(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	api := newAPI(t, echo, s, nil)
	for _, header := range []string{"X-None: x", "Authorization: Bearer bad", "Authorization: " + s.token(t, accessClaims(nil))} {
		e := event(t, api, "GET", "/open", "", header)
		context, _ := e["requestContext"].(map[string]any)
		if _, ok := context["authorizer"]; ok {
			t.Errorf("%.20s: the event has an authorizer", header)
		}
	}
}

func TestRefusedRequestsDoNotReachTheFunction(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	calls := 0
	api := newAPI(t, handlerFunc(func(context.Context, []byte) ([]byte, error) { calls++; return nil, nil }), s, nil)
	for _, header := range []string{"X-None: x", "Authorization: Bearer bad", "Authorization: " + s.token(t, accessClaims(map[string]any{"scope": nil}))} {
		call(t, api, "GET", "/me", "", header)
	}
	if calls != 0 {
		t.Errorf("the function was called %d times", calls)
	}
}

func TestTokenExpiresByTheInjectedClock(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	now := testTime.Truncate(time.Second).Add(-time.Minute) // the token's iat: good already
	api := newAPI(t, echo, s, func(o *gateway.Options) { o.Now = func() time.Time { return now } })
	token := "Authorization: " + s.token(t, accessClaims(nil))
	if answer, _ := call(t, api, "GET", "/me", "", token); answer.StatusCode != http.StatusOK {
		t.Errorf("before: %d", answer.StatusCode)
	}
	now = testTime.Truncate(time.Second).Add(time.Hour) // its exp: good no longer
	if answer, _ := call(t, api, "GET", "/me", "", token); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("after: %d", answer.StatusCode)
	}
}
