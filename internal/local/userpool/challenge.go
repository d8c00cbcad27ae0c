package userpool

import (
	"encoding/base64"
	"maps"
	"time"

	"hearth/internal/cognito"
)

// Challenges that the pool gives.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
const (
	challengeSelect        = "SELECT_CHALLENGE"
	challengeVerifier      = "PASSWORD_VERIFIER"
	challengeNewPassword   = "NEW_PASSWORD_REQUIRED"
	challengeSoftwareToken = "SOFTWARE_TOKEN_MFA"
	challengeWebAuthn      = "WEB_AUTHN"
)

// challenge is a step of a sign-in that waits for its answer.
type challenge struct {
	name     string
	clientID string
	subject  subject
	expires  time.Time
	// exchange and secretBlock belong to PASSWORD_VERIFIER.
	exchange    *exchange
	secretBlock string
	// ceremony is what an authenticator signs in WEB_AUTHN.
	ceremony string
	// sessionOptional is true for USER_SRP_AUTH, whose clients may leave the
	// Session out: the secret block names the sign-in just as well.
	sessionOptional bool
	// admin is true if AdminRespondToAuthChallenge must take the answer, and no
	// other operation may.
	admin bool
}

// challenges are the open ones by their Session. They do not outlive a
// restart: the person signs in again. Guarded by Pool.mu.
type challenges map[string]*challenge

// open stores a challenge and returns its Session, a random name that says
// nothing.
func (p *Pool) open(c *challenge, validity time.Duration) string {
	session := base64.RawURLEncoding.EncodeToString(randomBytes(96))
	now := p.now()
	c.expires = now.Add(validity)
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.challenges, func(_ string, old *challenge) bool { return now.After(old.expires) })
	p.challenges[session] = c
	return session
}

// take ends the challenge of a Session and returns it, if it is open and is
// for this client, challenge and user. Whatever the answer, a Session that was
// presented can not be presented again.
func (p *Pool) take(in respondInput) (*challenge, error) {
	p.mu.Lock()
	session := in.Session
	if session == "" {
		session = p.sessionOfBlock(in.ChallengeResponses["PASSWORD_CLAIM_SECRET_BLOCK"])
	}
	c := p.challenges[session]
	delete(p.challenges, session)
	p.mu.Unlock()
	return c, p.fits(c, in)
}

// look is take for a challenge whose Session outlives a wrong answer.
func (p *Pool) look(in respondInput) (*challenge, error) {
	p.mu.Lock()
	c := p.challenges[in.Session]
	p.mu.Unlock()
	return c, p.fits(c, in)
}

// fits refuses an answer that is not to this challenge, which may be nil.
func (p *Pool) fits(c *challenge, in respondInput) error {
	switch {
	case c == nil || c.clientID != in.ClientId || c.name != in.ChallengeName || !p.isSubject(c.subject, in.ChallengeResponses["USERNAME"]):
		return fail(codeNotAuthorized, "Invalid session for the user.")
	case !p.now().Before(c.expires):
		return fail(codeNotAuthorized, "Invalid session for the user, session is expired.")
	}
	return nil
}

func (p *Pool) sessionOfBlock(block string) string {
	if block == "" {
		return ""
	}
	for session, c := range p.challenges {
		if c.sessionOptional && c.secretBlock == block {
			return session
		}
	}
	return ""
}

// isSubject reports whether a name is that of the challenge's subject.
func (p *Pool) isSubject(s subject, name string) bool {
	return name == s.sub || p.subjectOf(name).sub == s.sub
}

// srpChallenge begins SRP for a subject, who need not exist.
func (p *Pool) srpChallenge(s subject, clientID, clientPublic string, client cognito.Client, sessionOptional bool) (authOutput, error) {
	exchange, err := newExchange(s.verifier, clientPublic)
	if err != nil {
		return authOutput{}, err
	}
	block := base64.StdEncoding.EncodeToString(randomBytes(96))
	session := p.open(&challenge{
		name: challengeVerifier, clientID: clientID, subject: s,
		exchange: exchange, secretBlock: block, sessionOptional: sessionOptional,
	}, client.AuthSessionValidity)
	return authOutput{
		ChallengeName: challengeVerifier, Session: session,
		ChallengeParameters: map[string]string{
			"SALT": s.verifier.saltHex(), "SRP_B": exchange.public.Text(16), "SECRET_BLOCK": block,
			"USERNAME": s.sub, "USER_ID_FOR_SRP": s.sub,
		},
	}, nil
}
