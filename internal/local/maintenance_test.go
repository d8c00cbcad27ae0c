package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// summaryOf runs a job with JSON=1, as a shell does.
func summaryOf(t *testing.T, h *host, command string) (s account.Summary, code int, stderr string) {
	t.Helper()
	code, stdout, stderr := run(t, map[string]string{envPort: portOf(h), envJSON: "1"}, command)
	if strings.Count(stdout, "\n") != 1 {
		t.Fatalf("%s: stdout is not one line: %q, stderr %q", command, stdout, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatalf("%s: %v in %s", command, err, stdout)
	}
	return s, code, stderr
}

// removeRecord takes one record out of a host's table.
func removeRecord(t *testing.T, h *host, key account.Key) {
	t.Helper()
	store := dynamo.New(dynamoClient(h.Config.DynamoDBEndpoint), h.Config.TableName)
	if err := store.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.Exists{Of: key}}, Deletes: []account.Key{key},
	}); err != nil {
		t.Fatal(err)
	}
}

// Two people, of whom one never came by the trigger and one lost their personal
// organization: verify and check tell, ensure repairs, and then all is well.
func TestJobsOnTheHost(t *testing.T) {
	t.Parallel()
	// People of a minute ago may be signing up still.
	h := newHost(t, func(o *options) { o.Now = func() time.Time { return time.Now().Add(-2 * time.Minute) } })
	p := newPerson(t, h, nil)
	other := visit(t, h)
	if _, err := other.provide(t.Context(), other.Email, other.Password); err != nil { // made by an administrator
		t.Fatal(err)
	}
	removeRecord(t, h, account.OrganizationKey(p.ID))

	verified, code, stderr := summaryOf(t, h, "verify")
	if code != 1 || verified.People != 2 || len(verified.Findings) != 2 || !strings.Contains(stderr, "2 broken") {
		t.Errorf("verify: %d, %q, %+v", code, stderr, verified)
	}
	checked, code, _ := summaryOf(t, h, "check-database")
	if code != 1 || len(checked.Findings) != 1 || checked.Findings[0].Rule != account.RulePersonal || !strings.Contains(checked.Findings[0].Item, p.ID) {
		t.Errorf("check: %d, %+v", code, checked)
	}
	code, stdout, stderr := run(t, map[string]string{envPort: portOf(h)}, "ensure")
	if code != 0 || strings.Count(stdout, "repaired  ") != 2 || !strings.Contains(stdout, "0 broken, 2 repaired.") || !strings.Contains(stdout, "read units") {
		t.Errorf("ensure: %d, %q\n%s", code, stderr, stdout)
	}
	for _, command := range []string{"ensure", "verify", "check-database"} {
		s, code, stderr := summaryOf(t, h, command)
		if code != 0 || len(s.Findings)+len(s.Repairs) != 0 || s.Items["user"] != 2 || s.ReadUnits == 0 {
			t.Errorf("%s afterwards: %d, %q, %+v", command, code, stderr, s)
		}
	}
	if account := p.me(t).Account; account.ID != p.ID {
		t.Errorf("the personal organization afterwards: %+v", account)
	}
}

// What is no number of deletions is refused before anything is asked.
func TestVanishedIsANumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"many", "0", "-1", "1.5"} {
		if code, _, stderr := run(t, map[string]string{envVanished: text}, "ensure"); code != 1 || !strings.Contains(stderr, envVanished) {
			t.Errorf("%q: %d, %q", text, code, stderr)
		}
	}
}

// support runs `make user` for somebody.
func support(t *testing.T, p *person, h *host, do string) (code int, stdout, stderr string) {
	t.Helper()
	return run(t, map[string]string{envPort: portOf(h), envEmail: p.Email, envDo: do}, "user")
}

func TestSupportOnTheHost(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *options) { o.Config = `{"languages":["en"],"graceDays":7}` })
	p := newPerson(t, h, nil)
	do := func(what string) {
		t.Helper()
		code, stdout, stderr := support(t, p, h, what)
		var d account.Dossier
		if err := json.Unmarshal([]byte(stdout), &d); code != 0 || err != nil || d.ID != p.ID {
			t.Fatalf("%s: %d, %q, %v, %s", what, code, stderr, err, stdout)
		}
	}
	refused := func(code account.Code) {
		t.Helper()
		var problem struct{ Code account.Code }
		p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusUnauthorized).JSON(t, &problem)
		if problem.Code != code {
			t.Errorf("refused with %s, want %s", problem.Code, code)
		}
	}
	p.me(t)
	do("show")
	p.me(t)

	do("sign-out")
	refused(account.CodeSessionRevoked)
	if _, err := p.cognito.InitiateAuth(t.Context(), &cognitoidentityprovider.InitiateAuthInput{
		ClientId: aws.String(p.ClientID), AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: map[string]string{"REFRESH_TOKEN": p.RefreshToken},
	}); err == nil {
		t.Error("a refresh after the sign-out")
	}
	waitASecond()
	p.signInAgain(t)
	p.me(t)

	do("disable")
	refused(account.CodeUserInactive)
	if _, err := p.signIn(t.Context(), p.Email, p.Password); err == nil {
		t.Error("signed in while disabled")
	}
	do("enable")
	refused(account.CodeSessionRevoked)
	waitASecond()
	p.signInAgain(t)
	p.me(t)

	do("delete")
	refused(account.CodeUserInactive)
	do("restore")
	waitASecond()
	p.signInAgain(t)
	p.me(t)

	var log struct {
		Items []struct {
			Action account.AuditAction
			Actor  struct{ Name string }
		}
	}
	p.call(t, http.MethodGet, "/audit-log", nil).want(t, http.StatusOK).JSON(t, &log)
	seen := map[account.AuditAction]bool{}
	for _, entry := range log.Items {
		seen[entry.Action] = entry.Actor.Name == account.OperatorName
	}
	for _, action := range []account.AuditAction{
		account.UserShown, account.UserSignedOut, account.UserDisabled, account.UserEnabled, account.UserDeleted, account.UserRestored,
	} {
		if !seen[action] {
			t.Errorf("%s of an operator is not in the audit log: %+v", action, log.Items)
		}
	}
	for name, env := range map[string]map[string]string{
		"nobody":           {envEmail: "nobody@example.com", envDo: "show"},
		"nothing":          {envEmail: p.Email},
		"an unknown order": {envEmail: p.Email, envDo: "praise"},
	} {
		env[envPort] = portOf(h)
		if code, _, stderr := run(t, env, "user"); code != 1 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d, %q", name, code, stderr)
		}
	}
}

// Only what says that it is JSON reaches the function: no page of another site
// can send that unasked.
func TestMaintenanceTakesNoForms(t *testing.T) {
	t.Parallel()
	p := visit(t, shared.host)
	for kind, want := range map[string]int{"text/plain": http.StatusUnsupportedMediaType, "": http.StatusUnsupportedMediaType} {
		p.call(t, http.MethodPost, pathMaintenance, map[string]string{"job": "check"}, "Content-Type", kind).want(t, want)
	}
	p.call(t, http.MethodPost, pathMaintenance, map[string]string{"pad": strings.Repeat("x", maxOrder)}).want(t, http.StatusRequestEntityTooLarge)
	var s account.Summary
	p.call(t, http.MethodPost, pathMaintenance, map[string]string{"job": "dance"}).want(t, http.StatusOK).JSON(t, &s)
	if s.Failure == "" {
		t.Errorf("an unknown job: %s", fmt.Sprint(s))
	}
}

// waitASecond lets the next sign-in be in a later second than what was done just
// now: tokens and the end of sessions know whole seconds.
func waitASecond() { time.Sleep(1100 * time.Millisecond) }
