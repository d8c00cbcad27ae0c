package account_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"hearth/internal/account"
)

// moveAtPool has ada change and prove her address around Hearth.
func (w *world) moveAtPool(email string) {
	p := w.pool.people[tokenOf(ada)]
	p.Email = email
	w.pool.people[tokenOf(ada)] = p
}

// formerly gives ada addresses that she had before.
func (w *world) formerly(t *testing.T, emails ...string) {
	t.Helper()
	u := w.user(t)
	u.FormerEmails, u.Version = emails, u.Version+1
	w.put(t, u)
}

const inviting = "018f4e2a-0000-7000-8000-00000000000b"

// invites puts a team that has invited somebody.
func (w *world) invites(t *testing.T, email string) {
	t.Helper()
	o := newTeam()
	o.SeatsUsed = 3
	w.put(t, o, &account.Slug{Slug: o.Slug, OrganizationID: team, Version: 1},
		&account.Invitation{
			OrganizationID: team, ID: inviting, Email: email, Role: account.Member, Status: account.InvitationPending, SendCount: 1,
			InvitedBy: bob, ExpiresAt: noon.AddDate(0, 0, 1), CreatedAt: noon, Version: 1,
		},
		&account.Invited{OrganizationID: team, Email: email, InvitationID: inviting, Version: 1})
}

func effect(p account.Preview, kind account.EffectKind) *account.Effect {
	i := slices.IndexFunc(p.Effects, func(e account.Effect) bool { return e.Kind == kind })
	if i < 0 {
		return nil
	}
	return &p.Effects[i]
}

// However many addresses somebody had, the deletion comes to its end.
func TestErasingManyFormerAddresses(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	var former []string
	for n := range 150 {
		email := fmt.Sprintf("ada+%d@example.com", n)
		former = append(former, email)
		w.put(t, &account.Address{Email: email, UserID: ada, Version: 1})
	}
	w.formerly(t, former...)
	w.delete(t)
	w.erase(t)
	all := w.store.All()
	if d := all.Deletion(ada); d.Status != account.DeletionCompleted || all.User(ada) != nil {
		t.Errorf("the deletion is %+v", d)
	}
	for _, email := range former {
		if all.Address(email) != nil {
			t.Errorf("%s is left", email)
		}
	}
}

// An address that somebody left and another has by now is the other's: what was
// sent there is neither shown nor erased.
func TestAFormerAddressOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w, v := withVault(t)
	w.formerly(t, "old@example.com")
	if _, err := w.Enroll(t.Context(), account.Person{ID: bob, Username: bob, Email: "old@example.com", EmailVerified: true, Name: "Bob"}); err != nil {
		t.Fatal(err)
	}
	w.invites(t, "old@example.com")
	if e := effect(w.preview(t), account.EffectInvitationsDeclined); e != nil {
		t.Errorf("the preview tells of %+v", e)
	}
	if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
		t.Fatal(err)
	}
	w.write(t)
	if got := exported(t, v.objects[firstExport])["invitations"]; len(got) > 0 {
		t.Errorf("the export tells of %v", got)
	}
	w.delete(t)
	w.erase(t)
	all := w.store.All()
	if all.Invitation(team, inviting) == nil || all.Invited(team, "old@example.com") == nil || all.Address("old@example.com") == nil {
		t.Error("what is somebody else's went, too")
	}
}

// Who deleted themselves at the identity provider can be back by the same
// address, as somebody else: the end of the first neither reaches the second by
// mail nor takes anything of theirs.
func TestErasingWhoSignedUpAgain(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	again := account.Person{ID: bob, Username: bob, Email: "ada@example.com", EmailVerified: true, Name: "Ada"}
	if _, err := w.Enroll(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	w.invites(t, "ada@example.com")
	if _, err := w.StartDeletion(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if err := w.MailDeletionAccepted(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	w.erase(t)
	all := w.store.All()
	if len(w.gone.mails) > 0 || all.Invitation(team, inviting) == nil || all.Address("ada@example.com").UserID != bob || all.User(bob) == nil {
		t.Errorf("mailed %v; left: %v", w.gone.mails, all)
	}
	if all.User(ada) != nil || all.Deletion(ada).Status != account.DeletionCompleted {
		t.Error("the first is still there")
	}
}

// Nobody hears of invitations to an address that they did not prove.
func TestAPreviewTellsNothingOfAnUnprovenAddress(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	p := w.pool.people[tokenOf(ada)]
	p.EmailVerified = false
	w.pool.people[tokenOf(ada)] = p
	w.enroll(t)
	w.invites(t, "ada@example.com")
	if e := effect(w.preview(t), account.EffectInvitationsDeclined); e != nil {
		t.Errorf("the preview tells of %+v", e)
	}
}

// An address that somebody had without proving it is not theirs afterwards either.
func TestAnAddressThatWasNeverProvenIsNoFormerOne(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	p := w.pool.people[tokenOf(ada)]
	p.EmailVerified = false
	w.pool.people[tokenOf(ada)] = p
	w.enroll(t)
	w.invites(t, "ada@example.com")
	p.Email, p.EmailVerified = "proven@example.com", true
	w.pool.people[tokenOf(ada)] = p
	preview := w.preview(t)
	if u := w.user(t); u.Email != "proven@example.com" || len(u.FormerEmails) > 0 {
		t.Errorf("the user is %+v", u)
	}
	if e := effect(preview, account.EffectInvitationsDeclined); e != nil {
		t.Errorf("the preview tells of %+v", e)
	}
}

// An address that was changed at the identity provider alone is known by the
// time that it matters: when an invitation to it is accepted, and when the
// account is deleted, which asks for it and erases it, too.
func TestErasingAnAddressChangedAroundHearth(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.moveAtPool("new@example.com")
	w.invites(t, "new@example.com")
	if _, err := w.Accept(t.Context(), signedIn(laptop), team+"."+inviting); err != nil {
		t.Fatal(err)
	}
	if u := w.user(t); u.Email != "new@example.com" || w.store.All().Membership(ada, team).UserEmail != "new@example.com" {
		t.Errorf("the user is %+v", u)
	}
	w.moveAtPool("newer@example.com")
	digest := w.preview(t).Digest
	if _, err := w.DeleteAccount(t.Context(), signedIn(laptop), digest, "new@example.com"); err == nil {
		t.Error("confirmed by an address that is theirs no more")
	}
	if _, err := w.DeleteAccount(t.Context(), signedIn(laptop), digest, "newer@example.com"); err != nil {
		t.Fatal(err)
	}
	w.erase(t)
	for k, r := range w.store.All() {
		if _, ok := r.(*account.Invitation); ok || k.Kind == account.KindAddress {
			t.Errorf("left: %+v", r)
		}
	}
}

// Who is signed out at the identity provider, or gone there, can still leave by a
// token that is good here.
func TestDeletingByATokenThatTheProviderRefuses(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	if _, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{}); err != nil {
		t.Fatal(err)
	}
	clear(w.pool.people)
	w.delete(t)
	w.pool.err = account.ErrUnavailable
	w.erase(t)
	if w.store.All().User(ada) != nil {
		t.Error("the user is still there")
	}
}

// A reset of the password while somebody is being erased leaves nothing behind.
func TestAPasswordResetDuringTheErasure(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil, func(c *account.Config) { c.PersonalOrganization = account.ErasePersonal })
	w.enroll(t)
	w.delete(t)
	for w.store.All().Deletion(ada).Stage != account.StageUser {
		if _, err := w.Erase(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.EndSessions(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	// What an operator noted between the last look and the end of the organization.
	w.put(t, &account.AuditEntry{OrganizationID: ada, ID: "late", Time: noon, Actor: account.Operator, Action: account.UserShown, Target: ada, Version: 1})
	w.erase(t)
	for k, r := range w.store.All() {
		if k.Owner == ada && k.Kind != account.KindDeletion {
			t.Errorf("left: %+v", r)
		}
	}
}

// What the preview said of the personal organization is done, and certified,
// whatever is configured by then.
func TestTheConfigurationChangesDuringADeletion(t *testing.T) {
	t.Parallel()
	for said, then := range map[string]string{
		account.PreservePersonal: account.ErasePersonal, account.ErasePersonal: account.PreservePersonal,
	} {
		w := newLeavingWorld(t, nil, graceful, func(c *account.Config) { c.PersonalOrganization = said })
		w.enroll(t)
		d := w.delete(t)
		w.now = d.GraceEndsAt
		config := goodConfig()
		config.PersonalOrganization = then
		w.Service = account.NewService(account.Options{
			Store: w.store, Pool: w.pool, Images: w.album, Config: config, Grants: account.CoreGrants(), SessionValidity: validity,
			Now: w.clock, NewID: w.newID, MAC: signer{}, Mailer: w.gone, Remover: w.gone,
		})
		w.erase(t)
		c, err := w.Certificate(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if preserved := w.store.All().Organization(ada) != nil; preserved != (said == account.PreservePersonal) || c.PersonalOrganization != said {
			t.Errorf("it was to %s: preserved %t, certified %q", said, preserved, c.PersonalOrganization)
		}
	}
}

// A restore wants a new sign-in of everybody, also where one session had been
// kept when the others ended.
func TestARestoreKeepsNoSession(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil, graceful)
	w.enroll(t)
	u := w.user(t)
	u.KeptSession, u.Version = laptop, u.Version+1
	w.put(t, u)
	w.delete(t)
	w.now = noon.AddDate(0, 0, 3)
	if err := w.RestoreUser(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{}); !errors.Is(err, account.ErrSessionRevoked) {
		t.Errorf("a session of before: %v", err)
	}
}

// A team that was being taken apart already, by a clock that is ahead, does not
// come back without its owner.
func TestARestoreBehindAPurge(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil, graceful)
	w.enroll(t)
	w.owning(t)
	d := w.delete(t)
	w.now = d.GraceEndsAt
	if _, err := w.Purge(t.Context(), "solo"); err != nil {
		t.Fatal(err)
	}
	w.now = d.GraceEndsAt.Add(-50 * time.Millisecond)
	if err := w.RestoreUser(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if o := w.store.All().Organization("solo"); o.Status != account.OrganizationClosing {
		t.Errorf("the team is %+v", o)
	}
}

// A team that its owner is deleting already is not one that goes with the owner,
// and does not come back with them.
func TestATeamDeletedBeforeItsOwner(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil, graceful)
	w.enroll(t)
	w.owning(t)
	digest := w.preview(t).Digest
	w.store.calls()
	w.store.onCommit = func(int) error {
		w.store.onCommit = nil
		return w.DeleteOrganization(t.Context(), signedIn(laptop), "solo")
	}
	if _, err := w.DeleteAccount(t.Context(), signedIn(laptop), digest, "ada@example.com"); !errors.Is(err, account.ErrDeletionChanged) {
		t.Fatalf("got %v", err)
	}
	w.delete(t)
	if d := w.store.All().Deletion(ada); len(d.Closed) > 0 {
		t.Errorf("the deletion closes %v", d.Closed)
	}
	if err := w.RestoreUser(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if o := w.store.All().Organization("solo"); o.Status != account.OrganizationClosing {
		t.Errorf("the team is %+v", o)
	}
}
