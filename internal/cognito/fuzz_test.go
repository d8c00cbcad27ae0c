package cognito

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"hearth/internal/account"
)

// obliging is the domain as the trigger sees it; it is never asked to sign
// somebody out at Cognito.
type obliging struct{}

func (obliging) Enroll(context.Context, account.Person) (bool, error) { return true, nil }

func (obliging) AcceptAtSignUp(context.Context, account.Person, string) (bool, error) {
	return true, nil
}

func (obliging) EndSessions(context.Context, string) error { return account.ErrUnavailable }

// Whatever Cognito sends to the trigger goes back as it came, and nothing panics.
func FuzzPostConfirmationEvent(f *testing.F) {
	for _, seed := range []string{
		`null`, `{}`, `[]`, `{"triggerSource":"` + SourceConfirmSignUp + `"}`, `{"triggerSource":"` + SourceConfirmForgotPassword + `","userName":1}`,
		`{"triggerSource":"` + SourceConfirmSignUp + `","request":{"userAttributes":{"sub":"a","email_verified":"TRUE"},"clientMetadata":{"invitationToken":"x"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if !json.Valid(payload) {
			return // no event of Lambda's
		}
		var log bytes.Buffer
		answer, err := PostConfirmation(obliging{}, nil, slog.New(slog.NewJSONHandler(&log, nil))).Invoke(t.Context(), payload)
		if strings.Contains(log.String(), "panic") {
			t.Fatalf("%s: %s", payload, log.String())
		}
		var want, got bytes.Buffer
		if err != nil || json.Compact(&want, payload) != nil || json.Compact(&got, answer) != nil || !bytes.Equal(want.Bytes(), got.Bytes()) {
			t.Errorf("%s goes back as %s, %v", payload, answer, err)
		}
	})
}

// The claims of a token are read, or it has none; nothing else is a name.
func FuzzTokenUsername(f *testing.F) {
	claims := func(text string) string { return "h." + base64.RawURLEncoding.EncodeToString([]byte(text)) + ".s" }
	for _, seed := range []string{"", "..", "a.b.c", claims(`{"username":"ada"}`), claims(`{"username":1}`), claims(`null`), claims(`{"username":"a"}`) + ".x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		name, err := tokenUsername(token)
		if (name == "") != (err != nil) || err == nil && strings.Count(token, ".") != 2 {
			t.Errorf("%q is of %q, %v", token, name, err)
		}
	})
}

// What people type goes to Cognito only in a form that its API takes, so that a
// refusal by form is never taken for a fault of Hearth's.
func FuzzTyped(f *testing.F) {
	for _, seed := range []string{"", "123456", " 123 456 ", "12345", "１２３４５６", "password", " password", "a\nb", "\xff", strings.Repeat("é", 129)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if code := typed(in); strings.ContainsAny(code, " \t\r\n") || typed(code) != code {
			t.Errorf("%q is typed as %q", in, code)
		} else if sixDigits(code) && strings.Trim(code, "0123456789") != "" {
			t.Errorf("%q is a code", code)
		}
		if possiblePassword(in) && (in == "" || strings.TrimSpace(in) != in) {
			t.Errorf("%q is a password", in)
		}
		if possibleName(in) && (in == "" || strings.ContainsAny(in, " \x00\n")) {
			t.Errorf("%q is a user name", in)
		}
	})
}

// Whatever Cognito says against a password, people hear a code of the closed set
// and a sentence of ours.
func FuzzPasswordMessage(f *testing.F) {
	for _, seed := range []string{"", "Password did not conform with policy: Password not long enough", "must have symbol characters", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		weak := weakPassword(message)
		if !slices.Contains(account.FieldCodes(), weak.Code) || weak.Detail == "" || len(message) > 12 && strings.Contains(weak.Detail, message) {
			t.Errorf("%q becomes %+v", message, weak)
		}
	})
}
