package main

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"hearth/internal/httpapi"
)

// browserKey is a passkey in the person's browser.
type browserKey struct {
	device virtualwebauthn.Authenticator
	key    virtualwebauthn.Credential
	page   virtualwebauthn.RelyingParty
}

// makePasskey has the person's browser make a passkey, which is not kept yet.
func (p *person) makePasskey(t *testing.T) json.RawMessage {
	t.Helper()
	made, _ := p.browse(t)
	return made
}

// browse is makePasskey with what stays in the browser.
func (p *person) browse(t *testing.T) (json.RawMessage, *browserKey) {
	t.Helper()
	started := p.call(t, http.MethodPost, "/me/security/passkeys", nil).want(t, http.StatusOK)
	options, err := virtualwebauthn.ParseAttestationOptions(string(started.Body))
	if err != nil {
		t.Fatal(err)
	}
	b := &browserKey{
		device: virtualwebauthn.NewAuthenticator(),
		page:   virtualwebauthn.RelyingParty{ID: "localhost", Name: "localhost", Origin: "http://localhost:5173"},
	}
	b.device.Options.UserHandle = []byte(options.UserID)
	// The library writes coordinates without their leading zeros, which is no
	// valid COSE key.
	const whole = 77
	for len(b.key.ID) == 0 || len(b.key.Key.AttestationData()) != whole {
		b.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return json.RawMessage(virtualwebauthn.CreateAttestationResponse(b.page, b.device, b.key, *options)), b
}

// keepPasskey keeps a passkey that the browser made, and returns its id.
func (p *person) keepPasskey(t *testing.T, made json.RawMessage, name string) string {
	t.Helper()
	var kept struct {
		ID string `json:"id"`
	}
	p.call(t, http.MethodPost, "/me/security/passkeys/verify", map[string]any{"credential": made, "name": name}).
		want(t, http.StatusCreated).JSON(t, &kept)
	return kept.ID
}

// prove fills a body with what the person can prove for a route of the security
// or deletion function, after bringing them to where that is asked for.
func (p *person) prove(t *testing.T, route httpapi.Route, body map[string]any) {
	t.Helper()
	switch route.Name {
	case "post-password":
		body["currentPassword"], body["newPassword"] = p.Password, rand.Text()
	case "post-email":
		body["email"] = newAddress()
	case "verify-email":
		next := newAddress()
		p.askEmail(t, next)
		body["code"] = p.mailedCode(t, next, 0)
	case "verify-totp":
		p.device = p.startTOTP(t)
		body["code"] = p.device.code(t)
	case "disable-totp":
		p.device = p.enroll(t)
		body["password"], body["code"] = p.Password, p.device.code(t)
	case "recover":
		p.enroll(t)
		body["email"], body["password"], body["recoveryCode"] = p.Email, p.Password, p.recoveryCodes(t)[0]
	case "post-deletion":
		body["digest"], body["confirmation"] = p.previewDeletion(t).Digest, p.Email
	case "verify-passkey":
		body["credential"] = p.makePasskey(t)
	}
}

// fillPath fills the variables of a path: an organization, a member of it, and
// ids of nothing.
func fillPath(path, organizationID, userID string) string {
	return strings.NewReplacer("{organizationId}", organizationID, "{userId}", userID, "{invitationId}", newID(),
		"{passkeyId}", newID(), "{sessionId}", newID()).Replace(path)
}

// reading returns the person at the mailbox of another address.
func (p *person) reading(address string) *person {
	other := *p
	other.Email = address
	return &other
}

// mailedCode waits for the mail with a code that an address gets after count
// others, and returns the code.
func (p *person) mailedCode(t *testing.T, address string, count int) (code string) {
	t.Helper()
	box := p.reading(address)
	eventually(t, "a mail with a code", func() bool {
		mails := box.mails(t)
		if len(mails) > count && mails[0].Code != nil {
			code = *mails[0].Code
		}
		return code != ""
	})
	return code
}
