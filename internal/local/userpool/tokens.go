package userpool

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"hearth/internal/cognito"
)

const (
	useAccess = "access"
	useID     = "id"
	keyBits   = 2048
)

// accessClaims are the claims of an access token, with Cognito's types.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
type accessClaims struct {
	Sub       string `json:"sub"`
	Issuer    string `json:"iss"`
	ClientID  string `json:"client_id"`
	OriginJTI string `json:"origin_jti"`
	EventID   string `json:"event_id"`
	TokenUse  string `json:"token_use"`
	Scope     string `json:"scope"`
	AuthTime  int64  `json:"auth_time"`
	Expires   int64  `json:"exp"`
	IssuedAt  int64  `json:"iat"`
	JTI       string `json:"jti"`
	Username  string `json:"username"`
}

// signer makes and reads the pool's tokens.
type signer struct {
	private, public jwk.Key
	// keySet is the JSON of the public key set.
	keySet []byte
}

// newSecrets makes a pool's secrets; key is nil but in tests, which need not
// wait for a new one each time.
func newSecrets(key *rsa.PrivateKey) (*secrets, error) {
	if key == nil {
		made, err := rsa.GenerateKey(rand.Reader, keyBits)
		if err != nil {
			return nil, fmt.Errorf("user pool: signing key: %w", err)
		}
		key = made
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("user pool: signing key: %w", err)
	}
	return &secrets{SigningKey: raw, Simulation: randomBytes(32), Paging: randomBytes(32)}, nil
}

func newSigner(pkcs8 []byte) (*signer, error) {
	raw, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, fmt.Errorf("user pool: signing key: %w", err)
	}
	s := new(signer)
	if s.private, err = jwk.Import(raw); err != nil {
		return nil, fmt.Errorf("user pool: signing key: %w", err)
	}
	err = errors.Join(jwk.AssignKeyID(s.private), s.private.Set(jwk.AlgorithmKey, jwa.RS256()),
		s.private.Set(jwk.KeyUsageKey, jwk.ForSignature.String()))
	if err != nil {
		return nil, fmt.Errorf("user pool: signing key: %w", err)
	}
	if s.public, err = s.private.PublicKey(); err != nil {
		return nil, fmt.Errorf("user pool: signing key: %w", err)
	}
	set := jwk.NewSet()
	if err := set.AddKey(s.public); err != nil {
		return nil, fmt.Errorf("user pool: signing key: %w", err)
	}
	if s.keySet, err = json.Marshal(set); err != nil {
		return nil, fmt.Errorf("user pool: signing key: %w", err)
	}
	return s, nil
}

func (s *signer) sign(claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("user pool: token: %w", err)
	}
	token, err := jws.Sign(payload, jws.WithKey(jwa.RS256(), s.private))
	if err != nil {
		return "", fmt.Errorf("user pool: token: %w", err)
	}
	return string(token), nil
}

// accessToken returns an access token of a sign-in.
func (p *Pool) accessToken(g *grant, validity time.Duration, now time.Time) (string, error) {
	return p.signer.sign(accessClaims{
		Sub: g.Sub, Username: g.Sub, Issuer: p.options.Issuer, ClientID: g.ClientID,
		OriginJTI: g.OriginJTI, EventID: g.EventID, JTI: newID(),
		TokenUse: useAccess, Scope: cognito.Scope,
		AuthTime: g.AuthTime.Unix(), IssuedAt: now.Unix(), Expires: now.Add(validity).Unix(),
	})
}

// idToken returns an ID token of a sign-in, with the attributes that its
// client may read.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
func (p *Pool) idToken(g *grant, u *user, client cognito.Client, now time.Time) (string, error) {
	claims := map[string]any{
		"sub": g.Sub, "cognito:username": g.Sub, "iss": p.options.Issuer, "aud": g.ClientID,
		"origin_jti": g.OriginJTI, "event_id": g.EventID, "jti": newID(), "token_use": useID,
		"auth_time": g.AuthTime.Unix(), "iat": now.Unix(), "exp": now.Add(client.IDTokenValidity).Unix(),
	}
	for _, name := range client.ReadAttributes {
		value, set := u.Attributes[name]
		switch {
		case name == cognito.AttributeEmailVerified:
			claims[name] = value == "true"
		case set:
			claims[name] = value
		}
	}
	return p.signer.sign(claims)
}

// tokenUse returns what a string that the pool signed is used for, or "".
func (p *Pool) tokenUse(token string) string {
	claims, err := p.readToken(token)
	if err != nil {
		return ""
	}
	return claims.TokenUse
}

func (p *Pool) readToken(token string) (accessClaims, error) {
	var claims accessClaims
	payload, err := jws.Verify([]byte(token), jws.WithKey(jwa.RS256(), p.signer.public))
	if err != nil {
		return claims, fmt.Errorf("user pool: token: %w", err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return claims, fmt.Errorf("user pool: token: %w", err)
	}
	return claims, nil
}

// caller returns the user and sign-in of an access token, which a sign-out has
// not ended.
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
func (p *Pool) caller(token string) (*user, *grant, error) {
	if err := validToken("accessToken", token); err != nil {
		return nil, nil, err
	}
	claims, err := p.readToken(token)
	if err != nil || claims.TokenUse != useAccess || claims.Issuer != p.options.Issuer {
		return nil, nil, fail(codeNotAuthorized, "Invalid Access Token")
	}
	if p.now().Unix() >= claims.Expires {
		return nil, nil, fail(codeNotAuthorized, "Access Token has expired")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g, u := p.state.grants[claims.OriginJTI], p.state.users[claims.Sub]
	if g == nil || u == nil || g.Revoked || g.Sub != u.Sub {
		return nil, nil, fail(codeNotAuthorized, "Access Token has been revoked")
	}
	return u, g, nil
}
