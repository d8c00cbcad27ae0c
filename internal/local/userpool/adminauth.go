package userpool

import (
	"context"

	"hearth/internal/cognito"
)

// flowAdminPassword is the one flow of AdminInitiateAuth that Hearth uses.
const flowAdminPassword = "ADMIN_USER_PASSWORD_AUTH"

// contextData is data for threat protection, as userContext.
type contextData struct {
	EncodedData string
	// HttpHeaders are objects of headerName and headerValue, which alone of all
	// members begin in lower case.
	HttpHeaders []map[string]string //nolint:revive // Cognito's own spelling, which decoding goes by.
	IpAddress   string              //nolint:revive // Cognito's own spelling, which decoding goes by.
	ServerName  string
	ServerPath  string
}

type adminInitiateInput struct {
	UserPoolId        string //nolint:revive // Cognito's own spelling, which decoding goes by.
	ClientId          string //nolint:revive // Cognito's own spelling, which decoding goes by.
	AuthFlow          string
	AuthParameters    map[string]string
	ClientMetadata    map[string]string
	AnalyticsMetadata *analytics
	ContextData       *contextData
	Session           string
}

// adminInitiateAuth proves a password from a server. Somebody who does not
// exist costs the same work and gets the same answer as a wrong password.
func (p *Pool) adminInitiateAuth(_ context.Context, in adminInitiateInput) (authOutput, error) {
	client, err := p.adminClient(in.UserPoolId, in.ClientId)
	if err != nil {
		return authOutput{}, err
	}
	err = firstError(noSession(in.Session), validMetadata(in.ClientMetadata),
		noSecretHash(in.ClientId, in.AuthParameters["SECRET_HASH"]), member("authFlow", in.AuthFlow, 1, 32, nil))
	if err != nil {
		return authOutput{}, err
	}
	if in.AuthFlow != flowAdminPassword {
		return authOutput{}, invalidParameter("Initiate Auth method not supported.")
	}
	given := in.AuthParameters
	err = firstError(allowed(client, cognito.FlowAdminPassword, flowAdminPassword),
		parameters(given, []string{"USERNAME", "PASSWORD"}), validUsername(given["USERNAME"]))
	if err != nil {
		return authOutput{}, err
	}
	return p.reserve(p.checkPassword(p.subjectOf(given["USERNAME"]), given["PASSWORD"], in.ClientId, client))
}

type adminRespondInput struct {
	UserPoolId         string //nolint:revive // Cognito's own spelling, which decoding goes by.
	ClientId           string //nolint:revive // Cognito's own spelling, which decoding goes by.
	ChallengeName      string
	ChallengeResponses map[string]string
	ClientMetadata     map[string]string
	AnalyticsMetadata  *analytics
	ContextData        *contextData
	Session            string
}

// adminRespondToAuthChallenge goes on with what AdminInitiateAuth began.
func (p *Pool) adminRespondToAuthChallenge(_ context.Context, in adminRespondInput) (authOutput, error) {
	client, err := p.adminClient(in.UserPoolId, in.ClientId)
	if err != nil {
		return authOutput{}, err
	}
	return p.reserve(p.respond(respondInput{
		ClientId: in.ClientId, ChallengeName: in.ChallengeName, ChallengeResponses: in.ChallengeResponses,
		ClientMetadata: in.ClientMetadata, Session: in.Session,
	}, client, true))
}

func (p *Pool) adminClient(poolID, clientID string) (cognito.Client, error) {
	if err := p.checkPool(poolID); err != nil {
		return cognito.Client{}, err
	}
	return p.client(clientID)
}

// reserve leaves the next step of a sign-in to AdminRespondToAuthChallenge.
func (p *Pool) reserve(out authOutput, err error) (authOutput, error) {
	if err != nil || out.Session == "" {
		return out, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.challenges[out.Session]; c != nil {
		c.admin = true
	}
	return out, nil
}

func (p *Pool) isAdmin(session string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.challenges[session]
	return c != nil && c.admin
}
