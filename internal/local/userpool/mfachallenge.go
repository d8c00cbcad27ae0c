package userpool

import (
	"errors"

	"hearth/internal/cognito"
)

// secondFactor goes on after the password: to the tokens, or to the challenge
// for a code if the user turned MFA on. proven is the subject with the verifier
// of the password that was given.
func (p *Pool) secondFactor(proven subject, u *user, clientID string, client cognito.Client) (authOutput, error) {
	if !u.Token.Enabled {
		return p.signIn(u, clientID, client)
	}
	session := p.open(&challenge{name: challengeSoftwareToken, clientID: clientID, subject: proven}, client.AuthSessionValidity)
	given := map[string]string{"USER_ID_FOR_SRP": u.Sub}
	if u.Token.DeviceName != "" {
		given["FRIENDLY_DEVICE_NAME"] = u.Token.DeviceName
	}
	return authOutput{ChallengeName: challengeSoftwareToken, Session: session, ChallengeParameters: given}, nil
}

// answerSoftwareToken checks a code. Other than the answers to other
// challenges a wrong one leaves the Session open, so that the person can type
// it again; the lock-out limits how often.
func (p *Pool) answerSoftwareToken(in respondInput, client cognito.Client) (authOutput, error) {
	// amazon-cognito-identity-js repeats the code as SMS_MFA_CODE.
	err := firstError(parameters(in.ChallengeResponses, []string{"USERNAME", "SOFTWARE_TOKEN_MFA_CODE"}, "SMS_MFA_CODE"),
		member("session", in.Session, 1, maxSession, nil))
	if err != nil {
		return authOutput{}, err
	}
	c, err := p.look(in)
	if err != nil {
		return authOutput{}, err
	}
	u, err := p.spendSoftwareToken(in.Session, c, in.ChallengeResponses["SOFTWARE_TOKEN_MFA_CODE"])
	if err != nil {
		return authOutput{}, err
	}
	return p.signIn(u, in.ClientId, client)
}

// spendSoftwareToken takes code and Session at once, so that of two answers
// only one can succeed. A wrong code counts as a failed sign-in; one that was
// used before proves nothing and does not.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
func (p *Pool) spendSoftwareToken(session string, c *challenge, code string) (*user, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	old := p.state.users[c.subject.sub]
	switch {
	case p.challenges[session] != c, old == nil, !old.Password.equal(c.subject.verifier):
		return nil, fail(codeNotAuthorized, "Invalid session for the user.")
	case p.attempts.locked(c.subject.who, now):
		return nil, errLockedOut
	case !old.Token.Enabled:
		return nil, errNoTokenOfUser
	}
	spent := old.clone()
	if err := spent.Token.spend(code, now); err != nil {
		if errors.Is(err, errTokenMismatch) {
			p.attempts.failed(c.subject.who, now)
		}
		return nil, err
	}
	if err := p.commit(change{Users: []*user{spent}}); err != nil {
		return nil, err
	}
	delete(p.challenges, session)
	p.attempts.succeeded(c.subject.who)
	return spent, nil
}
