package account_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// counted is a store in which something happens whenever a team's members are
// listed for maintenance: the n-th time, from 1.
type counted struct {
	*faultyStore
	n      int
	listed func(n int)
}

func (c *counted) InspectMembers(ctx context.Context, id, after string, limit int) ([]account.Record, string, error) {
	if id == team {
		c.n++
		c.listed(c.n)
	}
	return c.Model.InspectMembers(ctx, id, after, limit)
}

// whileCounting has jobs look at a store while something happens in it.
func whileCounting(o *office, listed func(n int)) *account.Maintenance {
	return account.NewMaintenance(o.Service, &counted{faultyStore: o.store, listed: listed}, o.pool, func() (read, write float64) { return 0, 0 })
}

func runJob(t *testing.T, m *account.Maintenance, name account.JobName) account.Summary {
	t.Helper()
	s := m.Run(t.Context(), account.Job{Name: name}, func(account.Summary) {})
	if s.Failure != "" {
		t.Fatalf("%s: %s", name, s.Failure)
	}
	return s
}

// invite gives the team another pending invitation.
func (o *office) invite(t *testing.T, n int) {
	t.Helper()
	shared, id, email := *o.store.All().Organization(team), fmt.Sprint("i", n), fmt.Sprintf("x%d@example.com", n)
	shared.SeatsUsed, shared.Version, shared.UpdatedAt = shared.SeatsUsed+1, shared.Version+1, o.clock()
	o.put(t, &shared,
		&account.Invitation{OrganizationID: team, ID: id, Email: email, Role: account.Member, Status: account.InvitationPending, InvitedBy: bob, CreatedAt: o.clock(), Version: 1},
		&account.Invited{OrganizationID: team, Email: email, InvitationID: id, Version: 1})
}

// A team of which people come and go while it is counted is no broken one, be it
// for a moment or all the time; one that is broken is told once it is quiet.
func TestBusyTeamIsNotBroken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// busy is until which count something happens.
		busy   int
		broken bool
		told   bool
	}{
		{"once", 1, false, false},
		{"for a while", 4, false, false},
		{"all the time", 1000, false, false},
		{"broken, once", 1, true, true},
		{"broken and busy all the time", 1000, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				o.enroll(t)
				o.owns(t)
				if c.broken {
					shared := *o.store.All().Organization(team)
					shared.MemberCount, shared.Version = shared.MemberCount+1, shared.Version+1
					o.put(t, &shared)
				}
				s := runJob(t, whileCounting(o, func(n int) {
					if n <= c.busy {
						o.invite(t, n)
					}
				}), account.JobCheck)
				if told := slices.Equal(rules(s.Findings), []account.Rule{account.RuleCounters}); told != c.told || !told && len(s.Findings) > 0 {
					t.Errorf("check: %+v", s.Findings)
				}
			})
		})
	}
}

// A team whose owner changes while it is counted has one all the same.
func TestOwnerWhoIsFollowedIsNotMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.owns(t)
		s := runJob(t, whileCounting(o, func(n int) {
			if n == 1 {
				if _, err := o.order(t, account.OperationDisable); err != nil {
					t.Fatal(err)
				}
			}
		}), account.JobCheck)
		if len(s.Findings) > 0 {
			t.Errorf("check: %+v", s.Findings)
		}
	})
}

// Counters are written only by a list that had long to catch up, and that says
// the same twice: a count that is too low would have a shared team look like one
// of its owner alone.
func TestEnsureCountsOnlyWhatIsSettled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		quiet    time.Duration
		unsteady bool
		repaired bool
	}{
		{"changed an hour ago", time.Hour, false, false},
		{"changed long ago", 24 * time.Hour, false, true},
		{"a list that shows ever more", 24 * time.Hour, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				o.enroll(t)
				o.owns(t)
				shared := *o.store.All().Organization(team)
				shared.MemberCount, shared.UpdatedAt, shared.Version = shared.MemberCount+1, o.clock().Add(-c.quiet), shared.Version+1
				o.put(t, &shared)
				s := runJob(t, whileCounting(o, func(n int) {
					if c.unsteady { // the list shows an invitation that the organization counted before
						o.put(t, &account.Invitation{OrganizationID: team, ID: fmt.Sprint("i", n), Email: "x@example.com", Role: account.Member, Status: account.InvitationPending, InvitedBy: bob, CreatedAt: o.clock(), Version: 1})
					}
				}), account.JobEnsure)
				if got := o.store.All().Organization(team).MemberCount == 2; got != c.repaired || (len(s.Findings) == 0) != c.repaired {
					t.Errorf("repaired %t: %+v, %+v", got, s.Repairs, s.Findings)
				}
			})
		})
	}
}

// What is under way, waits its time or is left to the time to live breaks no
// rule.
func TestWhatIsUnderWayIsNotBroken(t *testing.T) {
	t.Parallel()
	do := func(t *testing.T, o *office, operations ...account.Operation) {
		t.Helper()
		for _, operation := range operations {
			if _, err := o.order(t, operation); err != nil {
				t.Fatalf("%s: %v", operation, err)
			}
		}
	}
	for name, begin := range map[string]func(t *testing.T, o *office){
		"a disabled owner, whose team alone is suspended": func(t *testing.T, o *office) { do(t, o, account.OperationDisable) },
		"one who was enabled again":                       func(t *testing.T, o *office) { do(t, o, account.OperationDisable, account.OperationEnable) },
		"a deletion in its grace period":                  func(t *testing.T, o *office) { do(t, o, account.OperationDelete) },
		"a deletion whose grace period has just ended": func(t *testing.T, o *office) {
			do(t, o, account.OperationDelete)
			o.now = o.now.Add(7*24*time.Hour + time.Minute)
		},
		"a deletion that was undone": func(t *testing.T, o *office) { do(t, o, account.OperationDelete, account.OperationRestore) },
		"a disabled user whose deletion was undone": func(t *testing.T, o *office) {
			do(t, o, account.OperationDisable, account.OperationDelete, account.OperationRestore)
		},
		"the export of somebody who is disabled": func(t *testing.T, o *office) {
			o.put(t, &account.Export{UserID: ada, ID: "e", Status: account.ExportPending, RequestedAt: o.clock(), DueAt: o.clock(), Version: 1})
			do(t, o, account.OperationDisable)
			o.now = o.now.Add(24 * time.Hour)
		},
		"an export that is due in a while": func(t *testing.T, o *office) {
			o.put(t, &account.Export{UserID: ada, ID: "e", Status: account.ExportPending, RequestedAt: o.clock(), DueAt: o.clock(), Version: 1})
			o.now = o.now.Add(10 * time.Minute)
		},
		"a session whose time is over": func(t *testing.T, o *office) {
			o.put(t, &account.Session{UserID: "gone", ID: "s", ExpiresAt: o.clock().Add(-time.Hour), Version: 1})
		},
		"the marker of a deletion whose time is over": func(t *testing.T, o *office) {
			o.put(t, &account.Deletion{UserID: "gone", ID: "d", Status: account.DeletionCompleted, ExpiresAt: o.clock().Add(-time.Hour), Version: 1},
				&account.Certificate{DeletionID: "d", UserID: "gone", Version: 1})
		},
		"an invitation whose sender has just left": func(t *testing.T, o *office) {
			o.invite(t, 1)
			sent := *o.store.All().Invitation(team, "i1")
			sent.InvitedBy, sent.CreatedAt, sent.Version = "left", o.clock().Add(-24*time.Hour), sent.Version+1
			o.put(t, &sent)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, func(c *account.Config) { c.GraceDays = 7 })
				o.enroll(t)
				o.owns(t)
				begin(t, o)
				if s := o.job(t, account.JobCheck); s.Failure != "" || len(s.Findings) > 0 {
					t.Errorf("check: %+v, %q", s.Findings, s.Failure)
				}
			})
		})
	}
}

// A record that cannot be read passes for one that is there: what rests on it is
// neither told nor touched.
func TestWhatCannotBeReadIsNotAbsent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		base := newOffice(t)
		base.enroll(t)
		base.owns(t)
		for key := range base.store.All() {
			o := newOffice(t)
			o.store.Model = accounttest.NewModel()
			for _, r := range base.store.All() {
				o.put(t, r)
			}
			o.pool.Add(account.Person{ID: bob, Username: bob, Email: "bob@example.com", EmailVerified: true, Name: "Bob"})
			if err := o.store.Damage(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			before := o.store.All()
			for _, name := range []account.JobName{account.JobCheck, account.JobVerify, account.JobEnsure} {
				s := runJob(t, account.NewMaintenance(o.Service, o.store, o.pool, func() (read, write float64) { return 0, 0 }), name)
				i := slices.IndexFunc(s.Findings, func(f account.Finding) bool {
					return f.Rule != account.RuleItem && f.Rule != account.RuleCounters
				})
				if i >= 0 || !slices.Contains(rules(s.Findings), account.RuleItem) || len(s.Repairs) > 0 {
					t.Errorf("a damaged %s: %s: %+v, repairs %+v", key.Kind, name, s.Findings, s.Repairs)
				}
			}
			for k, r := range o.store.All() {
				if before[k] != r {
					t.Errorf("a damaged %s: ensure wrote a %s", key.Kind, k.Kind)
				}
			}
		}
	})
}
