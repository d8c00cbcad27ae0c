package account_test

import (
	"slices"
	"testing"

	"hearth/internal/account"
)

// The table of the permissions, written out by hand: a cell that changes in
// the code must be changed here too.
func TestCoreGrants(t *testing.T) {
	t.Parallel()
	const yes, no = true, false
	table := []struct {
		permission           account.Permission
		owner, admin, member bool
	}{
		{"organization.read", yes, yes, yes},
		{"member.read", yes, yes, yes},
		{"organization.update", yes, yes, no},
		{"member.invite", yes, yes, no},
		{"audit.read", yes, yes, no},
		{"member.update", yes, yes, no},
		{"member.remove", yes, yes, no},
		{"ownership.grant", yes, no, no},
		{"ownership.transfer", yes, no, no},
		{"organization.delete", yes, no, no},
		{"billing.manage", yes, no, no},
	}
	grants := account.CoreGrants()
	want := map[account.Role][]account.Permission{}
	for _, row := range table {
		for role, allowed := range map[account.Role]bool{
			"ORG_OWNER": row.owner, "ORG_ADMIN": row.admin, "ORG_MEMBER": row.member,
			"": false, "ORG_GUEST": false, "org_owner": false,
		} {
			if got := grants.Allow(role, row.permission); got != allowed {
				t.Errorf("%q, %s: got %t, want %t", role, row.permission, got, allowed)
			}
			if allowed {
				want[role] = append(want[role], row.permission)
			}
		}
	}
	// Nothing is granted that has no row above.
	for role := range grants {
		expected := slices.Sorted(slices.Values(want[role]))
		if got := grants.Of(role); !slices.Equal(got, expected) {
			t.Errorf("%s has %v, want %v", role, got, expected)
		}
	}
	for _, unknown := range []account.Permission{"", "organization", "organization.*", "ORGANIZATION.READ"} {
		if grants.Allow(account.Owner, unknown) {
			t.Errorf("an owner is allowed %q", unknown)
		}
	}
}

func TestGrantsOfAProductAreAdded(t *testing.T) {
	t.Parallel()
	core := account.CoreGrants()
	sum := core.With(account.Grants{
		account.Owner: {"thing.delete", account.ReadMembers}, account.Member: {"thing.read"}, "ORG_GUEST": {"thing.read"},
	})
	for _, c := range []struct {
		role       account.Role
		permission account.Permission
		want       bool
	}{
		{account.Owner, "thing.delete", true},
		{account.Owner, account.DeleteOrganization, true},
		{account.Admin, "thing.delete", false},
		{account.Admin, "thing.read", false}, // a role has what its own row says
		{account.Member, "thing.read", true},
		{account.Member, account.ReadOrganization, true},
		{"ORG_GUEST", "thing.read", false}, // there are three roles
	} {
		if got := sum.Allow(c.role, c.permission); got != c.want {
			t.Errorf("%s, %s: got %t, want %t", c.role, c.permission, got, c.want)
		}
	}
	if core.Allow(account.Owner, "thing.delete") || core.Allow(account.Member, "thing.read") {
		t.Error("adding changed the table that was added to")
	}
	owner := sum.Of(account.Owner)
	if !slices.IsSorted(owner) || len(slices.Compact(slices.Clone(owner))) != len(owner) {
		t.Errorf("not sorted without doubles: %v", owner)
	}
	owner[0] = "changed"
	if slices.Contains(sum.Of(account.Owner), "changed") {
		t.Error("the caller of Of can change the table")
	}
}
