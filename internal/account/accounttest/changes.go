package accounttest

import (
	"errors"
	"testing"
	"time"

	"hearth/internal/account"
)

func testUpdates(t *testing.T, s account.Store) {
	name, status, none := "New", account.OrganizationClosing, ""
	theme, language, image, slug := "light", "en", "images/u/1", "new"
	later := now.Add(48 * time.Hour)
	revoked := account.InvitationRevoked
	off, pending, stage, erased := account.UserInactive, account.DeletionPending, account.StageMail, account.Erased{Data: 90}
	unfinished, parts := account.ExportPending, 4
	before := []account.Record{
		user("u"), organization("o"), session("u", "s"), membership("u", "o", account.Admin), membership("v", "o", account.Admin),
		invitation("o", "i", "a@example.com"), invitation("o", "j", "b@example.com"),
		deletion("u"), export("u"),
	}
	verified, mfa := false, account.MFA{Enabled: true, DeviceName: "Other", Pending: true}
	put(t, s, before...)
	updates := []account.Update{
		account.ChangeUser{
			UserID: "u", Status: &off, SessionsValidFrom: &later, KeptSession: &none, LastActiveAccountID: &none, Teams: -1, Accounts: 2,
			Name: &name, ImageKey: &image, Theme: &theme, Language: &language, UpdatedAt: later,
			Email: &name, EmailVerified: &verified, PendingEmail: &none, FormerEmails: []string{"b@example.com"}, PasswordChangedAt: &later, MFA: &mfa,
		},
		account.ChangeOrganization{
			OrganizationID: "o", Name: &name, Slug: &slug, ImageKey: &image, Status: &status, DueAt: &later,
			PurgeAfter: &later, Members: 2, Owners: -1, Seats: 3, Subscriptions: 1, UpdatedAt: later,
		},
		account.ChangeSession{UserID: "u", SessionID: "s", ActiveOrganizationID: &none, LastSeenAt: &later, RevokedAt: &later},
		account.ChangeMembership{UserID: "u", OrganizationID: "o", UserName: "Zoë", UserEmail: "z@example.com", UserVersion: 9},
		account.ChangeRole{UserID: "v", OrganizationID: "o", Role: account.Owner},
		account.ChangeInvitation{OrganizationID: "o", InvitationID: "i", Sent: 1, LastSentAt: &later, ExpiresAt: &later},
		account.ChangeInvitation{OrganizationID: "o", InvitationID: "j", Status: &revoked},
		account.ChangeDeletion{UserID: "u", Status: &pending, Stage: &stage, DueAt: &later, Erased: &erased},
		account.ChangeExport{
			UserID: "u", Status: &unfinished, Upload: &image, Parts: &parts, After: &none, ExpiresAt: &later, DueAt: &later,
		},
	}
	want := account.Records{}
	for _, r := range before {
		want[r.Key()] = r
	}
	var keys []account.Key
	for _, u := range updates {
		want[u.Key()] = u.Apply(want[u.Key()])
		keys = append(keys, u.Key())
	}
	if err := s.Commit(t.Context(), account.Change{Updates: updates}); err != nil {
		t.Fatal(err)
	}
	expect(t, s, want, keys...)

	// An update that names nothing changes the version alone; an empty text or
	// time takes away what was there.
	for _, u := range []account.Update{
		account.ChangeUser{UserID: "u", UpdatedAt: later},
		account.ChangeUser{UserID: "u", MFA: &account.MFA{}, PendingEmail: &name, UpdatedAt: later},
		account.ChangeOrganization{OrganizationID: "o", UpdatedAt: later},
		account.ChangeSession{UserID: "u", SessionID: "s"},
		account.ChangeInvitation{OrganizationID: "o", InvitationID: "i"},
		account.ChangeDeletion{UserID: "u"},
		account.ChangeExport{UserID: "u"},
		account.ChangeOrganization{OrganizationID: "o", ImageKey: &none, DueAt: &time.Time{}, PurgeAfter: &time.Time{}, UpdatedAt: later},
		account.ChangeDeletion{UserID: "u", DueAt: &time.Time{}},
		account.ChangeExport{UserID: "u", Upload: &none, DueAt: &time.Time{}, ExpiresAt: &time.Time{}},
	} {
		want[u.Key()] = u.Apply(want[u.Key()])
		if err := s.Commit(t.Context(), account.Change{Updates: []account.Update{u}}); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, s, want, keys...)

	var failed *account.PremiseError
	err := s.Commit(t.Context(), account.Change{Updates: []account.Update{account.ChangeUser{UserID: "nobody", UpdatedAt: now}}})
	if !errors.As(err, &failed) {
		t.Fatalf("update of a user who is not there: %v, want a premise error", err)
	}
	expect(t, s, account.Records{}, account.UserKey("nobody"))
}

// testDeletes commits deletes with premises that hold and that fail, alone and
// beside other writes.
func testDeletes(t *testing.T, s account.Store) {
	kinds := []account.Record{
		user("u"), closing("o"), membership("u", "o", account.Owner), session("u", "s"),
		&account.Address{Email: "ada@example.com", UserID: "u", Version: 1}, deletion("u"), certificate("d"), export("u"), datum("u", "PROJECT#1"),
		&account.Idempotency{UserID: "u", ID: "k", Request: "hash", Made: "id", ExpiresAt: now.Truncate(time.Second), Version: 1},
		&account.Slug{Slug: "ada", OrganizationID: "o", Version: 1}, invitation("o", "i", "a@example.com"),
		invited("o", "a@example.com", "i"), audit("o", "a"), limit("u", "kind"), limit("hash:1", "kind"),
	}
	put(t, s, kinds...)
	for _, r := range kinds {
		stale := account.VersionIs{Of: r.Key(), Version: r.Revision() + 1}
		err := s.Commit(t.Context(), account.Change{Premises: []account.Premise{stale}, Deletes: []account.Key{r.Key()}})
		if !failsWith(err, account.ErrPrecondition, stale) {
			t.Errorf("delete of a %s that changed: %v", r.Key().Kind, err)
		}
		expect(t, s, account.Records{r.Key(): r}, r.Key())

		there := account.VersionIs{Of: r.Key(), Version: r.Revision()}
		if err := s.Commit(t.Context(), account.Change{Premises: []account.Premise{there}, Deletes: []account.Key{r.Key()}}); err != nil {
			t.Errorf("delete of a %s: %v", r.Key().Kind, err)
		}
		expect(t, s, account.Records{}, r.Key())

		exists := account.Exists{Of: r.Key()}
		err = s.Commit(t.Context(), account.Change{Premises: []account.Premise{exists}, Deletes: []account.Key{r.Key()}})
		if !failsWith(err, account.ErrNotFound, exists) {
			t.Errorf("delete of a %s that is gone: %v", r.Key().Kind, err)
		}
		put(t, s, r) // what is gone can come again
	}

	// A member leaves: of what is one change, all is made or nothing.
	leave := func(role account.Role) error {
		return s.Commit(t.Context(), account.Change{
			Premises: []account.Premise{
				account.UserIsActive{UserID: "u"}, account.RoleIs{UserID: "u", OrganizationID: "o", Roles: []account.Role{role}},
			},
			Updates: []account.Update{account.ChangeOrganization{OrganizationID: "o", Members: -1, Owners: -1, Seats: -1, UpdatedAt: now}},
			Deletes: []account.Key{account.MembershipKey("u", "o")},
		})
	}
	m, o := account.MembershipKey("u", "o"), account.OrganizationKey("o")
	if err := leave(account.Member); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("leave in a role that one has no more: %v", err)
	}
	expect(t, s, account.Records{m: membership("u", "o", account.Owner), o: closing("o")}, m, o)
	if err := leave(account.Owner); err != nil {
		t.Errorf("leave: %v", err)
	}
	left := closing("o")
	left.MemberCount, left.OwnerCount, left.SeatsUsed, left.UpdatedAt, left.Version = 1, 0, 2, now, 2
	expect(t, s, account.Records{o: left}, m, o)
}

func testRefusedChanges(t *testing.T, s account.Store) {
	put(t, s, user("y"))
	absent, there := account.IsAbsent{Of: account.UserKey("x")}, account.Exists{Of: account.UserKey("y")}
	for name, change := range map[string]account.Change{
		"nothing":      {},
		"blind put":    {Puts: []account.Record{user("x")}},
		"blind delete": {Deletes: []account.Key{account.UserKey("y")}},
		"a delete on another's premise": {
			Premises: []account.Premise{absent}, Deletes: []account.Key{account.UserKey("y")},
		},
		"a put and an update of one record": {
			Premises: []account.Premise{absent}, Puts: []account.Record{user("x")}, Updates: []account.Update{account.ChangeUser{UserID: "x"}},
		},
		"a delete and a put of one record": {
			Premises: []account.Premise{there}, Puts: []account.Record{user("y")}, Deletes: []account.Key{account.UserKey("y")},
		},
		"a delete and an update of one record": {
			Premises: []account.Premise{there}, Updates: []account.Update{account.ChangeUser{UserID: "y"}},
			Deletes: []account.Key{account.UserKey("y")},
		},
		"two deletes of one record": {
			Premises: []account.Premise{there}, Deletes: []account.Key{account.UserKey("y"), account.UserKey("y")},
		},
	} {
		if err := s.Commit(t.Context(), change); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	expect(t, s, account.Records{account.UserKey("y"): user("y")}, account.UserKey("x"), account.UserKey("y"))
}
