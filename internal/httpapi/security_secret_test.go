package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// No answer repeats what somebody proved, and no line of the log has any of it,
// nor an address: whether a request was right, wrong or broken.
func TestSecretsAreNeitherEchoedNorLogged(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	secrets := []string{firstPassword, "s3cr3t"}
	addresses := []string{email, "next@", "nobody@", callerIP}
	check := func(name string, a answer) {
		t.Helper()
		for _, secret := range secrets {
			if strings.Contains(a.Body+fmt.Sprint(a.Headers), secret) {
				t.Errorf("%s answers with %s: %s", name, secret, a.Body)
			}
		}
		for _, word := range append(addresses, secrets...) {
			if strings.Contains(f.log.String(), word) {
				t.Errorf("%s logs %s: %s", name, word, f.log.String())
			}
		}
	}
	send := func(method, path, body string) answer {
		t.Helper()
		var a answer
		if path == "/security/recovery" {
			a = f.asNobody(t, callerIP, method, path, body)
		} else {
			a = f.as(t, ada, method, path, body)
		}
		check(method+" "+path+" "+body, a)
		return a
	}
	// A good request, and the same one broken in every way that leaves a secret in it.
	broken := func(path string, pairs ...string) answer {
		t.Helper()
		var whole []string
		for i := 0; i < len(pairs); i += 2 {
			whole = append(whole, `"`+pairs[i]+`":"`+pairs[i+1]+`"`)
		}
		good := "{" + strings.Join(whole, ",") + "}"
		for _, bad := range []string{
			good[:len(good)-1], "[" + good + "]", strings.Replace(good, `:"`, `:["`, 1), strings.ReplaceAll(good, `":`, `x":`),
			strings.ReplaceAll(good, pairs[1], strings.Repeat("s3cr3t", 99)), strings.ReplaceAll(good, pairs[1], "s3cr3t-wrong"),
		} {
			send("POST", path, bad)
		}
		f.logins.peek(ada, func(l *login) { l.wrong = 0 })
		return send("POST", path, good)
	}
	ok := func(a answer) answer {
		t.Helper()
		if a.StatusCode/100 != 2 {
			t.Errorf("%d %s", a.StatusCode, a.Body)
		}
		return a
	}
	ok(broken("/me/security/password", "currentPassword", firstPassword, "newPassword", "s3cr3t and long"))
	ok(send("POST", "/me/security/email", `{"email":"next@example.com"}`))
	secrets = append(secrets, f.emailCode(ada))
	ok(broken("/me/security/email/verify", "code", f.emailCode(ada)))

	secret := read[totpObject](t, f.as(t, ada, "POST", "/me/security/mfa/totp", ""), http.StatusOK).Secret
	secrets = append(secrets, secret, totp(secret, f.now()))
	ok(broken("/me/security/mfa/totp/verify", "code", totp(secret, f.now()), "deviceName", "Telephone"))
	codes := read[recoveryCodesObject](t, f.as(t, ada, "POST", "/me/security/recovery-codes", ""), http.StatusCreated).Codes
	secrets = append(secrets, codes...)
	for _, route := range []string{"/me/security", "/me/sessions", "/me/security/passkeys"} {
		ok(send("GET", route, ""))
	}
	send("POST", "/me/security/recovery-codes", `{"codes":["`+codes[0]+`"]}`)
	f.later(totpStep)
	secrets = append(secrets, totp(secret, f.now()))
	ok(broken("/me/security/mfa/totp/disable", "password", "s3cr3t and long", "code", totp(secret, f.now())))

	f.enableMFA(t, ada, "Telephone")
	codes = f.makeCodes(t, ada)
	secrets = append(secrets, codes...)
	broken("/security/recovery", "email", "nobody@example.com", "password", "s3cr3t and long", "recoveryCode", codes[0])
	ok(broken("/security/recovery", "email", "next@example.com", "password", "s3cr3t and long", "recoveryCode", codes[0]))
}
