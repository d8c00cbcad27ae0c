package httpapi

import (
	"net/http"
	"testing"
)

// preparations bring a caller to where a route can be used: with an address to
// prove, a device, a passkey, a preview, a project.
var preparations = map[string]func(tb testing.TB, s *scene, callerID string){
	"GET /projects/{projectId}":    withProject,
	"PATCH /projects/{projectId}":  withProject,
	"DELETE /projects/{projectId}": withProject,
	resendEmail.Key():              pendingEmail,
	verifyEmail.Key():              pendingEmail,
	deleteEmail.Key():              pendingEmail,
	verifyTOTP.Key():               offeredTOTP,
	disableTOTP.Key():              enabledMFA,
	postRecoveryCodes.Key():        enabledMFA,
	postRecovery.Key(): func(tb testing.TB, s *scene, callerID string) {
		tb.Helper()
		enabledMFA(tb, s, callerID)
		s.recoveryCodes[callerID] = s.makeCodes(tb, callerID)[0]
	},
	verifyPasskey.Key(): func(tb testing.TB, s *scene, callerID string) {
		tb.Helper()
		s.expect(tb, s.as(tb, callerID, "POST", "/me/security/passkeys", ""))
	},
	getExport.Key(): func(tb testing.TB, s *scene, callerID string) {
		tb.Helper()
		s.expect(tb, s.as(tb, callerID, "POST", "/me/export", ""))
	},
	postDeletion.Key(): func(tb testing.TB, s *scene, callerID string) {
		tb.Helper()
		s.digests[callerID] = read[deletionPreview](tb, s.as(tb, callerID, "GET", "/me/deletion", ""), http.StatusOK).Digest
	},
	deletePasskey.Key(): func(tb testing.TB, s *scene, callerID string) {
		tb.Helper()
		s.addPasskey(tb, callerID, "passkey-of-"+callerID, "")
	},
}

func pendingEmail(tb testing.TB, s *scene, callerID string) {
	tb.Helper()
	s.expect(tb, s.as(tb, callerID, "POST", "/me/security/email", `{"email":"next-`+callerID+`@example.com"}`))
}

func offeredTOTP(tb testing.TB, s *scene, callerID string) {
	tb.Helper()
	s.expect(tb, s.as(tb, callerID, "POST", "/me/security/mfa/totp", ""))
}

func enabledMFA(tb testing.TB, s *scene, callerID string) {
	tb.Helper()
	s.enableMFA(tb, callerID, "Telephone")
	s.logins.peek(callerID, func(l *login) { clear(l.used) }) // half a minute later
}

// proofs are what a caller can prove, for a request to be filled in with. The
// anonymous prove what ada can.
func (s *scene) proofs(callerID string) []string {
	if callerID == nobody {
		callerID = ada
	}
	var emailCode, secret, challenge string
	s.logins.peek(callerID, func(l *login) {
		emailCode, secret, challenge = l.code, l.offered, l.challenge
	})
	return []string{
		"{emailCode}", emailCode, "{totpCode}", totp(secret, s.now()), "{recoveryCode}", s.recoveryCodes[callerID],
		"{callerEmail}", s.pool.people[callerID].Email, "{credential}", credential("passkey-of-"+callerID, challenge),
		"{passkeyId}", "passkey-of-" + callerID, "{sessionId}", "session-of-" + callerID,
		"{digest}", s.digests[callerID],
	}
}

// enableMFA has a user enrol a device.
func (f *teams) enableMFA(tb testing.TB, userID, deviceName string) {
	tb.Helper()
	setup := read[totpObject](tb, f.as(tb, userID, "POST", "/me/security/mfa/totp", ""), http.StatusOK)
	body := `{"code":"` + totp(setup.Secret, f.now()) + `","deviceName":"` + deviceName + `"}`
	read[mfaObject](tb, f.as(tb, userID, "POST", "/me/security/mfa/totp/verify", body), http.StatusOK)
}

// makeCodes gives a user recovery codes.
func (f *teams) makeCodes(tb testing.TB, userID string) []string {
	tb.Helper()
	return read[recoveryCodesObject](tb, f.as(tb, userID, "POST", "/me/security/recovery-codes", ""), http.StatusCreated).Codes
}

// addPasskey has a user's browser make a passkey.
func (f *teams) addPasskey(tb testing.TB, userID, id, name string) answer {
	tb.Helper()
	options := read[struct{ Challenge string }](tb, f.as(tb, userID, "POST", "/me/security/passkeys", ""), http.StatusOK)
	return f.as(tb, userID, "POST", "/me/security/passkeys/verify", `{"credential":`+credential(id, options.Challenge)+`,"name":"`+name+`"}`)
}
