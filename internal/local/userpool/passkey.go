package userpool

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"hearth/internal/cognito"
)

const (
	// maxPasskeys is how many one user can have.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
	maxPasskeys = 20
	// ceremonyBytes is the size of a challenge; WebAuthn wants at least 16.
	ceremonyBytes = 32
	publicKeyType = "public-key"
)

// passkey is what the pool keeps of one WebAuthn credential.
type passkey struct {
	ID []byte `json:"id"`
	// PublicKey is the COSE key, as the authenticator wrote it.
	PublicKey []byte `json:"publicKey"`
	// Counter is the signature counter of the newest use; 0 for ever with
	// authenticators that do not count.
	Counter uint32 `json:"counter,omitempty"`
	// BackupEligible can never change (WebAuthn, section 6.1.3).
	BackupEligible bool      `json:"backupEligible,omitempty"`
	Attachment     string    `json:"attachment,omitempty"`
	Transports     []string  `json:"transports,omitempty"`
	RelyingPartyID string    `json:"relyingPartyId"`
	Created        time.Time `json:"created"`
}

func (k passkey) id() string { return base64.RawURLEncoding.EncodeToString(k.ID) }

// name is made up, as people give none; the word for security keys is
// Cognito's.
func (k passkey) name() string {
	if k.Attachment == string(protocol.CrossPlatform) {
		return "Roaming passkey"
	}
	return "Passkey"
}

func (k passkey) descriptor() credentialDescriptor {
	return credentialDescriptor{ID: k.id(), Type: publicKeyType, Transports: k.Transports}
}

// credentialDescriptor names a passkey to an authenticator.
type credentialDescriptor struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	Transports []string `json:"transports,omitempty"`
}

// Errors of registrations in the words of the API's reference.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CompleteWebAuthnRegistration.html
var (
	errNoCeremony           = fail(codeWebAuthnChallengeNotFound, "The challenge from StartWebAuthnRegistration was not found or has expired.")
	errOtherClient          = fail(codeWebAuthnClientMismatch, "The access token is for a different client than the one in the original StartWebAuthnRegistration request.")
	errNoRelyingParty       = fail(codeWebAuthnConfigurationMissing, "The user pool has no relying party ID.")
	errUnsupportedPasskey   = fail(codeWebAuthnUnsupported, "The passkey is from an unsupported device or provider.")
	errPasskeysOff          = fail(codeWebAuthnNotEnabled, "The passkey feature is not enabled for the user pool.")
	errOriginNotAllowed     = fail(codeWebAuthnOriginNotAllowed, "The origin of the passkey does not align with the relying party ID of the user pool.")
	errOtherRelyingParty    = fail(codeWebAuthnRelyingPartyMismatch, "The passkey is associated with a different relying party ID than that of the user pool.")
	errTooManyPasskeys      = fail(codeLimitExceeded, fmt.Sprintf("A user can have at most %d passkeys.", maxPasskeys))
	errPasskeyNotFound      = fail(codeResourceNotFound, "The passkey does not exist.")
	errMalformedCredential  = invalidParameter("Credential is not the response of an authenticator.")
	errRegisteredElsewhere  = invalidParameter("The passkey is registered already.")
	errRegistrationNotValid = invalidParameter("The passkey could not be verified.")
)

// checkPasskeys refuses settings that this pool cannot go by.
func checkPasskeys(s cognito.Pool) error {
	known := []cognito.FirstFactor{cognito.FactorPassword, cognito.FactorWebAuthn}
	for _, factor := range s.FirstFactors {
		if !slices.Contains(known, factor) {
			return fmt.Errorf("user pool: the first factor %q is not supported", factor)
		}
	}
	switch {
	case !slices.Contains(s.FirstFactors, cognito.FactorPassword):
		return fmt.Errorf("user pool: the first factor %q is missing, which Cognito demands", cognito.FactorPassword)
	case !slices.Contains(s.FirstFactors, cognito.FactorWebAuthn):
		return nil
	case s.UserVerification != cognito.VerificationRequired && s.UserVerification != cognito.VerificationPreferred:
		return fmt.Errorf("user pool: the user verification %q is not supported", s.UserVerification)
	case s.WebAuthnFactor != cognito.WebAuthnSingleFactor && s.WebAuthnFactor != cognito.WebAuthnMultiFactor:
		return fmt.Errorf("user pool: the WebAuthn factor %q is not supported", s.WebAuthnFactor)
	}
	return nil
}

// passkeysReady says why nobody can have a passkey, if so.
func (p *Pool) passkeysReady() error {
	switch s := p.options.Settings; {
	case !slices.Contains(s.FirstFactors, cognito.FactorWebAuthn):
		return errPasskeysOff
	case s.RelyingPartyID == "":
		return errNoRelyingParty
	}
	return nil
}

// signInPasskeys are those by which a user may sign in. A user with MFA has
// none unless a passkey counts for both factors by the pool's settings and by
// the user's own.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnMfaSettingsType.html
func (p *Pool) signInPasskeys(u *user) []passkey {
	s := p.options.Settings
	if p.passkeysReady() != nil || u.Token.Enabled && (s.WebAuthnFactor != cognito.WebAuthnMultiFactor || !u.PasskeyMFA) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(u.Passkeys), func(k passkey) bool { return k.RelyingPartyID != s.RelyingPartyID })
}

// verification is whether a user's authenticator must check its user.
func (p *Pool) verification(u *user) cognito.UserVerification {
	if u != nil && u.PasskeyMFA {
		return cognito.VerificationRequired
	}
	return p.options.Settings.UserVerification
}

// newCeremony returns a challenge for an authenticator, in base64url.
func newCeremony() string { return base64.RawURLEncoding.EncodeToString(randomBytes(ceremonyBytes)) }

// algorithms are those that Cognito asks for.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// relyingParty verifies ceremonies that took place at an origin, which the
// caller has checked. Authenticators may add extensions that nobody asked for
// (WebAuthn, section 9.4).
func (p *Pool) relyingParty(origin string) (*webauthn.WebAuthn, error) {
	id := p.options.Settings.RelyingPartyID
	rp, err := webauthn.New(&webauthn.Config{
		RPID: id, RPDisplayName: id, RPOrigins: []string{origin},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("user pool: relying party: %w", err)
	}
	return rp, nil
}

// checkPlace checks where a ceremony took place and for whom its passkey is.
func (p *Pool) checkPlace(client protocol.CollectedClientData, authenticator protocol.AuthenticatorData) error {
	hash := sha256.Sum256([]byte(p.options.Settings.RelyingPartyID))
	switch {
	case client.CrossOrigin || !originWithin(client.Origin, p.options.Settings.RelyingPartyID):
		return errOriginNotAllowed
	case !bytes.Equal(authenticator.RPIDHash, hash[:]):
		return errOtherRelyingParty
	}
	return nil
}

// originWithin reports whether an origin is at the relying party's domain or
// below it, over HTTPS; localhost is secure without.
// https://www.w3.org/TR/webauthn-3/#relying-party-identifier
func originWithin(origin, domain string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme+"://"+u.Host != origin {
		return false
	}
	host := u.Hostname()
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	return (host == domain || strings.HasSuffix(host, "."+domain)) && (u.Scheme == "https" || u.Scheme == "http" && local)
}

// account is a user as the WebAuthn library wants to see them.
type account struct {
	sub      string
	passkeys []passkey
}

// WebAuthnID is the user handle.
func (a account) WebAuthnID() []byte { return []byte(a.sub) }

// WebAuthnName is not used: the pool writes its options itself.
func (a account) WebAuthnName() string { return a.sub }

// WebAuthnDisplayName is not used either.
func (a account) WebAuthnDisplayName() string { return a.sub }

// WebAuthnCredentials are the passkeys that a response may be by.
func (a account) WebAuthnCredentials() []webauthn.Credential {
	credentials := make([]webauthn.Credential, 0, len(a.passkeys))
	for _, k := range a.passkeys {
		credentials = append(credentials, webauthn.Credential{
			ID: k.ID, PublicKey: k.PublicKey,
			Flags:         webauthn.CredentialFlags{BackupEligible: k.BackupEligible},
			Authenticator: webauthn.Authenticator{SignCount: k.Counter},
		})
	}
	return credentials
}
