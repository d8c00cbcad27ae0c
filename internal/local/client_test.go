package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

func TestConfigTellsAFrontEndHowToSignIn(t *testing.T) {
	t.Parallel()
	p := visit(t, shared.host)
	var got struct {
		Region          string                 `json:"region"`
		UserPoolID      string                 `json:"userPoolId"`
		ClientID        string                 `json:"clientId"`
		CognitoEndpoint string                 `json:"cognitoEndpoint"`
		AccountMode     account.Mode           `json:"accountMode"`
		Languages       []string               `json:"languages"`
		PasswordPolicy  cognito.PasswordPolicy `json:"passwordPolicy"`
	}
	p.call(t, http.MethodGet, "/config", nil).want(t, http.StatusOK).JSON(t, &got)
	c := shared.host.Config
	want := got
	want.Region, want.UserPoolID, want.ClientID, want.CognitoEndpoint = c.Region, c.UserPoolID, c.ClientID, c.CognitoEndpoint
	want.AccountMode, want.Languages = account.Hybrid, product.Defaults().Languages
	want.PasswordPolicy = cognito.DefaultPasswordPolicy()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheConfigurationReachesTheFunctions(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *options) { o.Config = `{"accountMode":"personal-only"}` })
	var got struct {
		AccountMode account.Mode `json:"accountMode"`
	}
	visit(t, h).call(t, http.MethodGet, "/config", nil).want(t, http.StatusOK).JSON(t, &got)
	if got.AccountMode != account.PersonalOnly {
		t.Errorf("account mode %q", got.AccountMode)
	}
}

func TestAPageOfTheProductsOriginMayCallTheAPI(t *testing.T) {
	t.Parallel()
	origin := product.Defaults().CORSOrigins[0]
	p := newPerson(t, shared.host, nil)
	preflight := p.with("").call(t, http.MethodOptions, "/me", nil, "Origin", origin,
		"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization,x-account-id")
	if preflight.Status != http.StatusNoContent && preflight.Status != http.StatusOK {
		t.Errorf("preflight: %d", preflight.Status)
	}
	if got := preflight.Header.Get("Access-Control-Allow-Origin"); got != origin {
		t.Errorf("preflight allows %q", got)
	}
	allowed := strings.ToLower(preflight.Header.Get("Access-Control-Allow-Headers"))
	for _, header := range httpapi.CORSAllowHeaders {
		if !strings.Contains(allowed, header) {
			t.Errorf("preflight does not allow %s", header)
		}
	}
	got := p.call(t, http.MethodGet, "/me", nil, "Origin", origin).want(t, http.StatusOK)
	if allowed := got.Header.Get("Access-Control-Allow-Origin"); allowed != origin {
		t.Errorf("the answer allows %q", allowed)
	}
	exposed := strings.ToLower(got.Header.Get("Access-Control-Expose-Headers"))
	for _, header := range httpapi.CORSExposeHeaders {
		if !strings.Contains(exposed, header) {
			t.Errorf("the answer does not expose %s", header)
		}
	}
}

func TestAPageOfAnotherOriginMayNot(t *testing.T) {
	t.Parallel()
	p := visit(t, shared.host)
	for _, method := range []string{http.MethodGet, http.MethodOptions} {
		got := p.call(t, method, "/config", nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "GET")
		if allowed := got.Header.Get("Access-Control-Allow-Origin"); allowed != "" {
			t.Errorf("%s allows %q", method, allowed)
		}
	}
}
