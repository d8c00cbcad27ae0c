package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/account"
)

func TestAcceptAnInvitation(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"token", "invitationId"} {
		t.Run("by "+by, func(t *testing.T) {
			t.Parallel()
			ada, grace := newPerson(t, shared.host, map[string]string{"name": "Ada"}), newPerson(t, shared.host, map[string]string{"name": "Grace"})
			team := ada.createTeam(t, map[string]string{"name": "Team"})
			made := ada.invite(t, team.ID, strings.ToUpper(grace.Email), account.Admin)
			value := made.ID
			if by == "token" {
				value = ada.mailedTokens(t, strings.ToUpper(grace.Email), 1)[0]
			}
			got := grace.accept(t, by, value).want(t, http.StatusOK)
			var joined teamAnswer
			if got.JSON(t, &joined); joined.ID != team.ID || joined.Role != account.Admin || joined.MemberCount != 2 || got.Header.Get("X-Account-Id") != team.ID {
				t.Errorf("joined %s for %q", got.Body, got.Header.Get("X-Account-Id"))
			}
			grace.call(t, http.MethodPut, "/me/active-account", map[string]string{"accountId": team.ID}).want(t, http.StatusOK)
			grace.wantAccount(t, team.ID)
			var members teamList[teamMember]
			grace.call(t, http.MethodGet, "/organizations/"+team.ID+"/members", nil).want(t, http.StatusOK).JSON(t, &members)
			if len(members.Items) != 2 || members.Items[1] != (teamMember{grace.ID, "Grace", grace.Email, account.Admin}) {
				t.Errorf("members %+v", members.Items)
			}
			grace.accept(t, by, value).refused(t, http.StatusConflict, account.CodeAlreadyMember)
			if got := ada.invitations(t, "/organizations/"+team.ID+"/invitations?status=accepted"); len(got) != 1 || got[0].ID != made.ID {
				t.Errorf("accepted %+v", got)
			}
			// Who leaves cannot come back by it.
			grace.call(t, http.MethodPost, "/organizations/"+team.ID+"/leave", nil).want(t, http.StatusNoContent)
			grace.accept(t, by, value).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
		})
	}
}

func TestAcceptAnotherPersonsInvitation(t *testing.T) {
	t.Parallel()
	ada, grace, alan := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, grace.Email, account.Member)
	token := ada.mailedTokens(t, grace.Email, 1)[0]
	alan.accept(t, "token", token).refused(t, http.StatusForbidden, account.CodeEmailMismatch)
	alan.accept(t, "invitationId", made.ID).refused(t, http.StatusForbidden, account.CodeEmailMismatch)
	alan.call(t, http.MethodPost, "/invitations/"+made.ID+"/decline", nil).refused(t, http.StatusForbidden, account.CodeEmailMismatch)
	alan.call(t, http.MethodGet, "/organizations/"+team.ID, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	if got := alan.invitations(t, "/me/invitations"); len(got) != 0 {
		t.Errorf("alan sees %+v", got)
	}
	grace.accept(t, "token", token).want(t, http.StatusOK) // it is hers as before
}

func TestAcceptWithABadToken(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team, other := ada.createTeam(t, map[string]string{"name": "Team"}), ada.createTeam(t, map[string]string{"name": "Other"})
	made := ada.invite(t, team.ID, grace.Email, account.Member)
	token := ada.mailedTokens(t, grace.Email, 1)[0]
	organizationID, rest, _ := strings.Cut(token, ".")
	for _, bad := range []string{
		made.ID, made.ID + ".", token[:len(token)-1], token[:len(token)/2], token + "A", token + "=", strings.ToUpper(token), other.ID + "." + rest,
		organizationID + "." + organizationID + token[strings.LastIndex(token, "."):], "a#b.c#d.ef", "🔥", grace.AccessToken[:512],
	} {
		grace.accept(t, "token", bad).refused(t, http.StatusNotFound, account.CodeNotFound)
	}
	for _, bad := range []string{token, organizationID, rest, other.ID + "." + rest, "none", "../" + made.ID} {
		grace.accept(t, "invitationId", bad).refused(t, http.StatusNotFound, account.CodeNotFound)
	}
	invalid := func(body any, field string) {
		t.Helper()
		grace.call(t, http.MethodPost, "/invitations/accept", body).
			refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, field)
	}
	invalid(map[string]string{}, "/token required")
	invalid(map[string]string{"token": token, "invitationId": made.ID}, "/invitationId not_allowed")
	invalid(map[string]string{"token": strings.Repeat("A", 513)}, "/token too_long")
	if got := grace.invitations(t, "/me/invitations"); len(got) != 1 || got[0].ID != made.ID {
		t.Errorf("refused, and yet %+v is left", got)
	}
}

// Guesses are bounded by who makes them, and a good token does not help then.
func TestGuessingTokensIsLimited(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil) // all requests here come from one address
	ada, grace := newPerson(t, h, nil), newPerson(t, h, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, grace.Email, account.Member)
	token := ada.mailedTokens(t, grace.Email, 1)[0]
	for range account.TokenRate.Max {
		grace.accept(t, "token", token+"A").refused(t, http.StatusNotFound, account.CodeNotFound)
		ada.preview(t, token+"A").refused(t, http.StatusNotFound, account.CodeNotFound)
	}
	for _, got := range []answer{grace.accept(t, "token", token), grace.accept(t, "invitationId", made.ID), ada.preview(t, token)} {
		if got.refused(t, http.StatusTooManyRequests, account.CodeRateLimited); got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	ada.call(t, http.MethodGet, "/organizations/"+team.ID+"/invitations", nil).want(t, http.StatusOK)
}

func TestDeclineAnInvitation(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, grace.Email, account.Member)
	decline := func() answer { return grace.call(t, http.MethodPost, "/invitations/"+made.ID+"/decline", nil) }
	decline().want(t, http.StatusNoContent)
	decline().refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	grace.accept(t, "invitationId", made.ID).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	if got := ada.invitations(t, "/organizations/"+team.ID+"/invitations?status=declined"); len(got) != 1 || got[0].ID != made.ID {
		t.Errorf("declined %+v", got)
	}
	ada.invite(t, team.ID, grace.Email, account.Member)
}

func TestOwnInvitations(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, map[string]string{"name": "Ada"}), newPerson(t, shared.host, nil)
	var made []invitationAnswer
	for _, name := range []string{"One", "Two", "Three"} {
		made = append(made, ada.invite(t, ada.createTeam(t, map[string]string{"name": name}).ID, grace.Email, account.Member))
	}
	ada.call(t, http.MethodDelete, "/organizations/"+made[1].OrganizationID, nil).want(t, http.StatusNoContent)
	// The list is read from the index, which follows the table.
	deadline := time.Now().Add(mailPatience)
	for {
		got := grace.invitations(t, "/me/invitations")
		if len(got) == 2 && got[0] == made[2] && got[1] == made[0] {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, want %+v and %+v", got, made[2], made[0])
		}
		time.Sleep(50 * time.Millisecond)
	}
	grace.call(t, http.MethodGet, "/me/invitations?limit=49", nil).
		refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/limit not_allowed")
	var page teamList[invitationAnswer]
	grace.call(t, http.MethodGet, "/me/invitations?limit=1", nil).want(t, http.StatusOK).JSON(t, &page)
	if len(page.Items) != 1 || page.NextCursor == nil {
		t.Fatalf("the first page is %+v", page)
	}
	ada.call(t, http.MethodGet, "/me/invitations?cursor="+*page.NextCursor, nil).
		refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/cursor malformed")
}

// The client keeps the token from the link between SignUp and ConfirmSignUp.
func TestSignUpByAnInvitation(t *testing.T) {
	t.Parallel()
	ada, address := newPerson(t, shared.host, map[string]string{"name": "Ada"}), newAddress()
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, address, account.Admin)
	token := ada.mailedTokens(t, address, 1)[0]
	grace := visit(t, shared.host)
	grace.Email = address
	grace.signUp(t, map[string]string{"name": "Grace"})
	grace.confirmInvited(t, token)
	grace.signInAgain(t)
	var team2 teamAnswer
	grace.call(t, http.MethodGet, "/organizations/"+team.ID, nil).want(t, http.StatusOK).JSON(t, &team2)
	if team2.Role != account.Admin || team2.MemberCount != 2 {
		t.Errorf("landed in %+v", team2)
	}
	if got := grace.accounts(t, nil); len(got.Items) != 2 || got.Items[0].ID != grace.ID || got.Items[1].ID != team.ID {
		t.Errorf("accounts %v, want the personal one beside the team", got.ids())
	}
	if got := ada.invitations(t, "/organizations/"+team.ID+"/invitations?status=accepted"); len(got) != 1 || got[0].ID != made.ID {
		t.Errorf("accepted %+v", got)
	}
}

// A token that is not good never fails a sign-up; on another device, without
// any, the own list is the road.
func TestSignUpWithABadTokenOrNone(t *testing.T) {
	t.Parallel()
	ada := newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	foreign := newAddress()
	ada.invite(t, team.ID, foreign, account.Member)
	another := ada.mailedTokens(t, foreign, 1)[0]
	for name, token := range map[string]string{"none": "", "no token": "🔥", "another's": another, "cut": another[:len(another)-3]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			grace := visit(t, shared.host)
			made := ada.invite(t, team.ID, grace.Email, account.Member)
			ada.mailedTokens(t, grace.Email, 1)
			grace.signUp(t, nil)
			grace.confirmInvited(t, token)
			grace.signInAgain(t)
			grace.wantAccount(t, grace.ID)
			grace.call(t, http.MethodGet, "/organizations/"+team.ID, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
			own := grace.invitations(t, "/me/invitations")
			if len(own) != 1 || own[0].ID != made.ID {
				t.Fatalf("own invitations %+v", own)
			}
			grace.accept(t, "invitationId", own[0].ID).want(t, http.StatusOK)
		})
	}
}

// confirmInvited confirms a sign-up as a client does that came by an invitation.
func (p *person) confirmInvited(t *testing.T, token string) {
	t.Helper()
	d := &demo{host: p.remote, email: p.Email}
	if _, err := d.readMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	input := &cognitoidentityprovider.ConfirmSignUpInput{
		ClientId: aws.String(p.ClientID), Username: aws.String(p.Email), ConfirmationCode: aws.String(d.code),
	}
	if token != "" {
		input.ClientMetadata = map[string]string{"invitationToken": token}
	}
	if _, err := p.cognito.ConfirmSignUp(t.Context(), input); err != nil {
		t.Fatal(err)
	}
}
