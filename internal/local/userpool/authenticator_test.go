package userpool_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/descope/virtualwebauthn"
)

// origin is where the people of these tests are.
const origin = "http://localhost:5173"

// authenticator is a device with one passkey, at a page in a browser.
type authenticator struct {
	device virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
	page   virtualwebauthn.RelyingParty
}

// newAuthenticator returns a device that does not count its signatures, as
// synced passkeys do not.
func newAuthenticator() *authenticator {
	a := &authenticator{
		device: virtualwebauthn.NewAuthenticator(),
		page:   virtualwebauthn.RelyingParty{ID: "localhost", Name: "localhost", Origin: origin},
	}
	// The library writes coordinates without their leading zeros, which is no
	// valid COSE key.
	const whole = 77
	for len(a.key.ID) == 0 || len(a.key.Key.AttestationData()) != whole {
		a.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return a
}

// id is the passkey's id on the wire.
func (a *authenticator) id() string { return base64.RawURLEncoding.EncodeToString(a.key.ID) }

// create answers navigator.credentials.create.
func (a *authenticator) create(t *testing.T, options map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(options)
	noError(t, err)
	parsed, err := virtualwebauthn.ParseAttestationOptions(string(raw))
	noError(t, err)
	a.device.Options.UserHandle = []byte(parsed.UserID)
	return object(t, virtualwebauthn.CreateAttestationResponse(a.page, a.device, a.key, *parsed))
}

// get answers navigator.credentials.get.
func (a *authenticator) get(t *testing.T, parameters map[string]string) string {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAssertionOptions(parameters["CREDENTIAL_REQUEST_OPTIONS"])
	noError(t, err)
	return virtualwebauthn.CreateAssertionResponse(a.page, a.device, a.key, *parsed)
}

func object(t *testing.T, raw string) map[string]any {
	t.Helper()
	var o map[string]any
	noError(t, json.Unmarshal([]byte(raw), &o))
	return o
}

// startPasskey returns the creation options.
func (h *host) startPasskey(t *testing.T, token *string) map[string]any {
	t.Helper()
	out, err := h.StartWebAuthnRegistration(t.Context(), &cip.StartWebAuthnRegistrationInput{AccessToken: token})
	noError(t, err)
	raw, err := out.CredentialCreationOptions.MarshalSmithyDocument()
	noError(t, err)
	return object(t, string(raw))
}

func (h *host) completePasskey(ctx context.Context, token *string, credential any) error {
	_, err := h.CompleteWebAuthnRegistration(ctx, &cip.CompleteWebAuthnRegistrationInput{
		AccessToken: token, Credential: document.NewLazyDocument(credential),
	})
	return err
}

// register gives a new passkey to the user of an access token.
func (h *host) register(t *testing.T, token *string) *authenticator {
	t.Helper()
	a := newAuthenticator()
	noError(t, h.completePasskey(t.Context(), token, a.create(t, h.startPasskey(t, token))))
	return a
}

func (h *host) passkeys(t *testing.T, token *string) []types.WebAuthnCredentialDescription {
	t.Helper()
	out, err := h.ListWebAuthnCredentials(t.Context(), &cip.ListWebAuthnCredentialsInput{AccessToken: token})
	noError(t, err)
	return out.Credentials
}

func (h *host) deletePasskey(ctx context.Context, token *string, id string) error {
	_, err := h.DeleteWebAuthnCredential(ctx, &cip.DeleteWebAuthnCredentialInput{AccessToken: token, CredentialId: &id})
	return err
}

// choose begins choice-based sign-in; preferred may be empty.
func (h *host) choose(t *testing.T, name, preferred string) *cip.InitiateAuthOutput {
	t.Helper()
	parameters := map[string]string{"USERNAME": name}
	if preferred != "" {
		parameters["PREFERRED_CHALLENGE"] = preferred
	}
	out, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, ClientId: aws.String(webClient), AuthParameters: parameters,
	})
	noError(t, err)
	return out
}

// toPasskey begins a sign-in up to the challenge for a passkey.
func (h *host) toPasskey(t *testing.T, name string) *cip.InitiateAuthOutput {
	t.Helper()
	out := h.choose(t, name, "WEB_AUTHN")
	if out.ChallengeName != types.ChallengeNameTypeWebAuthn {
		t.Fatalf("got challenge %s, want WEB_AUTHN", out.ChallengeName)
	}
	return out
}

func (h *host) answerPasskey(ctx context.Context, session *string, name, credential string) (*cip.RespondToAuthChallengeOutput, error) {
	return h.RespondToAuthChallenge(ctx, &cip.RespondToAuthChallengeInput{
		ChallengeName: types.ChallengeNameTypeWebAuthn, ClientId: aws.String(webClient), Session: session,
		ChallengeResponses: map[string]string{"USERNAME": name, "CREDENTIAL": credential},
	})
}

// tryPasskey signs in by passkey.
func (h *host) tryPasskey(t *testing.T, name string, a *authenticator) error {
	t.Helper()
	begun := h.toPasskey(t, name)
	out, err := h.answerPasskey(t.Context(), begun.Session, name, a.get(t, begun.ChallengeParameters))
	if err == nil && out.AuthenticationResult == nil {
		t.Fatalf("got challenge %s, want tokens", out.ChallengeName)
	}
	return err
}
