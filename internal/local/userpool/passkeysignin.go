package userpool

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"hearth/internal/cognito"
)

// requestOptions is the document that a browser's
// PublicKeyCredential.parseRequestOptionsFromJSON reads.
type requestOptions struct {
	Challenge        string                   `json:"challenge"`
	Timeout          int64                    `json:"timeout"`
	RPID             string                   `json:"rpId"`
	AllowCredentials []credentialDescriptor   `json:"allowCredentials"`
	UserVerification cognito.UserVerification `json:"userVerification"`
}

// offered returns the passkeys by which a subject could sign in. Half of those
// who do not exist have one that nobody holds, always the same, so that having
// one tells nothing; Cognito, too, then picks among the pool's challenges.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
func (p *Pool) offered(s subject) []credentialDescriptor {
	if !s.exists {
		return p.simulatedPasskeys(s.who)
	}
	u := p.lookUp(s.sub)
	if u == nil {
		return nil
	}
	var list []credentialDescriptor
	for _, k := range p.signInPasskeys(u) {
		list = append(list, k.descriptor())
	}
	return list
}

func (p *Pool) simulatedPasskeys(name string) []credentialDescriptor {
	key := p.state.secrets.Simulation
	if p.passkeysReady() != nil || derive(key, "has a passkey", name)[0]%2 == 0 {
		return nil
	}
	return []credentialDescriptor{{
		ID:   base64.RawURLEncoding.EncodeToString(derive(key, "passkey", name)),
		Type: publicKeyType, Transports: []string{string(protocol.Internal), string(protocol.Hybrid)},
	}}
}

// webAuthnChallenge asks for the proof of one of the passkeys.
func (p *Pool) webAuthnChallenge(s subject, with []credentialDescriptor, clientID string, client cognito.Client) (authOutput, error) {
	c := &challenge{name: challengeWebAuthn, clientID: clientID, subject: s, ceremony: newCeremony()}
	options, err := json.Marshal(requestOptions{
		Challenge: c.ceremony, Timeout: client.AuthSessionValidity.Milliseconds(), RPID: p.options.Settings.RelyingPartyID,
		AllowCredentials: with, UserVerification: p.verification(p.lookUp(s.sub)),
	})
	if err != nil {
		return authOutput{}, fmt.Errorf("user pool: challenge: %w", err)
	}
	return authOutput{
		ChallengeName: challengeWebAuthn, Session: p.open(c, client.AuthSessionValidity),
		ChallengeParameters: map[string]string{"CREDENTIAL_REQUEST_OPTIONS": string(options)},
	}, nil
}

// answerWebAuthn checks the proof of a passkey. Whatever is wrong with one that
// is well formed gets the one answer that who does not exist gets.
func (p *Pool) answerWebAuthn(in respondInput, client cognito.Client) (authOutput, error) {
	err := firstError(parameters(in.ChallengeResponses, []string{"USERNAME", "CREDENTIAL"}), member("session", in.Session, 1, maxSession, nil))
	if err != nil {
		return authOutput{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(in.ChallengeResponses["CREDENTIAL"]))
	if err != nil {
		return authOutput{}, invalidParameter("CREDENTIAL is not the response of an authenticator.")
	}
	c, err := p.take(in)
	if err != nil {
		return authOutput{}, err
	}
	u, err := p.provePasskey(c.subject.sub, c.ceremony, parsed)
	if err != nil {
		return authOutput{}, err
	}
	return p.signIn(u, in.ClientId, client)
}

// provePasskey takes a right response and keeps its signature counter. One
// that does not grow is of a copied authenticator and is refused (WebAuthn,
// section 6.1.1). All is judged by the user as they are now: a passkey that was
// removed since the challenge proves nothing.
func (p *Pool) provePasskey(sub, ceremony string, parsed *protocol.ParsedCredentialAssertionData) (*user, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.state.users[sub]
	if old == nil {
		return nil, errCredentials
	}
	if err := p.checkAssertion(old, ceremony, parsed); err != nil {
		return nil, err
	}
	used := old.clone()
	k := &used.Passkeys[slices.IndexFunc(used.Passkeys, func(k passkey) bool { return bytes.Equal(k.ID, parsed.RawID) })]
	counter := parsed.Response.AuthenticatorData.Counter
	switch {
	case counter <= k.Counter && (counter != 0 || k.Counter != 0):
		return nil, errCredentials
	case used.Status != statusConfirmed:
		return nil, fail(codeNotAuthorized, "The user must replace a temporary password first.")
	case counter == k.Counter:
		return old, nil
	}
	k.Counter = counter
	if err := p.commit(change{Users: []*user{used}}); err != nil {
		return nil, err
	}
	return used, nil
}

// checkAssertion verifies the response of one of the user's passkeys to a
// challenge.
// https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion
func (p *Pool) checkAssertion(u *user, ceremony string, parsed *protocol.ParsedCredentialAssertionData) error {
	if p.checkPlace(parsed.Response.CollectedClientData, parsed.Response.AuthenticatorData) != nil {
		return errCredentials
	}
	rp, err := p.relyingParty(parsed.Response.CollectedClientData.Origin)
	if err != nil {
		return err
	}
	_, err = rp.ValidateLogin(account{sub: u.Sub, passkeys: p.signInPasskeys(u)}, webauthn.SessionData{
		Challenge: ceremony, UserID: []byte(u.Sub), RelyingPartyID: p.options.Settings.RelyingPartyID,
		UserVerification: protocol.UserVerificationRequirement(p.verification(u)),
	}, parsed)
	if err != nil {
		return errCredentials
	}
	return nil
}
