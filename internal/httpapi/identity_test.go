package httpapi

import (
	"errors"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"time"

	"hearth/internal/account"
)

func TestIdentityOfAGoodToken(t *testing.T) {
	t.Parallel()
	want := account.Identity{
		UserID: ada, Username: ada, SessionID: session, AuthTime: noon.Add(-time.Minute).Unix(), AccessToken: accessToken, Device: browser,
	}
	for _, header := range []string{"Bearer " + accessToken, "bearer " + accessToken, "BEARER  " + accessToken + " ", accessToken} {
		event := newEvent("GET", "/me", "")
		event.Headers["authorization"] = header
		got, err := tokens().identity(&event)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q: got %+v, want %+v", header, got, want)
		}
	}
}

// API Gateway checks signature, issuer, audience and times, but not what kind
// of token it is; an event by another road was checked by nobody.
func TestIdentityRefuses(t *testing.T) {
	t.Parallel()
	second := func(d time.Duration) string { return strconv.FormatInt(noon.Add(d).Unix(), 10) }
	for _, c := range []struct {
		rule   string
		change map[string]string // a claim of "-" is missing
	}{
		{"an ID token", map[string]string{"token_use": "id", "aud": webID, "client_id": "-", "scope": "-", "origin_jti": session}},
		{"an ID token with a client", map[string]string{"token_use": "id"}},
		{"another use", map[string]string{"token_use": "Access"}},
		{"no use", map[string]string{"token_use": "-"}},
		{"another issuer", map[string]string{"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another00"}},
		{"an issuer that begins alike", map[string]string{"iss": issuer + "/"}},
		{"no issuer", map[string]string{"iss": "-"}},
		{"another client", map[string]string{"client_id": "another"}},
		{"no client", map[string]string{"client_id": "-"}},
		{"an audience for a client", map[string]string{"client_id": "-", "aud": webID}},
		{"expired a second ago", map[string]string{"exp": second(-time.Second)}},
		{"expires now", map[string]string{"exp": second(0)}},
		{"no expiry", map[string]string{"exp": "-"}},
		{"an empty expiry", map[string]string{"exp": ""}},
		{"an expiry with a fraction", map[string]string{"exp": "1777900000.5"}},
		{"an expiry with an exponent", map[string]string{"exp": "1.7779E9"}},
		{"an expiry that is a date", map[string]string{"exp": "Mon May 04 13:00:00 UTC 2026"}},
		{"an expiry beyond 64 bits", map[string]string{"exp": "99999999999999999999"}},
		{"a negative expiry", map[string]string{"exp": "-1"}},
		{"no auth_time", map[string]string{"auth_time": "-"}},
		{"an auth_time that is no number", map[string]string{"auth_time": "now"}},
		{"no sub", map[string]string{"sub": "-"}},
		{"an empty sub", map[string]string{"sub": ""}},
		{"no origin_jti", map[string]string{"origin_jti": "-"}},
		{"an empty origin_jti", map[string]string{"origin_jti": ""}},
		{"no claims", map[string]string{
			"token_use": "-", "iss": "-", "client_id": "-", "exp": "-", "auth_time": "-", "sub": "-", "origin_jti": "-",
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			event := newEvent("GET", "/me", "")
			changed := event.RequestContext.Authorizer.JWT.Claims
			maps.Copy(changed, c.change)
			maps.DeleteFunc(changed, func(_, value string) bool { return value == "-" })
			got, err := tokens().identity(&event)
			if !errors.Is(err, account.ErrUnauthenticated) || got != (account.Identity{}) {
				t.Errorf("got %+v, %v", got, err)
			}
			f := newFixture(t, account.Hybrid).withThings(fine)
			event.RawPath, event.RequestContext.HTTP.Method = makeThing.Path, makeThing.Method
			f.send(t, event).expectProblem(t, http.StatusUnauthorized, account.CodeUnauthenticated)
			if all := f.store.All(); len(all) != 0 {
				t.Errorf("records were made: %v", all)
			}
		})
	}
}

func TestIdentityRefusesAnEventWithoutAuthorizer(t *testing.T) {
	t.Parallel()
	without := newEvent("POST", "/things", "")
	without.RequestContext.Authorizer = nil
	lambdaAuthorizer := newEvent("POST", "/things", "")
	lambdaAuthorizer.RequestContext.Authorizer.JWT = nil
	lambdaAuthorizer.RequestContext.Authorizer.Lambda = map[string]any{"sub": ada}
	for _, event := range []Event{without, lambdaAuthorizer} {
		f := newFixture(t, account.Hybrid).withThings(fine)
		f.send(t, event).expectProblem(t, http.StatusUnauthorized, account.CodeUnauthenticated)
	}
}
