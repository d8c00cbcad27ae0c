package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hearth/internal/httpapi"
)

func TestTheWitnessSeesWhatIsTheOthers(t *testing.T) {
	t.Parallel()
	other := &fuzzPerson{email: "other@example.com", userID: "user-2", teamID: "team-2", teamName: "Team Two", invitationID: "invitation-2"}
	for name, test := range map[string]struct {
		path, body, account string
		status              int
		leak                string
	}{
		"one's own":             {path: "/organizations/team-1", body: `{"id":"team-1"}`, account: "team-1", status: 200},
		"a refusal":             {path: "/organizations/team-2/members", body: `{"code":"not_found"}`, status: 404},
		"a name":                {path: "/me", body: `{"name":"Team Two"}`, status: 200, leak: "with Team Two"},
		"a name in a refusal":   {path: "/me", body: `{"detail":"other@example.com"}`, status: 409, leak: "with other@example.com"},
		"an invitation":         {path: "/me", body: `["invitation-2"]`, status: 200, leak: "with invitation-2"},
		"a success on the team": {path: "/organizations/team-2/leave", status: 204, leak: "for a path of team-2"},
		"a success on the user": {path: "/organizations/team-1/members/user-2", status: 204, leak: "for a path of user-2"},
		"acting for the team":   {path: "/me", account: "team-2", status: 403, leak: "acting for team-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(httpapi.HeaderAccountID, test.account)
				w.WriteHeader(test.status)
				_, _ = fmt.Fprint(w, test.body)
			}))
			defer api.Close()
			w, err := startWitness(t.Context(), api.URL, other)
			if err != nil {
				t.Fatal(err)
			}
			r := &remote{hostConfig: hostConfig{API: w.URL}, http: &http.Client{Transport: new(http.Transport)}}
			status, body, err := r.call(t.Context(), http.MethodPost, test.path, "", nil)
			if err != nil || status != test.status || string(body) != test.body {
				t.Errorf("passed on %d %q, %v", status, body, err)
			}
			r.http.CloseIdleConnections()
			seen := w.close()
			if seen.requests != 1 || seen.statuses[test.status] != 1 {
				t.Errorf("saw %d requests, %s", seen.requests, seen.byStatus())
			}
			if got := strings.Join(seen.leaks, "\n"); (test.leak == "") != (got == "") || !strings.HasSuffix(got, test.leak) {
				t.Errorf("leaks %q, want %q", got, test.leak)
			}
		})
	}
}

func TestFuzzSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]map[string]string{
		"make fuzz-api":                   {},
		"CASES must be a positive number": {envSchemathesis: "st", envCases: "many"},
		"SEED must be a positive number":  {envSchemathesis: "st", envSeed: "0"},
		"run `make dev` first":            {envSchemathesis: "st", envPort: "1"},
	} {
		if code, _, stderr := run(t, env, "fuzz"); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("code %d, stderr %q, want %q", code, stderr, want)
		}
	}
}
