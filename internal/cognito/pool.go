// Package cognito is Hearth's side of Amazon Cognito: the settings of the user
// pool, which the CDK app and the development host share, and the few calls
// that functions make to it.
package cognito

import "time"

// The environment variables by which a function learns its user pool.
const (
	// EnvUserPoolID holds the id of the user pool, such as "eu-central-1_AbCdEfGhI".
	EnvUserPoolID = "HEARTH_USER_POOL_ID"
	// EnvClientID holds the id of the web client, the only audience of the API.
	EnvClientID = "HEARTH_CLIENT_ID"
	// EnvServerClientID holds the id of the server-only client, for proofs.
	EnvServerClientID = "HEARTH_SERVER_CLIENT_ID"
	// EnvIssuer holds the `iss` of the pool's tokens. On AWS it is
	// https://cognito-idp.<region>.amazonaws.com/<pool id>.
	EnvIssuer = "HEARTH_ISSUER"
	// EnvEndpoint holds the Cognito endpoint that browsers shall call. It is
	// empty on AWS, where every client library knows the endpoint by the region.
	EnvEndpoint = "HEARTH_COGNITO_ENDPOINT"
)

// Scope is the one that Cognito puts into every access token issued by its user
// pools API, and never into an ID token; API Gateway asks for it on each route.
const Scope = "aws.cognito.signin.user.admin"

// Attributes of a user that Hearth knows.
const (
	AttributeSub           = "sub"
	AttributeEmail         = "email"
	AttributeEmailVerified = "email_verified"
	AttributeName          = "name"
	AttributeGivenName     = "given_name"
	AttributeFamilyName    = "family_name"
	AttributeLocale        = "locale"
)

// Pool is the part of a user pool's settings that Hearth decides. The CDK app
// makes the real pool from it and the development host its own, so that neither
// can allow what the other refuses.
type Pool struct {
	// RequiredAttributes must be given at sign-up; all of them are mutable.
	RequiredAttributes []string
	// OptionalAttributes are the standard attributes that may be given besides.
	OptionalAttributes []string
	// PasswordPolicy holds for sign-up, reset and change.
	PasswordPolicy PasswordPolicy
	// MFA says whether users may have a second factor, and MFAFactors which.
	MFA        MFAConfiguration
	MFAFactors []MFAFactor
	// RelyingPartyID is the domain that passkeys are bound to. Changing it
	// later makes every registered passkey useless.
	RelyingPartyID string
	// UserVerification holds for the registration and the use of passkeys.
	UserVerification UserVerification
	// WebAuthnFactor is what a passkey counts for. With WebAuthnSingleFactor
	// someone who turned MFA on could no longer sign in by passkey.
	// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnConfigurationType.html
	WebAuthnFactor WebAuthnFactor
	// FirstFactors are what a choice-based sign-in may begin with.
	FirstFactors []FirstFactor
	// ConfirmationCodeValidity and ResetCodeValidity are Cognito's own and
	// cannot be set there: 24 hours for a sign-up code, one hour for a password
	// reset code.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html
	ConfirmationCodeValidity time.Duration
	ResetCodeValidity        time.Duration
	// TemporaryPasswordValidity is how long a password set by an
	// administrator for a new user may be used (whole days).
	TemporaryPasswordValidity time.Duration
	// Mail is the text of Cognito's own mails.
	Mail Mail
	// Web is the public client of browsers and apps: no secret.
	Web Client
	// Server is the client for proofs made by functions. It is in no JWT audience.
	Server Client
}

// Mail is the text of the mails that Cognito itself sends; {####} stands for
// the code or temporary password and {username} for the address. Messages are
// HTML, as Cognito sends them.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-message-customizations.html
type Mail struct {
	VerificationSubject, VerificationMessage string
	InvitationSubject, InvitationMessage     string
}

// PasswordPolicy follows NIST SP 800-63B: length counts, composition does not.
type PasswordPolicy struct {
	MinimumLength    int  `json:"minimumLength"`
	RequireLowercase bool `json:"requireLowercase"`
	RequireUppercase bool `json:"requireUppercase"`
	RequireNumbers   bool `json:"requireNumbers"`
	RequireSymbols   bool `json:"requireSymbols"`
}

// MFAConfiguration is Cognito's MfaConfiguration. "ON", which makes everybody
// enrol at the next sign-in, is not one that Hearth has.
type MFAConfiguration string

// The configurations that Hearth can have.
const (
	MFAOff      MFAConfiguration = "OFF"
	MFAOptional MFAConfiguration = "OPTIONAL"
)

// MFAFactor is a second factor in the words of Cognito's EnabledMfas.
type MFAFactor string

// MFASoftwareToken is a code by an authenticator app (TOTP, RFC 6238).
const MFASoftwareToken MFAFactor = "SOFTWARE_TOKEN_MFA"

// AuthFlow is an authentication flow in the words of Cognito's ExplicitAuthFlows.
type AuthFlow string

// The flows that Hearth's clients use.
const (
	FlowSRP           AuthFlow = "ALLOW_USER_SRP_AUTH"
	FlowChoice        AuthFlow = "ALLOW_USER_AUTH"
	FlowPassword      AuthFlow = "ALLOW_USER_PASSWORD_AUTH"
	FlowRefresh       AuthFlow = "ALLOW_REFRESH_TOKEN_AUTH"
	FlowAdminPassword AuthFlow = "ALLOW_ADMIN_USER_PASSWORD_AUTH"
)

// FirstFactor is a first factor of choice-based sign-in in the words of
// Cognito's AllowedFirstAuthFactors.
type FirstFactor string

// The first factors that Hearth's pool allows.
const (
	FactorPassword FirstFactor = "PASSWORD"
	FactorWebAuthn FirstFactor = "WEB_AUTHN"
)

// UserVerification says whether an authenticator must check that its user is
// the right one (PIN, fingerprint, face), in the words of Cognito's
// WebAuthnConfiguration.
type UserVerification string

// Cognito's settings of user verification.
const (
	VerificationRequired  UserVerification = "required"
	VerificationPreferred UserVerification = "preferred"
)

// WebAuthnFactor says how many factors a passkey counts for, in the words of
// Cognito's WebAuthnConfiguration.
type WebAuthnFactor string

// Cognito's settings of what a passkey counts for.
const (
	// WebAuthnSingleFactor keeps users with MFA from signing in by passkey.
	WebAuthnSingleFactor WebAuthnFactor = "SINGLE_FACTOR"
	// WebAuthnMultiFactor lets a passkey with user verification count as both.
	WebAuthnMultiFactor WebAuthnFactor = "MULTI_FACTOR_WITH_USER_VERIFICATION"
)

// Client is the settings of one app client. Neither of Hearth's clients has a
// secret; token revocation is on and user existence is hidden for both.
type Client struct {
	Name                 string
	AuthFlows            []AuthFlow
	ReadAttributes       []string
	WriteAttributes      []string
	AccessTokenValidity  time.Duration
	IDTokenValidity      time.Duration
	RefreshTokenValidity time.Duration
	// AuthSessionValidity is how long a challenge may be answered.
	AuthSessionValidity time.Duration
}

// Options are the few settings that differ between stages.
type Options struct {
	// RelyingPartyID is the product's own domain, "localhost" in development.
	RelyingPartyID string
	// PasswordSignIn lets the web client send a password as it is
	// (USER_PASSWORD_AUTH). For development only.
	PasswordSignIn bool
}

// Settings returns the user pool of a stage.
func Settings(o Options) Pool {
	profile := []string{AttributeEmail, AttributeName, AttributeGivenName, AttributeFamilyName, AttributeLocale}
	webFlows := []AuthFlow{FlowSRP, FlowChoice, FlowRefresh}
	if o.PasswordSignIn {
		webFlows = append(webFlows, FlowPassword)
	}
	client := Client{
		ReadAttributes:       append([]string{AttributeEmailVerified}, profile...),
		WriteAttributes:      profile,
		AccessTokenValidity:  time.Hour,
		IDTokenValidity:      time.Hour,
		RefreshTokenValidity: RefreshTokenValidity,
		AuthSessionValidity:  3 * time.Minute,
	}
	web, server := client, client
	web.Name, web.AuthFlows = "web", webFlows
	server.Name, server.AuthFlows = "server", []AuthFlow{FlowAdminPassword}
	return Pool{
		RequiredAttributes:        []string{AttributeEmail},
		OptionalAttributes:        []string{AttributeName, AttributeGivenName, AttributeFamilyName, AttributeLocale},
		PasswordPolicy:            DefaultPasswordPolicy(),
		MFA:                       MFAOptional,
		MFAFactors:                []MFAFactor{MFASoftwareToken},
		RelyingPartyID:            o.RelyingPartyID,
		UserVerification:          VerificationRequired,
		WebAuthnFactor:            WebAuthnMultiFactor,
		FirstFactors:              []FirstFactor{FactorPassword, FactorWebAuthn},
		ConfirmationCodeValidity:  24 * time.Hour,
		ResetCodeValidity:         time.Hour,
		TemporaryPasswordValidity: 7 * 24 * time.Hour,
		Mail: Mail{
			VerificationSubject: "Your verification code",
			VerificationMessage: "<p>Your code is <strong>{####}</strong>.</p><p>If you did not ask for it, ignore this mail.</p>",
			InvitationSubject:   "Your new account",
			InvitationMessage:   "<p>An account was made for {username}. Its temporary password is <strong>{####}</strong></p>",
		},
		Web:    web,
		Server: server,
	}
}

// RefreshTokenValidity is how long one sign-in can last, from its `auth_time`;
// a session's record in the table lives as long.
const RefreshTokenValidity = 30 * 24 * time.Hour

// DefaultPasswordPolicy is twelve characters of any kind.
func DefaultPasswordPolicy() PasswordPolicy { return PasswordPolicy{MinimumLength: 12} }
