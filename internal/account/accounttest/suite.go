package accounttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

var now = time.Date(2026, 11, 23, 9, 30, 0, 123_000_000, time.UTC)

func user(id string) *account.User {
	return &account.User{
		ID: id, Username: id, Email: "Ada@example.com", EmailVerified: true, Name: "Ada 👩‍🚀",
		Preferences: account.Preferences{Theme: "dark", Language: "de"}, Status: account.UserActive,
		SessionsValidFrom: now.Truncate(time.Second), KeptSession: "kept", LastActiveAccountID: "team",
		TeamCount: 3, AccountsVersion: 4, Version: 5, CreatedAt: now, UpdatedAt: now.Add(time.Hour),
	}
}

func organization(id string) *account.Organization {
	return &account.Organization{
		ID: id, Name: "Ada's Organization", Slug: "ada", IsPersonal: true, Status: account.OrganizationActive,
		MemberCount: 2, OwnerCount: 1, SeatsUsed: 3, SeatLimit: 4, Version: 1, CreatedBy: id, CreatedAt: now, UpdatedAt: now,
	}
}

func membership(userID, organizationID string, role account.Role) *account.Membership {
	return &account.Membership{
		UserID: userID, OrganizationID: organizationID, Role: role, UserName: "Ada", UserEmail: "ada@example.com",
		UserVersion: 5, Version: 1, JoinedAt: now,
	}
}

func session(userID, id string) *account.Session {
	return &account.Session{
		UserID: userID, ID: id, ActiveOrganizationID: "team", Device: "Firefox", CreatedAt: now, LastSeenAt: now,
		RevokedAt: now.Add(time.Minute), ExpiresAt: now.Add(24 * time.Hour).Truncate(time.Second), Version: 1,
	}
}

// put writes records that are not there yet.
func put(t *testing.T, s account.Store, records ...account.Record) {
	t.Helper()
	change := account.Change{Puts: records}
	for _, r := range records {
		change.Premises = append(change.Premises, account.IsAbsent{Of: r.Key()})
	}
	if err := s.Commit(t.Context(), change); err != nil {
		t.Fatalf("put: %v", err)
	}
}

// expect fails the test unless exactly these records stand under the keys.
func expect(t *testing.T, s account.Store, want account.Records, keys ...account.Key) {
	t.Helper()
	got, err := s.Read(t.Context(), keys...)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("records (-want +got):\n%s", diff)
	}
}

// Run holds a store against what account.Store promises. fresh returns an
// empty store.
func Run(t *testing.T, fresh func(t *testing.T) account.Store) {
	t.Run("reads back what was put", func(t *testing.T) {
		t.Parallel()
		s := fresh(t)
		records := account.Records{}
		for _, r := range []account.Record{
			user("u1"), organization("u1"), membership("u1", "u1", account.Owner), session("u1", "s1"),
			&account.Address{Email: "ada@example.com", UserID: "u1", Version: 1},
			&account.Deletion{UserID: "u2", Version: 1},
			&account.Idempotency{UserID: "u1", ID: "k 1", Request: "hash", Made: "id", ExpiresAt: now.Truncate(time.Second), Version: 1},
		} {
			records[r.Key()] = r
			put(t, s, r)
		}
		keys := []account.Key{
			account.UserKey("u1"), account.OrganizationKey("u1"), account.MembershipKey("u1", "u1"),
			account.SessionKey("u1", "s1"), account.AddressKey("ADA@example.com"), account.DeletionKey("u2"),
			account.IdempotencyKey("u1", "k 1"),
			account.UserKey("nobody"),
		}
		expect(t, s, records, keys...)
	})
	t.Run("keeps ids apart that look alike", func(t *testing.T) {
		t.Parallel()
		s := fresh(t)
		put(t, s, user("a"))
		expect(t, s, account.Records{}, account.UserKey("A"), account.UserKey("a "), account.UserKey("ab"), account.SessionKey("a", ""))
	})
	t.Run("changes only what an update names", func(t *testing.T) {
		t.Parallel()
		testUpdates(t, fresh(t))
	})
	t.Run("refuses changes that it must not take", func(t *testing.T) {
		t.Parallel()
		testRefusedChanges(t, fresh(t))
	})
	t.Run("premises", func(t *testing.T) {
		t.Parallel()
		testPremises(t, fresh(t))
	})
	t.Run("names every premise that failed, in order, and changes nothing", func(t *testing.T) {
		t.Parallel()
		testMixedFailures(t, fresh(t))
	})
	t.Run("lists a user's memberships in pages", func(t *testing.T) {
		t.Parallel()
		testMemberships(t, fresh(t))
	})
	t.Run("of many commits on one version one wins", func(t *testing.T) {
		t.Parallel()
		testOneWins(t, fresh(t))
	})
}

func testUpdates(t *testing.T, s account.Store) {
	name, status, none := "New", account.OrganizationClosing, ""
	theme, language, image := "light", "en", "images/u/1"
	later := now.Add(48 * time.Hour)
	put(t, s, user("u"), organization("o"), session("u", "s"), membership("u", "o", account.Admin))
	updates := []account.Update{
		account.ChangeUser{
			UserID: "u", SessionsValidFrom: &later, KeptSession: &none, LastActiveAccountID: &none, Teams: -1,
			Name: &name, ImageKey: &image, Theme: &theme, Language: &language, UpdatedAt: later,
		},
		account.ChangeOrganization{OrganizationID: "o", Name: &name, Status: &status, Members: 2, Owners: -1, Seats: 3, UpdatedAt: later},
		account.ChangeSession{UserID: "u", SessionID: "s", ActiveOrganizationID: &none, LastSeenAt: &later, RevokedAt: &later},
		account.ChangeMembership{UserID: "u", OrganizationID: "o", UserName: "Zoë", UserEmail: "z@example.com", UserVersion: 9},
	}
	want := account.Records{}
	for _, r := range []account.Record{user("u"), organization("o"), session("u", "s"), membership("u", "o", account.Admin)} {
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

	// An update that names nothing changes the version alone.
	for _, u := range []account.Update{
		account.ChangeUser{UserID: "u", UpdatedAt: later},
		account.ChangeOrganization{OrganizationID: "o", UpdatedAt: later},
		account.ChangeSession{UserID: "u", SessionID: "s"},
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

func testRefusedChanges(t *testing.T, s account.Store) {
	for name, change := range map[string]account.Change{
		"nothing":   {},
		"blind put": {Puts: []account.Record{user("x")}},
		"two writes of one record": {
			Premises: []account.Premise{account.IsAbsent{Of: account.UserKey("x")}},
			Puts:     []account.Record{user("x")},
			Updates:  []account.Update{account.ChangeUser{UserID: "x"}},
		},
	} {
		if err := s.Commit(t.Context(), change); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	expect(t, s, account.Records{}, account.UserKey("x"))
}

func testMemberships(t *testing.T, s account.Store) {
	put(t, s, user("u"), session("u", "s"), membership("other", "o0", account.Owner))
	var want, got []string
	for i := range 7 {
		m := membership("u", fmt.Sprintf("o%d", i), account.Member)
		put(t, s, m)
		want = append(want, m.OrganizationID)
	}
	for after := ""; ; {
		page, next, err := s.Memberships(t.Context(), "u", after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page {
			if m.UserID != "u" {
				t.Errorf("a membership of %s", m.UserID)
			}
			got = append(got, m.OrganizationID)
		}
		if after = next; after == "" {
			break
		}
	}
	if !slices.Equal(want, got) {
		t.Errorf("got %v, want %v", got, want)
	}
	if page, next, err := s.Memberships(t.Context(), "nobody", "", 3); len(page) != 0 || next != "" || err != nil {
		t.Errorf("nobody's memberships: %v, %q, %v", page, next, err)
	}
}

func testOneWins(t *testing.T, s account.Store) {
	put(t, s, organization("o"))
	const rivals = 8
	var group sync.WaitGroup
	results := make([]error, rivals)
	for i := range rivals {
		group.Go(func() {
			results[i] = s.Commit(context.WithoutCancel(t.Context()), account.Change{
				Premises: []account.Premise{account.VersionIs{Of: account.OrganizationKey("o"), Version: 1}},
				Updates:  []account.Update{account.ChangeOrganization{OrganizationID: "o", Seats: 1, UpdatedAt: now}},
			})
		})
	}
	group.Wait()
	wins := 0
	for _, err := range results {
		if err == nil {
			wins++
		} else if !errors.Is(err, account.ErrPrecondition) && !errors.Is(err, account.ErrContended) {
			t.Errorf("a rival got %v", err)
		}
	}
	if wins != 1 {
		t.Errorf("%d rivals won, want 1", wins)
	}
}
