package userpool

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	"hearth/internal/cognito"
)

// newRefreshToken returns an opaque token. Cognito's is encrypted, so no
// client can read anything in either.
func newRefreshToken() string { return base64.RawURLEncoding.EncodeToString(randomBytes(96)) }

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

var errRefreshToken = fail(codeNotAuthorized, "Invalid Refresh Token")

func (p *Pool) beginRefresh(in initiateInput, client cognito.Client) (authOutput, error) {
	// Browser clients send an empty device key when they know of none.
	err := firstError(parameters(in.AuthParameters, []string{"REFRESH_TOKEN"}, "DEVICE_KEY"), noDevice(in.AuthParameters["DEVICE_KEY"]))
	if err != nil {
		return authOutput{}, err
	}
	return p.refresh(in.AuthParameters["REFRESH_TOKEN"], in.ClientId, client)
}

// refresh issues new tokens of a sign-in. auth_time, origin_jti and event_id
// stay, iat, exp and jti are new. There is no new refresh token: rotation is
// off in Hearth's pool.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
func (p *Pool) refresh(token, clientID string, client cognito.Client) (authOutput, error) {
	err := firstError(allowed(client, cognito.FlowRefresh, flowRefresh), validToken("refreshToken", token))
	if err != nil {
		return authOutput{}, err
	}
	now := p.now()
	p.mu.Lock()
	g := p.state.grants[p.state.tokens[string(hashToken(token))]]
	var u *user
	if g != nil {
		u = p.state.users[g.Sub]
	}
	p.mu.Unlock()
	switch {
	case g == nil || u == nil || g.ClientID != clientID:
		return authOutput{}, errRefreshToken
	case u.Disabled:
		return authOutput{}, errDisabled
	case g.Revoked:
		return authOutput{}, fail(codeNotAuthorized, "Refresh Token has been revoked")
	case !now.Before(g.Expires):
		return authOutput{}, fail(codeNotAuthorized, "Refresh Token has expired")
	}
	result, err := p.tokens(g, u, client, now)
	if err != nil {
		return authOutput{}, err
	}
	return authOutput{AuthenticationResult: result, ChallengeParameters: map[string]string{}}, nil
}

type refreshInput struct {
	ClientId       string //nolint:revive // Cognito's own spelling, which decoding goes by.
	RefreshToken   string
	ClientSecret   string
	DeviceKey      string
	ClientMetadata map[string]string
}

type refreshOutput struct{ AuthenticationResult *authResult }

// getTokensFromRefreshToken does what REFRESH_TOKEN_AUTH does.
func (p *Pool) getTokensFromRefreshToken(_ context.Context, in refreshInput) (refreshOutput, error) {
	client, err := p.client(in.ClientId)
	if err != nil {
		return refreshOutput{}, err
	}
	if err := firstError(validMetadata(in.ClientMetadata), noSecretHash(in.ClientId, in.ClientSecret), noDevice(in.DeviceKey)); err != nil {
		return refreshOutput{}, err
	}
	out, err := p.refresh(in.RefreshToken, in.ClientId, client)
	return refreshOutput{out.AuthenticationResult}, err
}

// noDevice refuses device keys: the pool does not remember devices.
func noDevice(key string) error {
	if key != "" {
		return invalidParameter("Device tracking is not enabled for this user pool.")
	}
	return nil
}

type revokeInput struct {
	ClientId     string //nolint:revive // Cognito's own spelling, which decoding goes by.
	ClientSecret string
	Token        string
}

// revokeToken ends the sign-in of a refresh token; revoking it again succeeds.
func (p *Pool) revokeToken(_ context.Context, in revokeInput) (none, error) {
	if _, err := p.client(in.ClientId); err != nil {
		return none{}, err
	}
	if err := firstError(noSecretHash(in.ClientId, in.ClientSecret), validToken("token", in.Token)); err != nil {
		return none{}, err
	}
	if p.tokenUse(in.Token) != "" {
		return none{}, fail(codeUnsupportedToken, "Unsupported token type")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.state.grants[p.state.tokens[string(hashToken(in.Token))]]
	switch {
	case g == nil:
		return none{}, errRefreshToken
	case g.ClientID != in.ClientId:
		return none{}, fail(codeUnauthorized, "Token is not issued to the client.")
	case g.Revoked:
		return none{}, nil
	}
	return none{}, p.commit(change{Grants: []*grant{revoked(g)}})
}

func revoked(g *grant) *grant {
	r := *g
	r.Revoked = true
	return &r
}

// signOut ends every sign-in of a user.
func (p *Pool) signOut(sub string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := p.state.revokedGrants(sub)
	if len(ended) == 0 {
		return nil
	}
	return p.commit(change{Grants: ended})
}

type accessTokenInput struct{ AccessToken string }

func (p *Pool) globalSignOut(_ context.Context, in accessTokenInput) (none, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return none{}, err
	}
	return none{}, p.signOut(u.Sub)
}
