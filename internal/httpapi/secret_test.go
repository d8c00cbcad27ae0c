package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hearth/internal/account"
)

// Guesses are bounded by where they come from, and by who makes them.
func TestGuessesAreLimited(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	made := f.invite(t, ada, id, "stranger@example.com", account.Member)
	token := f.token(t, made.ID)
	good, wrong := `{"token":"`+token+`"}`, `{"token":"`+badTokens(token)["altered"]+`"}`
	preview := func(ip, body string) answer { return f.asNobody(t, ip, "POST", "/invitations/preview", body) }
	accept := func(who, body string) answer { return f.as(t, who, "POST", "/invitations/accept", body) }
	for range account.TokenRate.Max {
		preview(callerIP, wrong).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
		preview("2001:db8:1:2::1", wrong).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
		accept(stranger, wrong).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	for rule, a := range map[string]answer{
		"a good one from there":         preview(callerIP, good),
		"a wrong one":                   preview(callerIP, wrong),
		"from the same network of IPv6": preview("2001:db8:1:2:ffff::7", good),
		"from it as IPv6 has it":        preview("::ffff:"+callerIP, good),
		"by the same user":              accept(stranger, good),
	} {
		if a.StatusCode != http.StatusTooManyRequests || a.problem.Code != account.CodeRateLimited || a.Headers["retry-after"] != "601" {
			t.Errorf("%s: %d %s, retry after %q", rule, a.StatusCode, a.Body, a.Headers["retry-after"])
		}
	}
	for rule, a := range map[string]answer{
		"from elsewhere": preview("203.0.113.8", good), "from another network of IPv6": preview("2001:db8:1:3::1", good),
	} {
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", rule, a.StatusCode, a.Body)
		}
	}
	f.later(account.TokenRate.Window)
	read[previewObject](t, preview(callerIP, good), http.StatusOK)
	read[accountObject](t, accept(stranger, good), http.StatusOK)
	for range 2 * account.TokenRate.Max { // what is right is no guess
		read[previewObject](t, preview("203.0.113.9", good), http.StatusOK)
	}
}

// The store keeps no IP address, and the limit's key is as it documents.
func TestWhereARequestComesFromIsHashed(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.asNobody(t, callerIP, "POST", "/invitations/preview", `{"token":"x"}`)
	// echo -n hearth-ip203.0.113.7 | sha256sum
	const who = "hash:d423d2ff"
	found := false
	for key := range f.store.All() {
		if key == account.LimitKey(hashSource(callerIP), account.TokenRate.Kind) {
			found = true
		}
		if strings.Contains(key.Owner+key.ID, callerIP) {
			t.Errorf("the store has %+v", key)
		}
	}
	if !found || !strings.HasPrefix(hashSource(callerIP), who) || len(hashSource(callerIP)) != len("hash:")+64 {
		t.Errorf("counted by %s: %t", hashSource(callerIP), found)
	}
}

// A secret is in the mail alone, and neither ids nor addresses are in the log.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id + "/invitations"
	made := f.invite(t, ada, id, "stranger@example.com", account.Member)
	_, invitationID, _ := strings.Cut(made.ID, ".")
	token := f.token(t, made.ID)
	secret := token[len(made.ID)+1:]
	for _, r := range []struct{ who, method, path, body string }{
		{ada, "POST", path, `{"email":"stranger@example.com","role":"ORG_MEMBER"}`},
		{ada, "POST", path, `{"email":"other@example.com","role":"ORG_MEMBER"}`},
		{ada, "GET", path, ""},
		{stranger, "GET", "/me/invitations", ""},
		{"", "POST", "/invitations/preview", `{"token":"` + token + `"}`},
		{"", "POST", "/invitations/preview", `{"token":"` + token + `x"}`},
		{"", "POST", "/invitations/preview", `{"tokens":"` + token + `"}`},
		{"", "POST", "/invitations/preview", `{"token":"` + token},
		{grace, "POST", "/invitations/accept", `{"token":"` + token + `"}`},
		{grace, "POST", "/invitations/" + made.ID + "/decline", ""},
		{stranger, "POST", "/invitations/accept", `{"token":"` + token + `x"}`},
		{stranger, "POST", "/invitations/accept", `{"invitationId":"` + token + `"}`},
		{stranger, "POST", "/invitations/" + token + "/decline", ""},
		{stranger, "POST", "/invitations/accept", `{"token":"` + token + `"}`},
		{stranger, "POST", "/invitations/accept", `{"token":"` + token + `"}`},
		{ada, "POST", path + "/" + made.ID + "/resend", ""},
		{ada, "DELETE", path + "/" + token, ""},
		{ada, "GET", path + "?status=accepted", ""},
		{ada, "GET", "/organizations/" + id + "/audit-log", ""},
	} {
		var a answer
		if r.who == "" {
			a = f.asNobody(t, callerIP, r.method, r.path, r.body)
		} else {
			a = f.as(t, r.who, r.method, r.path, r.body)
		}
		if strings.Contains(a.Body+fmt.Sprint(a.Headers), secret) {
			t.Errorf("%s %s answers with a secret: %s %v", r.method, r.path, a.Body, a.Headers)
		}
		for _, word := range []string{secret, invitationID, "stranger@", "other@", callerIP} {
			if strings.Contains(f.log.String(), word) {
				t.Errorf("%s %s logs %s: %s", r.method, r.path, word, f.log.String())
			}
		}
	}
}
