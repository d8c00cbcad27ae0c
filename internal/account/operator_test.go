package account_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

const email = "ada@example.com"

// order has an operator do something with ada.
func (o *office) order(t *testing.T, do account.Operation) (account.Dossier, error) {
	t.Helper()
	return o.jobs.Operate(t.Context(), account.Order{Do: do, Email: email})
}

// noted are the actions in ada's personal audit log, oldest first.
func (o *office) noted(t *testing.T) []account.AuditAction {
	t.Helper()
	page, _, err := o.store.AuditLog(t.Context(), ada, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(page, func(a, b *account.AuditEntry) int { return a.Time.Compare(b.Time) })
	var actions []account.AuditAction
	for _, entry := range page {
		if entry.Actor == account.Operator && entry.Target == ada {
			actions = append(actions, entry.Action)
		}
	}
	return actions
}

// owns makes teams of ada's: one that bob owns too, one of hers alone.
func (o *office) owns(t *testing.T) {
	t.Helper()
	shared, alone := newTeam(), newTeam()
	shared.OwnerCount = 2
	alone.ID, alone.Slug, alone.MemberCount, alone.SeatsUsed = "alone", "alone", 1, 1
	u := o.user(t)
	u.TeamCount, u.AccountsVersion, u.Version = 2, u.AccountsVersion+2, u.Version+1
	o.put(t, u, shared, alone, &account.Slug{Slug: "team", OrganizationID: team, Version: 1}, &account.Slug{Slug: "alone", OrganizationID: "alone", Version: 1},
		&account.Membership{UserID: ada, OrganizationID: team, Role: account.Owner, UserName: "Ada", UserEmail: "Ada@Example.com", Version: 1},
		&account.Membership{UserID: ada, OrganizationID: "alone", Role: account.Owner, UserName: "Ada", UserEmail: "Ada@Example.com", Version: 1},
		&account.Membership{UserID: bob, OrganizationID: team, Role: account.Owner, UserName: "Bob", UserEmail: "bob@example.com", Version: 1})
	person := account.Person{ID: bob, Username: bob, Email: "bob@example.com", EmailVerified: true, Name: "Bob"}
	if _, err := o.Enroll(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	u = &account.User{}
	*u = *o.store.All().User(bob)
	u.TeamCount, u.Version = 1, u.Version+1
	o.put(t, u)
	o.pool.Add(person)
	o.store.calls()
}

// expectDisabled fails the test unless ada is out on both sides, and nothing is
// wrong with that.
func expectDisabled(t *testing.T, o *office) {
	t.Helper()
	all := o.store.All()
	if u := all.User(ada); u.Status != account.UserInactive || !slices.Equal(u.GivenUp, []string{team}) {
		t.Errorf("the user: %+v", u)
	}
	if shared := all.Organization(team); shared.OwnerCount != 1 || all.Membership(ada, team).Role != account.Admin {
		t.Errorf("the team that bob owns too: %+v", shared)
	}
	if alone := all.Organization("alone"); alone.Status != account.OrganizationSuspended {
		t.Errorf("the team of ada's alone: %+v", alone)
	}
	if p, err := o.pool.Find(t.Context(), ada); err != nil || p.Enabled {
		t.Errorf("the pool: %+v, %v", p, err)
	}
	if _, err := o.Authorize(t.Context(), signedIn(laptop), account.Target{}); !errors.Is(err, account.ErrUserInactive) {
		t.Errorf("a request: %v", err)
	}
	expectSound(t, o)
}

func expectEnabled(t *testing.T, o *office) {
	t.Helper()
	all := o.store.All()
	if u := all.User(ada); u.Status != account.UserActive || u.GivenUp != nil {
		t.Errorf("the user: %+v", u)
	}
	if shared := all.Organization(team); shared.OwnerCount != 2 || all.Membership(ada, team).Role != account.Owner {
		t.Errorf("the team that bob owns too: %+v", shared)
	}
	if alone := all.Organization("alone"); alone.Status != account.OrganizationActive {
		t.Errorf("the team of ada's alone: %+v", alone)
	}
	if p, err := o.pool.Find(t.Context(), ada); err != nil || !p.Enabled {
		t.Errorf("the pool: %+v, %v", p, err)
	}
	if _, err := o.Authorize(t.Context(), signedIn(laptop), account.Target{}); !errors.Is(err, account.ErrSessionRevoked) {
		t.Errorf("a session from before: %v", err)
	}
	expectSound(t, o)
}

func expectSound(t *testing.T, o *office) {
	t.Helper()
	if s := o.job(t, account.JobVerify); s.Failure != "" || len(s.Findings) > 0 {
		t.Errorf("verify: %+v", s)
	}
}

func TestDisableAndEnable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.owns(t)
		for range 2 { // done again, it is done already
			d, err := o.order(t, account.OperationDisable)
			if err != nil || d.Status != account.UserInactive || d.Enabled || len(d.Teams) != 2 {
				t.Fatalf("%+v, %v", d, err)
			}
			expectDisabled(t, o)
		}
		o.now = o.now.Add(time.Hour)
		for range 2 {
			d, err := o.order(t, account.OperationEnable)
			if err != nil || d.Status != account.UserActive || !d.Enabled {
				t.Fatalf("%+v, %v", d, err)
			}
			expectEnabled(t, o)
		}
		if want := []account.AuditAction{account.UserDisabled, account.UserEnabled}; !slices.Equal(o.noted(t), want) {
			t.Errorf("noted: %v", o.noted(t))
		}
	})
}

// Killed at any call and done again, disabling and enabling end as if they had
// run through, and are noted once.
func TestOrdersKilledAtAnyCall(t *testing.T) {
	t.Parallel()
	for do, expect := range map[account.Operation]func(*testing.T, *office){
		account.OperationDisable: expectDisabled, account.OperationEnable: expectEnabled,
	} {
		synctest.Test(t, func(t *testing.T) {
			for call := 1; ; call++ {
				o := newOffice(t)
				o.enroll(t)
				o.owns(t)
				noted := 1
				if do == account.OperationEnable {
					if _, err := o.order(t, account.OperationDisable); err != nil {
						t.Fatal(err)
					}
					noted++
				}
				err := o.store.killedAt(call, func() error {
					_, err := o.order(t, do)
					return err
				})
				if err == nil {
					break
				}
				if _, err := o.order(t, do); err != nil {
					t.Fatalf("%s killed at call %d and done again: %v", do, call, err)
				}
				expect(t, o)
				if len(o.noted(t)) != noted {
					t.Errorf("%s killed at call %d: noted %v", do, call, o.noted(t))
				}
			}
		})
	}
}

// Who is the only owner of a team with others is disabled only by force, and
// then the team is named.
func TestDisableTheOnlyOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.owns(t)
		shared := *o.store.All().Organization(team)
		shared.OwnerCount, shared.Version = 1, shared.Version+1
		m := *o.store.All().Membership(bob, team)
		m.Role, m.Version = account.Member, m.Version+1
		o.put(t, &shared, &m)

		_, err := o.order(t, account.OperationDisable)
		var refused *account.Error
		if !errors.As(err, &refused) || refused.Code != account.CodeLastOwner || len(refused.Blockers) != 1 || refused.Blockers[0].OrganizationID != team {
			t.Fatalf("refused with %v", err)
		}
		if p, _ := o.pool.Find(t.Context(), ada); !p.Enabled || o.store.All().User(ada).Status != account.UserActive {
			t.Error("it was done in part")
		}
		if _, err := o.jobs.Operate(t.Context(), account.Order{Do: account.OperationDisable, Email: email, Force: true}); err != nil {
			t.Fatal(err)
		}
		if s := o.job(t, account.JobCheck); !slices.Equal(rules(s.Findings), []account.Rule{account.RuleOwner}) {
			t.Errorf("check: %+v", s.Findings)
		}
	})
}

// Every session ends, here and at the pool; signing in again is possible.
func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.enroll(t)
	for range 2 {
		if _, err := o.order(t, account.OperationSignOut); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Authorize(t.Context(), signedIn(laptop), account.Target{}); !errors.Is(err, account.ErrSessionRevoked) {
			t.Errorf("a session from before: %v", err)
		}
	}
	o.now = o.now.Add(time.Minute)
	fresh := signedIn(phone)
	fresh.AuthTime = o.now.Unix()
	if _, err := o.Authorize(t.Context(), fresh, account.Target{}); err != nil {
		t.Errorf("a new session: %v", err)
	}
}

func TestDeleteAndRestore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, func(c *account.Config) { c.GraceDays = 7 })
		o.enroll(t)
		o.owns(t)
		if _, err := o.order(t, account.OperationRestore); err != nil {
			t.Errorf("restore of who is not deleted: %v", err)
		}
		for range 2 {
			d, err := o.order(t, account.OperationDelete)
			if err != nil || d.Deletion == nil || d.Deletion.Status != account.DeletionPending || d.Status != account.UserInactive {
				t.Fatalf("%+v, %v", d, err)
			}
		}
		for _, do := range []account.Operation{account.OperationDisable, account.OperationEnable} {
			if _, err := o.order(t, do); !errors.Is(err, account.ErrConflict) {
				t.Errorf("%s of who is being deleted: %v", do, err)
			}
		}
		if s := o.job(t, account.JobCheck); len(s.Findings) > 0 {
			t.Errorf("check: %+v", s.Findings)
		}
		o.now = o.now.Add(time.Hour)
		for range 2 {
			d, err := o.order(t, account.OperationRestore)
			if err != nil || d.Deletion != nil || d.Status != account.UserActive {
				t.Fatalf("%+v, %v", d, err)
			}
		}
		if want := []account.AuditAction{account.UserDeleted, account.UserRestored}; !slices.Equal(o.noted(t), want) {
			t.Errorf("noted: %v", o.noted(t))
		}
		expectSound(t, o)
	})
}

// Who is disabled can be deleted, and what they have still goes with them. A
// restore brings back that they are disabled; what they gave up then is theirs
// again when they are enabled.
func TestDeleteAndRestoreWhoIsDisabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, func(c *account.Config) { c.GraceDays = 7 })
		o.enroll(t)
		o.owns(t)
		for _, do := range []account.Operation{account.OperationDisable, account.OperationDelete} {
			if _, err := o.order(t, do); err != nil {
				t.Fatalf("%s: %v", do, err)
			}
		}
		d := o.store.All().Deletion(ada)
		if !d.Disabled || !slices.Equal(d.Closed, []string{"alone"}) || len(d.GivenUp) > 0 {
			t.Errorf("the deletion: %+v", d)
		}
		o.now = o.now.Add(time.Hour)
		if _, err := o.order(t, account.OperationRestore); err != nil {
			t.Fatal(err)
		}
		expectDisabled(t, o)
		if _, err := o.order(t, account.OperationEnable); err != nil {
			t.Fatal(err)
		}
		expectEnabled(t, o)
	})
}

// A deletion that is blocked changes nothing: who is disabled stays so.
func TestABlockedDeletionLeavesWhoIsDisabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.owns(t)
		if _, err := o.order(t, account.OperationDisable); err != nil {
			t.Fatal(err)
		}
		alone := *o.store.All().Organization("alone")
		alone.ActiveSubscriptions, alone.Version = 1, alone.Version+1
		o.put(t, &alone)
		before := o.store.All()
		if _, err := o.order(t, account.OperationDelete); !errors.Is(err, account.ErrDeletionBlocked) {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff(before, o.store.All()); diff != "" {
			t.Errorf("something happened:\n%s", diff)
		}
		expectDisabled(t, o)
	})
}

// Showing changes nothing but the audit log, and names an operator to its
// readers.
func TestShow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.enroll(t)
	o.owns(t)
	before := *o.store.All().User(ada)
	d, err := o.order(t, account.OperationShow)
	if err != nil || d.ID != ada || !d.InPool || !d.Enabled || d.TeamCount != 2 || fmt.Sprint(before) != fmt.Sprint(*o.store.All().User(ada)) {
		t.Errorf("%+v, %v", d, err)
	}
	c, err := o.Authorize(t.Context(), signedIn(laptop), account.Target{})
	if err != nil {
		t.Fatal(err)
	}
	lines, _, err := o.AuditLog(t.Context(), c, "", 10)
	if err != nil || len(lines) != 1 || lines[0].ActorName != account.OperatorName || lines[0].Action != account.UserShown {
		t.Errorf("%+v, %v", lines, err)
	}
}

// Who is known to one side alone is acted on there; nobody is nobody.
func TestOrdersAboutWhoIsOnOneSide(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, do := range []account.Operation{account.OperationShow, account.OperationDisable, account.OperationEnable, account.OperationSignOut} {
		if d, err := o.order(t, do); err != nil || d.Status != "" || d.Enabled != (do != account.OperationDisable) {
			t.Errorf("%s without records: %+v, %v", do, d, err)
		}
	}
	o.enroll(t)
	o.pool.Remove(ada)
	for _, do := range []account.Operation{account.OperationShow, account.OperationDisable, account.OperationEnable, account.OperationSignOut} {
		if d, err := o.order(t, do); err != nil || d.InPool || d.ID != ada {
			t.Errorf("%s of who is not in the pool: %+v, %v", do, d, err)
		}
	}
	for _, order := range []account.Order{{Do: account.OperationShow, Email: "nobody@example.com"}, {Do: "praise", Email: email}, {Do: account.OperationShow}} {
		if _, err := o.jobs.Operate(t.Context(), order); err == nil {
			t.Errorf("%+v was done", order)
		}
	}
}
