package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"hearth/internal/account"
)

// atOnce sends a request many times at the same time and returns how often each
// answer came: the code of a refusal, "" where there was none.
func atOnce(t *testing.T, times int, send func(n int) answer) map[account.Code]int {
	t.Helper()
	answers := make([]answer, times)
	var group sync.WaitGroup
	for n := range answers {
		group.Go(func() { answers[n] = send(n) })
	}
	group.Wait()
	codes := map[account.Code]int{}
	for _, a := range answers {
		var p problem
		if a.Status >= http.StatusMultipleChoices {
			if err := json.Unmarshal(a.Body, &p); err != nil || a.Status >= http.StatusInternalServerError {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
		}
		codes[p.Code]++
	}
	return codes
}

// wantOnce fails the test unless one request was served and the others were
// refused with one of the codes.
func wantOnce(t *testing.T, got map[account.Code]int, codes ...account.Code) {
	t.Helper()
	rest := map[account.Code]int{}
	for code, count := range got {
		rest[code] = count
	}
	delete(rest, "")
	for _, code := range codes {
		delete(rest, code)
	}
	if got[""] != 1 || len(rest) != 0 {
		t.Errorf("answers %v, want one that is no refusal and else %v", got, codes)
	}
}

func TestInviteOneAddressManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team, address := ada.createTeam(t, map[string]string{"name": "Team"}), newAddress()
	grace.takeIn(t, shared.host, team.ID, account.Admin)
	got := atOnce(t, 60, func(n int) answer {
		who := []*person{ada, grace}[n%2]
		return who.tryInvite(t, team.ID, address, account.Member)
	})
	wantOnce(t, got, account.CodeAlreadyInvited, account.CodeConflict)
	if list := ada.invitations(t, "/organizations/"+team.ID+"/invitations"); len(list) != 1 {
		t.Errorf("there are %+v", list)
	}
	if tokens := ada.mailedTokens(t, address, 1); len(tokens) != 1 {
		t.Errorf("%d mails", len(tokens))
	}
}

func TestAcceptOneInvitationInManySessionsAtOnce(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, grace.Email, account.Member)
	token := ada.mailedTokens(t, grace.Email, 1)[0]
	sessions := make([]*person, 4)
	for i := range sessions {
		other := *grace
		other.signInAgain(t)
		sessions[i] = &other
	}
	got := atOnce(t, 24, func(n int) answer {
		if n%2 == 0 {
			return sessions[n%len(sessions)].accept(t, "token", token)
		}
		return sessions[n%len(sessions)].accept(t, "invitationId", made.ID)
	})
	wantOnce(t, got, account.CodeAlreadyMember, account.CodeInvitationNotPending, account.CodeConflict)
	var seen teamAnswer
	if ada.call(t, http.MethodGet, "/organizations/"+team.ID, nil).want(t, http.StatusOK).JSON(t, &seen); seen.MemberCount != 2 {
		t.Errorf("%d members", seen.MemberCount)
	}
}

func TestAcceptWhileItIsRevoked(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	grace.me(t)
	for range 5 {
		made := ada.invite(t, team.ID, grace.Email, account.Member)
		got := atOnce(t, 2, func(n int) answer {
			if n == 0 {
				return ada.call(t, http.MethodDelete, "/organizations/"+team.ID+"/invitations/"+made.ID, nil)
			}
			return grace.accept(t, "invitationId", made.ID)
		})
		wantOnce(t, got, account.CodeInvitationNotPending, account.CodeConflict)
		accepted := ada.invitations(t, "/organizations/"+team.ID+"/invitations?status=accepted")
		joined := len(accepted) > 0 && accepted[0].ID == made.ID
		status := grace.call(t, http.MethodGet, "/organizations/"+team.ID, nil).Status
		if joined != (status == http.StatusOK) {
			t.Fatalf("accepted: %t, and a member: %d", joined, status)
		}
		if joined {
			grace.call(t, http.MethodPost, "/organizations/"+team.ID+"/leave", nil).want(t, http.StatusNoContent)
		}
	}
}
