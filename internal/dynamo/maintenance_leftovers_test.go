package dynamo_test

import (
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// soon is when what was begun now is over.
var soon = time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)

// marker is what a completed deletion leaves for a while.
func marker(userID string) *account.Deletion {
	return &account.Deletion{UserID: userID, ID: "d", Status: account.DeletionCompleted, ExpiresAt: soon, Version: 1}
}

// leaves is what a deletion of kim's looks like that has just begun.
func leaves(edit func(*account.Deletion)) func(t *testing.T, v *village) {
	return func(t *testing.T, v *village) {
		change(t, v.store, account.UserKey(kimID), func(u *account.User) { u.Status = account.UserInactive })
		d := &account.Deletion{
			UserID: kimID, ID: "d", Status: account.DeletionRunning, Stage: account.StageMemberships, Username: kimID, AcceptedAt: longAgo, DueAt: soon, Version: 1,
		}
		edit(d)
		insert(t, v.store, d)
	}
}

// stays is a breakage that ensure leaves to operators as check tells it.
func stays(name string, do func(t *testing.T, v *village), found func(v *village) []string) breakage {
	return breakage{name, do, found, found}
}

// leftovers are what deletions, exports and closed accounts leave where they went
// wrong.
var leftovers = []breakage{
	stays("a deletion that nothing takes up", leaves(func(d *account.Deletion) { d.DueAt = time.Time{} }), items("overdue deletion "+kimID)),
	stays("a deletion of an unknown status", leaves(func(d *account.Deletion) { d.Status = "paused" }), items("item deletion "+kimID)),
	stays("a deletion at an unknown stage", leaves(func(d *account.Deletion) { d.Stage = "nonsense" }), items("item deletion "+kimID)),
	stays("a deletion that expires before it is done", leaves(func(d *account.Deletion) { d.ExpiresAt = soon }), items("deleted deletion d of user "+kimID)),
	stays("a completed deletion without its certificate", func(t *testing.T, v *village) {
		insert(t, v.store, marker("gone"))
	}, items("deleted deletion d of user gone")),
	stays("a completed deletion that never expires", func(t *testing.T, v *village) {
		m := marker("gone")
		m.ExpiresAt = time.Time{}
		insert(t, v.store, m, &account.Certificate{DeletionID: "d", UserID: "gone", AcceptedAt: longAgo, CompletedAt: longAgo, Version: 1})
	}, items("deleted deletion d of user gone")),
	stays("a completed deletion that knows the person still", func(t *testing.T, v *village) {
		m := marker("gone")
		m.Username = "google_1"
		insert(t, v.store, m, &account.Certificate{DeletionID: "d", UserID: "gone", AcceptedAt: longAgo, CompletedAt: longAgo, Version: 1})
	}, items("deleted deletion d of user gone")),
	stays("a certificate of somebody who is here", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Certificate{DeletionID: "d", UserID: kimID, AcceptedAt: longAgo, CompletedAt: longAgo, Version: 1})
	}, items("deleted certificate d")),
	stays("an owner whose deletion began", func(t *testing.T, v *village) {
		change(t, v.store, account.UserKey(adaID), func(u *account.User) { u.Status = account.UserInactive })
		insert(t, v.store, &account.Deletion{
			UserID: adaID, ID: "d", Status: account.DeletionRunning, Stage: account.StageMemberships, AcceptedAt: longAgo, DueAt: soon, Version: 1,
		})
	}, func(v *village) []string {
		return []string{"no_active_owner membership of user " + adaID + " in organization " + v.id, "no_active_owner organization " + v.id}
	}),
	stays("an export that is overdue", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Export{UserID: kimID, ID: "e", Status: account.ExportPending, RequestedAt: longAgo, DueAt: longAgo, Version: 1})
	}, items("overdue export "+kimID)),
	stays("an export that nothing takes up", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Export{UserID: kimID, ID: "e", Status: account.ExportReady, RequestedAt: longAgo, ExpiresAt: longAgo, Version: 1})
	}, items("overdue export "+kimID)),
	stays("an export of an unknown status", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Export{UserID: kimID, ID: "e", Status: "lost", RequestedAt: longAgo, DueAt: soon, Version: 1})
	}, items("item export "+kimID)),
	stays("a preserved record that counts", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Organization{ID: "gone", IsPersonal: true, Status: account.OrganizationPreserved, MemberCount: 1, Version: 1})
	}, items("deleted organization gone")),
	stays("a preserved record that is paid for", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Organization{ID: "gone", IsPersonal: true, Status: account.OrganizationPreserved, ActiveSubscriptions: 1, Version: 1})
	}, items("deleted organization gone")),
	stays("a preserved record with work", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Organization{ID: "gone", IsPersonal: true, Status: account.OrganizationPreserved, DueAt: soon, Version: 1})
	}, items("deleted organization gone")),
	stays("a team that is preserved", func(t *testing.T, v *village) {
		change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.Status = account.OrganizationPreserved })
	}, func(v *village) []string { return []string{"item organization " + v.id} }),
	stays("a gate of an account that is not closing", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Datum{AccountID: v.id, ID: "GATE#3", Type: "gate", Fields: map[string]any{}, Version: 1})
	}, func(v *village) []string { return []string{"gate datum GATE#3 of " + v.id} }),
	stays("work on a team that is not closing", func(t *testing.T, v *village) {
		change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.DueAt = soon })
	}, func(v *village) []string { return []string{"item organization " + v.id} }),
	{"work on a personal organization", func(t *testing.T, v *village) {
		change(t, v.store, account.OrganizationKey(kimID), func(o *account.Organization) { o.DueAt = soon })
	}, items("item organization " + kimID), nothing},
}

// strays are words, places and people that cannot be.
var strays = []breakage{
	stays("a member of an unknown role", func(t *testing.T, v *village) {
		change(t, v.store, account.MembershipKey(bobID, v.id), func(m *account.Membership) { m.Role = "ORG_BOSS" })
	}, func(v *village) []string {
		return []string{"item membership of user " + bobID + " in organization " + v.id}
	}),
	{"a user of an unknown status", func(t *testing.T, v *village) {
		change(t, v.store, account.UserKey(kimID), func(u *account.User) { u.Status = "frozen" })
	}, items("item user " + kimID), items("item user "+kimID, "pool_differs user "+kimID)},
	stays("a team of an unknown status", func(t *testing.T, v *village) {
		change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.Status = "odd" })
	}, func(v *village) []string { return []string{"item organization " + v.id} }),
	stays("an invitation of an unknown status", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Invitation{OrganizationID: v.id, ID: "i", Email: "x@example.com", Role: account.Member, Status: "maybe", InvitedBy: adaID, Version: 1})
	}, func(v *village) []string { return []string{"item invitation i to organization " + v.id} }),
	stays("an invitation as an unknown role", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Invitation{OrganizationID: v.id, ID: "i", Email: "x@example.com", Role: "ORG_BOSS", Status: account.InvitationRevoked, InvitedBy: adaID, Version: 1})
	}, func(v *village) []string { return []string{"item invitation i to organization " + v.id} }),
	stays("a recovery code in an unknown state", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Recovery{UserID: kimID, Codes: []account.RecoveryCode{{Hash: "h", State: "lent"}}, CreatedAt: longAgo, Version: 1})
	}, items("item recovery "+kimID)),
	{"a pending invitation of a former member", func(t *testing.T, v *village) {
		insert(t, v.store,
			&account.Invitation{OrganizationID: v.id, ID: "i", Email: "x@example.com", Role: account.Owner, Status: account.InvitationPending, InvitedBy: kimID, CreatedAt: longAgo, Version: 1},
			&account.Invited{OrganizationID: v.id, Email: "x@example.com", InvitationID: "i", Version: 1})
		change(t, v.store, account.OrganizationKey(v.id), func(o *account.Organization) { o.SeatsUsed, o.UpdatedAt = o.SeatsUsed+1, longAgo })
	}, func(v *village) []string { return []string{"sender invitation i to organization " + v.id} }, nothing},
	suspended("a suspended team of nobody", func(v *village, o *account.Organization) []account.Record { return nil }, "counters", "suspended"),
	suspended("a suspended team whose owner is active", func(v *village, o *account.Organization) []account.Record {
		return []account.Record{&account.Membership{UserID: kimID, OrganizationID: o.ID, Role: account.Owner, UserName: "kim", UserEmail: addressOf("kim"), Version: 1}}
	}, "suspended"),
	stays("a session that never expires", func(t *testing.T, v *village) {
		insert(t, v.store, &account.Session{UserID: kimID, ID: "s", CreatedAt: longAgo, LastSeenAt: longAgo, Version: 1})
		v.forget(t, "USER#"+kimID, "SESSION#s", dynamo.TTLAttribute)
	}, items("item session s of "+kimID)),
}

// suspended is a team with somebody's records that an operator's disabling did
// not leave so. What of it are counters, ensure repairs.
func suspended(name string, with func(v *village, o *account.Organization) []account.Record, rules ...string) breakage {
	of := func(rules []string) func(*village) []string {
		found := make([]string, len(rules))
		for i, rule := range rules {
			found[i] = rule + " organization s"
		}
		return items(found...)
	}
	return breakage{name, func(t *testing.T, v *village) {
		o := &account.Organization{
			ID: "s", Name: "S", Slug: "sss", Status: account.OrganizationSuspended, MemberCount: 1, OwnerCount: 1, SeatsUsed: 1, Version: 1, UpdatedAt: longAgo,
		}
		records := with(v, o)
		insert(t, v.store, append(records, o, &account.Slug{Slug: "sss", OrganizationID: "s", Version: 1})...)
		if len(records) > 0 {
			change(t, v.store, account.UserKey(kimID), func(u *account.User) { u.TeamCount++ })
		}
	}, of(rules), of(rules[len(rules)-1:])}
}
