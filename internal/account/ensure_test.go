package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// office is a world with those who maintain it.
type office struct {
	*world
	jobs *account.Maintenance
	pool *accounttest.Directory
}

func newOffice(t *testing.T, change ...func(*account.Config)) *office {
	t.Helper()
	o := &office{world: newWorld(t, change...), pool: &accounttest.Directory{}}
	o.pool.Add(adaPerson())
	o.jobs = account.NewMaintenance(o.Service, o.store, o.pool, func() (read, write float64) { return 0, 0 })
	return o
}

// job does a job to its end.
func (o *office) job(t *testing.T, name account.JobName) account.Summary {
	t.Helper()
	s := o.jobs.Run(t.Context(), account.Job{Name: name}, func(account.Summary) {})
	if s.Next != "" && s.Failure == "" {
		t.Fatalf("%s stopped: %+v", name, s)
	}
	return s
}

func rules(findings []account.Finding) []account.Rule {
	var all []account.Rule
	for _, f := range findings {
		all = append(all, f.Rule)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// halves are the records that a person gets at once, each of which can be
// missing where something went wrong that Hearth does not do.
var halves = []account.Key{
	account.UserKey(ada), account.OrganizationKey(ada), account.MembershipKey(ada, ada), account.AddressKey("ada@example.com"),
}

// without makes ada's records but for those of a bit mask.
func without(t *testing.T, o *office, missing int) {
	t.Helper()
	if _, err := o.Enroll(t.Context(), adaPerson()); err != nil {
		t.Fatal(err)
	}
	change := account.Change{}
	for i, key := range halves {
		if missing&(1<<i) != 0 {
			change.Premises = append(change.Premises, account.Exists{Of: key})
			change.Deletes = append(change.Deletes, key)
		}
	}
	if len(change.Deletes) > 0 {
		if err := o.store.Model.Commit(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	o.store.calls()
}

// expectWhole fails the test unless ada has all records, and nothing is wrong.
func expectWhole(t *testing.T, o *office) {
	t.Helper()
	if s := o.job(t, account.JobVerify); s.Failure != "" || len(s.Findings) > 0 {
		t.Errorf("afterwards: %+v", s)
	}
	all := o.store.All()
	for _, key := range halves {
		if all[key] == nil {
			t.Errorf("no %s", key.Kind)
		}
	}
}

// Whatever is missing of a user, verify tells and ensure makes it; killed at
// any call, it is finished by the next run.
func TestEnsureFinishesHalfMadeUsers(t *testing.T) {
	t.Parallel()
	for missing := range 1 << len(halves) {
		t.Run(fmt.Sprintf("%04b", missing), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				without(t, o, missing)
				if s := o.job(t, account.JobVerify); (len(s.Findings) > 0) != (missing != 0) || s.People != 1 {
					t.Errorf("verify: %+v", s)
				}
				if reads, commits := o.store.calls(); reads == 0 || commits != 0 {
					t.Errorf("verify made %d reads and %d commits", reads, commits)
				}
				s := o.job(t, account.JobEnsure)
				if (len(s.Repairs) > 0) != (missing != 0) || len(s.Findings) > 0 {
					t.Errorf("ensure: %+v", s)
				}
				expectWhole(t, o)
			})
		})
	}
}

func TestEnsureKilledAtAnyCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		killed := errors.New("killed")
		for missing := 1; missing < 1<<len(halves); missing++ {
			for call := 1; ; call++ {
				o := newOffice(t)
				without(t, o, missing)
				dead, calls := false, 0
				kill := func(int) error {
					if calls++; calls >= call {
						dead = true
					}
					if dead {
						return killed
					}
					return nil
				}
				o.store.onRead, o.store.onCommit = kill, kill
				s := o.job(t, account.JobEnsure)
				o.store.onRead, o.store.onCommit = nil, nil
				if !dead {
					break
				}
				if s.Failure == "" {
					t.Fatalf("%04b killed at call %d: %+v", missing, call, s)
				}
				if s = o.job(t, account.JobEnsure); s.Failure != "" || len(s.Findings) > 0 {
					t.Fatalf("%04b killed at call %d and done again: %+v", missing, call, s)
				}
				expectWhole(t, o)
			}
		}
	})
}

// What the pool says of address, verification and name goes into the table; the
// old address leads nowhere, the new one to the user, whoever had it.
func TestEnsureFollowsThePool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		moved := adaPerson()
		moved.Email, moved.EmailVerified, moved.Name = "New@example.com", false, "Ada King"
		o.pool.Add(moved)
		o.put(t, &account.Address{Email: "new@example.com", UserID: bob, Version: 4})
		s := o.job(t, account.JobVerify)
		if want := []account.Rule{account.RuleAddress, account.RuleOrphan, account.RulePool}; !slices.Equal(rules(s.Findings), want) {
			t.Errorf("verify: %+v", s.Findings)
		}
		if s = o.job(t, account.JobEnsure); len(s.Repairs) < 2 || len(s.Findings) > 0 {
			t.Errorf("ensure: %+v", s)
		}
		all := o.store.All()
		u := all.User(ada)
		if u.Email != moved.Email || u.EmailVerified || u.Name != "Ada King" || !slices.Equal(u.FormerEmails, []string{"ada@example.com"}) {
			t.Errorf("the user: %+v", u)
		}
		if all.Address("ada@example.com") != nil || all.Address("new@example.com").UserID != ada || all.Organization(ada).Name != "Ada King's Organization" ||
			all.Membership(ada, ada).UserEmail != moved.Email {
			t.Errorf("records: %v", all)
		}
		if s := o.job(t, account.JobVerify); len(s.Findings) > 0 {
			t.Errorf("afterwards: %+v", s)
		}
	})
}

// Who can sign in on one side alone is told, and left to an operator.
func TestVerifyTellsWhoIsOffOnOneSide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		if err := o.pool.Disable(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		for _, job := range []account.JobName{account.JobVerify, account.JobEnsure} {
			if s := o.job(t, job); !slices.Equal(rules(s.Findings), []account.Rule{account.RulePool}) || len(s.Repairs) > 0 {
				t.Errorf("%s: %+v", job, s)
			}
		}
	})
}

// A user who vanished from the pool is deleted; one who was never confirmed has
// no records.
func TestEnsureFinishesWhoVanished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.now = o.now.Add(2 * time.Hour)
		o.pool.Remove(ada)
		o.pool.Add(account.Person{ID: bob, Username: bob, Email: "bob@example.com", Name: "Bob"})
		if err := o.pool.Edit(bob, func(p *account.Resident) { p.Confirmed = false }); err != nil {
			t.Fatal(err)
		}
		if s := o.job(t, account.JobVerify); !slices.Equal(rules(s.Findings), []account.Rule{account.RuleVanished}) {
			t.Errorf("verify: %+v", s)
		}
		if s := o.job(t, account.JobEnsure); !slices.Equal(rules(s.Repairs), []account.Rule{account.RuleVanished}) || len(s.Findings) > 0 {
			t.Errorf("ensure: %+v", s)
		}
		all := o.store.All()
		if d := all.Deletion(ada); d == nil || all.User(ada).Status != account.UserInactive || all.User(bob) != nil {
			t.Errorf("records: %v", all)
		}
		if s := o.job(t, account.JobEnsure); len(s.Findings)+len(s.Repairs) > 0 {
			t.Errorf("again: %+v", s)
		}
	})
}

// A team with other members that only a vanished user owns keeps the deletion
// from beginning, and is named.
func TestEnsureNamesTeamsOfWhoVanished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.join(t, account.Owner)
		o.now = o.now.Add(2 * time.Hour)
		o.pool.Remove(ada)
		o.pool.Add(account.Person{ID: bob, Username: bob, Name: "Bob"})
		o.put(t, &account.Membership{UserID: bob, OrganizationID: team, Role: account.Member, UserName: "Bob", Version: 1, JoinedAt: noon})
		for _, job := range []account.JobName{account.JobVerify, account.JobEnsure} {
			s := o.job(t, job)
			i := slices.IndexFunc(s.Findings, func(f account.Finding) bool { return f.Rule == account.RuleVanished })
			if i < 0 || !strings.Contains(s.Findings[i].Detail, account.PolicySoleOwner+" "+team) || o.store.All().Deletion(ada) != nil {
				t.Errorf("%s: %+v", job, s.Findings)
			}
		}
	})
}

// Images that are in use are told again to stay.
func TestEnsureKeepsImages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &keeper{}
		w := newWorld(t)
		w.enroll(t)
		u := w.user(t)
		u.ImageKey, u.Version = "images/ada/1", u.Version+1
		w.put(t, u)
		pool := &accounttest.Directory{}
		pool.Add(adaPerson())
		service := account.NewService(account.Options{
			Store: w.store, Pool: w.pool, Images: kept, Config: goodConfig(), Grants: account.CoreGrants(), Now: w.clock, NewID: w.newID,
		})
		jobs := account.NewMaintenance(service, w.store, pool, func() (read, write float64) { return 0, 0 })
		s := jobs.Run(t.Context(), account.Job{Name: account.JobEnsure}, func(account.Summary) {})
		if s.Failure != "" || s.Images != 1 || !slices.Equal(kept.keys, []string{"images/ada/1"}) {
			t.Errorf("%+v, kept %v", s, kept.keys)
		}
	})
}

// keeper notes what is kept.
type keeper struct{ keys []string }

func (k *keeper) Keep(_ context.Context, key string) error {
	k.keys = append(k.keys, key)
	return nil
}

func (k *keeper) Delete(context.Context, string) error { return errNothingDeleted }

func (k *keeper) Count(context.Context, string) (int, error) { return 0, errNothingDeleted }

func (k *keeper) DeleteAll(context.Context, string) (bool, error) { return false, errNothingDeleted }

var errNothingDeleted = errors.New("nothing is deleted here")

// Invitations of who left are revoked where the stream lost that they did.
func TestEnsureRevokesWhatWhoLeftHadSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.owns(t)
		o.invite(t, 1)
		sent := *o.store.All().Invitation(team, "i1")
		sent.InvitedBy, sent.CreatedAt, sent.ExpiresAt, sent.Version = "left", o.clock().Add(-24*time.Hour), o.clock().Add(48*time.Hour), sent.Version+1
		o.put(t, &sent)
		o.now = o.now.Add(24 * time.Hour)
		if s := o.job(t, account.JobEnsure); !slices.Equal(rules(s.Repairs), []account.Rule{account.RuleSender}) || len(s.Findings) > 0 {
			t.Errorf("ensure: %+v", s)
		}
		if i := o.store.All().Invitation(team, "i1"); i.Status != account.InvitationRevoked {
			t.Errorf("the invitation: %+v", i)
		}
		expectSound(t, o)
	})
}
