package main

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"hearth/internal/account"
)

// security is the answer of GET /me/security.
type security struct {
	Email             string     `json:"email"`
	EmailVerified     bool       `json:"emailVerified"`
	PendingEmail      *string    `json:"pendingEmail"`
	PasswordChangedAt *time.Time `json:"passwordChangedAt"`
	MFA               mfa        `json:"mfa"`
	RecoveryCodesLeft int        `json:"recoveryCodesLeft"`
}

type mfa struct {
	Enabled    bool    `json:"enabled"`
	DeviceName *string `json:"deviceName"`
}

func (p *person) security(t *testing.T) security {
	t.Helper()
	var s security
	p.call(t, http.MethodGet, "/me/security", nil).want(t, http.StatusOK).JSON(t, &s)
	return s
}

// device is an authenticator app with one account in it.
type device struct {
	secret string
	// step is that of the newest code that it showed.
	step int64
}

const stepSeconds = 30

// scan reads the QR code of an enrolment, as an app does.
func scan(t *testing.T, uri string) (*device, *otp.Key) {
	t.Helper()
	key, err := otp.NewKeyFromURL(uri)
	if err != nil {
		t.Fatal(err)
	}
	return &device{secret: key.Secret()}, key
}

// code is a code that was not shown before. Cognito takes those of one step
// before and behind the present one, so three are good at once; the fourth has
// to be waited for. One that goes out of date soon is left out.
func (d *device) code(t *testing.T) string {
	t.Helper()
	const soon = 8 * time.Second
	d.step = max(d.step+1, time.Now().Add(soon).Unix()/stepSeconds-1)
	time.Sleep(time.Until(time.Unix((d.step-1)*stepSeconds, 0)))
	return d.at(t, d.step)
}

// wrong is a code that no step near the present one has.
func (d *device) wrong(t *testing.T) string {
	t.Helper()
	now, code := time.Now().Unix()/stepSeconds, "000000"
	var near []string
	for step := now - 5; step <= now+5; step++ {
		near = append(near, d.at(t, step))
	}
	for slices.Contains(near, code) {
		code = code[1:] + string(code[0]+1)
	}
	return code
}

func (d *device) at(t *testing.T, step int64) string {
	t.Helper()
	code, err := hotp.GenerateCode(d.secret, uint64(step))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// startTOTP gives the person's device a new secret.
func (p *person) startTOTP(t *testing.T) *device {
	t.Helper()
	var setup struct{ Secret, OTPAuthURI string }
	p.call(t, http.MethodPost, "/me/security/mfa/totp", nil).want(t, http.StatusOK).JSON(t, &setup)
	d, key := scan(t, setup.OTPAuthURI)
	if d.secret != setup.Secret || key.Type() != "totp" || key.AccountName() != p.Email || key.Issuer() == "" || key.Period() != stepSeconds ||
		key.Digits() != otp.DigitsSix {
		t.Errorf("an app reads %s of the account %q, by %q, from a code for %q", key.Type(), key.AccountName(), key.Issuer(), p.Email)
	}
	return d
}

func (p *person) verifyTOTP(t *testing.T, code, deviceName string) answer {
	t.Helper()
	return p.call(t, http.MethodPost, "/me/security/mfa/totp/verify", map[string]string{"code": code, "deviceName": deviceName})
}

func (p *person) disableTOTP(t *testing.T, password, code string) answer {
	t.Helper()
	return p.call(t, http.MethodPost, "/me/security/mfa/totp/disable", map[string]string{"password": password, "code": code})
}

// enroll has the person's sign-ins ask for codes of a device.
func (p *person) enroll(t *testing.T) *device {
	t.Helper()
	d := p.startTOTP(t)
	p.verifyTOTP(t, d.code(t), "Phone").want(t, http.StatusOK)
	return d
}

// challenged signs the person in up to the challenge for a code.
func (p *person) challenged(t *testing.T) (session *string) {
	t.Helper()
	proven, err := p.provePassword(t.Context(), p.Email, p.Password)
	if err != nil {
		t.Fatal(err)
	}
	if proven.ChallengeName != types.ChallengeNameTypeSoftwareTokenMfa || proven.AuthenticationResult != nil {
		t.Fatalf("the challenge is %q", proven.ChallengeName)
	}
	return proven.Session
}

// answerCode answers the challenge; a right code signs the person in.
func (p *person) answerCode(t *testing.T, session *string, code string) error {
	t.Helper()
	answer, err := p.cognito.RespondToAuthChallenge(t.Context(), &cognitoidentityprovider.RespondToAuthChallengeInput{
		ClientId: aws.String(p.ClientID), ChallengeName: types.ChallengeNameTypeSoftwareTokenMfa, Session: session,
		ChallengeResponses: map[string]string{"USERNAME": p.Email, "SOFTWARE_TOKEN_MFA_CODE": code},
	})
	if err != nil {
		return err
	}
	tokens := answer.AuthenticationResult
	p.AccessToken, p.RefreshToken = aws.ToString(tokens.AccessToken), aws.ToString(tokens.RefreshToken)
	return nil
}

// ended fails the test unless a session is refused here at its next request,
// after a refresh too.
func (p *person) ended(t *testing.T) {
	t.Helper()
	p.call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	if token, err := p.refresh(t); err == nil {
		p.with(token).call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	}
}

// noted is how often something was done to the person's security, by their log.
func (p *person) noted(t *testing.T, action account.AuditAction) int {
	t.Helper()
	var log struct {
		Items []struct{ Action account.AuditAction }
	}
	p.call(t, http.MethodGet, "/audit-log", nil).want(t, http.StatusOK).JSON(t, &log)
	n := 0
	for _, entry := range log.Items {
		if entry.Action == action {
			n++
		}
	}
	return n
}

// mailed waits for a mail to the person.
func (p *person) mailed(t *testing.T, subject string) {
	t.Helper()
	eventually(t, "a mail: "+subject, func() bool {
		for _, m := range p.mails(t) {
			if m.Subject == subject {
				return true
			}
		}
		return false
	})
}
