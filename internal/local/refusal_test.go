package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// What API Gateway's authorizer refuses never reaches a function, so the body
// is API Gateway's own.
func wantGateway(t *testing.T, got answer, status int, message string) {
	t.Helper()
	got.want(t, status)
	var body map[string]string
	got.JSON(t, &body)
	if len(body) != 1 || body["message"] != message {
		t.Errorf("body %s, want API Gateway's %q", got.Body, message)
	}
}

func TestTheAuthorizerRefusesWhatIsNoGoodToken(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	foreigner := newPerson(t, newHost(t, nil), nil)

	for name, token := range map[string]string{
		"none":                        "",
		"not a token":                 "good-morning",
		"another pool's":              foreigner.AccessToken,
		"a changed payload":           changePayload(t, p.AccessToken),
		"no signature":                unsigned(t, p.AccessToken),
		"another key, the same names": resigned(t, p.AccessToken),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantGateway(t, p.with(token).call(t, http.MethodGet, "/me", nil), http.StatusUnauthorized, "Unauthorized")
		})
	}
	t.Run("an ID token, which has no scope", func(t *testing.T) {
		t.Parallel()
		wantGateway(t, p.with(p.IDToken).call(t, http.MethodGet, "/me", nil), http.StatusForbidden, "Forbidden")
	})
}

func TestAnExpiredTokenIsRefused(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	h := newHost(t, func(o *options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	p := newPerson(t, h, nil)
	p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	ahead.Store(int64(61 * time.Minute))
	wantGateway(t, p.call(t, http.MethodGet, "/me", nil), http.StatusUnauthorized, "Unauthorized")
}

func TestUnknownRoutesAreNotFound(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for _, route := range []string{
		"GET /", "GET /nowhere", "POST /me", "DELETE /config", "GET /me/", "GET //me", "GET /ME", "POST /docs", "POST /openapi.json",
	} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(route, " ")
			wantGateway(t, p.call(t, method, path, nil), http.StatusNotFound, "Not Found")
		})
	}
}

// parts splits a token into its header, claims and signature.
func parts(t *testing.T, token string) (header, claims map[string]any, signature string) {
	t.Helper()
	fields := strings.Split(token, ".")
	if len(fields) != 3 {
		t.Fatal("not a signed token")
	}
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(fields[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims, fields[2]
}

func encodePart(t *testing.T, part map[string]any) string {
	t.Helper()
	text, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func changePayload(t *testing.T, token string) string {
	t.Helper()
	header, claims, signature := parts(t, token)
	claims["sub"] = "someone-else"
	return encodePart(t, header) + "." + encodePart(t, claims) + "." + signature
}

func unsigned(t *testing.T, token string) string {
	t.Helper()
	header, claims, _ := parts(t, token)
	header["alg"] = "none"
	return encodePart(t, header) + "." + encodePart(t, claims) + "."
}

func resigned(t *testing.T, token string) string {
	t.Helper()
	header, claims, _ := parts(t, token)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwk.Import(private)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Set(jwk.KeyIDKey, header["kid"]); err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := jws.Sign(payload, jws.WithKey(jwa.RS256(), key))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}
