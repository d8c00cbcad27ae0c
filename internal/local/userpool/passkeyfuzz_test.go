package userpool

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/go-webauthn/webauthn/protocol"

	"hearth/internal/cognito"
)

// FuzzCredentials feeds the two parsers of passkeys' responses, beginning with
// right ones. What is accepted must be what the authenticator signed.
func FuzzCredentials(f *testing.F) {
	p := &Pool{state: newState(), options: Options{Now: time.Now, Settings: cognito.Settings(cognito.Options{RelyingPartyID: "localhost"})}}
	u := &user{Sub: newID(), Status: statusConfirmed, Attributes: map[string]string{cognito.AttributeEmail: "ada@example.com"}}
	page := virtualwebauthn.RelyingParty{ID: "localhost", Origin: "http://localhost:5173"}
	device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(u.Sub)})
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeRSA)
	challenge := newCeremony()
	raw, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil {
		f.Fatal(err)
	}
	created := virtualwebauthn.CreateAttestationResponse(page, device, key, virtualwebauthn.AttestationOptions{Challenge: raw})
	right, err := protocol.ParseCredentialCreationResponseBytes([]byte(created))
	if err != nil {
		f.Fatal(err)
	}
	k, err := p.checkRegistration(u, challenge, right)
	if err != nil {
		f.Fatal(err)
	}
	u.Passkeys = []passkey{k}
	p.state.apply(change{Users: []*user{u}})
	got := virtualwebauthn.CreateAssertionResponse(page, device, key, virtualwebauthn.AssertionOptions{Challenge: raw})
	signed, err := protocol.ParseCredentialRequestResponseBytes([]byte(got))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := p.provePasskey(u.Sub, challenge, signed); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{created, got, "{}", `{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30"}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, credential string) {
		if made, err := protocol.ParseCredentialCreationResponseBytes([]byte(credential)); err == nil {
			if k, err := p.checkRegistration(u, challenge, made); err == nil && made.Response.CollectedClientData.Challenge != challenge {
				t.Errorf("the passkey %s was registered by another challenge", k.id())
			}
		}
		parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(credential))
		if err != nil {
			return
		}
		_, err = p.provePasskey(u.Sub, challenge, parsed)
		sent, of := parsed.Raw.AssertionResponse, signed.Raw.AssertionResponse
		same := string(sent.ClientDataJSON) == string(of.ClientDataJSON) && string(sent.AuthenticatorData) == string(of.AuthenticatorData)
		if err == nil && !same {
			t.Errorf("signed in by what nobody signed: %s", credential)
		}
	})
}
