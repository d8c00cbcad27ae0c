package userpool

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"slices"
	"time"

	"hearth/internal/cognito"
)

// Flows of InitiateAuth.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
const (
	flowSRP          = "USER_SRP_AUTH"
	flowChoice       = "USER_AUTH"
	flowPassword     = "USER_PASSWORD_AUTH"
	flowRefresh      = "REFRESH_TOKEN_AUTH"
	flowRefreshShort = "REFRESH_TOKEN"
)

// First factors of USER_AUTH.
const (
	factorSRP      = "PASSWORD_SRP"
	factorPassword = "PASSWORD"
	factorWebAuthn = challengeWebAuthn
)

type initiateInput struct {
	AuthFlow          string
	AuthParameters    map[string]string
	ClientId          string //nolint:revive // Cognito's own spelling, which decoding goes by.
	ClientMetadata    map[string]string
	AnalyticsMetadata *analytics
	UserContextData   *userContext
	Session           string
}

type authOutput struct {
	AuthenticationResult *authResult       `json:",omitempty"`
	ChallengeName        string            `json:",omitempty"`
	ChallengeParameters  map[string]string `json:",omitempty"`
	AvailableChallenges  []string          `json:",omitempty"`
	Session              string            `json:",omitempty"`
}

type authResult struct {
	AccessToken  string
	ExpiresIn    int
	IdToken      string //nolint:revive // Cognito's own spelling.
	RefreshToken string `json:",omitempty"`
	TokenType    string
}

func (p *Pool) initiateAuth(_ context.Context, in initiateInput) (authOutput, error) {
	client, err := p.client(in.ClientId)
	if err != nil {
		return authOutput{}, err
	}
	if in.Session != "" {
		return authOutput{}, fail(codeNotAuthorized, "Invalid session for the user.")
	}
	if err := firstError(validMetadata(in.ClientMetadata), noSecretHash(in.ClientId, in.AuthParameters["SECRET_HASH"])); err != nil {
		return authOutput{}, err
	}
	switch in.AuthFlow {
	case flowSRP:
		return p.beginSRP(in, client)
	case flowPassword:
		return p.beginPassword(in, client)
	case flowChoice:
		return p.beginChoice(in, client)
	case flowRefresh, flowRefreshShort:
		return p.beginRefresh(in, client)
	case "":
		return authOutput{}, member("authFlow", "", 1, 32, nil)
	}
	return authOutput{}, invalidParameter("Initiate Auth method not supported.")
}

// allowed refuses a flow that the client's settings leave out.
func allowed(client cognito.Client, flow cognito.AuthFlow, name string) error {
	if !slices.Contains(client.AuthFlows, flow) {
		return invalidParameter(name + " flow not enabled for this client")
	}
	return nil
}

// parameters wants the given parameters and refuses any but them and the
// optional ones.
func parameters(given map[string]string, required []string, optional ...string) error {
	for _, name := range required {
		if given[name] == "" {
			return invalidParameter("Missing required parameter " + name)
		}
	}
	for name := range given {
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			return invalidParameter("This user pool does not know the parameter \"" + name + "\" here.")
		}
	}
	return nil
}

func (p *Pool) beginSRP(in initiateInput, client cognito.Client) (authOutput, error) {
	err := firstError(allowed(client, cognito.FlowSRP, flowSRP), parameters(in.AuthParameters, []string{"USERNAME", "SRP_A"}),
		validUsername(in.AuthParameters["USERNAME"]))
	if err != nil {
		return authOutput{}, err
	}
	return p.srpChallenge(p.subjectOf(in.AuthParameters["USERNAME"]), in.ClientId, in.AuthParameters["SRP_A"], client, true)
}

func (p *Pool) beginPassword(in initiateInput, client cognito.Client) (authOutput, error) {
	err := firstError(allowed(client, cognito.FlowPassword, flowPassword), parameters(in.AuthParameters, []string{"USERNAME", "PASSWORD"}),
		validUsername(in.AuthParameters["USERNAME"]))
	if err != nil {
		return authOutput{}, err
	}
	return p.checkPassword(p.subjectOf(in.AuthParameters["USERNAME"]), in.AuthParameters["PASSWORD"], in.ClientId, client)
}

// beginChoice begins choice-based sign-in. A preferred challenge that the pool
// does not offer is answered with those that it does.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html
func (p *Pool) beginChoice(in initiateInput, client cognito.Client) (authOutput, error) {
	given := in.AuthParameters
	err := firstError(allowed(client, cognito.FlowChoice, flowChoice),
		parameters(given, []string{"USERNAME"}, "PREFERRED_CHALLENGE", "SRP_A", "PASSWORD"), validUsername(given["USERNAME"]))
	if err != nil {
		return authOutput{}, err
	}
	s := p.subjectOf(given["USERNAME"])
	switch given["PREFERRED_CHALLENGE"] {
	case factorSRP, factorPassword:
		return p.firstFactor(s, given["PREFERRED_CHALLENGE"], given, in.ClientId, client, "USERNAME", "PREFERRED_CHALLENGE")
	case "", factorWebAuthn, "EMAIL_OTP", "SMS_OTP":
	default:
		return authOutput{}, invalidParameter("PREFERRED_CHALLENGE is not a challenge of USER_AUTH.")
	}
	if err := parameters(given, []string{"USERNAME"}, "PREFERRED_CHALLENGE"); err != nil {
		return authOutput{}, err
	}
	available := []string{factorSRP, factorPassword}
	if with := p.offered(s); len(with) > 0 {
		if given["PREFERRED_CHALLENGE"] == factorWebAuthn {
			return p.webAuthnChallenge(s, with, in.ClientId, client)
		}
		available = append(available, factorWebAuthn)
	}
	session := p.open(&challenge{name: challengeSelect, clientID: in.ClientId, subject: s}, client.AuthSessionValidity)
	return authOutput{
		ChallengeName: challengeSelect, Session: session,
		AvailableChallenges: available,
		ChallengeParameters: map[string]string{"USERNAME": s.sub},
	}, nil
}

// firstFactor goes on with the factor that a client chose.
func (p *Pool) firstFactor(s subject, factor string, given map[string]string, clientID string, client cognito.Client, with ...string) (authOutput, error) {
	switch factor {
	case factorSRP:
		if err := parameters(given, append(with, "SRP_A")); err != nil {
			return authOutput{}, err
		}
		return p.srpChallenge(s, clientID, given["SRP_A"], client, false)
	case factorPassword:
		if err := parameters(given, append(with, "PASSWORD")); err != nil {
			return authOutput{}, err
		}
		return p.checkPassword(s, given["PASSWORD"], clientID, client)
	case factorWebAuthn:
		if err := parameters(given, with); err != nil {
			return authOutput{}, err
		}
		if with := p.offered(s); len(with) > 0 {
			return p.webAuthnChallenge(s, with, clientID, client)
		}
	}
	return authOutput{}, invalidParameter("ANSWER is not one of the available challenges.")
}

type respondInput struct {
	ChallengeName      string
	ChallengeResponses map[string]string
	ClientId           string //nolint:revive // Cognito's own spelling, which decoding goes by.
	ClientMetadata     map[string]string
	Session            string
	AnalyticsMetadata  *analytics
	UserContextData    *userContext
}

func (p *Pool) respondToAuthChallenge(_ context.Context, in respondInput) (authOutput, error) {
	client, err := p.client(in.ClientId)
	if err != nil {
		return authOutput{}, err
	}
	return p.respond(in, client, false)
}

// respond takes the answer to a challenge; admin is true for
// AdminRespondToAuthChallenge, to which alone the sign-ins are open that
// AdminInitiateAuth began.
func (p *Pool) respond(in respondInput, client cognito.Client, admin bool) (authOutput, error) {
	var err error
	if in.Session != "" {
		err = member("session", in.Session, minSession, maxSession, nil)
	}
	err = firstError(err, member("challengeName", in.ChallengeName, 1, 64, nil), validMetadata(in.ClientMetadata),
		noSecretHash(in.ClientId, in.ChallengeResponses["SECRET_HASH"]))
	if err != nil {
		return authOutput{}, err
	}
	if p.isAdmin(in.Session) != admin {
		return authOutput{}, fail(codeNotAuthorized, "Invalid session for the user.")
	}
	switch in.ChallengeName {
	case challengeSoftwareToken:
		return p.answerSoftwareToken(in, client)
	case challengeWebAuthn:
		return p.answerWebAuthn(in, client)
	case challengeVerifier:
		return p.answerVerifier(in, client)
	case challengeSelect:
		return p.answerSelect(in, client)
	case challengeNewPassword:
		return p.answerNewPassword(in, client)
	}
	return authOutput{}, invalidParameter("This user pool does not give the challenge " + in.ChallengeName + ".")
}

func (p *Pool) answerSelect(in respondInput, client cognito.Client) (authOutput, error) {
	err := firstError(parameters(in.ChallengeResponses, []string{"USERNAME", "ANSWER"}, "SRP_A", "PASSWORD"),
		member("session", in.Session, 1, maxSession, nil))
	if err != nil {
		return authOutput{}, err
	}
	c, err := p.take(in)
	if err != nil {
		return authOutput{}, err
	}
	return p.firstFactor(c.subject, in.ChallengeResponses["ANSWER"], in.ChallengeResponses, in.ClientId, client, "USERNAME", "ANSWER")
}

// answerVerifier checks the proof of SRP.
func (p *Pool) answerVerifier(in respondInput, client cognito.Client) (authOutput, error) {
	given := in.ChallengeResponses
	err := parameters(given, []string{"USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"})
	if err != nil {
		return authOutput{}, err
	}
	// Clients write the time of their own clock, some with twelve hours in
	// place of 24, so only its form is checked; the Session's end bounds it.
	if _, err := time.Parse("Mon Jan 2 15:04:05 UTC 2006", given["TIMESTAMP"]); err != nil {
		return authOutput{}, invalidParameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	}
	claimed, err := base64.StdEncoding.DecodeString(given["PASSWORD_CLAIM_SIGNATURE"])
	if err != nil {
		return authOutput{}, invalidParameter("PASSWORD_CLAIM_SIGNATURE is not base64.")
	}
	c, err := p.take(in)
	if err != nil {
		return authOutput{}, err
	}
	block, err := base64.StdEncoding.DecodeString(c.secretBlock)
	if err != nil || !hmac.Equal([]byte(c.secretBlock), []byte(given["PASSWORD_CLAIM_SECRET_BLOCK"])) {
		return authOutput{}, errCredentials
	}
	expected, err := c.exchange.signature(p.poolName(), c.subject.sub, block, given["TIMESTAMP"])
	if err != nil {
		return authOutput{}, err
	}
	return p.passwordChecked(c.subject, hmac.Equal(expected, claimed), in.ClientId, client)
}

func (p *Pool) checkPassword(s subject, password, clientID string, client cognito.Client) (authOutput, error) {
	return p.passwordChecked(s, s.verifier.matches(p.poolName(), s.sub, password), clientID, client)
}
