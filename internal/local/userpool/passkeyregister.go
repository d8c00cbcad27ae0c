package userpool

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"hearth/internal/cognito"
)

// registrationTime is how long a registration may take: the timeout that
// Cognito gives to authenticators.
const registrationTime = time.Minute

// registration is a passkey's registration that has begun.
type registration struct {
	sub, clientID string
	expires       time.Time
}

// registrations are the open ones by their challenge. They do not outlive a
// restart: the person begins again. Guarded by Pool.mu.
type registrations map[string]registration

// creationOptions is the document that a browser's
// PublicKeyCredential.parseCreationOptionsFromJSON reads, in Cognito's form.
type creationOptions struct {
	AuthenticatorSelection authenticatorSelection         `json:"authenticatorSelection"`
	Challenge              string                         `json:"challenge"`
	ExcludeCredentials     []credentialDescriptor         `json:"excludeCredentials"`
	PubKeyCredParams       []protocol.CredentialParameter `json:"pubKeyCredParams"`
	RP                     relyingParty                   `json:"rp"`
	Timeout                int64                          `json:"timeout"`
	User                   userEntity                     `json:"user"`
}

type authenticatorSelection struct {
	RequireResidentKey bool                     `json:"requireResidentKey"`
	ResidentKey        string                   `json:"residentKey"`
	UserVerification   cognito.UserVerification `json:"userVerification"`
}

type relyingParty struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type userEntity struct {
	ID          protocol.URLEncodedBase64 `json:"id"`
	Name        string                    `json:"name"`
	DisplayName string                    `json:"displayName"`
}

type startRegistrationOutput struct{ CredentialCreationOptions creationOptions }

// startWebAuthnRegistration begins the registration of a passkey.
func (p *Pool) startWebAuthnRegistration(_ context.Context, in accessTokenInput) (startRegistrationOutput, error) {
	u, g, err := p.caller(in.AccessToken)
	if err != nil {
		return startRegistrationOutput{}, err
	}
	if err := p.passkeysReady(); err != nil {
		return startRegistrationOutput{}, err
	}
	if len(u.Passkeys) >= maxPasskeys {
		return startRegistrationOutput{}, errTooManyPasskeys
	}
	excluded := make([]credentialDescriptor, 0, len(u.Passkeys))
	for _, k := range u.Passkeys {
		excluded = append(excluded, k.descriptor())
	}
	rp := p.options.Settings.RelyingPartyID
	return startRegistrationOutput{creationOptions{
		AuthenticatorSelection: authenticatorSelection{
			RequireResidentKey: true, ResidentKey: "required", UserVerification: p.verification(u),
		},
		Challenge:          p.openRegistration(registration{sub: u.Sub, clientID: g.ClientID}),
		ExcludeCredentials: excluded,
		PubKeyCredParams:   algorithms,
		RP:                 relyingParty{ID: rp, Name: rp},
		Timeout:            registrationTime.Milliseconds(),
		User:               userEntity{ID: protocol.URLEncodedBase64(u.Sub), Name: u.email(), DisplayName: u.email()},
	}}, nil
}

func (p *Pool) openRegistration(r registration) string {
	challenge, now := newCeremony(), p.now()
	r.expires = now.Add(registrationTime)
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.registrations, func(_ string, old registration) bool { return !now.Before(old.expires) })
	p.registrations[challenge] = r
	return challenge
}

// takeRegistration ends the registration of a challenge, whatever becomes of
// it: a response is good once.
func (p *Pool) takeRegistration(challenge, sub, clientID string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, found := p.registrations[challenge]
	if !found || r.sub != sub {
		return errNoCeremony
	}
	delete(p.registrations, challenge)
	switch {
	case !p.now().Before(r.expires):
		return errNoCeremony
	case r.clientID != clientID:
		return errOtherClient
	}
	return nil
}

type completeRegistrationInput struct {
	AccessToken string
	Credential  json.RawMessage
}

// completeWebAuthnRegistration verifies an authenticator's response and keeps
// the passkey. No attestation is asked for; one that is there must be right.
func (p *Pool) completeWebAuthnRegistration(_ context.Context, in completeRegistrationInput) (none, error) {
	u, g, err := p.caller(in.AccessToken)
	if err != nil {
		return none{}, err
	}
	if err := p.passkeysReady(); err != nil {
		return none{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(in.Credential)
	if err != nil {
		return none{}, errMalformedCredential
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	if err := p.takeRegistration(challenge, u.Sub, g.ClientID); err != nil {
		return none{}, err
	}
	made, err := p.checkRegistration(u, challenge, parsed)
	if err != nil {
		return none{}, err
	}
	_, err = p.edit(u.Sub, func(u *user) error {
		switch {
		case len(u.Passkeys) >= maxPasskeys:
			return errTooManyPasskeys
		case p.state.hasPasskey(made.ID):
			return errRegisteredElsewhere
		}
		u.Passkeys = append(u.Passkeys, made)
		return nil
	})
	return none{}, err
}

// checkRegistration verifies a response to a challenge.
// https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential
func (p *Pool) checkRegistration(u *user, challenge string, parsed *protocol.ParsedCredentialCreationData) (passkey, error) {
	data := parsed.Response.AttestationObject.AuthData
	if err := p.checkPlace(parsed.Response.CollectedClientData, data); err != nil {
		return passkey{}, err
	}
	if p.verification(u) == cognito.VerificationRequired && !data.Flags.HasUserVerified() {
		return passkey{}, errUnsupportedPasskey
	}
	rp, err := p.relyingParty(parsed.Response.CollectedClientData.Origin)
	if err != nil {
		return passkey{}, err
	}
	credential, err := rp.CreateCredential(account{sub: u.Sub}, webauthn.SessionData{
		Challenge: challenge, UserID: []byte(u.Sub), RelyingPartyID: p.options.Settings.RelyingPartyID,
		UserVerification: protocol.UserVerificationRequirement(p.verification(u)), CredParams: algorithms,
	}, parsed)
	if err != nil {
		return passkey{}, registrationError(err)
	}
	made := passkey{
		ID: credential.ID, PublicKey: credential.PublicKey, Counter: credential.Authenticator.SignCount,
		BackupEligible: credential.Flags.BackupEligible, Attachment: string(credential.Authenticator.Attachment),
		RelyingPartyID: p.options.Settings.RelyingPartyID, Created: p.now(),
	}
	for _, transport := range credential.Transport {
		made.Transports = append(made.Transports, string(transport))
	}
	return made, nil
}

// registrationError tells a kind of key that nobody asked for from what is
// wrong or forged.
func registrationError(err error) error {
	var e *protocol.Error
	unsupported := []string{protocol.ErrUnsupportedKey.Type, protocol.ErrUnsupportedAlgorithm.Type}
	if errors.As(err, &e) && slices.Contains(unsupported, e.Type) {
		return errUnsupportedPasskey
	}
	return errRegistrationNotValid
}
