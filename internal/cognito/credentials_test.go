package cognito_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// signedIn is Cognito's answer to a sign-in.
func signedIn(username string) string {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"` + username + `","username":"` + username + `"}`))
	return `{"AuthenticationResult":{"AccessToken":"eyJ.` + claims + `.c2ln","RefreshToken":"refresh","TokenType":"Bearer","ExpiresIn":3600}}`
}

// asked fails the test unless the wire was asked this, in this order:
// operation and input as JSON, in turn.
func (w *wire) asked(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for i, operation := range w.operations {
		input, err := json.Marshal(w.inputs[i])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, operation, string(input))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

const token = `"AccessToken":"` + accessToken + `"`

func TestWhatEachCallAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		operation, body, want string
	}{
		{"ChangePassword", `{}`, `{` + token + `,"PreviousPassword":"correct horse battery","ProposedPassword":"correct horse battery2"}`},
		{"VerifyUserAttribute", `{}`, `{` + token + `,"AttributeName":"email","Code":"492039"}`},
		{"AssociateSoftwareToken", `{"SecretCode":"ABC"}`, `{` + token + `}`},
		{"VerifySoftwareToken", `{"Status":"SUCCESS"}`, `{` + token + `,"FriendlyDeviceName":"Phone","UserCode":"492039"}`},
		{"SetUserMFAPreference", `{}`, `{` + token + `,"SoftwareTokenMfaSettings":{"Enabled":true,"PreferredMfa":true},"WebAuthnMfaSettings":{"Enabled":true}}`},
		{"StartWebAuthnRegistration", `{"CredentialCreationOptions":{"challenge":"c"}}`, `{` + token + `}`},
		{"CompleteWebAuthnRegistration", `{}`, `{` + token + `,"Credential":{"id":"x"}}`},
		{"ListWebAuthnCredentials", `{"Credentials":[]}`, `{` + token + `}`},
		{"DeleteWebAuthnCredential", `{}`, `{` + token + `,"CredentialId":"x"}`},
		{"AdminSetUserMFAPreference", `{}`, `{"SoftwareTokenMfaSettings":{},"UserPoolId":"` + poolID + `","Username":"` + ada + `","WebAuthnMfaSettings":{}}`},
		{"GlobalSignOut", `{}`, `{` + token + `}`},
	} {
		w := answer(c.body)
		if err := calls[c.operation](t.Context(), w); err != nil {
			t.Errorf("%s: %v", c.operation, err)
		}
		w.asked(t, c.operation, c.want)
	}
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	w := answer(`{}`)
	if err := secrets(w).Emails.ChangeEmail(t.Context(), accessToken, email); err != nil {
		t.Fatal(err)
	}
	w.asked(t, "UpdateUserAttributes", `{`+token+`,"UserAttributes":[{"Name":"email","Value":"`+email+`"}]}`)
	err := secrets(refusal(http.StatusBadRequest, "InvalidParameterException")).Emails.ChangeEmail(t.Context(), accessToken, email)
	if e := new(account.Error); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Field != "/email" || e.Fields[0].Code != account.FieldMalformed {
		t.Errorf("an address that Cognito does not take: %v", err)
	}
	means(t, secrets(refusal(http.StatusBadRequest, "AliasExistsException")).Emails.ChangeEmail(t.Context(), accessToken, email),
		account.ErrAddressTaken, "UpdateUserAttributes", "AliasExistsException")
}

// What Cognito's API refuses by its form alone is not asked.
func TestWhatCannotBeIsNotAsked(t *testing.T) {
	t.Parallel()
	w := refusal(http.StatusBadRequest, "InvalidParameterException")
	c := secrets(w)
	for _, code := range []string{"", " ", "\t"} {
		if err := c.Emails.VerifyEmail(t.Context(), accessToken, code); !errors.Is(err, account.ErrWrongCode) {
			t.Errorf("e-mail code %q: %v", code, err)
		}
	}
	for _, code := range []string{"", "12345", "1234567", "12345x", "１２３４５６", "-12345"} {
		if err := c.TOTP.VerifyTOTP(t.Context(), accessToken, code, ""); !errors.Is(err, account.ErrWrongCode) {
			t.Errorf("TOTP code %q: %v", code, err)
		}
		if err := c.Proofs.ProveCode(t.Context(), account.Proof{Username: ada}, code); !errors.Is(err, account.ErrWrongCode) {
			t.Errorf("TOTP code %q: %v", code, err)
		}
	}
	for _, p := range []string{"", " begins with a space", "ends with a space ", "two\nlines of it", "\u00a0no-break space"} {
		if err := c.Passwords.ChangePassword(t.Context(), accessToken, p, password); !errors.Is(err, account.ErrWrongPassword) {
			t.Errorf("current password %q: %v", p, err)
		}
		var weak *account.WeakPasswordError
		if err := c.Passwords.ChangePassword(t.Context(), accessToken, password, p); !errors.As(err, &weak) || weak.Code != account.FieldMalformed {
			t.Errorf("new password %q: %v", p, err)
		}
	}
	for _, name := range []string{"", "ada @example.com", "ada\x00@example.com", strings.Repeat("a", 129)} {
		if _, err := c.Proofs.ProvePassword(t.Context(), name, password); !errors.Is(err, account.ErrWrongPassword) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	if _, err := c.Proofs.ProvePassword(t.Context(), email, ""); !errors.Is(err, account.ErrWrongPassword) {
		t.Errorf("no password: %v", err)
	}
	for _, credential := range []string{"", "null", "[]", `"x"`, "{"} {
		if err := c.Passkeys.CompletePasskey(t.Context(), accessToken, json.RawMessage(credential)); !errors.Is(err, account.ErrBadPasskey) {
			t.Errorf("credential %s: %v", credential, err)
		}
	}
	w.asked(t)
}

// People type codes as their device shows them.
func TestSpacesInCodes(t *testing.T) {
	t.Parallel()
	w := answer(`{"Status":"SUCCESS"}`)
	if err := secrets(w).TOTP.VerifyTOTP(t.Context(), accessToken, " 492 039\n", "Phone"); err != nil {
		t.Fatal(err)
	}
	w.asked(t, "VerifySoftwareToken", `{`+token+`,"FriendlyDeviceName":"Phone","UserCode":"492039"}`)
}

func TestVerifyTOTPThatDidNotSucceed(t *testing.T) {
	t.Parallel()
	err := secrets(answer(`{"Status":"ERROR"}`)).TOTP.VerifyTOTP(t.Context(), accessToken, totpCode, "")
	if !errors.Is(err, account.ErrWrongCode) {
		t.Errorf("%v, want a wrong code", err)
	}
}

func TestPasskeysGoThroughAsTheyAre(t *testing.T) {
	t.Parallel()
	const options = `{"challenge":"Y2g","excludeCredentials":[],"pubKeyCredParams":[{"alg":-7,"type":"public-key"}],"rp":{"id":"localhost"},"timeout":60000}`
	got, err := secrets(answer(`{"CredentialCreationOptions":`+options+`}`)).Passkeys.StartPasskey(t.Context(), accessToken)
	if err != nil || string(got) != options {
		t.Errorf("%s, %v, want %s", got, err, options)
	}
	if _, err := secrets(answer(`{}`)).Passkeys.StartPasskey(t.Context(), accessToken); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("no options: %v", err)
	}
	const credential = `{"authenticatorAttachment":null,"clientExtensionResults":{"credProps":{"rk":true}},"id":"aWQ","n":[1,-7,1.5],"response":{"attestationObject":"YQ","transports":["internal"]},"type":"public-key"}`
	w := answer(`{}`)
	if err := secrets(w).Passkeys.CompletePasskey(t.Context(), accessToken, json.RawMessage(credential)); err != nil {
		t.Fatal(err)
	}
	w.asked(t, "CompleteWebAuthnRegistration", `{`+token+`,"Credential":`+credential+`}`)
}

func TestListPasskeysReadsEveryPage(t *testing.T) {
	t.Parallel()
	w := answer(`{"NextToken":"more","Credentials":[{"CredentialId":"a","FriendlyCredentialName":"Chrome","CreatedAt":1.7E9,"RelyingPartyId":"localhost"}]}`)
	w.then = answer(`{"Credentials":[{"CredentialId":"b","CreatedAt":1.7000000605E9}]}`)
	got, err := secrets(w).Passkeys.ListPasskeys(t.Context(), accessToken)
	if err != nil {
		t.Fatal(err)
	}
	want := []account.Passkey{
		{ID: "a", CreatedAt: time.Unix(1_700_000_000, 0).UTC()},
		{ID: "b", CreatedAt: time.UnixMilli(1_700_000_060_500).UTC()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passkeys (-want +got):\n%s", diff)
	}
	w.asked(t, "ListWebAuthnCredentials", `{`+token+`}`, "ListWebAuthnCredentials", `{`+token+`,"NextToken":"more"}`)
}

const (
	initiate = `{"AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"PASSWORD":"` + password + `","USERNAME":"` + email + `"},` +
		`"ClientId":"` + serverClient + `","UserPoolId":"` + poolID + `"}`
	revoke = `{"ClientId":"` + serverClient + `","Token":"refresh"}`
)

func TestProvePassword(t *testing.T) {
	t.Parallel()
	w := answer(signedIn(ada))
	w.then = answer(`{}`)
	proof, err := secrets(w).Proofs.ProvePassword(t.Context(), email, password)
	if err != nil || proof != (account.Proof{Username: ada}) {
		t.Errorf("without a second factor: %+v, %v", proof, err)
	}
	w.asked(t, "AdminInitiateAuth", initiate, "RevokeToken", revoke)

	w = answer(`{"ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"s","ChallengeParameters":{"USER_ID_FOR_SRP":"` + ada + `"}}`)
	proof, err = secrets(w).Proofs.ProvePassword(t.Context(), email, password)
	if err != nil || proof != (account.Proof{Username: ada, Challenged: true, Challenge: "s"}) {
		t.Errorf("with one: %+v, %v", proof, err)
	}
	w.asked(t, "AdminInitiateAuth", initiate)

	for _, challenge := range []string{"NEW_PASSWORD_REQUIRED", "MFA_SETUP", "SMS_MFA", "SELECT_MFA_TYPE", "CUSTOM_CHALLENGE"} {
		w = answer(`{"ChallengeName":"` + challenge + `","Session":"s","ChallengeParameters":{"USER_ID_FOR_SRP":"` + ada + `"}}`)
		if proof, err = secrets(w).Proofs.ProvePassword(t.Context(), email, password); !errors.Is(err, account.ErrWrongPassword) || proof != (account.Proof{}) {
			t.Errorf("%s: %+v, %v", challenge, proof, err)
		}
	}
	for _, token := range []string{"", "a.b", "a.!!.c", "a.e30.c", "a.bm90IEpTT04.c"} {
		w = answer(`{"AuthenticationResult":{"AccessToken":"` + token + `","RefreshToken":"refresh"}}`)
		w.then = answer(`{}`)
		if proof, err = secrets(w).Proofs.ProvePassword(t.Context(), email, password); !errors.Is(err, account.ErrUnavailable) || proof != (account.Proof{}) {
			t.Errorf("the token %q: %+v, %v", token, proof, err)
		}
		w.asked(t, "AdminInitiateAuth", initiate, "RevokeToken", revoke)
	}
}

func TestProveCode(t *testing.T) {
	t.Parallel()
	const respond = `{"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeResponses":{"SOFTWARE_TOKEN_MFA_CODE":"` + totpCode + `","USERNAME":"` + ada + `"},` +
		`"ClientId":"` + serverClient + `","Session":"s","UserPoolId":"` + poolID + `"}`
	proof := account.Proof{Username: ada, Challenged: true, Challenge: "s"}
	w := answer(signedIn(ada))
	w.then = answer(`{}`)
	if err := secrets(w).Proofs.ProveCode(t.Context(), proof, "492 039"); err != nil {
		t.Error(err)
	}
	w.asked(t, "AdminRespondToAuthChallenge", respond, "RevokeToken", revoke)

	w = answer(`{"ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"s"}`)
	if err := secrets(w).Proofs.ProveCode(t.Context(), proof, totpCode); !errors.Is(err, account.ErrWrongCode) {
		t.Errorf("another challenge: %v", err)
	}
	w.asked(t, "AdminRespondToAuthChallenge", respond)
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	w := answer(`{}`)
	if err := secrets(w).Proofs.SignOut(t.Context(), ada); err != nil {
		t.Error(err)
	}
	w.asked(t, "AdminUserGlobalSignOut", `{"UserPoolId":"`+poolID+`","Username":"`+ada+`"}`)
}
