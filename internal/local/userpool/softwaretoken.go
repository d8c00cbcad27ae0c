package userpool

import (
	"context"
	"crypto/hmac"
	"encoding/base32"
	"fmt"
	"regexp"
	"time"

	"github.com/pquerna/otp/hotp"

	"hearth/internal/cognito"
)

const (
	// secretBytes makes a secret of 52 letters, as Cognito's are.
	secretBytes = 32
	// stepSeconds is how long a code is shown (RFC 6238), and tolerance by how
	// many steps a device's clock may be wrong, either way.
	stepSeconds   = 30
	tolerance     = 1
	maxDeviceName = 131072
)

var digitsPattern = regexp.MustCompile(`^[0-9]+$`)

// Errors of software tokens.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
var (
	errNoTokenInPool = fail(codeSoftwareTokenNotFound, "Software Token MFA has not been enabled by the userPool.")
	errNoTokenOfUser = fail(codeSoftwareTokenNotFound, "Software Token MFA does not exist for the user.")
	errTokenUsed     = fail(codeExpiredCode, "Your software token has already been used once.")
	errTokenMismatch = fail(codeCodeMismatch, "Invalid code received for user")
)

// softwareToken is what a user has of software token MFA. Unlike passwords the
// secrets must be kept as they are, because codes are made of them.
type softwareToken struct {
	// Pending is a secret that waits for its first right code.
	Pending string `json:"pending,omitempty"`
	// Secret is the one that codes are checked by; "" if there is none.
	Secret     string `json:"secret,omitempty"`
	DeviceName string `json:"deviceName,omitempty"`
	// UsedStep is the time step of the newest code that was accepted.
	UsedStep int64 `json:"usedStep,omitempty"`
	// Enabled makes each sign-in by password ask for a code.
	Enabled   bool `json:"enabled,omitempty"`
	Preferred bool `json:"preferred,omitempty"`
}

type associateInput struct {
	AccessToken string
	Session     string
}

type associateOutput struct{ SecretCode string }

// associateSoftwareToken gives a new secret. A token that the user already has
// stays good until the new one is verified.
func (p *Pool) associateSoftwareToken(_ context.Context, in associateInput) (associateOutput, error) {
	u, err := p.enrolling(in.AccessToken, in.Session)
	if err != nil {
		return associateOutput{}, err
	}
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(randomBytes(secretBytes))
	_, err = p.edit(u.Sub, func(u *user) error {
		u.Token.Pending = secret
		return nil
	})
	if err != nil {
		return associateOutput{}, err
	}
	return associateOutput{SecretCode: secret}, nil
}

// enrolling returns the user who sets a software token up. A Session takes the
// place of the access token only in the challenge MFA_SETUP, which a pool with
// optional MFA never gives.
func (p *Pool) enrolling(accessToken, session string) (*user, error) {
	if p.options.Settings.MFA == cognito.MFAOff {
		return nil, errNoTokenInPool
	}
	if session != "" {
		return nil, fail(codeNotAuthorized, "Invalid session for the user.")
	}
	u, _, err := p.caller(accessToken)
	return u, err
}

type verifyTokenInput struct {
	AccessToken        string
	Session            string
	UserCode           string
	FriendlyDeviceName string
}

type verifyTokenOutput struct{ Status string }

// verifySoftwareToken takes the first code of a new secret, which replaces the
// one before; the code counts as used. It does not turn MFA on.
func (p *Pool) verifySoftwareToken(_ context.Context, in verifyTokenInput) (verifyTokenOutput, error) {
	u, err := p.enrolling(in.AccessToken, in.Session)
	if err != nil {
		return verifyTokenOutput{}, err
	}
	err = firstError(member("userCode", in.UserCode, 6, 6, digitsPattern),
		member("friendlyDeviceName", in.FriendlyDeviceName, 0, maxDeviceName, nil))
	if err != nil {
		return verifyTokenOutput{}, err
	}
	_, err = p.edit(u.Sub, func(u *user) error {
		if u.Token.Pending == "" {
			return errNoTokenOfUser
		}
		step, err := matchingStep(u.Token.Pending, in.UserCode, p.now())
		switch {
		case err != nil:
			return err
		case step == 0:
			return fail(codeEnableSoftwareToken, "Code mismatch and fail enable Software Token MFA")
		}
		u.Token.Secret, u.Token.UsedStep, u.Token.DeviceName = u.Token.Pending, step, in.FriendlyDeviceName
		u.Token.Pending = ""
		return nil
	})
	if err != nil {
		return verifyTokenOutput{}, err
	}
	return verifyTokenOutput{Status: "SUCCESS"}, nil
}

// spend takes one code, so that neither it nor an older one is good again
// (RFC 6238, section 5.2).
func (t *softwareToken) spend(code string, now time.Time) error {
	step, err := matchingStep(t.Secret, code, now)
	switch {
	case err != nil:
		return err
	case step == 0:
		return errTokenMismatch
	case step <= t.UsedStep:
		return errTokenUsed
	}
	t.UsedStep = step
	return nil
}

// matchingStep returns the newest step within the tolerance whose code is the
// given one, or 0. Codes are six digits by HMAC-SHA-1.
func matchingStep(secret, code string, now time.Time) (int64, error) {
	current := now.Unix() / stepSeconds
	for step := current + tolerance; step >= max(current-tolerance, 1); step-- {
		right, err := hotp.GenerateCode(secret, uint64(step)) //nolint:gosec // Steps are not negative.
		if err != nil {
			return 0, fmt.Errorf("user pool: software token: %w", err)
		}
		if hmac.Equal([]byte(right), []byte(code)) {
			return step, nil
		}
	}
	return 0, nil
}
