package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/account"
)

// seedPeople are the accounts that the seed prints: address, role, password.
var seedPeople = regexp.MustCompile(`(?m)^  (\S+@\S+) +(ORG_[A-Z]+) +password (\S+)$`)

// runSeedOnce seeds the shared host, and signs in whom it prints, by role.
func runSeedOnce(t *testing.T) (people map[account.Role]*person, teamID string) {
	t.Helper()
	code, stdout, stderr := run(t, map[string]string{envPort: portOf(shared.host)}, "seed")
	if code != 0 || stderr != "" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	people = map[account.Role]*person{}
	for _, found := range seedPeople.FindAllStringSubmatch(stdout, -1) {
		p := visit(t, shared.host)
		p.Email, p.Password = found[1], found[3]
		p.signInAgain(t)
		p.ID = p.me(t).User.ID
		people[account.Role(found[2])] = p
	}
	if len(people) != 3 || !strings.Contains(stdout, "grace@example.com") {
		t.Fatalf("the seed prints %d people in:\n%s", len(people), stdout)
	}
	for _, a := range people[account.Owner].accounts(t, nil).Items {
		if a.ID != people[account.Owner].ID {
			if teamID != "" {
				t.Errorf("the owner has a second team: %s", a.ID)
			}
			teamID = a.ID
		}
	}
	return people, teamID
}

// seedState is who is in the team as what, and which invitations wait.
func seedState(t *testing.T, owner *person, teamID string) (members, invitations []string) {
	t.Helper()
	var list teamList[teamMember]
	owner.call(t, http.MethodGet, "/organizations/"+teamID+"/members", nil).want(t, http.StatusOK).JSON(t, &list)
	for _, m := range list.Items {
		members = append(members, m.Email+" "+string(m.Role))
	}
	for _, i := range owner.invitations(t, "/organizations/"+teamID+"/invitations") {
		invitations = append(invitations, i.Email+" "+string(i.Role))
	}
	slices.Sort(members)
	return members, invitations
}

func TestTheSeedIsSafeToRunTwice(t *testing.T) {
	t.Parallel()
	people, teamID := runSeedOnce(t)
	want := []string{"ada@example.com ORG_OWNER", "bob@example.com ORG_ADMIN", "eve@example.com ORG_MEMBER"}
	waits := []string{"grace@example.com ORG_MEMBER"}
	check := func(when string, owner *person, teamID string) {
		t.Helper()
		if members, invitations := seedState(t, owner, teamID); !slices.Equal(members, want) || !slices.Equal(invitations, waits) {
			t.Errorf("%s: members %q, invitations %q", when, members, invitations)
		}
	}
	check("the first time", people[account.Owner], teamID)
	first := people[account.Owner].invitations(t, "/organizations/"+teamID+"/invitations")

	again, sameTeam := runSeedOnce(t)
	check("the second time", again[account.Owner], sameTeam)
	second := again[account.Owner].invitations(t, "/organizations/"+teamID+"/invitations")
	if sameTeam != teamID || len(first) != 1 || len(second) != 1 || first[0] != second[0] {
		t.Errorf("team %s and %v, then team %s and %v", teamID, first, sameTeam, second)
	}
	for role, p := range people {
		if again[role].ID != p.ID || again[role].Email != p.Email {
			t.Errorf("%s is another person: %s, then %s", role, p.ID, again[role].ID)
		}
	}

	// What somebody changed at play is set back.
	owner, path := again[account.Owner], "/organizations/"+teamID
	owner.call(t, http.MethodDelete, path+"/members/"+again[account.Member].ID, nil).want(t, http.StatusNoContent)
	owner.call(t, http.MethodPatch, path+"/members/"+again[account.Admin].ID, map[string]account.Role{"role": account.Member}).want(t, http.StatusOK)
	owner.call(t, http.MethodDelete, path+"/invitations/"+second[0].ID, nil).want(t, http.StatusNoContent)
	owner.invite(t, teamID, "grace@example.com", account.Admin)
	third, sameTeam := runSeedOnce(t)
	check("after a play", third[account.Owner], sameTeam)
}

func TestTheSeedSaysWhatIsInItsWay(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *options) { o.Config = `{"accountMode":"personal-only"}` })
	for port, want := range map[string]string{portOf(h): "accountMode has no teams", fmt.Sprint(unusedPort(t)): "make dev"} {
		if code, _, stderr := run(t, map[string]string{envPort: port}, "seed"); code != 1 || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("code %d, stderr %q, want one line that says %q", code, stderr, want)
		}
	}
}
