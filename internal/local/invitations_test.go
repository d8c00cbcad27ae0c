package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/local/mailbox"
)

// invitationAnswer is an invitation as the API answers it.
type invitationAnswer struct {
	ID, OrganizationID, OrganizationName, Email string
	Role                                        account.Role
	Status                                      account.InvitationStatus
	InvitedBy                                   struct{ UserID, Name string }
	CreatedAt, LastSentAt, ExpiresAt            time.Time
}

// tryInvite asks for an invitation.
func (p *person) tryInvite(t *testing.T, organizationID, address string, role account.Role, header ...string) answer {
	t.Helper()
	body := map[string]string{"email": address, "role": string(role)}
	return p.call(t, http.MethodPost, "/organizations/"+organizationID+"/invitations", body, header...)
}

// invite has a person invite an address to a team.
func (p *person) invite(t *testing.T, organizationID, address string, role account.Role) invitationAnswer {
	t.Helper()
	var made invitationAnswer
	p.tryInvite(t, organizationID, address, role).want(t, http.StatusCreated).JSON(t, &made)
	return made
}

// accept has a person accept an invitation by its "token" or "invitationId".
func (p *person) accept(t *testing.T, by, value string) answer {
	t.Helper()
	return p.call(t, http.MethodPost, "/invitations/accept", map[string]string{by: value})
}

// invitations is a list of them, on one page.
func (p *person) invitations(t *testing.T, path string) []invitationAnswer {
	t.Helper()
	var list teamList[invitationAnswer]
	if p.call(t, http.MethodGet, path, nil).want(t, http.StatusOK).JSON(t, &list); list.NextCursor != nil {
		t.Errorf("%s has more than a page", path)
	}
	return list.Items
}

// mailedTokens waits until count invitations were mailed to an address, and
// returns their tokens, the newest first.
func (p *person) mailedTokens(t *testing.T, address string, count int) []string {
	t.Helper()
	// Beside all other tests the stream of a host can be long behind, most where a
	// name is followed by a thousand copies.
	ctx, cancel := context.WithTimeout(t.Context(), 18*mailPatience)
	defer cancel()
	for {
		var inbox struct{ Items []mailbox.Mail }
		if err := p.getJSON(ctx, p.API+"/_local/mail?to="+url.QueryEscape(address), "", &inbox); err != nil {
			t.Fatal(err)
		}
		var tokens []string
		for _, mail := range inbox.Items {
			if mail.Link == nil {
				continue
			}
			link, err := url.Parse(*mail.Link)
			if err != nil {
				t.Fatal(err)
			}
			if link.Path == "/invitations/accept" {
				tokens = append(tokens, link.Query().Get("token"))
			}
		}
		if len(tokens) >= count {
			return tokens
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d of %d invitations were mailed", len(tokens), count)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// preview asks what a token offers, as somebody who is not signed in.
func (p *person) preview(t *testing.T, token string) answer {
	t.Helper()
	return p.with("").call(t, http.MethodPost, "/invitations/preview", map[string]string{"token": token})
}

// expire has an invitation's time be over.
func (i invitationAnswer) expire(t *testing.T, h *host) {
	t.Helper()
	organizationID, id, _ := strings.Cut(i.ID, ".")
	past := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	err := storeOf(h).Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeInvitation{OrganizationID: organizationID, InvitationID: id, ExpiresAt: &past},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func newAddress() string { return "invited-" + strings.ToLower(rand.Text()) + "@example.com" }

func TestInvite(t *testing.T) {
	t.Parallel()
	ada := newPerson(t, shared.host, map[string]string{"name": "Ada"})
	team, address := ada.createTeam(t, map[string]string{"name": "Team"}), newAddress()
	got := ada.tryInvite(t, team.ID, address, account.Admin).want(t, http.StatusCreated)
	var made invitationAnswer
	got.JSON(t, &made)
	if made.OrganizationID != team.ID || made.OrganizationName != "Team" || made.Email != address || made.Role != account.Admin ||
		made.Status != account.InvitationPending || made.InvitedBy.UserID != ada.ID || made.InvitedBy.Name != "Ada" ||
		!made.LastSentAt.Equal(made.CreatedAt) || !made.ExpiresAt.Equal(made.CreatedAt.AddDate(0, 0, 7)) {
		t.Errorf("invited %+v", made)
	}
	if location := got.Header.Get("Location"); location != "/organizations/"+team.ID+"/invitations/"+made.ID || got.Header.Get("X-Account-Id") != team.ID {
		t.Errorf("header %v", got.Header)
	}
	token := ada.mailedTokens(t, address, 1)[0]
	if secret, ok := strings.CutPrefix(token, made.ID+"."); !ok || strings.Contains(string(got.Body), secret) {
		t.Errorf("%s is mailed the token %s", made.ID, token)
	}
	for _, again := range []string{address, strings.ToUpper(address), "  " + address + " "} {
		ada.tryInvite(t, team.ID, again, account.Member).refused(t, http.StatusConflict, account.CodeAlreadyInvited)
	}
}

func TestInviteSomebodyWhoCannotBe(t *testing.T) {
	t.Parallel()
	ada, grace, alan := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	grace.takeIn(t, shared.host, team.ID, account.Admin)
	alan.takeIn(t, shared.host, team.ID, account.Member)
	for _, member := range []string{alan.Email, strings.ToUpper(grace.Email), ada.Email} {
		ada.tryInvite(t, team.ID, member, account.Member).refused(t, http.StatusConflict, account.CodeAlreadyMember)
	}
	for name, address := range map[string]string{
		"no address": "ada", "without a domain": "ada@", "of this network": "ada@localhost", "a name with it": "Ada <" + newAddress() + ">",
		"two": newAddress() + "," + newAddress(), "with a line more": newAddress() + "\r\nBcc: " + newAddress(), "with a space": "a da@example.com",
		"with what is not seen": "ada\u200b@example.com",
	} {
		got := ada.tryInvite(t, team.ID, address, account.Member)
		if got.refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/email malformed"); strings.Contains(string(got.Body), address) {
			t.Errorf("%s: the answer repeats it: %s", name, got.Body)
		}
	}
	ada.tryInvite(t, team.ID, "", account.Member).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/email required")
	for _, long := range []int{255, 256, 257, 5000} {
		address := strings.Repeat("x", long-len("@example.com")) + "@example.com"
		ada.tryInvite(t, team.ID, address, account.Member).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/email too_long")
	}
	ada.tryInvite(t, team.ID, newAddress(), "ORG_KING").refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/role unknown_value")
	alan.tryInvite(t, team.ID, newAddress(), account.Member).refused(t, http.StatusForbidden, account.CodeForbidden)
	grace.tryInvite(t, team.ID, newAddress(), account.Owner).refused(t, http.StatusForbidden, account.CodeForbidden)
	newPerson(t, shared.host, nil).tryInvite(t, team.ID, newAddress(), account.Member).refused(t, http.StatusNotFound, account.CodeNotFound)
	ada.tryInvite(t, ada.ID, newAddress(), account.Member).refused(t, http.StatusBadRequest, account.CodePersonalOrganization)
	if got := ada.invitations(t, "/organizations/"+team.ID+"/invitations"); len(got) != 0 {
		t.Errorf("refused, and yet %+v", got)
	}
}

func TestInviteWithAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	ada := newPerson(t, shared.host, nil)
	team, address, key := ada.createTeam(t, map[string]string{"name": "Team"}), newAddress(), newID()
	first := ada.tryInvite(t, team.ID, address, account.Member, idempotencyKey, key).want(t, http.StatusCreated)
	again := ada.tryInvite(t, team.ID, address, account.Member, idempotencyKey, key).want(t, http.StatusCreated)
	if string(first.Body) != string(again.Body) || first.Header.Get("Location") != again.Header.Get("Location") {
		t.Errorf("%s, repeated %s", first.Body, again.Body)
	}
	ada.tryInvite(t, team.ID, address, account.Admin, idempotencyKey, key).
		refused(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
	ada.mailedTokens(t, address, 1)
	ada.tryInvite(t, team.ID, newAddress(), account.Member, idempotencyKey, newID()).want(t, http.StatusCreated)
	if got := ada.invitations(t, "/organizations/"+team.ID+"/invitations"); len(got) != 2 {
		t.Errorf("invitations %+v", got)
	}
}

func TestListInvitations(t *testing.T) {
	t.Parallel()
	ada := newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	path := "/organizations/" + team.ID + "/invitations"
	var made []invitationAnswer
	for range 3 {
		made = append(made, ada.invite(t, team.ID, newAddress(), account.Member))
	}
	var ids []string
	for query := "?limit=2"; query != ""; {
		var page teamList[invitationAnswer]
		ada.call(t, http.MethodGet, path+query, nil).want(t, http.StatusOK).JSON(t, &page)
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		if query = ""; page.NextCursor != nil {
			query = "?limit=2&cursor=" + *page.NextCursor
			ada.call(t, http.MethodGet, path+query+"&status=revoked", nil).
				refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/cursor malformed")
		}
	}
	if got, want := strings.Join(ids, " "), made[2].ID+" "+made[1].ID+" "+made[0].ID; got != want {
		t.Errorf("listed %s, want the newest first: %s", got, want)
	}
	ada.call(t, http.MethodDelete, path+"/"+made[0].ID, nil).want(t, http.StatusNoContent)
	made[1].expire(t, shared.host)
	for status, want := range map[string]string{"pending": made[2].ID, "revoked": made[0].ID, "expired": made[1].ID, "accepted": "", "declined": ""} {
		got := ada.invitations(t, path+"?status="+status)
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || got[0].ID != want || string(got[0].Status) != status) {
			t.Errorf("%s: %+v", status, got)
		}
	}
	ada.call(t, http.MethodGet, path+"?status=gone", nil).
		refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/status unknown_value")
}

func TestResendAnInvitation(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, grace.Email, account.Member)
	old := ada.mailedTokens(t, grace.Email, 1)[0]
	made.expire(t, shared.host)
	var sent invitationAnswer
	ada.call(t, http.MethodPost, "/organizations/"+team.ID+"/invitations/"+made.ID+"/resend", nil).want(t, http.StatusOK).JSON(t, &sent)
	if sent.ID != made.ID || sent.Status != account.InvitationPending || !sent.LastSentAt.After(made.LastSentAt) || !sent.CreatedAt.Equal(made.CreatedAt) ||
		!sent.ExpiresAt.Equal(sent.LastSentAt.AddDate(0, 0, 7)) {
		t.Errorf("sent again %+v", sent)
	}
	fresh := ada.mailedTokens(t, grace.Email, 2)[0]
	if fresh == old {
		t.Fatal("the same token is mailed again")
	}
	ada.preview(t, old).refused(t, http.StatusNotFound, account.CodeNotFound)
	grace.accept(t, "token", old).refused(t, http.StatusNotFound, account.CodeNotFound)
	ada.preview(t, fresh).want(t, http.StatusOK)
	grace.accept(t, "token", fresh).want(t, http.StatusOK)
	ada.call(t, http.MethodPost, "/organizations/"+team.ID+"/invitations/"+made.ID+"/resend", nil).
		refused(t, http.StatusConflict, account.CodeInvitationNotPending)
}

func TestRevokeAnInvitation(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, grace.Email, account.Member)
	path := "/organizations/" + team.ID + "/invitations/" + made.ID
	token := ada.mailedTokens(t, grace.Email, 1)[0]
	grace.call(t, http.MethodDelete, path, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	ada.call(t, http.MethodDelete, path, nil).want(t, http.StatusNoContent)
	ada.call(t, http.MethodDelete, path, nil).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	grace.accept(t, "token", token).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	grace.accept(t, "invitationId", made.ID).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	if got := grace.invitations(t, "/me/invitations"); len(got) != 0 {
		t.Errorf("still invited to %+v", got)
	}
	var seen struct{ Status account.InvitationStatus }
	if ada.preview(t, token).want(t, http.StatusOK).JSON(t, &seen); seen.Status != account.InvitationRevoked {
		t.Errorf("a preview says %s", seen.Status)
	}
	if again := ada.invite(t, team.ID, grace.Email, account.Member); again.ID == made.ID {
		t.Error("invited again it is the same invitation")
	}
}

func TestPreviewAnInvitation(t *testing.T) {
	t.Parallel()
	ada, address := newPerson(t, shared.host, map[string]string{"name": "Ada"}), newAddress()
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	made := ada.invite(t, team.ID, address, account.Owner)
	token := ada.mailedTokens(t, address, 1)[0]
	var seen struct {
		OrganizationName     string
		OrganizationImageURL *string
		InvitedBy            map[string]string
		Email                string
		Role                 account.Role
		Status               account.InvitationStatus
		ExpiresAt            time.Time
	}
	got := ada.preview(t, token).want(t, http.StatusOK)
	got.JSON(t, &seen)
	if seen.OrganizationName != "Team" || seen.OrganizationImageURL != nil || len(seen.InvitedBy) != 1 || seen.InvitedBy["name"] != "Ada" ||
		seen.Email != address || seen.Role != account.Owner || seen.Status != account.InvitationPending || !seen.ExpiresAt.Equal(made.ExpiresAt) {
		t.Errorf("%s", got.Body)
	}
	if strings.Contains(string(got.Body), made.ID) || strings.Contains(string(got.Body), ada.ID) || got.Header.Get("X-Account-Id") != "" {
		t.Errorf("who is not signed in sees ids: %v %s", got.Header, got.Body)
	}
	for _, bad := range []string{made.ID, token[:len(token)-1], token[:len(token)/2], token + "A", strings.ToUpper(token), "🔥"} {
		ada.preview(t, bad).refused(t, http.StatusNotFound, account.CodeNotFound)
	}
	made.expire(t, shared.host)
	if ada.preview(t, token).want(t, http.StatusOK).JSON(t, &seen); seen.Status != account.InvitationExpired {
		t.Errorf("after its time it is %s", seen.Status)
	}
}

func TestInviteAgainWhoseInvitationExpired(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	old := ada.invite(t, team.ID, grace.Email, account.Member)
	token := ada.mailedTokens(t, grace.Email, 1)[0]
	old.expire(t, shared.host)
	grace.accept(t, "token", token).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	grace.accept(t, "invitationId", old.ID).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	again := ada.invite(t, team.ID, grace.Email, account.Admin)
	if again.ID == old.ID || again.Status != account.InvitationPending {
		t.Errorf("invited again %+v", again)
	}
	grace.accept(t, "token", token).refused(t, http.StatusConflict, account.CodeInvitationNotPending)
	grace.accept(t, "token", ada.mailedTokens(t, grace.Email, 2)[0]).want(t, http.StatusOK)
}

// A seat is a membership or a pending invitation.
func TestTheSeatLimitCountsPendingInvitations(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *options) { o.Config = `{"seatLimit":2}` })
	ada, grace := newPerson(t, h, nil), newPerson(t, h, nil)
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	first := ada.invite(t, team.ID, newAddress(), account.Member)
	ada.tryInvite(t, team.ID, grace.Email, account.Member).refused(t, http.StatusConflict, account.CodeSeatLimit)
	ada.call(t, http.MethodDelete, "/organizations/"+team.ID+"/invitations/"+first.ID, nil).want(t, http.StatusNoContent)
	second := ada.invite(t, team.ID, newAddress(), account.Member)
	ada.tryInvite(t, team.ID, grace.Email, account.Member).refused(t, http.StatusConflict, account.CodeSeatLimit)
	second.expire(t, h) // and holds no seat any more
	third := ada.invite(t, team.ID, grace.Email, account.Member)
	grace.accept(t, "invitationId", third.ID).want(t, http.StatusOK)
	ada.tryInvite(t, team.ID, newAddress(), account.Member).refused(t, http.StatusConflict, account.CodeSeatLimit)
	grace.call(t, http.MethodPost, "/organizations/"+team.ID+"/leave", nil).want(t, http.StatusNoContent)
	ada.invite(t, team.ID, newAddress(), account.Member)
}
