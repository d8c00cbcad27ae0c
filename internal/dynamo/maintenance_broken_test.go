package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// longAgo is when nothing is under way any more.
var longAgo = time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Millisecond)

// breakage is one way in which a table can be broken.
type breakage struct {
	name string
	do   func(t *testing.T, v *village)
	// found is all that check tells, "<rule> <item>", sorted; kept is what of it
	// ensure cannot repair, and leaves to operators.
	found, kept func(v *village) []string
}

func items(texts ...string) func(*village) []string {
	return func(*village) []string { return slices.Sorted(slices.Values(texts)) }
}

var (
	adaID, bobID, kimID = idOf("ada"), idOf("bob"), idOf("kim")

	nothing = items()
)

// breakages break each rule of the design's section 2 that a table can tell of,
// and what those rest on.
var breakages = []breakage{
	{
		"no personal organization", func(t *testing.T, v *village) { drop(t, v.store, account.OrganizationKey(kimID)) },
		items("personal_organization user " + kimID), nothing,
	},
	{
		"a personal organization that is closing", func(t *testing.T, v *village) {
			change(t, v.store, account.OrganizationKey(kimID), func(o *account.Organization) { o.Status = account.OrganizationClosing })
		}, items("personal_organization user " + kimID), nothing,
	},
	{
		"a personal organization that is not marked as one", func(t *testing.T, v *village) {
			change(t, v.store, account.OrganizationKey(kimID), func(o *account.Organization) { o.IsPersonal = false })
		}, items("personal_organization user "+kimID, "slug organization "+kimID), nothing,
	},
	{
		"a personal organization of another name", func(t *testing.T, v *village) {
			change(t, v.store, account.OrganizationKey(kimID), func(o *account.Organization) { o.Name = "Mine" })
		}, items("personal_organization user " + kimID), nothing,
	},
	{
		"a personal organization with a slug", func(t *testing.T, v *village) {
			change(t, v.store, account.OrganizationKey(kimID), func(o *account.Organization) { o.Slug = "mine" })
		}, items("slug organization " + kimID), nothing,
	},
	{
		"no membership in the personal organization", func(t *testing.T, v *village) {
			drop(t, v.store, account.MembershipKey(kimID, kimID))
		}, items("personal_organization user " + kimID), nothing,
	},
	{
		"a personal organization that its user does not own", func(t *testing.T, v *village) {
			change(t, v.store, account.MembershipKey(kimID, kimID), func(m *account.Membership) { m.Role = account.Admin })
		}, items("personal_organization user " + kimID), nothing,
	},
	{
		"somebody else in a personal organization", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Membership{UserID: bobID, OrganizationID: kimID, Role: account.Member, UserName: "bob", UserEmail: addressOf("bob"), Version: 1})
		}, func(*village) []string {
			return []string{"personal_organization_shared membership of user " + bobID + " in organization " + kimID, "team_count user " + bobID}
		}, items("personal_organization_shared membership of user " + bobID + " in organization " + kimID),
	},
	{
		"an invitation to a personal organization", func(t *testing.T, v *village) {
			insert(t, v.store,
				&account.Invitation{OrganizationID: kimID, ID: "i", Email: "x@example.com", Role: account.Member, Status: account.InvitationPending, InvitedBy: kimID, Version: 1},
				&account.Invited{OrganizationID: kimID, Email: "x@example.com", InvitationID: "i", Version: 1})
		}, items("personal_organization_shared invitation i to organization " + kimID),
		items("personal_organization_shared invitation i to organization " + kimID),
	},
	{
		"a team whose only owner is inactive", func(t *testing.T, v *village) {
			change(t, v.store, account.UserKey(adaID), func(u *account.User) { u.Status = account.UserInactive })
		}, func(v *village) []string { return []string{"no_active_owner organization " + v.id} },
		func(v *village) []string {
			return []string{"no_active_owner organization " + v.id, "pool_differs user " + adaID}
		},
	},
	{
		"a team without an owner", func(t *testing.T, v *village) {
			change(t, v.store, account.MembershipKey(adaID, v.id), func(m *account.Membership) { m.Role = account.Admin })
			change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.OwnerCount = 0 })
		}, func(v *village) []string { return []string{"no_active_owner organization " + v.id} },
		func(v *village) []string { return []string{"no_active_owner organization " + v.id} },
	},
	counter("a count of members", func(o *account.Organization) { o.MemberCount++ }),
	counter("a count of owners", func(o *account.Organization) { o.OwnerCount++ }),
	counter("a count of seats", func(o *account.Organization) { o.SeatsUsed-- }),
	{
		"counters of a personal organization", func(t *testing.T, v *village) {
			change(t, v.store, account.OrganizationKey(kimID), func(o *account.Organization) { o.MemberCount = 2 })
		}, items("counters organization " + kimID), nothing,
	},
	{
		"a count of teams", func(t *testing.T, v *village) {
			change(t, v.store, account.UserKey(bobID), func(u *account.User) { u.TeamCount = 7 })
		}, items("team_count user " + bobID), nothing,
	},
	{
		"a slug of another organization", func(t *testing.T, v *village) {
			change(t, v.store, account.SlugKey("team"), func(s *account.Slug) { s.OrganizationID = "other" })
		}, func(v *village) []string { return []string{"slug organization " + v.id, "slug slug team"} },
		func(v *village) []string { return []string{"slug organization " + v.id, "slug slug team"} },
	},
	{
		"no slug", func(t *testing.T, v *village) { drop(t, v.store, account.SlugKey("team")) },
		func(v *village) []string { return []string{"slug organization " + v.id} },
		func(v *village) []string { return []string{"slug organization " + v.id} },
	},
	{
		"a slug that nobody has", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Slug{Slug: "old", OrganizationID: v.id, Version: 1})
		}, items("slug slug old"), items("slug slug old"),
	},
	{
		"two pending invitations of an address", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Invitation{OrganizationID: v.id, ID: "i", Email: addressOf("eve"), Role: account.Member, Status: account.InvitationPending, Version: 1})
			change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.SeatsUsed++ })
		}, func(v *village) []string { return []string{"invited invitation i to organization " + v.id} },
		func(v *village) []string { return []string{"invited invitation i to organization " + v.id} },
	},
	{
		"an address that is invited by nothing", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Invited{OrganizationID: v.id, Email: "x@example.com", InvitationID: "gone", Version: 1})
		}, func(v *village) []string {
			return []string{"invited invited address of invitation gone to organization " + v.id}
		},
		func(v *village) []string {
			return []string{"invited invited address of invitation gone to organization " + v.id}
		},
	},
	{
		"a membership in nothing", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Membership{UserID: kimID, OrganizationID: "gone", Role: account.Member, UserName: "kim", UserEmail: addressOf("kim"), Version: 1})
			change(t, v.store, account.UserKey(kimID), func(u *account.User) { u.TeamCount = 1 })
		}, items("orphan membership of user " + kimID + " in organization gone"), items("orphan membership of user " + kimID + " in organization gone"),
	},
	{
		"no address", func(t *testing.T, v *village) { drop(t, v.store, account.AddressKey(addressOf("kim"))) },
		items("address user " + kimID), nothing,
	},
	{
		"an address that leads to somebody else", func(t *testing.T, v *village) {
			change(t, v.store, account.AddressKey(addressOf("kim")), func(a *account.Address) { a.UserID = bobID })
		}, items("address address of user "+bobID, "address user "+kimID), nothing,
	},
	{
		"an audit entry of nothing", func(t *testing.T, v *village) {
			insert(t, v.store, &account.AuditEntry{OrganizationID: "gone", ID: "a", Time: longAgo, Actor: kimID, Action: account.MemberLeft, Version: 1})
		}, items("orphan audit a of gone"), items("orphan audit a of gone"),
	},
	{
		"data of nobody", func(t *testing.T, v *village) { insert(t, v.store, datum("gone", 1)) },
		func(*village) []string { return []string{"orphan datum " + datum("gone", 1).ID + " of gone"} },
		func(*village) []string { return []string{"orphan datum " + datum("gone", 1).ID + " of gone"} },
	},
	{
		"a session of nobody", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Session{UserID: "gone", ID: "s", CreatedAt: longAgo, LastSeenAt: longAgo, ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Second), Version: 1})
		}, items("orphan session s of gone"), items("orphan session s of gone"),
	},
	{
		"a name that did not follow", func(t *testing.T, v *village) {
			change(t, v.store, account.UserKey(bobID), func(u *account.User) { u.UpdatedAt = longAgo })
			change(t, v.store, account.MembershipKey(bobID, v.id), func(m *account.Membership) { m.UserName = "Robert" })
		}, func(v *village) []string {
			return []string{"copies membership of user " + bobID + " in organization " + v.id}
		}, nothing,
	},
	{
		"a preserved record with a name", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Organization{ID: "gone", Name: "Ada's Organization", IsPersonal: true, Status: account.OrganizationPreserved, Version: 1})
		}, items("deleted organization gone"), items("deleted organization gone"),
	},
	{
		"a completed deletion that left the user", func(t *testing.T, v *village) {
			change(t, v.store, account.UserKey(kimID), func(u *account.User) { u.Status = account.UserInactive })
			insert(t, v.store, marker(kimID), &account.Certificate{DeletionID: "d", UserID: kimID, AcceptedAt: longAgo, CompletedAt: longAgo, Version: 1})
		}, items("deleted certificate d", "deleted deletion d of user "+kimID), items("deleted certificate d", "deleted deletion d of user "+kimID),
	},
	{
		"a deletion whose user is active", func(t *testing.T, v *village) {
			insert(t, v.store, &account.Deletion{UserID: kimID, ID: "d", Status: account.DeletionRunning, Stage: account.StageMemberships, AcceptedAt: longAgo, DueAt: time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond), Version: 1})
		}, items("deleted deletion d of user " + kimID), items("deleted deletion d of user " + kimID),
	},
	{
		"a deletion that is overdue", func(t *testing.T, v *village) {
			change(t, v.store, account.UserKey(kimID), func(u *account.User) { u.Status = account.UserInactive })
			insert(t, v.store, &account.Deletion{UserID: kimID, ID: "d", Status: account.DeletionRunning, Stage: account.StageMemberships, AcceptedAt: longAgo, DueAt: longAgo, Version: 1})
		}, items("overdue deletion " + kimID), items("overdue deletion " + kimID),
	},
	{
		"a team that nobody takes apart", func(t *testing.T, v *village) {
			change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.Status, o.DueAt = account.OrganizationClosing, longAgo })
		}, func(v *village) []string { return []string{"overdue organization " + v.id} },
		func(v *village) []string { return []string{"overdue organization " + v.id} },
	},
	{
		"a member whom the list does not show", func(t *testing.T, v *village) {
			v.setText(t, "USER#"+bobID, "MEMBER#"+v.id, dynamo.IndexPartitionKey, "ORG#other")
			change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.UpdatedAt = longAgo })
		}, func(v *village) []string {
			return []string{"counters organization " + v.id, "item USER#" + bobID + " MEMBER#" + v.id}
		}, nothing,
	},
	{
		"an item of another type", func(t *testing.T, v *village) { v.setText(t, "USER#"+kimID, "USER", "type", "organization") },
		items("item USER#" + kimID + " USER"), nothing,
	},
	{
		"an item that is no record", func(t *testing.T, v *village) { v.setText(t, "USER#"+kimID, "NOTE#1", "type", "note") },
		items("item USER#" + kimID + " NOTE#1"), items("item USER#" + kimID + " NOTE#1"),
	},
}

// counter breaks a counter of the team, which nobody has changed for long.
func counter(name string, edit func(*account.Organization)) breakage {
	return breakage{name, func(t *testing.T, v *village) {
		change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) {
			edit(o)
			o.UpdatedAt = longAgo
		})
	}, func(v *village) []string { return []string{"counters organization " + v.id} }, nothing}
}

// Each rule is broken once: check tells that and nothing else, and ensure
// repairs what can be, so that check then tells only what cannot.
func TestCheckTellsWhatIsBroken(t *testing.T) {
	t.Parallel()
	for _, b := range slices.Concat(breakages, leftovers, strays, damages) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			v := newVillage(t)
			b.do(t, v)
			found, _ := v.run(t, account.JobCheck)
			if diff := cmp.Diff(b.found(v), found); diff != "" {
				t.Fatalf("check (-want +got):\n%s", diff)
			}
			kept, repaired := v.run(t, account.JobEnsure)
			if diff := cmp.Diff(b.kept(v), kept); diff != "" {
				t.Errorf("ensure leaves (-want +got):\n%s", diff)
			}
			if want := len(b.found(v)) > len(b.kept(v)); want != (len(repaired) > 0) {
				t.Errorf("ensure says that it repaired %v", repaired)
			}
			if kept, repaired = v.run(t, account.JobEnsure); len(repaired) > 0 || !slices.Equal(kept, b.kept(v)) {
				t.Errorf("a second time: %v, and repaired %v", kept, repaired)
			}
		})
	}
}
