package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
)

// recover has nobody who is signed in ask for the way back in.
func (f *teams) recover(tb testing.TB, ip, address, password, code string) answer {
	tb.Helper()
	body, err := json.Marshal(map[string]string{"email": address, "password": password, "recoveryCode": code})
	if err != nil {
		tb.Fatal(err)
	}
	return f.asNobody(tb, ip, "POST", "/security/recovery", string(body))
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	post := func(headers ...string) answer {
		return f.as(t, ada, "POST", "/me/security/recovery-codes", "", headers...)
	}
	post().expectProblem(t, http.StatusConflict, account.CodeMFANotEnabled)
	f.enableMFA(t, ada, "Telephone")
	a := post("idempotency-key", "one")
	first := read[recoveryCodesObject](t, a, http.StatusCreated).Codes
	if a.Headers["location"] != "/me/security" || a.Headers["cache-control"] != "no-store" {
		t.Errorf("headers %v", a.Headers)
	}
	seen := map[string]bool{}
	for _, code := range first {
		seen[code] = true
		if strings.Contains(fmt.Sprint(f.store.All()), code) {
			t.Error("the store has a code as it is")
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d codes", len(seen))
	}
	// It takes no key: the same request makes others, and the first are void.
	for _, code := range read[recoveryCodesObject](t, post("idempotency-key", "one"), http.StatusCreated).Codes {
		if seen[code] {
			t.Error("a code was shown twice")
		}
	}
	f.recover(t, callerIP, email, firstPassword, first[0]).expectProblem(t, http.StatusUnauthorized, account.CodeUnauthenticated)
}

func TestTheWayBackIn(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.enableMFA(t, ada, "Telephone")
	codes := f.makeCodes(t, ada)
	f.later(time.Second) // what is ended is told apart by auth_time
	typed := strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))
	a := f.recover(t, callerIP, "ADA@example.com", firstPassword, typed)
	if a.StatusCode != http.StatusNoContent || a.Body != "" || a.Headers["cache-control"] != "no-store" {
		t.Fatalf("%d %s %v", a.StatusCode, a.Body, a.Headers)
	}
	if _, named := a.Headers["x-account-id"]; named {
		t.Error("an account is named that nobody entered")
	}
	f.as(t, ada, "GET", "/me/security", "").expectProblem(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	f.logins.peek(ada, func(l *login) {
		if l.signedOut != 1 {
			t.Errorf("signed out at the provider %d times", l.signedOut)
		}
		l.revoked = false // signed in again, by the password
	})
	f.signedIn = f.now()
	got := read[securityObject](t, f.from(t, "anew", ada, "GET", "/me/security", ""), http.StatusOK)
	if got.MFA.Enabled || got.RecoveryCodesLeft != 9 {
		t.Errorf("%+v", got)
	}
	f.recover(t, callerIP, email, firstPassword, codes[3]).expectProblem(t, http.StatusUnauthorized, account.CodeUnauthenticated)
}

// Whatever is wrong, and for whom, the answer is the same but for the request's id.
func TestRecoveryTellsNothing(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.enableMFA(t, ada, "Telephone")
	f.enableMFA(t, grace, "Telephone")
	codes, others := f.makeCodes(t, ada), f.makeCodes(t, grace)
	turnOff(t, f, grace)
	var first answer
	for i, try := range []struct{ rule, address, password, code string }{
		{"an unknown address", "nobody@example.com", firstPassword, codes[0]},
		{"no address at all", "x", firstPassword, codes[0]},
		{"a wrong password", email, "wrong", codes[0]},
		{"a wrong code", email, firstPassword, "AAAAAA-AAAAAA-AAAAAA-AAAAAA"},
		{"another person's code", email, firstPassword, others[0]},
		{"a password without a second factor", "alan@example.com", firstPassword, codes[0]},
		{"somebody who is turned off", "grace@example.com", firstPassword, others[0]},
		{"what is no text", email, "🔥", "\x00"},
	} {
		a := f.recover(t, fmt.Sprintf("203.0.113.%d", i), try.address, try.password, try.code)
		a.expectProblem(t, http.StatusUnauthorized, account.CodeUnauthenticated)
		if i == 0 {
			first = a
		} else if a.Body != first.Body || fmt.Sprint(a.Headers) != fmt.Sprint(first.Headers) {
			t.Errorf("%s: %s %v, an unknown address: %s %v", try.rule, a.Body, a.Headers, first.Body, first.Headers)
		}
	}
	if got := read[securityObject](t, f.as(t, ada, "GET", "/me/security", ""), http.StatusOK); !got.MFA.Enabled || got.RecoveryCodesLeft != 10 {
		t.Errorf("refused, and yet %+v", got)
	}
}

// turnOff turns a user off, as an operator does.
func turnOff(tb testing.TB, f *teams, userID string) {
	tb.Helper()
	off := *f.store.All().User(userID)
	premise := account.VersionIs{Of: off.Key(), Version: off.Version}
	off.Status, off.Version = account.UserInactive, off.Version+1
	if err := f.store.Commit(tb.Context(), account.Change{Premises: []account.Premise{premise}, Puts: []account.Record{&off}}); err != nil {
		tb.Fatal(err)
	}
}

// Tries are counted by address and by where they come from, whether the address
// is anybody's or not, and the right answer comes too late as well.
func TestRecoveryIsLimited(t *testing.T) {
	t.Parallel()
	for rule, next := range map[string]func(i int) (ip, address string){
		"from one place": func(i int) (string, string) { return callerIP, fmt.Sprintf("somebody-%d@example.com", i) },
		"from one network of IPv6": func(i int) (string, string) {
			return fmt.Sprintf("2001:db8:1:2::%x", i+1), fmt.Sprintf("n%d@example.com", i)
		},
		"of one address": func(i int) (string, string) { return fmt.Sprintf("203.0.113.%d", i+20), email },
		"of one address in any way": func(i int) (string, string) {
			return fmt.Sprintf("203.0.113.%d", i+20), []string{"Ada@Example.com", email}[i%2]
		},
		"of an unknown address": func(i int) (string, string) { return fmt.Sprintf("203.0.113.%d", i+20), "nobody@example.com" },
	} {
		f := newTeams(t)
		f.enableMFA(t, ada, "Telephone")
		code := f.makeCodes(t, ada)[0]
		for i := range account.RecoveryRate.Max {
			ip, address := next(i)
			f.recover(t, ip, address, "wrong", "wrong")
		}
		f.logins.peek(ada, func(l *login) { l.wrong = 0 })
		ip, address := next(account.RecoveryRate.Max)
		a := f.recover(t, ip, address, firstPassword, code)
		if a.StatusCode != http.StatusTooManyRequests || a.problem.Code != account.CodeRateLimited || a.Headers["retry-after"] != "901" {
			t.Errorf("%s: %d %s, retry after %q", rule, a.StatusCode, a.Body, a.Headers["retry-after"])
		}
		f.later(account.RecoveryRate.Window)
		if a := f.recover(t, ip, email, firstPassword, code); a.StatusCode != http.StatusNoContent {
			t.Errorf("%s, later: %d %s", rule, a.StatusCode, a.Body)
		}
	}
}

func TestWhatIsWrongWithARecoveryIsToldByField(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	long := strings.Repeat("x", 257)
	for body, want := range map[string]string{
		``:   " required",
		`{}`: "/email required, /password required, /recoveryCode required",
		`{"email":"","password":"","recoveryCode":""}`:                                     "/email too_short, /password too_short, /recoveryCode too_short",
		`{"email":"` + long + `","password":"` + long + `","recoveryCode":"` + long + `"}`: "/email too_long, /password too_long, /recoveryCode too_long",
		`{"email":1,"password":"x","recoveryCode":"x"}`:                                    "/email malformed",
		`{"email":"x","password":"x","recoveryCode":"x","code":"x"}`:                       "/code unknown_field",
	} {
		f.asNobody(t, callerIP, "POST", "/security/recovery", body).expectFields(t, strings.Split(want, ", ")...)
	}
}
