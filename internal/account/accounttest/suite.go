package accounttest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

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
			deletion("u2"), &account.Deletion{
				UserID: "u3", ID: "d", Status: account.DeletionCompleted, ExpiresAt: now.Truncate(time.Second), Version: 1,
			},
			certificate("d-u2"), export("u1"), datum("u1", "PROJECT#1"), datum("u1", "x"),
			&account.Idempotency{UserID: "u1", ID: "k 1", Request: "hash", Made: "id", ExpiresAt: now.Truncate(time.Second), Version: 1},
			closing("o1"), &account.Slug{Slug: "ada-co", OrganizationID: "o1", Version: 1},
			invitation("o1", "i1", "Grace@Example.com"), invited("o1", "grace@example.com", "i1"), audit("o1", "a1"),
			&account.AuditEntry{OrganizationID: "o1", ID: "a2", Time: now, Actor: "u1", Action: account.MemberLeft, Version: 1},
			limit("u1", "invitation"), limit("hash:0f3a", "token"), limit("0f3a", "token"),
			recovery("u1"), passkey("u1", "c-1_"),
		} {
			records[r.Key()] = r
			put(t, s, r)
		}
		keys := []account.Key{
			account.UserKey("u1"), account.OrganizationKey("u1"), account.MembershipKey("u1", "u1"),
			account.SessionKey("u1", "s1"), account.AddressKey("ADA@example.com"), account.DeletionKey("u2"),
			account.DeletionKey("u3"), account.CertificateKey("d-u2"), account.ExportKey("u1"),
			account.DatumKey("u1", "PROJECT#1"), account.DatumKey("u1", "x"), account.DatumKey("u2", "x"),
			account.IdempotencyKey("u1", "k 1"),
			account.OrganizationKey("o1"), account.SlugKey("ada-co"), account.InvitationKey("o1", "i1"),
			account.InvitedKey("o1", "GRACE@example.com"), account.AuditKey("o1", "a1"), account.AuditKey("o1", "a2"),
			account.LimitKey("u1", "invitation"), account.LimitKey("hash:0f3a", "token"), account.LimitKey("0f3a", "token"),
			account.RecoveryKey("u1"), account.PasskeyKey("u1", "c-1_"),
			account.UserKey("nobody"), account.RecoveryKey("nobody"), account.PasskeyKey("u1", "c"),
		}
		expect(t, s, records, keys...)
		expect(t, s, account.Records{})
	})
	t.Run("keeps ids apart that look alike", func(t *testing.T) {
		t.Parallel()
		s := fresh(t)
		put(t, s, user("a"))
		put(t, s, invitation("o", "D#x", "a@example.com"), invited("o", "x", "y"), limit("hash:a", "kind"))
		expect(t, s, account.Records{}, account.UserKey("A"), account.UserKey("a "), account.UserKey("ab"), account.SessionKey("a", ""),
			account.InvitedKey("o", "D#x"), account.InvitedKey("o", "#x"), account.InvitationKey("o", "x"), account.InvitationKey("o", "D#"),
			account.LimitKey("a", "kind"), account.LimitKey("hash:a", "KIND"), account.SlugKey("o"))
	})
	t.Run("changes only what an update names", func(t *testing.T) {
		t.Parallel()
		testUpdates(t, fresh(t))
	})
	t.Run("removes what a change deletes, on its premises", func(t *testing.T) {
		t.Parallel()
		testDeletes(t, fresh(t))
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
	t.Run("lists a user's sessions in pages", func(t *testing.T) {
		t.Parallel()
		testSessions(t, fresh(t))
	})
	t.Run("lists an organization's members by name", func(t *testing.T) {
		t.Parallel()
		testMembers(t, fresh(t))
	})
	t.Run("finds members by the beginning of their names", func(t *testing.T) {
		t.Parallel()
		testMemberSearch(t, fresh(t))
	})
	t.Run("lists an organization's invitations and audit log, the newest first", func(t *testing.T) {
		t.Parallel()
		testNewestFirst(t, fresh(t))
	})
	t.Run("lists an address's invitations while they are pending", func(t *testing.T) {
		t.Parallel()
		testInvitationsTo(t, fresh(t))
	})
	t.Run("lists what is due, the longest due first", func(t *testing.T) {
		t.Parallel()
		testDue(t, fresh(t))
	})
	t.Run("reads the whole table in pages", func(t *testing.T) {
		t.Parallel()
		testScan(t, fresh(t))
	})
	t.Run("reads past what is damaged for maintenance alone", func(t *testing.T) {
		t.Parallel()
		testSurvey(t, fresh(t))
	})
	t.Run("names all kinds of work that is due", func(t *testing.T) {
		t.Parallel()
		testDueKinds(t, fresh(t))
	})
	t.Run("lists all that stands of a person", func(t *testing.T) {
		t.Parallel()
		testRemains(t, fresh(t))
	})
	t.Run("of many commits on one version one wins", func(t *testing.T) {
		t.Parallel()
		testOneWins(t, fresh(t))
	})
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
