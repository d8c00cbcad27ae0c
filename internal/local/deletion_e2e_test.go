package main

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// leaver is somebody who leaves things behind: ada, with teams of every kind.
type leaver struct {
	*person
	grace, alan *person
	// name is one that nobody else has, image what is attached, spare what was
	// uploaded besides.
	name, image, spare string
	// solo is ada's alone, shared is owned by grace too, alans is where she is a
	// member, inviting where she has not answered yet.
	solo, shared, alans, inviting teamAnswer
	// sent is an invitation of hers, received one to her.
	sent, received invitationAnswer
}

func newLeaver(t *testing.T, h *host) *leaver {
	t.Helper()
	l := &leaver{name: "Ada " + rand.Text(), grace: newPerson(t, h, map[string]string{"name": "Grace"}), alan: newPerson(t, h, nil)}
	l.person = newPerson(t, h, map[string]string{"name": l.name})
	l.solo, l.shared = l.createTeam(t, map[string]string{"name": "Alone"}), l.createTeam(t, map[string]string{"name": "Shared"})
	l.alans, l.inviting = l.alan.createTeam(t, map[string]string{"name": "Alan's"}), l.alan.createTeam(t, map[string]string{"name": "Inviting"})
	l.grace.accept(t, "invitationId", l.invite(t, l.shared.ID, l.grace.Email, account.Owner).ID).want(t, http.StatusOK)
	l.accept(t, "invitationId", l.alan.invite(t, l.alans.ID, l.Email, account.Member).ID).want(t, http.StatusOK)
	l.sent = l.invite(t, l.shared.ID, newAddress(), account.Member)
	l.received = l.alan.invite(t, l.inviting.ID, l.Email, account.Member)
	g := l.askUpload(t, png(100))
	if status := l.upload(t, g, png(100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	l.attach(t, g.Key).want(t, http.StatusOK)
	l.image = l.imageURL(t)
	spare := l.askUpload(t, png(100))
	if status := l.upload(t, spare, png(100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	l.spare = strings.Replace(l.image, g.Key, spare.Key, 1)
	if status, _, _ := l.read(t, l.spare); status != http.StatusOK {
		t.Fatalf("what was uploaded and not attached: %d", status)
	}
	return l
}

// effects are what the preview tells of such a person.
func (l *leaver) effects() []account.Effect {
	return []account.Effect{
		{Kind: account.EffectOrganizationsDeleted, Count: 1, Names: []string{"Alone"}},
		{Kind: account.EffectOwnershipsGivenUp, Count: 1, Names: []string{"Shared"}},
		{Kind: account.EffectOrganizationsLeft, Count: 2, Names: []string{"Alan's", "Shared"}},
		{Kind: account.EffectInvitationsDeclined, Count: 1, Names: []string{"Inviting"}},
		{Kind: account.EffectInvitationsRevoked, Count: 1, Names: []string{"Shared"}},
		{Kind: account.EffectPersonalOrganizationPreserved, Count: 1, Names: []string{l.name + "'s Organization"}},
		{Kind: account.EffectProfileErased, Count: 1, Names: []string{l.Email}},
	}
}

// An account goes as its preview said, and nothing of the person is left; who
// comes back by the same address is somebody new.
func TestAnAccountIsDeletedAsItsPreviewSaid(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	l := newLeaver(t, h)
	elsewhere := *l.person
	elsewhere.signInAgain(t)
	elsewhere.me(t)
	l.call(t, http.MethodPost, "/me/export", nil).want(t, http.StatusAccepted)
	eventually(t, "an export", func() bool { return l.export(t).URL != nil })

	shown := l.previewDeletion(t)
	if diff := cmp.Diff(l.effects(), shown.Effects); diff != "" || len(shown.Blockers) != 0 {
		t.Errorf("blockers %+v, effects (-want +got):\n%s", shown.Blockers, diff)
	}
	l.deleteAccount(t, shown.Digest, l.grace.Email).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/confirmation incorrect")
	l.createTeam(t, map[string]string{"name": "Later"})
	l.deleteAccount(t, shown.Digest, l.Email).refused(t, http.StatusConflict, account.CodeDeletionChanged)
	elsewhere.me(t)
	if h.records(t, account.DeletionKey(l.ID)).Deletion(l.ID) != nil {
		t.Error("a deletion that was refused stands in the table")
	}

	deletionID := l.leave(t, account.DeletionRunning)
	for _, p := range []*person{l.person, &elsewhere} {
		p.call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeUserInactive)
	}
	h.isErased(t, deletionID)
	l.gone(t, h)
	h.wantCertified(t, deletionID, l.ID)
	h.wantNoTrace(t, l.ID, l.Email, l.name)
	for _, job := range []string{"verify", "check-database"} {
		if s, code, stderr := summaryOf(t, h, job); code != 0 {
			t.Errorf("%s: %d, %q, %+v", job, code, stderr, s.Findings)
		}
	}
	l.comesBack(t, h)
}

// gone holds what others see of somebody who was deleted.
func (l *leaver) gone(t *testing.T, h *host) {
	t.Helper()
	l.mailed(t, "Your account is being deleted")
	l.mailed(t, "Your account has been deleted")
	if _, err := l.signIn(t.Context(), l.Email, l.Password); err == nil {
		t.Error("signed in after the deletion")
	}
	if _, err := l.refresh(t); err == nil {
		t.Error("refreshed after the deletion")
	}
	l.call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeUnauthenticated)
	for _, url := range []string{l.image, l.spare} {
		if status, _, _ := l.read(t, url); status != http.StatusForbidden {
			t.Errorf("an image is answered with %d", status)
		}
	}
	var members teamList[teamMember]
	l.grace.call(t, http.MethodGet, "/organizations/"+l.shared.ID+"/members", nil).want(t, http.StatusOK).JSON(t, &members)
	if len(members.Items) != 1 || members.Items[0].UserID != l.grace.ID || members.Items[0].Role != account.Owner {
		t.Errorf("members of the shared team: %+v", members.Items)
	}
	l.alan.call(t, http.MethodGet, "/organizations/"+l.alans.ID+"/members", nil).want(t, http.StatusOK).JSON(t, &members)
	if len(members.Items) != 1 {
		t.Errorf("members of the other team: %+v", members.Items)
	}
	if sent := l.grace.invitations(t, "/organizations/"+l.shared.ID+"/invitations?status=revoked"); len(sent) != 1 || sent[0].ID != l.sent.ID || sent[0].InvitedBy.Name != "Deleted user" {
		t.Errorf("what ada sent: %+v", sent)
	}
	for _, status := range []account.InvitationStatus{account.InvitationPending, account.InvitationAccepted, account.InvitationDeclined, account.InvitationRevoked} {
		if got := l.alan.invitations(t, "/organizations/"+l.inviting.ID+"/invitations?status="+string(status)); len(got) != 0 {
			t.Errorf("%s invitations to ada: %+v", status, got)
		}
	}
	records := h.records(t, account.OrganizationKey(l.solo.ID), account.SlugKey(l.solo.Slug), account.OrganizationKey(l.shared.ID),
		account.OrganizationKey(l.inviting.ID), account.OrganizationKey(l.ID), account.MembershipKey(l.ID, l.ID), account.UserKey(l.ID))
	if records.Organization(l.solo.ID) != nil || records[account.SlugKey(l.solo.Slug)] != nil || records.User(l.ID) != nil || records.Membership(l.ID, l.ID) != nil {
		t.Errorf("left of what went: %v", records)
	}
	if o := records.Organization(l.shared.ID); o.MemberCount != 1 || o.OwnerCount != 1 || o.SeatsUsed != 1 {
		t.Errorf("the shared team counts %+v", o)
	}
	if o := records.Organization(l.inviting.ID); o.SeatsUsed != 1 {
		t.Errorf("the seat of the invitation is taken: %+v", o)
	}
	if o := records.Organization(l.ID); o == nil || o.Status != account.OrganizationPreserved || o.Name != "" || o.OwnerCount != 0 {
		t.Errorf("the personal organization is %+v", o)
	}
	l.grace.call(t, http.MethodGet, "/organizations/"+l.ID, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	var log struct {
		Items []struct{ Actor struct{ UserID, Name string } }
	}
	l.grace.call(t, http.MethodGet, "/organizations/"+l.shared.ID+"/audit-log", nil).want(t, http.StatusOK).JSON(t, &log)
	if !slices.ContainsFunc(log.Items, func(e struct{ Actor struct{ UserID, Name string } }) bool {
		return e.Actor.UserID == l.ID && e.Actor.Name == "Deleted user"
	}) {
		t.Errorf("the audit log names %+v", log.Items)
	}
}

// wantCertified checks a certificate by make, and that a changed one is found out.
func (h *host) wantCertified(t *testing.T, deletionID, userID string) {
	t.Helper()
	c, code, stderr := h.certificate(t, deletionID)
	if code != 0 || !c.Valid || c.Certificate.UserID != userID || c.Certificate.DeletionID != deletionID {
		t.Errorf("certificate: %d, %q, %+v", code, stderr, c)
	}
	want := account.Erased{Memberships: 4, Organizations: 2, Invitations: 3, Images: 2, Users: 1, Addresses: 1, Records: c.Certificate.Erased.Records}
	if diff := cmp.Diff(want, c.Certificate.Erased); diff != "" || c.Certificate.Erased.Records < 2 {
		t.Errorf("erased (-want +got):\n%s", diff)
	}
	good, _ := h.records(t, account.CertificateKey(deletionID))[account.CertificateKey(deletionID)].(*account.Certificate)
	forged := *good
	forged.DeletionID += "-forged"
	forged.Erased.Images++
	putNew(t, h, &forged)
	if c, code, _ := h.certificate(t, forged.DeletionID); code != 1 || c.Valid {
		t.Errorf("a forged certificate: %d, %+v", code, c)
	}
	if _, code, stderr := h.certificate(t, "none"); code != 1 || strings.Count(stderr, "\n") != 1 {
		t.Errorf("no certificate: %d, %q", code, stderr)
	}
	if err := storeOf(h).Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.Exists{Of: forged.Key()}}, Deletes: []account.Key{forged.Key()},
	}); err != nil {
		t.Fatal(err)
	}
}

// comesBack has somebody sign up by the address of who was deleted.
func (l *leaver) comesBack(t *testing.T, h *host) {
	t.Helper()
	again := visit(t, h)
	again.Email = l.Email
	before := len(again.mails(t))
	again.signUp(t, map[string]string{"name": "Somebody"})
	eventually(t, "a mail with a code", func() bool { return len(again.mails(t)) > before })
	again.confirm(t)
	again.signInAgain(t)
	var accounts teamList[teamAnswer]
	again.call(t, http.MethodGet, "/me/accounts", nil).want(t, http.StatusOK).JSON(t, &accounts)
	if again.ID == l.ID || len(accounts.Items) != 1 || accounts.Items[0].ID != again.ID || accounts.Items[0].Name != "Somebody's Organization" {
		t.Errorf("%s comes back as %s with %+v", l.ID, again.ID, accounts.Items)
	}
	if list := again.invitations(t, "/me/invitations"); len(list) != 0 {
		t.Errorf("invitations of who was there before: %+v", list)
	}
	if everything := again.everything(t); strings.Contains(everything, l.ID) || strings.Contains(everything, l.name) {
		t.Errorf("a trace of who was there before: %s", everything)
	}
	again.call(t, http.MethodGet, "/me/export", nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	l.call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeUnauthenticated)
}

// Whom others or a contract need stays, and is told what to do.
func TestABlockedDeletionDoesNothing(t *testing.T) {
	t.Parallel()
	ada, grace := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := ada.createTeam(t, map[string]string{"name": "Needed"})
	grace.takeIn(t, shared.host, team.ID, account.Member)
	paid := ada.createTeam(t, map[string]string{"name": "Paid"})
	shared.host.amend(t, account.ChangeOrganization{OrganizationID: paid.ID, Subscriptions: 1, UpdatedAt: time.Now()})
	before := ada.everything(t)
	preview := ada.previewDeletion(t)
	blocked := map[string]string{}
	for _, b := range preview.Blockers {
		if blocked[b.Code] = b.OrganizationID; b.Remedy == "" || b.Detail == "" || b.Policy != b.Code {
			t.Errorf("a blocker says %+v", b)
		}
	}
	if diff := cmp.Diff(map[string]string{account.PolicySoleOwner: team.ID, account.PolicySubscription: paid.ID}, blocked); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	var refusal struct {
		Code     account.Code
		Blockers []account.Blocker
	}
	ada.deleteAccount(t, preview.Digest, ada.Email).want(t, http.StatusConflict).JSON(t, &refusal)
	if refusal.Code != account.CodeDeletionBlocked || !slices.Equal(refusal.Blockers, preview.Blockers) {
		t.Errorf("refused with %+v", refusal)
	}
	if after := ada.everything(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}

	// What the blockers say helps.
	ada.call(t, http.MethodPost, "/organizations/"+team.ID+"/transfer-ownership", map[string]string{"userId": grace.ID}).want(t, http.StatusOK)
	shared.host.amend(t, account.ChangeOrganization{OrganizationID: paid.ID, Subscriptions: -1, UpdatedAt: time.Now()})
	shared.host.isErased(t, ada.leave(t, account.DeletionRunning))
	shared.host.wantNoTrace(t, ada.ID, ada.Email)
	if me := grace.me(t); me.User.ID != grace.ID {
		t.Errorf("grace is %+v", me)
	}
}
