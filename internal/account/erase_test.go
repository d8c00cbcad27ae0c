package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
)

// What is left of somebody, and where.
func TestErasingLeavesAMarkerAndACertificate(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{account.PreservePersonal, account.ErasePersonal} {
		w := newLeavingWorld(t, nil, func(c *account.Config) { c.PersonalOrganization = policy })
		w.enroll(t)
		w.owning(t)
		d := w.delete(t)
		w.now = noon.Add(time.Minute)
		w.erase(t)
		all := w.store.All()
		marker := account.Deletion{
			UserID: ada, ID: d.ID, Status: account.DeletionCompleted, ExpiresAt: w.now.Add(validity).Truncate(time.Second),
			Version: all.Deletion(ada).Version,
		}
		if got := all.Deletion(ada); fmt.Sprint(*got) != fmt.Sprint(marker) {
			t.Errorf("the marker is %+v", got)
		}
		c, err := w.Certificate(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if good, err := w.VerifyCertificate(t.Context(), c); !good || err != nil || c.PersonalOrganization != policy || !c.AcceptedAt.Equal(noon) || !c.CompletedAt.Equal(w.now) {
			t.Errorf("the certificate is %+v, %t, %v", c, good, err)
		}
		o := all.Organization(ada)
		if policy == account.ErasePersonal && o != nil {
			t.Errorf("the personal organization is %+v", o)
		}
		if policy == account.PreservePersonal {
			if o == nil || o.Status != account.OrganizationPreserved || o.Name != "" || o.Slug != "" || o.ImageKey != "" || o.MemberCount+o.OwnerCount+o.SeatsUsed != 0 {
				t.Errorf("the personal organization is %+v", o)
			}
		}
		for k := range all {
			if k.Owner == ada && k.Kind != account.KindDeletion && k.Kind != account.KindOrganization && (k.Kind != account.KindAudit || policy == account.ErasePersonal) {
				t.Errorf("left: a %s", k.Kind)
			}
		}
		if !slices.Equal(w.gone.gone, []string{ada}) || !slices.Equal(w.gone.mails, []string{"completed Ada@Example.com"}) {
			t.Errorf("gone %v, mailed %v", w.gone.gone, w.gone.mails)
		}
		w.gone.mails = nil
		if err := w.MailDeletionAccepted(t.Context(), ada); err != nil || len(w.gone.mails) != 0 {
			t.Errorf("a mail behind the end: %v, %v", w.gone.mails, err)
		}
		// A token of theirs, and the trigger again: the id never comes back.
		if _, err := w.Authorize(t.Context(), signedIn(phone), account.Target{}); !errors.Is(err, account.ErrUserInactive) {
			t.Errorf("a request: %v", err)
		}
		if _, err := w.Certificate(t.Context(), "another"); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("a certificate of another: %v", err)
		}
	}
}

// Certificates are over all that they say.
func TestAChangedCertificateIsNone(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	d := w.delete(t)
	w.erase(t)
	good, err := w.Certificate(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(c *account.Certificate){
		"id": func(c *account.Certificate) { c.DeletionID = "x" }, "user": func(c *account.Certificate) { c.UserID = "x" },
		"digest": func(c *account.Certificate) { c.Digest = "x" }, "policy": func(c *account.Certificate) { c.PersonalOrganization = "x" },
		"a count":   func(c *account.Certificate) { c.Erased.Addresses++ },
		"beginning": func(c *account.Certificate) { c.AcceptedAt = c.AcceptedAt.Add(1) },
		"end":       func(c *account.Certificate) { c.CompletedAt = c.CompletedAt.Add(1) },
		"mac":       func(c *account.Certificate) { c.MAC = append(slices.Clone(c.MAC), 0) },
	} {
		changed := *good
		change(&changed)
		if valid, err := w.VerifyCertificate(t.Context(), &changed); valid || err != nil {
			t.Errorf("another %s: %t, %v", name, valid, err)
		}
	}
}

func graceful(c *account.Config) { c.GraceDays = 30 }

// Within the grace period nothing is erased, and an operator brings all of it
// back; afterwards nobody does.
func TestGracePeriod(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil, graceful)
	w.enroll(t)
	w.owning(t)
	before := w.store.All()
	d := w.delete(t)
	end := noon.AddDate(0, 0, 30).Truncate(time.Second)
	if d.Status != account.DeletionPending || !d.GraceEndsAt.Equal(end) || !d.DueAt.Equal(end) {
		t.Errorf("the deletion is %+v", d)
	}
	if err := w.MailDeletionAccepted(t.Context(), ada); err != nil || !strings.Contains(w.gone.mails[0], end.Format(time.RFC3339)) {
		t.Errorf("mailed %v, %v", w.gone.mails, err)
	}
	w.now = noon.AddDate(0, 0, 29)
	pending := w.store.All()
	w.erase(t)
	if done, err := w.Purge(t.Context(), "solo"); !done || err != nil {
		t.Errorf("the purge: %t, %v", done, err)
	}
	if taken, err := w.Redrive(t.Context()); taken != 0 || err != nil {
		t.Errorf("the schedule: %d, %v", taken, err)
	}
	for k, r := range w.store.All() {
		if pending[k] == nil || pending[k].Revision() != r.Revision() {
			t.Errorf("a %s was written", k.Kind)
		}
	}
	if err := w.RestoreUser(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	after := w.store.All()
	for k, r := range before {
		switch was := r.(type) {
		case *account.User:
			if u := after.User(ada); u.Status != was.Status || u.TeamCount != was.TeamCount || !u.SessionsValidFrom.Equal(w.now.Truncate(time.Second)) {
				t.Errorf("the user is %+v", u)
			}
		case *account.Membership:
			if m := after.Membership(ada, k.ID); m == nil || m.Role != was.Role {
				t.Errorf("the membership is %+v", m)
			}
		case *account.Organization:
			if o := after.Organization(k.Owner); o.Status != was.Status || o.OwnerCount != was.OwnerCount || !o.DueAt.IsZero() || !o.PurgeAfter.IsZero() {
				t.Errorf("the organization is %+v", o)
			}
		}
	}
	if after.Deletion(ada) != nil {
		t.Error("the deletion is still there")
	}
	if err := w.RestoreUser(t.Context(), ada); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("restored again: %v", err)
	}
	fresh := signedIn(phone)
	fresh.AuthTime = w.now.Unix()
	if _, err := w.Authorize(t.Context(), fresh, account.Target{}); err != nil {
		t.Errorf("a new sign-in: %v", err)
	}
	if _, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{}); !errors.Is(err, account.ErrSessionRevoked) {
		t.Errorf("a sign-in of before: %v", err)
	}
}

func TestAfterTheGracePeriodThereIsNoWayBack(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil, graceful)
	w.enroll(t)
	w.owning(t)
	d := w.delete(t)
	w.now = d.GraceEndsAt
	if err := w.RestoreUser(t.Context(), ada); !errors.Is(err, account.ErrConflict) {
		t.Errorf("at its end: %v", err)
	}
	if taken, err := w.Redrive(t.Context()); taken == 0 || err != nil {
		t.Errorf("the schedule: %d, %v", taken, err)
	}
	if got := w.store.All().Deletion(ada); got.Status != account.DeletionCompleted {
		t.Errorf("the deletion is %+v", got)
	}
	if o := w.store.All().Organization("solo"); o != nil {
		t.Errorf("the team is %+v", o)
	}
	if err := w.RestoreUser(t.Context(), ada); !errors.Is(err, account.ErrConflict) {
		t.Errorf("behind it: %v", err)
	}
}

// A restore brings back what is still there, and leaves alone what others
// decided meanwhile.
func TestRestoringWhatOthersChanged(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil, graceful)
	w.enroll(t)
	w.owning(t)
	w.delete(t)
	if err := w.store.Model.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeRole{UserID: ada, OrganizationID: "shared", Role: account.Member},
	}}); err != nil {
		t.Fatal(err)
	}
	if err := w.RestoreUser(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	all := w.store.All()
	if m, o := all.Membership(ada, "shared"), all.Organization("shared"); m.Role != account.Member || o.OwnerCount != 1 {
		t.Errorf("somebody made a member: %+v, %+v", m, o)
	}
	if o := all.Organization("solo"); o.Status != account.OrganizationActive {
		t.Errorf("the solo team is %+v", o)
	}
}

// An operator deletes anybody, active or not, under the same policies; asked
// again, it is the same deletion.
func TestStartDeletion(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.owning(t)
	if _, err := w.StartDeletion(t.Context(), "nobody"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	shared := *w.store.All().Organization("shared")
	shared.OwnerCount, shared.Version = 1, 2
	w.put(t, &shared)
	if _, err := w.StartDeletion(t.Context(), ada); !errors.Is(err, account.ErrDeletionBlocked) {
		t.Errorf("of the only owner: %v", err)
	}
	shared.OwnerCount, shared.Version = 2, 3
	w.put(t, &shared)
	u := w.user(t)
	u.Status, u.Version = account.UserInactive, u.Version+1
	w.put(t, u)
	d, err := w.StartDeletion(t.Context(), ada)
	if err != nil || d.Digest != "" {
		t.Fatalf("%+v, %v", d, err)
	}
	if again, err := w.StartDeletion(t.Context(), ada); err != nil || again.ID != d.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	w.erase(t)
}

// A mail that nobody takes holds a deletion up for a day, a provider that does
// not answer for as long as it does not.
func TestWhatADeletionWaitsFor(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.delete(t)
	w.gone.err = account.ErrUnavailable
	stop := func() error {
		for range 100 {
			if done, err := w.Erase(t.Context(), ada); done || err != nil {
				return err
			}
		}
		return errors.New("no end")
	}
	if err := stop(); !errors.Is(err, account.ErrUnavailable) || w.store.All().User(ada) == nil {
		t.Errorf("without mail: %v", err)
	}
	w.now = noon.Add(25 * time.Hour)
	if err := stop(); !errors.Is(err, account.ErrUnavailable) || w.store.All().User(ada) != nil || len(w.gone.gone) == 0 {
		t.Errorf("a day later, without the provider: %v", err)
	}
	if taken, err := w.Redrive(t.Context()); taken != 0 || err != nil {
		t.Errorf("the schedule, not due: %d, %v", taken, err)
	}
	w.now = w.now.Add(time.Hour)
	if taken, err := w.Redrive(t.Context()); taken != 1 || !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("the schedule: %d, %v", taken, err)
	}
	w.gone.err = nil
	w.erase(t)
}

// A deletion that waits for records that contradict each other is told of by the
// schedule, and holds nobody back.
func TestAStuckDeletionIsTold(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.owning(t)
	solo := *w.store.All().Organization("solo")
	solo.Slug, solo.Version = "nobody's", 2 // the purge cannot free it
	w.put(t, &solo)
	w.delete(t)
	last := 0
	for range 20 {
		done, err := w.Erase(t.Context(), ada)
		if done || err != nil {
			t.Fatalf("%t, %v", done, err)
		}
		last = w.store.All().Deletion(ada).Version
	}
	if done, err := w.Erase(t.Context(), ada); done || err != nil || w.store.All().Deletion(ada).Version != last {
		t.Errorf("it goes on: %t, %v", done, err)
	}
	w.now = noon.Add(time.Hour)
	if taken, err := w.Redrive(t.Context()); taken != 2 || err == nil || !strings.Contains(err.Error(), "deletion of "+ada) || !strings.Contains(err.Error(), "organization of solo") {
		t.Errorf("the schedule: %d, %v", taken, err)
	}
	w.put(t, &account.Slug{Slug: "nobody's", OrganizationID: "solo", Version: 1})
	if _, err := w.Redrive(t.Context()); err != nil {
		t.Errorf("mended: %v", err)
	}
	if d := w.store.All().Deletion(ada); d.Status != account.DeletionCompleted {
		t.Errorf("the deletion is %+v", d)
	}
}

// What comes while the worker is behind its stage, or was not shown by a list in
// time, goes before the addresses are forgotten.
func TestErasingTakesWhatCameLate(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.delete(t)
	late := false
	for range 100 {
		if !late && w.store.All().Deletion(ada).Stage == account.StageUser {
			late = true
			o := newTeam()
			o.SeatsUsed = 3
			w.put(t, o,
				&account.Invitation{OrganizationID: team, ID: "1", Email: "ada@example.com", Status: account.InvitationPending, ExpiresAt: noon.AddDate(0, 0, 1), Version: 1},
				&account.Invited{OrganizationID: team, Email: "ada@example.com", InvitationID: "1", Version: 1},
				&account.Limit{Who: ada, Kind: "late", ExpiresAt: noon, Version: 1})
		}
		done, err := w.Erase(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			break
		}
	}
	all := w.store.All()
	if !late || all.Invitation(team, "1") != nil || all.Invited(team, "ada@example.com") != nil || all.Limit(ada, "late") != nil || all.Organization(team).SeatsUsed != 2 {
		t.Errorf("came late: %t, left: %v", late, all)
	}
}

// A guess that is counted while its author is turned off leaves nothing behind.
func TestAGuessOfWhoIsOffIsNotCounted(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.store.onCommit = func(n int) error {
		if n > 1 {
			return nil
		}
		return w.store.Model.Commit(t.Context(), account.Change{Updates: []account.Update{
			account.ChangeUser{UserID: ada, Status: ptr(account.UserInactive)},
		}})
	}
	if _, err := w.Accept(t.Context(), signedIn(laptop), team+".1.AAAA"); !errors.Is(err, account.ErrUserInactive) {
		t.Errorf("got %v", err)
	}
	if l := w.store.All().Limit(ada, account.TokenRate.Kind); l != nil {
		t.Errorf("counted: %+v", l)
	}
}
