package userpool_test

import (
	"encoding/base64"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/descope/virtualwebauthn"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/cognito"
	"hearth/internal/local/userpool"
)

func at(domain string) func(*userpool.Options) {
	return func(o *userpool.Options) { o.Settings.RelyingPartyID = domain }
}

func TestAPasskeyFromItsOptionsToItsRemoval(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	options := h.startPasskey(t, token)
	challenge, _ := options["challenge"].(string)
	if raw, err := base64.RawURLEncoding.DecodeString(challenge); err != nil || len(raw) < 16 {
		t.Errorf("got challenge %q", challenge)
	}
	delete(options, "challenge")
	want := map[string]any{
		"authenticatorSelection": map[string]any{"requireResidentKey": true, "residentKey": "required", "userVerification": "required"},
		"excludeCredentials":     []any{},
		"pubKeyCredParams":       []any{map[string]any{"type": "public-key", "alg": -7.0}, map[string]any{"type": "public-key", "alg": -257.0}},
		"rp":                     map[string]any{"id": "localhost", "name": "localhost"},
		"timeout":                60000.0,
		"user": map[string]any{
			"id": base64.RawURLEncoding.EncodeToString([]byte(sub)), "name": "ada@example.com", "displayName": "ada@example.com",
		},
	}
	if diff := cmp.Diff(want, options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}

	a := newAuthenticator()
	response := a.create(t, h.startPasskey(t, token))
	response["authenticatorAttachment"] = "cross-platform"
	inner, _ := response["response"].(map[string]any)
	inner["transports"] = []string{"usb", "nfc"}
	noError(t, h.completePasskey(t.Context(), token, response))
	created := h.clock.Now()
	h.clock.advance(time.Minute)
	plain := h.register(t, token)

	list := h.passkeys(t, token)
	if len(list) != 2 || aws.ToString(list[1].CredentialId) != plain.id() || aws.ToString(list[1].FriendlyCredentialName) != "Passkey" {
		t.Fatalf("got %+v", list)
	}
	if aws.ToString(list[0].CredentialId) != a.id() || aws.ToString(list[0].RelyingPartyId) != "localhost" ||
		aws.ToString(list[0].AuthenticatorAttachment) != "cross-platform" || !list[0].CreatedAt.Equal(created) ||
		aws.ToString(list[0].FriendlyCredentialName) != "Roaming passkey" || !slices.Equal(list[0].AuthenticatorTransports, []string{"usb", "nfc"}) {
		t.Errorf("got %+v", list[0])
	}
	excluded := []any{
		map[string]any{"id": a.id(), "type": "public-key", "transports": []any{"usb", "nfc"}},
		map[string]any{"id": plain.id(), "type": "public-key"},
	}
	if diff := cmp.Diff(excluded, h.startPasskey(t, token)["excludeCredentials"]); diff != "" {
		t.Errorf("excluded (-want +got):\n%s", diff)
	}

	noError(t, h.deletePasskey(t.Context(), token, a.id()))
	wantCode(t, h.deletePasskey(t.Context(), token, a.id()), "ResourceNotFoundException", "")
	if list := h.passkeys(t, token); len(list) != 1 || aws.ToString(list[0].CredentialId) != plain.id() {
		t.Fatalf("got %+v", list)
	}
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// change changes the device before it answers, spoil its answer.
		change func(*authenticator)
		spoil  func(*testing.T, *host, *string, map[string]any) any
		code   string
	}{
		"another origin":         {func(a *authenticator) { a.page.Origin = "https://example.com" }, nil, "WebAuthnOriginNotAllowedException"},
		"another relying party":  {func(a *authenticator) { a.page.ID = "example.com" }, nil, "WebAuthnRelyingPartyMismatchException"},
		"nobody verified":        {func(a *authenticator) { a.device.Options.UserNotVerified = true }, nil, "WebAuthnCredentialNotSupportedException"},
		"nobody present":         {func(a *authenticator) { a.device.Options.UserNotPresent = true }, nil, "InvalidParameterException"},
		"backed up but not able": {func(a *authenticator) { a.device.Options.BackupState = true }, nil, "InvalidParameterException"},
		"too late": {nil, func(_ *testing.T, h *host, _ *string, r map[string]any) any {
			h.clock.advance(time.Minute)
			return r
		}, "WebAuthnChallengeNotFoundException"},
		"used before": {nil, func(t *testing.T, h *host, token *string, r map[string]any) any {
			t.Helper()
			noError(t, h.completePasskey(t.Context(), token, r))
			return r
		}, "WebAuthnChallengeNotFoundException"},
		"after a refused answer": {nil, func(t *testing.T, h *host, token *string, r map[string]any) any {
			t.Helper()
			wantCode(t, h.completePasskey(t.Context(), token, otherAttestation(t, r)), "InvalidParameterException", "")
			return r
		}, "WebAuthnChallengeNotFoundException"},
		"a challenge of one's own": {nil, func(t *testing.T, _ *host, _ *string, r map[string]any) any {
			t.Helper()
			return newAuthenticator().create(t, map[string]any{"challenge": base64.RawURLEncoding.EncodeToString(make([]byte, 32))})
		}, "WebAuthnChallengeNotFoundException"},
		"another user's challenge": {nil, func(t *testing.T, h *host, _ *string, _ map[string]any) any {
			t.Helper()
			h.join(t, "bob@example.com")
			return newAuthenticator().create(t, h.startPasskey(t, h.signIn(t, "bob@example.com").AccessToken))
		}, "WebAuthnChallengeNotFoundException"},
		"a forged signature": {nil, func(t *testing.T, _ *host, _ *string, r map[string]any) any {
			t.Helper()
			return otherAttestation(t, r)
		}, "InvalidParameterException"},
		"the id of another passkey": {nil, func(_ *testing.T, _ *host, _ *string, r map[string]any) any {
			r["id"], r["rawId"] = newAuthenticator().id(), newAuthenticator().id()
			return r
		}, "InvalidParameterException"},
		"no JSON object": {nil, func(*testing.T, *host, *string, map[string]any) any { return "a string" }, "InvalidParameterException"},
		"an empty object": {nil, func(*testing.T, *host, *string, map[string]any) any {
			return map[string]any{}
		}, "InvalidParameterException"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.join(t, "ada@example.com")
			token := h.signIn(t, "ada@example.com").AccessToken
			a := newAuthenticator()
			if test.change != nil {
				test.change(a)
			}
			var answer any = a.create(t, h.startPasskey(t, token))
			before := 0
			if test.spoil != nil {
				answer = test.spoil(t, h, token, maps.Clone(answer.(map[string]any)))
				before = len(h.passkeys(t, token))
			}
			wantCode(t, h.completePasskey(t.Context(), token, answer), test.code, "")
			if got := len(h.passkeys(t, token)); got != before {
				t.Fatalf("there are %d passkeys, before %d", got, before)
			}
		})
	}
}

// otherAttestation puts the signature of another registration into a response.
func otherAttestation(t *testing.T, response map[string]any) map[string]any {
	t.Helper()
	inner, _ := response["response"].(map[string]any)
	raw, err := base64.RawURLEncoding.DecodeString(inner["attestationObject"].(string))
	noError(t, err)
	// The key's last byte is the last of all.
	raw[len(raw)-1] ^= 1
	spoilt, inside := maps.Clone(response), maps.Clone(inner)
	inside["attestationObject"] = base64.RawURLEncoding.EncodeToString(raw)
	spoilt["response"] = inside
	return spoilt
}

func TestOriginsMustBeWithinTheRelyingParty(t *testing.T) {
	t.Parallel()
	for domain, origins := range map[string]map[string]bool{
		"example.com": {
			"https://example.com": true, "https://app.example.com": true, "https://app.example.com:8443": true,
			"http://example.com": false, "https://example.com.evil.com": false, "https://evilexample.com": false,
			"https://evil.com": false, "https://evil.com#.example.com": false, "https://evil.com/.example.com": false,
			"https://me@example.com": false, "https://example.com/": false, "http://localhost": false, "null": false, "": false,
			"android:apk-key-hash:AAAA": false, "ios:bundle-id:com.example": false,
		},
		"localhost": {
			"http://localhost": true, "http://localhost:3000": true, "https://localhost:3000": true, "http://app.localhost:3000": true,
			"http://127.0.0.1:3000": false, "http://notlocalhost:3000": false, "ftp://localhost": false,
		},
	} {
		h := start(t, at(domain))
		h.join(t, "ada@example.com")
		token := h.signIn(t, "ada@example.com").AccessToken
		for where, good := range origins {
			a := newAuthenticator()
			a.page = virtualwebauthn.RelyingParty{ID: domain, Origin: where}
			err := h.completePasskey(t.Context(), token, a.create(t, h.startPasskey(t, token)))
			if !good {
				wantCode(t, err, "WebAuthnOriginNotAllowedException", "")
				continue
			}
			if err != nil {
				t.Errorf("%s at %q: %v", domain, where, err)
			}
		}
	}
}

func TestAPasskeyWithoutAttestationAndOneWithRSA(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	a := newAuthenticator()
	response := a.create(t, h.startPasskey(t, token))
	inner, _ := response["response"].(map[string]any)
	raw, err := base64.RawURLEncoding.DecodeString(inner["attestationObject"].(string))
	noError(t, err)
	// {"fmt": "none", "attStmt": {}, "authData": …}, as browsers write it when
	// nobody asks for an attestation.
	const authData = "hauthData"
	data := raw[slices.Index(raw, 'h'):]
	for string(data[:len(authData)]) != authData {
		data = data[1+slices.Index(data[1:], 'h'):]
	}
	none := append([]byte("\xa3cfmtdnonegattStmt\xa0"), data...)
	inner["attestationObject"] = base64.RawURLEncoding.EncodeToString(none)
	noError(t, h.completePasskey(t.Context(), token, response))
	noError(t, h.tryPasskey(t, "ada@example.com", a))

	b := newAuthenticator()
	b.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)
	noError(t, h.completePasskey(t.Context(), token, b.create(t, h.startPasskey(t, token))))
	noError(t, h.tryPasskey(t, "ada@example.com", b))
}

func TestAPasskeyBelongsToOneUser(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	h.join(t, "bob@example.com")
	ada, bob := h.signIn(t, "ada@example.com").AccessToken, h.signIn(t, "bob@example.com").AccessToken
	a := h.register(t, ada)
	for _, token := range []*string{ada, bob} {
		wantCode(t, h.completePasskey(t.Context(), token, a.create(t, h.startPasskey(t, token))), "InvalidParameterException", "The passkey is registered already.")
	}
	wantCode(t, h.deletePasskey(t.Context(), bob, a.id()), "ResourceNotFoundException", "")
	if len(h.passkeys(t, ada)) != 1 || len(h.passkeys(t, bob)) != 0 {
		t.Error("a passkey got lost or has two users")
	}
}

func TestARegistrationEndsWithTheClientThatBeganIt(t *testing.T) {
	t.Parallel()
	h := start(t, func(o *userpool.Options) { o.Settings.Server.AuthFlows = []cognito.AuthFlow{cognito.FlowPassword} })
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	other, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: aws.String(serverClient),
		AuthParameters: map[string]string{"USERNAME": "ada@example.com", "PASSWORD": password},
	})
	noError(t, err)
	response := newAuthenticator().create(t, h.startPasskey(t, token))
	wantCode(t, h.completePasskey(t.Context(), other.AuthenticationResult.AccessToken, response), "WebAuthnClientMismatchException", "")
}

func TestATwentyFirstPasskeyIsRefused(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	var responses []map[string]any
	for range 24 {
		responses = append(responses, newAuthenticator().create(t, h.startPasskey(t, token)))
	}
	codes := together(len(responses), func(i int) error { return h.completePasskey(t.Context(), token, responses[i]) })
	if codes[""] != 20 || codes["LimitExceededException"] != 4 {
		t.Fatalf("got %v, want 20 passkeys", codes)
	}
	_, err := h.StartWebAuthnRegistration(t.Context(), &cip.StartWebAuthnRegistrationInput{AccessToken: token})
	wantCode(t, err, "LimitExceededException", "A user can have at most 20 passkeys.")

	seen := map[string]bool{}
	in := &cip.ListWebAuthnCredentialsInput{AccessToken: token, MaxResults: aws.Int32(6)}
	for page := 0; page == 0 || in.NextToken != nil; page++ {
		out, err := h.ListWebAuthnCredentials(t.Context(), in)
		noError(t, err)
		if want := []int{6, 6, 6, 2}[page]; len(out.Credentials) != want {
			t.Fatalf("page %d has %d passkeys, want %d", page, len(out.Credentials), want)
		}
		for _, k := range out.Credentials {
			seen[aws.ToString(k.CredentialId)] = true
		}
		in.NextToken = out.NextToken
	}
	if len(seen) != 20 {
		t.Fatalf("the pages hold %d passkeys", len(seen))
	}

	noError(t, h.deletePasskey(t.Context(), token, slices.Collect(maps.Keys(seen))[0]))
	h.register(t, token)
}

func TestListsOfPasskeysThatAreRefused(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	h.join(t, "bob@example.com")
	ada, bob := h.signIn(t, "ada@example.com").AccessToken, h.signIn(t, "bob@example.com").AccessToken
	h.register(t, ada)
	h.register(t, ada)
	page, err := h.ListWebAuthnCredentials(t.Context(), &cip.ListWebAuthnCredentialsInput{AccessToken: ada, MaxResults: aws.Int32(1)})
	noError(t, err)
	_, err = h.ListWebAuthnCredentials(t.Context(), &cip.ListWebAuthnCredentialsInput{AccessToken: bob, NextToken: page.NextToken})
	wantCode(t, err, "InvalidParameterException", "Invalid pagination token.")
	_, err = h.ListWebAuthnCredentials(t.Context(), &cip.ListWebAuthnCredentialsInput{AccessToken: ada, MaxResults: aws.Int32(21)})
	wantCode(t, err, "InvalidParameterException", "1 validation error detected: Value at 'maxResults'")
	_, err = h.ListWebAuthnCredentials(t.Context(), &cip.ListWebAuthnCredentialsInput{AccessToken: aws.String("aaaa")})
	wantCode(t, err, "NotAuthorizedException", "Invalid Access Token")
}

func TestAPoolWithoutPasskeys(t *testing.T) {
	t.Parallel()
	for code, change := range map[string]func(*userpool.Options){
		"WebAuthnNotEnabledException":           func(o *userpool.Options) { o.Settings.FirstFactors = []cognito.FirstFactor{cognito.FactorPassword} },
		"WebAuthnConfigurationMissingException": at(""),
	} {
		h := start(t, change)
		h.join(t, "ada@example.com")
		token := h.signIn(t, "ada@example.com").AccessToken
		_, err := h.StartWebAuthnRegistration(t.Context(), &cip.StartWebAuthnRegistrationInput{AccessToken: token})
		wantCode(t, err, code, "")
		wantCode(t, h.completePasskey(t.Context(), token, map[string]any{}), code, "")
		for _, name := range []string{"ada@example.com", "a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"} {
			if got := h.choose(t, name, "WEB_AUTHN").ChallengeName; got != types.ChallengeNameTypeSelectChallenge {
				t.Errorf("%s is asked for %s", name, got)
			}
		}
	}
}

func TestPasskeySettingsThatThePoolCannotGoByAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cognito.Pool){
		"another factor":        func(s *cognito.Pool) { s.FirstFactors = append(s.FirstFactors, "EMAIL_OTP") },
		"no password":           func(s *cognito.Pool) { s.FirstFactors = []cognito.FirstFactor{cognito.FactorWebAuthn} },
		"another verification":  func(s *cognito.Pool) { s.UserVerification = "discouraged" },
		"another configuration": func(s *cognito.Pool) { s.WebAuthnFactor = "" },
	} {
		if _, err := userpool.Open(options(func(o *userpool.Options) { change(&o.Settings) })); err == nil {
			t.Errorf("%s: the pool opened", name)
		}
	}
}
