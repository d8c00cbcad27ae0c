package accounttest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hearth/internal/account"
)

// walk reads a list to its end in pages of several sizes, and returns what it
// saw, which must be the same each time. No page is empty but that of an empty
// list, and none is longer than it may be.
func walk[R any](t *testing.T, list func(after string, limit int) ([]R, string, error), id func(R) string) []string {
	t.Helper()
	var all []string
	for _, limit := range []int{100, 1, 2, 3, 7} {
		var seen []string
		pages := 0
		for after := ""; ; pages++ {
			page, next, err := list(after, limit)
			if err != nil {
				t.Fatalf("page %d of %d: %v", pages, limit, err)
			}
			if len(page) > limit || len(page) == 0 && (pages > 0 || next != "") {
				t.Fatalf("page %d of %d has %d records", pages, limit, len(page))
			}
			for _, r := range page {
				seen = append(seen, id(r))
			}
			if after = next; after == "" {
				break
			}
		}
		if limit == 100 {
			all = seen
		} else if !slices.Equal(all, seen) {
			t.Errorf("in pages of %d: %v, in one: %v", limit, seen, all)
		}
	}
	return all
}

func expectList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func testMemberships(t *testing.T, s account.Store) {
	put(t, s, user("u"), session("u", "s"), limit("u", "kind"), membership("other", "o0", account.Owner), membership("u2", "o0", account.Owner))
	var want []string
	for i := range 7 {
		m := membership("u", fmt.Sprintf("o%d", i), account.Member)
		put(t, s, m)
		want = append(want, m.OrganizationID)
	}
	of := func(userID string) []string {
		return walk(t, func(after string, limit int) ([]*account.Membership, string, error) {
			return s.Memberships(t.Context(), userID, after, limit)
		}, func(m *account.Membership) string { return m.OrganizationID })
	}
	expectList(t, "memberships", of("u"), want...)
	expectList(t, "nobody's memberships", of("nobody"))
}

func testSessions(t *testing.T, s account.Store) {
	put(t, s, user("u"), membership("u", "o", account.Owner), limit("u", "kind"), recovery("u"), session("u2", "s0"))
	var want []string
	for i := range 7 {
		one := session("u", fmt.Sprintf("s%d", i))
		put(t, s, one)
		want = append(want, one.ID)
	}
	of := func(userID string) []string {
		return walk(t, func(after string, limit int) ([]*account.Session, string, error) {
			return s.Sessions(t.Context(), userID, after, limit)
		}, func(one *account.Session) string { return one.ID })
	}
	expectList(t, "sessions", of("u"), want...)
	expectList(t, "nobody's sessions", of("nobody"))
}

// members reads all members of an organization whose names begin with prefix.
func members(t *testing.T, s account.Store, organizationID, prefix string) []string {
	t.Helper()
	return walk(t, func(after string, limit int) ([]*account.Membership, string, error) {
		return s.Members(t.Context(), organizationID, prefix, after, limit)
	}, func(m *account.Membership) string {
		if m.OrganizationID != organizationID {
			t.Errorf("a member of %s among those of %s", m.OrganizationID, organizationID)
		}
		return m.UserID
	})
}

func testMembers(t *testing.T, s account.Store) {
	put(t, s, organization("o"), invitation("o", "i", "a@example.com"), audit("o", "a"), closing("p"),
		named("1", "o", "Ann Marie"), named("9", "o", "Ann"), named("5", "o", "ann"), named("2", "o", "Ann \"Nan\" Lee"),
		named("3", "o", "Zoë"), named("4", "o", "Émile"), named("6", "o", "bob#2"), named("7", "o", "Bob"), named("8", "o", "李雷"),
		named("1", "O", "Ann"), named("1", "o ", "Ann"), named("1", "o1", "Ann"), named("2", "o#", "Ann"), named("2", "p", "Ann"))
	// A name is before the longer ones that begin with it; who has the same
	// name is ordered by id; other letters follow the plain ones.
	expectList(t, "members", members(t, s, "o", ""), "5", "9", "2", "1", "7", "6", "3", "4", "8")
	expectList(t, "members of another", members(t, s, "o1", ""), "1")
	expectList(t, "members of one with an odd id", members(t, s, "o#", ""), "2")
	expectList(t, "members of none", members(t, s, "none", ""))

	// A place is kept when the member at it is renamed or gone.
	page, next, err := s.Members(t.Context(), "o", "", "", 3)
	if err != nil || len(page) != 3 || next == "" {
		t.Fatalf("a page of 3: %v, %q, %v", page, next, err)
	}
	gone := page[2].Key()
	if err := s.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.UserIsMember{UserID: page[2].UserID, OrganizationID: "o"}},
		Updates: []account.Update{
			account.ChangeMembership{UserID: "9", OrganizationID: "o", UserName: "Yve", UserEmail: "y@example.com", UserVersion: 6},
			account.ChangeRole{UserID: "5", OrganizationID: "o", Role: account.Owner},
		},
		Deletes: []account.Key{gone},
	}); err != nil {
		t.Fatal(err)
	}
	page, _, err = s.Members(t.Context(), "o", "", next, 2)
	if err != nil || len(page) != 2 || page[0].UserID != "1" || page[1].UserID != "7" {
		t.Errorf("behind a place of which all is gone: %v, %v", page, err)
	}
	expectList(t, "members after a change", members(t, s, "o", ""), "5", "1", "7", "6", "9", "3", "4", "8")
}

func testMemberSearch(t *testing.T, s account.Store) {
	put(t, s, named("1", "o", "Émile Zola"), named("2", "o", "émilie"), named("3", "o", "Emil"), named("4", "o", "Straßer"),
		named("5", "o", "STRASSE"), named("6", "o", "ΣΊΣΥΦΟΣ"), named("7", "o", "Ann"), named("8", "o", "Ann Lee"), named("9", "o", "Annika"),
		named("1", "o2", "Emil"), named("2", "o2", "Ann"))
	for _, c := range []struct {
		prefix string
		want   []string
	}{
		{"", []string{"7", "8", "9", "3", "5", "4", "1", "2", "6"}},
		{"ANN", []string{"7", "8", "9"}},
		{"ann ", []string{"8"}},
		{"Ann L", []string{"8"}},
		{"annik", []string{"9"}},
		{"é", []string{"1", "2"}},
		{"É", []string{"1", "2"}},
		{"e\u0301MIL", []string{"1", "2"}}, // as some keyboards write it
		{"e", []string{"3"}},
		{"Strass", []string{"5", "4"}},
		{"straß", []string{"5", "4"}},
		{"σίσυφος", []string{"6"}},
		{"nn", nil},
		{"Ann#", nil}, // nothing behind the name can be searched
		{"Ann\t7", nil},
		{"Ann7", nil},
		{"#", nil},
		{"%", nil},
		{string(make([]byte, 3000)), nil},
	} {
		expectList(t, fmt.Sprintf("names that begin with %.20q", c.prefix), members(t, s, "o", c.prefix), c.want...)
	}
}

func testNewestFirst(t *testing.T, s account.Store) {
	revoked := account.InvitationRevoked
	put(t, s, organization("o"), &account.Slug{Slug: "o", OrganizationID: "o", Version: 1}, named("u", "o", "Ann"),
		invited("o", "a@example.com", "i"), invited("o", "i5", "i"))
	var invitations, entries []string
	for i := range 7 {
		id := fmt.Sprintf("018f4e2a-%04x", i)
		put(t, s, invitation("o", id, "a@example.com"), audit("o", id))
		put(t, s, invitation("o2", id, "a@example.com"), audit("o2", id), audit("O", id), invitation("o#", id, "b@example.com"))
		invitations, entries = append(invitations, id), append(entries, id)
	}
	slices.Reverse(invitations)
	slices.Reverse(entries)
	of := func(organizationID string) []string {
		return walk(t, func(after string, limit int) ([]*account.Invitation, string, error) {
			return s.Invitations(t.Context(), organizationID, after, limit)
		}, func(i *account.Invitation) string {
			if i.OrganizationID != organizationID {
				t.Errorf("an invitation to %s among those to %s", i.OrganizationID, organizationID)
			}
			return i.ID
		})
	}
	log := func(organizationID string) []string {
		return walk(t, func(after string, limit int) ([]*account.AuditEntry, string, error) {
			return s.AuditLog(t.Context(), organizationID, after, limit)
		}, func(a *account.AuditEntry) string {
			if a.OrganizationID != organizationID {
				t.Errorf("an entry of %s among those of %s", a.OrganizationID, organizationID)
			}
			return a.ID
		})
	}
	expectList(t, "invitations", of("o"), invitations...)
	expectList(t, "audit log", log("o"), entries...)
	expectList(t, "invitations to none", of("none"))
	expectList(t, "invitations to one with entries alone", of("O"))
	expectList(t, "audit log of one with invitations alone", log("o#"))

	// An invitation stays in its organization's list whatever becomes of it.
	if err := s.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeInvitation{OrganizationID: "o", InvitationID: invitations[3], Status: &revoked},
	}}); err != nil {
		t.Fatal(err)
	}
	expectList(t, "invitations, one of them revoked", of("o"), invitations...)
}

func testInvitationsTo(t *testing.T, s account.Store) {
	expired := invitation("o9", "9", "ada@example.com")
	expired.Status = account.InvitationExpired
	put(t, s, &account.Address{Email: "ada@example.com", UserID: "u", Version: 1}, expired,
		invitation("o1", "1", "Ada@Example.com"), invitation("o2", "2", "ada@example.com"), invitation("o3", "3", "ADA@EXAMPLE.COM"),
		invitation("o4", "4", "ada@example.com"), invitation("o5", "5", "ada@example.com"),
		invitation("o1", "6", "ada@example.com.au"), invitation("o1", "7", "da@example.com"), invited("o1", "ada@example.com", "1"))
	to := func(email string) []string {
		return walk(t, func(after string, limit int) ([]*account.Invitation, string, error) {
			return s.InvitationsTo(t.Context(), email, after, limit)
		}, func(i *account.Invitation) string { return i.ID })
	}
	expectList(t, "invitations", to("aDA@example.com"), "5", "4", "3", "2", "1")
	expectList(t, "invitations of a longer address", to("ada@example.com.au"), "6")
	expectList(t, "invitations of nobody", to("nobody@example.com"))

	// Whatever ends it takes an invitation out of the list; another mail does
	// not. A place is kept all the same.
	_, next, err := s.InvitationsTo(t.Context(), "ada@example.com", "", 2)
	if err != nil || next == "" {
		t.Fatalf("a page of 2: %q, %v", next, err)
	}
	later := now.AddDate(0, 1, 0)
	change := account.Change{
		Premises: []account.Premise{account.Exists{Of: account.InvitationKey("o5", "5")}},
		Deletes:  []account.Key{account.InvitationKey("o5", "5")},
		Updates: []account.Update{
			account.ChangeInvitation{OrganizationID: "o1", InvitationID: "1", Sent: 1, LastSentAt: &later, ExpiresAt: &later},
		},
	}
	for id, status := range map[string]account.InvitationStatus{"2": account.InvitationAccepted, "4": account.InvitationRevoked} {
		change.Updates = append(change.Updates, account.ChangeInvitation{OrganizationID: "o" + id, InvitationID: id, Status: &status})
	}
	if err := s.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	page, _, err := s.InvitationsTo(t.Context(), "ada@example.com", next, 2)
	if err != nil || len(page) != 2 || page[0].ID != "3" || page[1].ID != "1" {
		t.Errorf("behind a place that is gone: %v, %v", page, err)
	}
	expectList(t, "invitations that are left", to("ada@example.com"), "3", "1")
	for id, status := range map[string]account.InvitationStatus{"3": account.InvitationDeclined, "1": account.InvitationExpired} {
		if err := s.Commit(t.Context(), account.Change{Updates: []account.Update{
			account.ChangeInvitation{OrganizationID: "o" + id, InvitationID: id, Status: &status},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	expectList(t, "invitations of which none is pending", to("ada@example.com"))
}

// dueIn returns a closing organization of a shard, whose id begins with name.
func dueIn(shard int, name string, dueAt time.Time) *account.Organization {
	for n := 0; ; n++ {
		if id := fmt.Sprintf("%s-%d", name, n); account.DueShard(id) == shard {
			o := closing(id)
			o.DueAt = dueAt
			return o
		}
	}
}

func testDue(t *testing.T, s account.Store) {
	const shard = 2
	second := now.Truncate(time.Second)
	// All records of one second are due with it, whenever in it they are.
	early, same, last := dueIn(shard, "z", now.Add(-time.Hour)), dueIn(shard, "a", second), dueIn(shard, "b", second.Add(999*time.Millisecond))
	later, other := dueIn(shard, "c", second.Add(time.Second)), dueIn(shard+1, "d", now)
	active := dueIn(shard, "e", time.Time{})
	put(t, s, early, same, last, later, other, active, membership("u", early.ID, account.Member), invitation(early.ID, "i", "a@example.com"))
	due := func(shard int, until time.Time) []string {
		return walk(t, func(after string, limit int) ([]account.Key, string, error) {
			return s.Due(t.Context(), shard, until, after, limit)
		}, func(k account.Key) string { return k.Owner })
	}
	expectList(t, "due now", due(shard, second), early.ID, same.ID, last.ID)
	expectList(t, "due an hour ago", due(shard, now.Add(-time.Hour)), early.ID)
	expectList(t, "due before", due(shard, now.Add(-2*time.Hour)))
	expectList(t, "due a second later, told in another zone", due(shard, now.Add(time.Second).In(time.FixedZone("CET", 3600))),
		early.ID, same.ID, last.ID, later.ID)
	expectList(t, "due in another shard", due(shard+1, now), other.ID)
	expectList(t, "due in an empty shard", due(0, now))

	// A place is kept when what stood there is gone or due later; what is put
	// off comes again at its new time.
	_, next, err := s.Due(t.Context(), shard, now, "", 2)
	if err != nil || next == "" {
		t.Fatalf("a page of 2: %q, %v", next, err)
	}
	inAnHour := now.Add(time.Hour)
	if err := s.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.Exists{Of: early.Key()}},
		Deletes:  []account.Key{early.Key()},
		Updates:  []account.Update{account.ChangeOrganization{OrganizationID: same.ID, DueAt: &inAnHour}},
	}); err != nil {
		t.Fatal(err)
	}
	page, end, err := s.Due(t.Context(), shard, now, next, 2)
	if err != nil || end != "" || len(page) != 1 || page[0] != last.Key() {
		t.Errorf("behind a place that is gone: %v, %q, %v", page, end, err)
	}
	expectList(t, "due in an hour", due(shard, inAnHour), last.ID, later.ID, same.ID)
}
