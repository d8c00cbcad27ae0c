package main

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
	"hearth/internal/local/userpool"
)

func TestSecondFactorFromEnrolmentToRemoval(t *testing.T) {
	t.Parallel()
	p, bystander := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	other := *p
	p.signInAgain(t)
	for _, session := range []*person{p, &other, bystander} {
		session.me(t)
	}
	if s := p.security(t); s.MFA != (mfa{}) || s.RecoveryCodesLeft != 0 || s.Email != p.Email {
		t.Errorf("before: %+v", s)
	}
	p.disableTOTP(t, p.Password, "123456").refused(t, http.StatusConflict, account.CodeMFANotEnabled)
	p.call(t, http.MethodPost, "/me/security/recovery-codes", nil).refused(t, http.StatusConflict, account.CodeMFANotEnabled)

	// A secret alone changes nothing, and neither does a wrong code.
	p.verifyTOTP(t, "123456", "").refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	d := p.startTOTP(t)
	for _, wrong := range []string{d.wrong(t), "12345", "no code"} {
		p.verifyTOTP(t, wrong, "Phone").refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	}
	if p.security(t).MFA.Enabled {
		t.Error("enabled by a wrong code")
	}
	other.me(t)

	enrolled := d.code(t)
	var enabled mfa
	p.verifyTOTP(t, enrolled, "  Ada's phone ").want(t, http.StatusOK).JSON(t, &enabled)
	if !enabled.Enabled || aws.ToString(enabled.DeviceName) != "Ada's phone" {
		t.Errorf("the answer says %+v", enabled)
	}
	if s := p.security(t); !s.MFA.Enabled || aws.ToString(s.MFA.DeviceName) != "Ada's phone" {
		t.Errorf("enabled: %+v", s)
	}
	p.me(t)
	bystander.me(t)
	other.ended(t)
	p.mailed(t, "Two-step sign-in is on")
	p.call(t, http.MethodPost, "/me/security/mfa/totp", nil).refused(t, http.StatusConflict, account.CodeMFAAlreadyEnabled)
	p.verifyTOTP(t, d.wrong(t), "").refused(t, http.StatusConflict, account.CodeMFAAlreadyEnabled)

	// Sign-ins ask for a code from now on.
	nextSecond()
	var mismatch *types.CodeMismatchException
	var expired *types.ExpiredCodeException
	session, again := p.challenged(t), *p
	if err := again.answerCode(t, session, d.wrong(t)); !errors.As(err, &mismatch) {
		t.Errorf("a wrong code: %v", err)
	}
	if err := again.answerCode(t, session, enrolled); !errors.As(err, &expired) {
		t.Errorf("the code that enrolled, again: %v", err)
	}
	code := d.code(t)
	if err := again.answerCode(t, session, code); err != nil {
		t.Fatal(err)
	}
	again.me(t)
	if err := again.answerCode(t, p.challenged(t), code); !errors.As(err, &expired) {
		t.Errorf("a replayed code: %v", err)
	}

	// Removed by password and a code that was not used.
	p.disableTOTP(t, p.Password+"x", "123456").refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/password incorrect")
	p.disableTOTP(t, p.Password, d.wrong(t)).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	p.disableTOTP(t, p.Password, "12345").refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	p.disableTOTP(t, p.Password, code).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code reused")
	if !p.security(t).MFA.Enabled {
		t.Fatal("disabled by a wrong proof")
	}
	again.me(t)
	made := p.recoveryCodes(t)
	var disabled mfa
	p.disableTOTP(t, p.Password, d.code(t)).want(t, http.StatusOK).JSON(t, &disabled)
	if s := p.security(t); disabled != (mfa{}) || s.MFA != (mfa{}) || s.RecoveryCodesLeft != 0 || len(made) != account.RecoveryCodes {
		t.Errorf("disabled: %+v, %+v", disabled, s)
	}
	again.ended(t)
	p.mailed(t, "Two-step sign-in is off")
	p.disableTOTP(t, p.Password, d.wrong(t)).refused(t, http.StatusConflict, account.CodeMFANotEnabled)
	nextSecond()
	p.signInAgain(t)
	p.me(t)
	for action, want := range map[account.AuditAction]int{account.MFAEnabled: 1, account.MFADisabled: 1, account.RecoveryCodesMade: 1} {
		if got := p.noted(t, action); got != want {
			t.Errorf("%s was noted %d times, want %d", action, got, want)
		}
	}
}

// recoveryCodes makes new ones.
func (p *person) recoveryCodes(t *testing.T) []string {
	t.Helper()
	var made struct{ Codes []string }
	p.call(t, http.MethodPost, "/me/security/recovery-codes", nil).want(t, http.StatusCreated).JSON(t, &made)
	return made.Codes
}

// An enrolment that was cut off goes on by the same request, wherever that was.
func TestAnEnrolmentThatWasCutOffGoesOn(t *testing.T) {
	t.Parallel()
	faults := new(userpool.Faults)
	h := newHost(t, func(o *options) { o.Faults = faults })
	for name, cut := range map[string]func(){
		"before the proof":          func() { faults.Fail("VerifySoftwareToken", "InternalErrorException", 2) },
		"the answer lost once":      func() { faults.LoseAnswer("VerifySoftwareToken", 1) },
		"the answer lost":           func() { faults.LoseAnswer("VerifySoftwareToken", 2) },
		"after the proof":           func() { faults.Fail("SetUserMFAPreference", "InternalErrorException", 2) },
		"after it was turned on":    func() { faults.LoseAnswer("SetUserMFAPreference", 2) },
		"throttled after the proof": func() { faults.Fail("SetUserMFAPreference", "TooManyRequestsException", 2) },
	} {
		p := newPerson(t, h, nil) // one after the other: the plan is for whoever comes next
		d := p.startTOTP(t)
		code := d.code(t)
		cut()
		if first := p.verifyTOTP(t, code, "Phone"); first.Status != http.StatusOK {
			first.refused(t, http.StatusServiceUnavailable, account.CodeUnavailable)
			p.verifyTOTP(t, code, "Phone").want(t, http.StatusOK)
		} else if name != "the answer lost once" {
			t.Errorf("%s: nothing was cut off", name)
		}
		if s := p.security(t); !s.MFA.Enabled || aws.ToString(s.MFA.DeviceName) != "Phone" {
			t.Errorf("%s: %+v", name, s)
		}
		nextSecond()
		if err := p.answerCode(t, p.challenged(t), d.code(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p.me(t)
		if got := p.noted(t, account.MFAEnabled); got != 1 {
			t.Errorf("%s: noted %d times", name, got)
		}
	}
}

// A removal that was cut off goes on by the same request with a new code.
func TestARemovalThatWasCutOffGoesOn(t *testing.T) {
	t.Parallel()
	faults := new(userpool.Faults)
	h := newHost(t, func(o *options) { o.Faults = faults })
	for name, cut := range map[string]func(){
		"the proof's sign-in is not ended": func() { faults.Fail("RevokeToken", "InternalErrorException", 2) },
		"before it was turned off":         func() { faults.Fail("SetUserMFAPreference", "InternalErrorException", 2) },
		"after it was turned off":          func() { faults.LoseAnswer("SetUserMFAPreference", 2) },
	} {
		p := newPerson(t, h, nil)
		d := p.enroll(t)
		cut()
		p.disableTOTP(t, p.Password, d.code(t)).refused(t, http.StatusServiceUnavailable, account.CodeUnavailable)
		p.disableTOTP(t, p.Password, d.code(t)).want(t, http.StatusOK)
		if s := p.security(t); s.MFA.Enabled {
			t.Errorf("%s: %+v", name, s)
		}
		nextSecond()
		p.signInAgain(t)
		p.me(t)
	}
}

// Whoever holds the token can turn the second factor off at Cognito; Hearth
// says what is so.
func TestASecondFactorTurnedOffAroundHearth(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.enroll(t)
	if _, err := p.cognito.SetUserMFAPreference(t.Context(), &cognitoidentityprovider.SetUserMFAPreferenceInput{
		AccessToken: aws.String(p.AccessToken), SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{},
		WebAuthnMfaSettings: &types.WebAuthnMfaSettingsType{},
	}); err != nil {
		t.Fatal(err)
	}
	if s := p.security(t); s.MFA != (mfa{}) {
		t.Errorf("the settings say %+v", s)
	}
	p.call(t, http.MethodPost, "/me/security/recovery-codes", nil).refused(t, http.StatusConflict, account.CodeMFANotEnabled)
	p.enroll(t)
	if s := p.security(t); !s.MFA.Enabled {
		t.Errorf("enrolled again: %+v", s)
	}
}

// Too many wrong passwords lock the person out, and the API says when to come
// again.
func TestTooManyWrongProofs(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	d := p.enroll(t)
	for range 5 {
		p.disableTOTP(t, p.Password+"x", d.wrong(t)).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/password incorrect")
	}
	got := p.disableTOTP(t, p.Password, d.wrong(t))
	got.refused(t, http.StatusTooManyRequests, account.CodeRateLimited)
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
