package httpapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The answers as clients count on them, written out by hand.
func TestASecondFactorIsTurnedOnAndOff(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.from(t, "telephone", ada, "GET", "/me/sessions", "")
	setup := read[map[string]any](t, f.as(t, ada, "POST", "/me/security/mfa/totp", ""), http.StatusOK)
	secret, _ := setup["secret"].(string)
	uri, err := url.Parse(setup["otpauthUri"].(string))
	if err != nil || len(setup) != 2 || secret == "" || uri.Scheme != "otpauth" || uri.Host != "totp" ||
		uri.Path != "/app.example.com:"+email || uri.Query().Get("secret") != secret || uri.Query().Get("issuer") != "app.example.com" {
		t.Errorf("%v, %v", setup, err)
	}
	if f.pool.people[ada].MFA {
		t.Error("not verified, and yet on")
	}
	body := `{"code":"` + totp(secret, f.now()) + `","deviceName":" My  telephone "}`
	on := read[map[string]any](t, f.as(t, ada, "POST", "/me/security/mfa/totp/verify", body), http.StatusOK)
	if diff := cmp.Diff(map[string]any{"enabled": true, "deviceName": "My telephone"}, on); diff != "" {
		t.Errorf("on (-want +got):\n%s", diff)
	}
	f.from(t, "telephone", ada, "GET", "/me/sessions", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	for _, path := range []string{"", "/verify"} {
		f.as(t, ada, "POST", "/me/security/mfa/totp"+path, map[string]string{"/verify": body}[path]).
			expectProblem(t, http.StatusConflict, account.CodeMFAAlreadyEnabled)
	}
	f.makeCodes(t, ada)
	disable := func(password, code string) answer {
		return f.as(t, ada, "POST", "/me/security/mfa/totp/disable", `{"password":"`+password+`","code":"`+code+`"}`)
	}
	disable("wrong", totp(secret, f.now())).expectFields(t, "/password incorrect")
	disable(firstPassword, totp(secret, f.now())).expectFields(t, "/code reused")
	disable(firstPassword, "none").expectFields(t, "/code incorrect")
	f.later(totpStep)
	off := read[map[string]any](t, disable(firstPassword, totp(secret, f.now())), http.StatusOK)
	if diff := cmp.Diff(map[string]any{"enabled": false, "deviceName": nil}, off); diff != "" {
		t.Errorf("off (-want +got):\n%s", diff)
	}
	if got := read[securityObject](t, f.as(t, ada, "GET", "/me/security", ""), http.StatusOK); got.MFA.Enabled || got.RecoveryCodesLeft != 0 {
		t.Errorf("%+v", got)
	}
	f.later(totpStep)
	disable(firstPassword, totp(secret, f.now())).expectProblem(t, http.StatusConflict, account.CodeMFANotEnabled)
}

func TestASecondFactorWithoutAName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", `,"deviceName":null`, `,"deviceName":"  "`} {
		f := newTeams(t)
		setup := read[totpObject](t, f.as(t, ada, "POST", "/me/security/mfa/totp", ""), http.StatusOK)
		a := f.as(t, ada, "POST", "/me/security/mfa/totp/verify", `{"code":"`+totp(setup.Secret, f.now())+`"`+name+`}`)
		if got := read[mfaObject](t, a, http.StatusOK); !got.Enabled || got.DeviceName != nil {
			t.Errorf("%q: %s", name, a.Body)
		}
	}
}

func TestWhatIsWrongWithASecondFactorIsToldByField(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.as(t, ada, "POST", "/me/security/mfa/totp", "")
	long := strings.Repeat("x", 65)
	for body, want := range map[string]string{
		``: " required", `{}`: "/code required", `{"code":""}`: "/code too_short", `{"code":123456}`: "/code malformed",
		`{"code":"` + long + `"}`: "/code too_long", `{"code":"none"}`: "/code incorrect",
		`{"code":"1","deviceName":"` + long + `"}`:                     "/deviceName too_long",
		`{"code":"1","deviceName":"` + strings.Repeat("x", 257) + `"}`: "/deviceName too_long",
		`{"code":"1","secret":"x"}`:                                    "/secret unknown_field",
	} {
		f.as(t, ada, "POST", "/me/security/mfa/totp/verify", body).expectFields(t, want)
	}
	for body, want := range map[string][]string{
		``: {" required"}, `{}`: {"/code required", "/password required"}, `{"password":"","code":""}`: {"/code too_short", "/password too_short"},
		`{"password":"x","code":null}`:                               {"/code malformed"},
		`{"password":"` + strings.Repeat("x", 257) + `","code":"1"}`: {"/password too_long"},
		`{"password":"x","code":"1","deviceName":"x"}`:               {"/deviceName unknown_field"},
	} {
		f.as(t, ada, "POST", "/me/security/mfa/totp/disable", body).expectFields(t, want...)
	}
	f.as(t, ada, "POST", "/me/security/mfa/totp/disable", `{"password":"`+firstPassword+`","code":"1"}`).
		expectProblem(t, http.StatusConflict, account.CodeMFANotEnabled)
	if f.pool.people[ada].MFA || f.store.All().User(ada).MFA.Enabled {
		t.Error("refused, and yet on")
	}
}

func TestCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	setup := read[totpObject](t, f.as(t, ada, "POST", "/me/security/mfa/totp", ""), http.StatusOK)
	for range wrongTries {
		f.as(t, ada, "POST", "/me/security/mfa/totp/verify", `{"code":"none"}`).expectFields(t, "/code incorrect")
	}
	f.as(t, ada, "POST", "/me/security/mfa/totp/verify", `{"code":"`+totp(setup.Secret, f.now())+`"}`).
		expectProblem(t, http.StatusTooManyRequests, account.CodeRateLimited)
}
