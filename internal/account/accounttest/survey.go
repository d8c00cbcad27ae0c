package accounttest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"hearth/internal/account"
)

// Damager is a store whose records a test can damage.
type Damager interface {
	// Damage leaves what stands under a key, a membership's, a user's or an
	// invitation's, so that it cannot be read, and in the lists that it is in.
	Damage(ctx context.Context, key account.Key) error
}

var _ Damager = (*Model)(nil)

// Damage has a record not be read any more until it is written whole.
func (m *Model) Damage(_ context.Context, key account.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records[key] == nil {
		return account.ErrNotFound
	}
	m.damaged[key] = true
	return nil
}

// seen is a record as far as it can be read.
func (m *Model) seen(r account.Record) account.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.damaged[r.Key()] {
		return &account.Broken{Of: r.Key()}
	}
	return r
}

// Inspect returns the records that exist, as far as they can be read.
func (m *Model) Inspect(_ context.Context, keys ...account.Key) (account.Records, error) {
	m.mu.Lock()
	found := account.Records{}
	for _, k := range keys {
		if r, ok := m.records[k]; ok {
			found[k] = r
		}
	}
	m.mu.Unlock()
	for k, r := range found {
		found[k] = m.seen(r)
	}
	return found, nil
}

// InspectMemberships returns a page of a user's memberships as they can be read.
func (m *Model) InspectMemberships(_ context.Context, userID, after string, limit int) ([]account.Record, string, error) {
	return inspected(m, after, limit, false, func(r *account.Membership) (position, bool) {
		return position{r.OrganizationID}, r.UserID == userID
	})
}

// InspectMembers returns a page of an organization's memberships as they can be
// read.
func (m *Model) InspectMembers(_ context.Context, organizationID, after string, limit int) ([]account.Record, string, error) {
	return inspected(m, after, limit, false, func(r *account.Membership) (position, bool) {
		return position{account.FoldAddress(r.UserName), r.UserID}, r.OrganizationID == organizationID
	})
}

// InspectInvitations returns a page of an organization's invitations as they can
// be read.
func (m *Model) InspectInvitations(_ context.Context, organizationID, after string, limit int) ([]account.Record, string, error) {
	return inspected(m, after, limit, true, func(r *account.Invitation) (position, bool) {
		return position{r.ID}, r.OrganizationID == organizationID
	})
}

func inspected[R account.Record](m *Model, after string, limit int, newestFirst bool, place func(R) (position, bool)) (page []account.Record, next string, err error) {
	records, next := listAny(m, after, limit, newestFirst, place)
	for _, r := range records {
		page = append(page, m.seen(r))
	}
	return page, next, nil
}

// testSurvey damages one of each kind: what requests read fails, never as if
// nothing were there, and what maintenance reads has all in its place.
func testSurvey(t *testing.T, s account.Store) {
	damager, ok := s.(Damager)
	if !ok {
		t.Fatalf("%T cannot be damaged", s)
	}
	scanner, ok := s.(account.Scanner)
	if !ok {
		t.Fatalf("%T cannot be scanned", s)
	}
	damaged := []account.Key{account.UserKey("u2"), account.MembershipKey("u2", "o"), account.InvitationKey("o", "i2")}
	for _, id := range []string{"1", "2", "3"} {
		put(t, s, user("u"+id), membership("u"+id, "o", account.Member), membership("u2", "p"+id, account.Member), invitation("o", "i"+id, id+"@example.com"))
	}
	for _, key := range damaged {
		if err := damager.Damage(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range damaged {
		if _, err := s.Read(t.Context(), account.UserKey("u1"), key); !errors.Is(err, account.ErrBroken) {
			t.Errorf("a request that reads a damaged %s: %v", key.Kind, err)
		}
		found, err := scanner.Inspect(t.Context(), account.UserKey("u1"), key, account.UserKey("nobody"))
		if b, ok := found[key].(*account.Broken); err != nil || !ok || b.Key() != key || found.User("u1") == nil || len(found) != 2 {
			t.Errorf("a damaged %s: %v, %v", key.Kind, found, err)
		}
	}
	for what, c := range map[string]struct {
		list  func(after string, limit int) ([]account.Record, string, error)
		asked func() error
		want  []account.Key
	}{
		"memberships": {func(after string, limit int) ([]account.Record, string, error) {
			return scanner.InspectMemberships(t.Context(), "u2", after, limit)
		}, func() error {
			_, _, err := s.Memberships(t.Context(), "u2", "", 10)
			return err
		}, []account.Key{
			account.MembershipKey("u2", "o"), account.MembershipKey("u2", "p1"), account.MembershipKey("u2", "p2"), account.MembershipKey("u2", "p3"),
		}},
		"members": {func(after string, limit int) ([]account.Record, string, error) {
			return scanner.InspectMembers(t.Context(), "o", after, limit)
		}, func() error {
			_, _, err := s.Members(t.Context(), "o", "", "", 10)
			return err
		}, []account.Key{account.MembershipKey("u1", "o"), account.MembershipKey("u2", "o"), account.MembershipKey("u3", "o")}},
		"invitations": {func(after string, limit int) ([]account.Record, string, error) {
			return scanner.InspectInvitations(t.Context(), "o", after, limit)
		}, func() error {
			_, _, err := s.Invitations(t.Context(), "o", "", 10)
			return err
		}, []account.Key{account.InvitationKey("o", "i3"), account.InvitationKey("o", "i2"), account.InvitationKey("o", "i1")}},
	} {
		if err := c.asked(); !errors.Is(err, account.ErrBroken) {
			t.Errorf("a request that lists damaged %s: %v", what, err)
		}
		for _, limit := range []int{1, 2, 10} {
			if got := listed(t, limit, c.list); !slices.EqualFunc(got, c.want, func(r account.Record, k account.Key) bool {
				_, broken := r.(*account.Broken)
				return r.Key() == k && broken == slices.Contains(damaged, k)
			}) {
				t.Errorf("%s in pages of %d: %v", what, limit, got)
			}
		}
	}
}

// listed reads a list to its end.
func listed(t *testing.T, limit int, list func(after string, limit int) ([]account.Record, string, error)) (all []account.Record) {
	t.Helper()
	for after, more := "", true; more; more = after != "" {
		page, next, err := list(after, limit)
		if err != nil || len(page) > limit {
			t.Fatalf("a page of %d: %v, %v", limit, page, err)
		}
		all, after = append(all, page...), next
	}
	return all
}
