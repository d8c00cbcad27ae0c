package userpool_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func (h *host) get(t *testing.T, path string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+path, nil)
	noError(t, err)
	response, err := http.DefaultClient.Do(request)
	noError(t, err)
	body, err := io.ReadAll(response.Body)
	noError(t, err)
	noError(t, response.Body.Close())
	if response.StatusCode != http.StatusOK || response.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("GET %s: %s %v", path, response.Status, response.Header)
	}
	return body
}

// claims verifies a token by the served key set and returns its claims, with
// numbers as json.Number.
func (h *host) claims(t *testing.T, token *string) map[string]any {
	t.Helper()
	set, err := jwk.Parse(h.get(t, "/"+poolID+"/.well-known/jwks.json"))
	noError(t, err)
	payload, err := jws.Verify([]byte(aws.ToString(token)), jws.WithKeySet(set))
	noError(t, err)
	decoder := json.NewDecoder(strings.NewReader(string(payload)))
	decoder.UseNumber()
	var claims map[string]any
	noError(t, decoder.Decode(&claims))
	return claims
}

func TestTokensHaveCognitosClaims(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "Ada@example.com", "name", "Ada", "locale", "de")
	result := h.signIn(t, "ada@example.com")
	now := json.Number("1805036966")
	later := json.Number("1805040566")
	issuer := "http://localhost:9000/" + poolID

	access := h.claims(t, result.AccessToken)
	id := h.claims(t, result.IdToken)
	for _, name := range []string{"jti", "origin_jti", "event_id"} {
		for _, claims := range []map[string]any{access, id} {
			if text, _ := claims[name].(string); !uuidPattern.MatchString(text) {
				t.Errorf("%s is %v, want a UUID", name, claims[name])
			}
		}
	}
	if access["origin_jti"] != id["origin_jti"] || access["event_id"] != id["event_id"] || access["jti"] == id["jti"] {
		t.Error("the two tokens share origin_jti and event_id, and only these")
	}
	for _, claims := range []map[string]any{access, id} {
		maps.DeleteFunc(claims, func(name string, _ any) bool { return slices.Contains([]string{"jti", "origin_jti", "event_id"}, name) })
	}
	wantClaims(t, access, map[string]any{
		"sub": sub, "username": sub, "iss": issuer, "client_id": webClient, "token_use": "access",
		"scope": "aws.cognito.signin.user.admin", "auth_time": now, "iat": now, "exp": later,
	})
	wantClaims(t, id, map[string]any{
		"sub": sub, "cognito:username": sub, "iss": issuer, "aud": webClient, "token_use": "id",
		"email": "Ada@example.com", "email_verified": true, "name": "Ada", "locale": "de",
		"auth_time": now, "iat": now, "exp": later,
	})
	header, err := jws.Parse([]byte(aws.ToString(result.AccessToken)))
	noError(t, err)
	if kid, found := header.Signatures()[0].ProtectedHeaders().KeyID(); !found || kid == "" {
		t.Error("the token names no key")
	}
}

func wantClaims(t *testing.T, got, want map[string]any) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("got claims  %v\nwant claims %v", got, want)
	}
}

func TestDiscoveryDocuments(t *testing.T) {
	t.Parallel()
	h := start(t)
	var document map[string]any
	noError(t, json.Unmarshal(h.get(t, "/"+poolID+"/.well-known/openid-configuration"), &document))
	issuer := "http://localhost:9000/" + poolID
	if document["issuer"] != issuer || document["jwks_uri"] != issuer+"/.well-known/jwks.json" {
		t.Fatalf("got %v", document)
	}
	var set struct{ Keys []map[string]string }
	noError(t, json.Unmarshal(h.get(t, "/"+poolID+"/.well-known/jwks.json"), &set))
	names := slices.Sorted(maps.Keys(set.Keys[0]))
	if len(set.Keys) != 1 || !slices.Equal(names, []string{"alg", "e", "kid", "kty", "n", "use"}) ||
		set.Keys[0]["alg"] != "RS256" || set.Keys[0]["use"] != "sig" || set.Keys[0]["kty"] != "RSA" {
		t.Fatalf("got key set %v, want one public RSA key", set)
	}
}

func TestRefreshRenewsTokensOfTheSameSignIn(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	first := h.signIn(t, "ada@example.com")
	before := h.claims(t, first.AccessToken)
	h.clock.advance(50 * time.Minute)
	again, err := h.refresh(t, aws.ToString(first.RefreshToken))
	noError(t, err)
	if again.AuthenticationResult.RefreshToken != nil {
		t.Error("a refresh gave a new refresh token though rotation is off")
	}
	after := h.claims(t, again.AuthenticationResult.AccessToken)
	for _, name := range []string{"auth_time", "origin_jti", "event_id", "sub"} {
		if before[name] != after[name] {
			t.Errorf("%s changed from %v to %v", name, before[name], after[name])
		}
	}
	if after["jti"] == before["jti"] || after["iat"] != json.Number("1805039966") || after["exp"] != json.Number("1805043566") {
		t.Errorf("got jti %v, iat %v, exp %v", after["jti"], after["iat"], after["exp"])
	}
	byOperation, err := h.GetTokensFromRefreshToken(t.Context(), &cip.GetTokensFromRefreshTokenInput{
		ClientId: aws.String(webClient), RefreshToken: first.RefreshToken,
	})
	noError(t, err)
	if got := h.claims(t, byOperation.AuthenticationResult.IdToken)["origin_jti"]; got != before["origin_jti"] {
		t.Errorf("GetTokensFromRefreshToken changed origin_jti to %v", got)
	}
	h.clock.advance(30 * 24 * time.Hour)
	_, err = h.refresh(t, aws.ToString(first.RefreshToken))
	wantCode(t, err, "NotAuthorizedException", "Refresh Token has expired")
}

func TestGetUserShowsWhatTheClientMayRead(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com", "name", "Ada")
	token := h.signIn(t, "ada@example.com").AccessToken
	out, err := h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: token})
	noError(t, err)
	var names []string
	for _, a := range out.UserAttributes {
		names = append(names, aws.ToString(a.Name))
	}
	if aws.ToString(out.Username) != sub || !slices.Equal(names, []string{"sub", "email", "email_verified", "name"}) ||
		value(out.UserAttributes, "email_verified") != "true" {
		t.Fatalf("got %s %v", aws.ToString(out.Username), names)
	}
}

func TestAccessTokensThatGetUserRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// token returns the token to try, given a good sign-in.
		token   func(t *testing.T, h *host, access, id, refresh string) string
		message string
	}{
		"an ID token":       {func(_ *testing.T, _ *host, _, id, _ string) string { return id }, "Invalid Access Token"},
		"a refresh token":   {func(_ *testing.T, _ *host, _, _, refresh string) string { return refresh }, "Invalid Access Token"},
		"an altered token":  {func(_ *testing.T, _ *host, access, _, _ string) string { return access[:len(access)-8] + "AAAAAAAA" }, "Invalid Access Token"},
		"an unsigned token": {func(*testing.T, *host, string, string, string) string { return "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0." }, "Invalid Access Token"},
		"an expired token": {func(_ *testing.T, h *host, access, _, _ string) string {
			h.clock.advance(time.Hour)
			return access
		}, "Access Token has expired"},
		"one whose refresh token was revoked": {func(t *testing.T, h *host, access, _, refresh string) string {
			t.Helper()
			for range 2 {
				_, err := h.RevokeToken(t.Context(), &cip.RevokeTokenInput{ClientId: aws.String(webClient), Token: &refresh})
				noError(t, err)
			}
			_, err := h.refresh(t, refresh)
			wantCode(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
			return access
		}, "Access Token has been revoked"},
		"one of a user who signed out everywhere": {func(t *testing.T, h *host, access, _, refresh string) string {
			t.Helper()
			_, err := h.GlobalSignOut(t.Context(), &cip.GlobalSignOutInput{AccessToken: &access})
			noError(t, err)
			_, err = h.refresh(t, refresh)
			wantCode(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
			return access
		}, "Access Token has been revoked"},
		"one of a user whom an administrator signed out": {func(t *testing.T, h *host, access, _, refresh string) string {
			t.Helper()
			_, err := h.AdminUserGlobalSignOut(t.Context(), &cip.AdminUserGlobalSignOutInput{
				UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"),
			})
			noError(t, err)
			_, err = h.refresh(t, refresh)
			wantCode(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
			return access
		}, "Access Token has been revoked"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.join(t, "ada@example.com")
			h.join(t, "bob@example.com")
			r, bob := h.signIn(t, "ada@example.com"), h.signIn(t, "bob@example.com")
			token := test.token(t, h, aws.ToString(r.AccessToken), aws.ToString(r.IdToken), aws.ToString(r.RefreshToken))
			_, err := h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: &token})
			wantCode(t, err, "NotAuthorizedException", test.message)
			// Another user is not touched, and who was signed out can sign in.
			again, err := h.refresh(t, aws.ToString(bob.RefreshToken))
			noError(t, err)
			_, err = h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: again.AuthenticationResult.AccessToken})
			noError(t, err)
			_, err = h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: h.signIn(t, "ada@example.com").AccessToken})
			noError(t, err)
		})
	}
}

func TestRevokeTokenEndsOneSignInOnly(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	first, second := h.signIn(t, "ada@example.com"), h.signIn(t, "ada@example.com")
	revoke := func(client string, token *string) error {
		_, err := h.RevokeToken(t.Context(), &cip.RevokeTokenInput{ClientId: &client, Token: token})
		return err
	}
	wantCode(t, revoke(serverClient, first.RefreshToken), "UnauthorizedException", "")
	wantCode(t, revoke(webClient, first.AccessToken), "UnsupportedTokenTypeException", "")
	wantCode(t, revoke(webClient, aws.String("unknown")), "NotAuthorizedException", "Invalid Refresh Token")
	noError(t, revoke(webClient, first.RefreshToken))
	_, err := h.refresh(t, aws.ToString(second.RefreshToken))
	noError(t, err)
	_, err = h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: second.AccessToken})
	noError(t, err)
	_, err = h.refresh(t, aws.ToString(first.RefreshToken))
	wantCode(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = h.refresh(t, "unknown")
	wantCode(t, err, "NotAuthorizedException", "Invalid Refresh Token")
}
