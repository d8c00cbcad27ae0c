package gateway_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"go.uber.org/goleak"

	"hearth/internal/httpapi"
	"hearth/internal/local/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	issuer   = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example"
	audience = "webclient"
	scope    = "aws.cognito.signin.user.admin"
	origin   = "https://app.example.com"
)

// testTime is when every test takes place.
var testTime = time.Date(2020, time.March, 12, 19, 3, 58, 390e6, time.UTC)

// handlerFunc lets a function be a Lambda handler.
type handlerFunc func(ctx context.Context, payload []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// echo answers with the event that it got.
var echo = handlerFunc(func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil })

// answering returns a handler with a fixed output.
func answering(output string) lambda.Handler {
	return handlerFunc(func(context.Context, []byte) ([]byte, error) { return []byte(output), nil })
}

// signer is an issuer with one key.
type signer struct {
	id      string
	private *rsa.PrivateKey
	public  jwk.Key
}

func newSigner(t testing.TB, id string) *signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := jwk.Import(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{jwk.KeyIDKey: id, jwk.AlgorithmKey: jwa.RS256(), jwk.KeyUsageKey: "sig"} {
		if err := public.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return &signer{id: id, private: private, public: public}
}

// set returns the key set with the keys of signers.
func set(t testing.TB, signers ...*signer) jwk.Set {
	t.Helper()
	keys := jwk.NewSet()
	for _, s := range signers {
		if err := keys.AddKey(s.public); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// token signs claims with RS256.
func (s *signer) token(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	header := jws.NewHeaders()
	if err := header.Set(jws.KeyIDKey, s.id); err != nil {
		t.Fatal(err)
	}
	signed, err := jws.Sign(payload, jws.WithKey(jwa.RS256(), s.private, jws.WithProtectedHeaders(header)))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// accessClaims are those of a good access token, with changes; nil removes one.
func accessClaims(changes map[string]any) map[string]any {
	claims := map[string]any{
		"sub": "5f0c", "iss": issuer, "client_id": audience, "token_use": "access", "scope": scope,
		"auth_time": testTime.Unix() - 60, "iat": testTime.Unix() - 60, "exp": testTime.Unix() + 3600,
	}
	for name, value := range changes {
		if value == nil {
			delete(claims, name)
			continue
		}
		claims[name] = value
	}
	return claims
}

// testRoutes are an open and a closed route with each kind of path.
func testRoutes() []httpapi.Route {
	return []httpapi.Route{
		{Method: "GET", Path: "/open", Function: "fn", Open: true},
		{Method: "POST", Path: "/open", Function: "fn", Open: true},
		{Method: "GET", Path: "/me", Function: "fn"},
		{Method: "GET", Path: "/organizations/{organizationId}", Function: "fn", Open: true},
	}
}

// newAPI makes a gateway with one function and the keys of a signer.
func newAPI(t testing.TB, fn lambda.Handler, s *signer, change func(*gateway.Options)) http.Handler {
	t.Helper()
	keys := jwk.NewSet()
	if s != nil {
		keys = set(t, s)
	}
	o := gateway.Options{
		Routes: testRoutes(), Functions: map[httpapi.Function]lambda.Handler{"fn": fn},
		Issuer: issuer, Audience: audience, Scope: scope,
		Keys: func(context.Context) (jwk.Set, error) { return keys, nil },
		Now:  func() time.Time { return testTime },
	}
	if change != nil {
		change(&o)
	}
	api, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// call sends a request and returns the answer with its body read. Headers are
// "Name: value".
func call(t testing.TB, api http.Handler, method, target, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	answer := w.Result()
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(read)
}

// event sends a request to a gateway that echoes and returns the event.
func event(t testing.TB, api http.Handler, method, target, body string, headers ...string) map[string]any {
	t.Helper()
	answer, read := call(t, api, method, target, body, headers...)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, target, answer.StatusCode, read)
	}
	var e map[string]any
	if err := json.Unmarshal([]byte(read), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// at returns the value under a path of keys of a JSON object, as a string.
func at(e map[string]any, path ...string) string {
	var value any = e
	for _, key := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		if value, ok = object[key]; !ok {
			return ""
		}
	}
	return fmt.Sprint(value)
}

func TestNewReportsEachWrongSetting(t *testing.T) {
	t.Parallel()
	good := gateway.Options{
		Routes:    testRoutes(),
		Functions: map[httpapi.Function]lambda.Handler{"fn": echo},
		Issuer:    issuer, Audience: audience, JWKSURL: "http://localhost/keys",
	}
	route := func(method, path string) func(*gateway.Options) {
		return func(o *gateway.Options) {
			o.Routes = append(o.Routes, httpapi.Route{Method: method, Path: path, Function: "fn"})
		}
	}
	for want, change := range map[string]func(*gateway.Options){
		"":                                    func(*gateway.Options) {},
		`no handler for function "fn"`:        func(o *gateway.Options) { o.Functions = nil },
		"need Issuer and Audience":            func(o *gateway.Options) { o.Audience = "" },
		"need Keys or an absolute JWKSURL":    func(o *gateway.Options) { o.JWKSURL = "" },
		"must not be negative":                func(o *gateway.Options) { o.RequestTimeout = -1 },
		"must start with a slash":             route("GET", "me"),
		`"" is no path segment`:               route("GET", "/me/"),
		`"a b" is no path segment`:            route("GET", "/a b"),
		"greedy path variable must be":        route("GET", "/{a+}/b"),
		`"GET /me" and "GET /me" match the`:   route("GET", "/me"),
		`and "GET /organizations/{id}" match`: route("GET", "/organizations/{id}"),
	} {
		o := good
		o.Routes = testRoutes()
		change(&o)
		_, err := gateway.New(o)
		if want == "" {
			if err != nil {
				t.Errorf("good options: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
