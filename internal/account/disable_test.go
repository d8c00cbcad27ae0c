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

// The teams of a user who owns many: so many that others own too, so many of
// theirs alone, and one that only they own and others are in.
const (
	manyShared = account.MaxGivenUp + 15
	manyAlone  = account.MaxGivenUp + 10
)

// ownsMany makes many teams of ada's, those that are shared owned by bob, too.
func (o *office) ownsMany(t *testing.T, shared, alone int) {
	t.Helper()
	person := account.Person{ID: bob, Username: bob, Email: "bob@example.com", EmailVerified: true, Name: "Bob"}
	if _, err := o.Enroll(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	o.pool.Add(person)
	member := func(userID, name, teamID string) *account.Membership {
		return &account.Membership{UserID: userID, OrganizationID: teamID, Role: account.Owner, UserName: name, UserEmail: o.store.All().User(userID).Email, Version: 1}
	}
	for i := range shared + alone {
		id := fmt.Sprintf("alone-%03d", i)
		if i < shared {
			id = fmt.Sprintf("shared-%03d", i)
		}
		made := newTeam()
		made.ID, made.Slug, made.MemberCount, made.SeatsUsed = id, id, 1, 1
		records := []account.Record{made, &account.Slug{Slug: id, OrganizationID: id, Version: 1}, member(ada, "Ada", id)}
		if i < shared {
			made.MemberCount, made.SeatsUsed, made.OwnerCount = 2, 2, 2
			records = append(records, member(bob, "Bob", id))
		}
		o.put(t, records...)
	}
	for id, teams := range map[string]int{ada: shared + alone, bob: shared} {
		u := *o.store.All().User(id)
		u.TeamCount, u.AccountsVersion, u.Version = teams, teams, u.Version+1
		o.put(t, &u)
	}
	o.store.calls()
}

// closes has so many more teams of ada's be taken apart.
func (o *office) closes(t *testing.T, teams int) {
	t.Helper()
	for i := range teams {
		id := fmt.Sprintf("closing-%03d", i)
		o.put(t, &account.Organization{ID: id, Slug: id, Status: account.OrganizationClosing, MemberCount: 1, OwnerCount: 1, SeatsUsed: 1, DueAt: o.now, Version: 1},
			&account.Slug{Slug: id, OrganizationID: id, Version: 1},
			&account.Membership{UserID: ada, OrganizationID: id, Role: account.Owner, UserName: "Ada", UserEmail: "Ada@Example.com", Version: 1})
	}
	u := o.user(t)
	u.TeamCount, u.Version = u.TeamCount+teams, u.Version+1
	o.put(t, u)
}

func (o *office) force(t *testing.T) error {
	t.Helper()
	_, err := o.jobs.Operate(t.Context(), account.Order{Do: account.OperationDisable, Email: email, Force: true})
	return err
}

// standing counts ada's teams by what disabling makes of them.
func (o *office) standing() (given, suspended, owned int) {
	all := o.store.All()
	for _, r := range all {
		team, ok := r.(*account.Organization)
		if !ok || team.IsPersonal {
			continue
		}
		m := all.Membership(ada, team.ID)
		switch {
		case team.Status == account.OrganizationSuspended:
			suspended++
		case team.OwnerCount == 1 && m.Role == account.Admin && slices.Contains(all.User(ada).GivenUp, team.ID):
			given++
		case team.Status == account.OrganizationActive && m.Role == account.Owner:
			owned++
		}
	}
	return given, suspended, owned
}

func (o *office) expectStanding(t *testing.T, status account.UserStatus, given, suspended, owned int) {
	t.Helper()
	u := o.store.All().User(ada)
	p, err := o.pool.Find(t.Context(), ada)
	if err != nil || u.Status != status || p.Enabled != (status == account.UserActive) || len(u.GivenUp) != given {
		t.Errorf("the user is %s, enabled %t, gave up %d teams; want %s and %d", u.Status, p.Enabled, len(u.GivenUp), status, given)
	}
	if g, s, w := o.standing(); g != given || s != suspended || w != owned {
		t.Errorf("%d given up, %d suspended, %d owned; want %d, %d, %d", g, s, w, given, suspended, owned)
	}
	expectSound(t, o)
}

// More teams than one transaction takes are wanted by force, and then nobody
// owns too many; enabling brings all of them back.
func TestDisableWhoOwnsManyTeams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.ownsMany(t, manyShared, manyAlone)
		before := o.store.All()
		_, err := o.order(t, account.OperationDisable)
		var refused *account.Error
		if !errors.As(err, &refused) || len(refused.Blockers) != 1 || refused.Blockers[0].Code != account.PolicyOwnedTeams {
			t.Errorf("refused with %v", err)
		}
		if diff := cmp.Diff(before, o.store.All()); diff != "" {
			t.Errorf("something happened:\n%s", diff)
		}
		for range 2 {
			if err := o.force(t); err != nil {
				t.Fatal(err)
			}
			o.expectStanding(t, account.UserInactive, manyShared, manyAlone, 0)
		}
		o.now = o.now.Add(time.Hour)
		for range 2 {
			if _, err := o.order(t, account.OperationEnable); err != nil {
				t.Fatal(err)
			}
			o.expectStanding(t, account.UserActive, 0, 0, manyShared+manyAlone)
		}
		if want := []account.AuditAction{account.UserDisabled, account.UserEnabled}; !slices.Equal(o.noted(t), want) {
			t.Errorf("noted: %v", o.noted(t))
		}
	})
}

// Teams that nothing is done with do not count.
func TestDisableLeavesTeamsThatAreClosing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.ownsMany(t, 3, 2)
		o.closes(t, account.MaxGivenUp)
		if _, err := o.order(t, account.OperationDisable); err != nil {
			t.Fatal(err)
		}
		o.expectStanding(t, account.UserInactive, 3, 2, 0)
	})
}

// The user is off with the first of several transactions. Killed at any call,
// the order goes on when it is given again, with or without force, and is noted
// once; so it is with enabling, also of who was disabled in part.
func TestOrdersAboutManyTeamsKilledAtAnyCall(t *testing.T) {
	t.Parallel()
	disable := func(t *testing.T, o *office) error {
		_, err := o.order(t, account.OperationDisable)
		return err
	}
	enable := func(t *testing.T, o *office) error {
		_, err := o.order(t, account.OperationEnable)
		return err
	}
	const shared, alone = account.MaxGivenUp + 1, account.MaxGivenUp + 1 // three transactions
	for name, test := range map[string]struct {
		before, order, again func(*testing.T, *office) error
		enabled              bool
	}{
		"disable":                     {order: func(t *testing.T, o *office) error { return o.force(t) }, again: func(t *testing.T, o *office) error { return o.force(t) }},
		"disable, again unforced":     {order: func(t *testing.T, o *office) error { return o.force(t) }, again: disable},
		"enable":                      {before: func(t *testing.T, o *office) error { return o.force(t) }, order: enable, again: enable, enabled: true},
		"enable who is half disabled": {order: func(t *testing.T, o *office) error { return o.force(t) }, again: enable, enabled: true},
		"disable who is half enabled": {before: func(t *testing.T, o *office) error { return o.force(t) }, order: enable, again: func(t *testing.T, o *office) error { return o.force(t) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for call := 1; ; call++ {
					o := newOffice(t)
					o.enroll(t)
					o.ownsMany(t, shared, alone)
					if test.before != nil {
						if err := test.before(t, o); err != nil {
							t.Fatal(err)
						}
					}
					err := o.store.killedAt(call, func() error { return test.order(t, o) })
					if _, commits := o.store.calls(); test.before == nil && commits > 1 && o.store.All().User(ada).Status == account.UserActive {
						t.Fatalf("killed at call %d: not off with the first transaction", call)
					}
					if err == nil {
						break
					}
					begun := o.store.All().User(ada).Status == account.UserInactive
					if err := test.again(t, o); !begun && errors.Is(err, account.ErrLastOwner) {
						continue // refused, as at first
					} else if err != nil {
						t.Fatalf("killed at call %d and ordered again: %v", call, err)
					}
					want := 1
					if test.enabled {
						want = 0
						o.expectStanding(t, account.UserActive, 0, 0, shared+alone)
					} else {
						o.expectStanding(t, account.UserInactive, shared, alone, 0)
					}
					for _, action := range o.noted(t) {
						want += map[account.AuditAction]int{account.UserDisabled: -1, account.UserEnabled: 1}[action]
					}
					if want != 0 {
						t.Errorf("killed at call %d: noted %v", call, o.noted(t))
					}
				}
			})
		})
	}
}

// An owner who leaves while the user is off and a team's turn has not come
// leaves it to the user, as if they had left before: nobody takes its last
// owner, and check names it.
func TestDisableNeverTakesALastOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.ownsMany(t, manyShared, 0)
		const left = "shared-059"
		o.store.onCommit = func(n int) error {
			if n != 2 {
				return nil
			}
			o.store.onCommit = nil
			m, u, shared := *o.store.All().Membership(bob, left), *o.store.All().User(bob), *o.store.All().Organization(left)
			m.Role, m.Version = account.Member, m.Version+1
			u.AccountsVersion, u.Version = u.AccountsVersion+1, u.Version+1
			shared.OwnerCount, shared.Version = 1, shared.Version+1
			o.put(t, &m, &u, &shared)
			return nil
		}
		if err := o.force(t); err != nil {
			t.Fatal(err)
		}
		all := o.store.All()
		if all.Membership(ada, left).Role != account.Owner || all.Organization(left).OwnerCount != 1 {
			t.Errorf("the team: %+v", all.Organization(left))
		}
		if given, _, owned := o.standing(); given != manyShared-1 || owned != 1 {
			t.Errorf("%d given up, %d owned", given, owned)
		}
		if s := o.job(t, account.JobCheck); len(s.Findings) != 1 || s.Findings[0].Rule != account.RuleOwner {
			t.Errorf("check: %+v", s.Findings)
		}
	})
}
