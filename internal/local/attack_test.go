package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"text/tabwriter"

	"hearth/internal/httpapi"
	"hearth/internal/product"
)

func TestEveryAttackIsRefused(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := runAttack(t.Context(), shared.host.Config.API, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, route := range product.Routes() {
		if !strings.Contains(out.String(), route.Key()+" ") {
			t.Errorf("%s was not tried", route.Key())
		}
	}
}

// An attack that succeeds, or is told something, does not go unnoticed.
func TestAnAttackThatIsNotRefusedIsTold(t *testing.T) {
	t.Parallel()
	route := product.Routes()[0]
	victim := &target{
		fuzzPerson: &fuzzPerson{email: "v@example.com", teamName: "Team V", teamID: "team-v", invitationID: "inv-v"},
		id:         "user-v", sessionID: "session-v", imageKey: "image-v", project: "project-v", teamProject: "project-w",
	}
	refusal := `{"code":"not_found"}`
	for name, c := range map[string]struct {
		status  int
		account string
		body    string
		own     bool
		told    string
	}{
		"refused":                 {status: 404, body: refusal},
		"one's own":               {status: 201, body: `{"id":"mine"}`, own: true},
		"served":                  {status: 200, body: `{}`, told: "answered 200"},
		"redirected":              {status: 302, told: "answered 302"},
		"broken":                  {status: 500, body: refusal, told: "answered 500"},
		"limited":                 {status: 429, body: refusal, told: "answered 429"},
		"refused by the gateway":  {status: 404, body: `{"message":"Not Found"}`, told: "is no problem"},
		"a refusal that tells":    {status: 409, body: `{"code":"conflict","detail":"Team V"}`, told: `shows "Team V"`},
		"not one's own":           {status: 201, body: `{"id":"project-w"}`, own: true, told: `shows "project-w"`},
		"acted for their account": {status: 404, body: refusal, account: "team-v", told: "acted for the other's account"},
	} {
		a := &attack{victim: victim, report: tabwriter.NewWriter(io.Discard, 0, 0, 2, ' ', 0)}
		header := http.Header{}
		header.Set(httpapi.HeaderAccountID, c.account)
		a.judge(route, attempt{with: "x", own: c.own}, c.status, header, []byte(c.body))
		err := errors.Join(a.broken...)
		if c.told == "" && err != nil || c.told != "" && (err == nil || !strings.Contains(err.Error(), c.told)) {
			t.Errorf("%s: told %v", name, err)
		}
	}
}
