package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// spy is a directory whose calls are counted, and of which a test takes some
// into its own hands.
type spy struct {
	*accounttest.Directory
	people, finds, byID int
	// onPeople, onFind and onFindByID answer instead where they fail.
	onPeople, onFind, onFindByID func() error
	// afterFind comes between the answer and what is made of it.
	afterFind func()
}

func instead(answer func() error) error {
	if answer == nil {
		return nil
	}
	return answer()
}

func (d *spy) People(ctx context.Context, after string) ([]account.Resident, string, error) {
	d.people++
	if err := instead(d.onPeople); err != nil {
		return nil, "", err
	}
	return d.Directory.People(ctx, after)
}

func (d *spy) Find(ctx context.Context, name string) (account.Resident, error) {
	d.finds++
	if err := instead(d.onFind); err != nil {
		return account.Resident{}, err
	}
	p, err := d.Directory.Find(ctx, name)
	if d.afterFind != nil {
		d.afterFind()
	}
	return p, err
}

func (d *spy) FindByID(ctx context.Context, id string) (account.Resident, error) {
	d.byID++
	if err := instead(d.onFindByID); err != nil {
		return account.Resident{}, err
	}
	return d.Directory.FindByID(ctx, id)
}

// spied is an office over a spy.
func spied(t *testing.T) (*office, *spy) {
	t.Helper()
	o := newOffice(t)
	d := &spy{Directory: o.pool}
	o.jobs = account.NewMaintenance(o.Service, o.store, d, func() (read, write float64) { return 0, 0 })
	return o, d
}

func personNumber(n int) account.Person {
	id := fmt.Sprintf("person-%04d", n)
	return account.Person{ID: id, Username: id, Email: id + "@example.com", EmailVerified: true, Name: "Somebody"}
}

// populated is an office with so many users, made long ago, of whom the first
// gone are not in the pool, and with so many in the pool besides who have never
// been confirmed.
func populated(t *testing.T, users, gone, besides int) *office {
	t.Helper()
	o := newOffice(t)
	o.pool.Remove(ada)
	for n := range users {
		if _, err := o.Enroll(t.Context(), personNumber(n)); err != nil {
			t.Fatal(err)
		}
		if n >= gone {
			o.pool.Add(personNumber(n))
		}
	}
	for n := users; n < users+besides; n++ {
		o.pool.Add(personNumber(n))
		if err := o.pool.Edit(personNumber(n).Username, func(p *account.Resident) { p.Confirmed = false }); err != nil {
			t.Fatal(err)
		}
	}
	o.now = o.now.Add(2 * time.Hour)
	return o
}

func (o *office) deletions() (n int) {
	for key := range o.store.All() {
		if key.Kind == account.KindDeletion {
			n++
		}
	}
	return n
}

// Deletions of users who are not in the pool do not begin where a mistake is more
// likely, unless an operator allows as many; verify only tells, of all of them.
func TestDeletionsOfTheVanishedAreBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                          string
		users, gone, besides, allowed int
		begun                         int
		refused                       string
	}{
		{"a pool of nobody", 1, 1, 0, 0, 0, "1 of 1 users of a page are not in the pool, which has 0 people"},
		{"a pool of nobody, and one is allowed", 1, 1, 0, 1, 1, ""},
		{"another pool", 12, 12, 90, 0, 0, "12 of 12 users"},
		{"more than half, and few", 6, 4, 0, 0, 4, ""},
		{"more than half", 9, 5, 0, 0, 0, "5 of 9 users"},
		{"half", 10, 5, 0, 0, 5, ""},
		{"ten", 30, 10, 0, 0, 10, ""},
		{"eleven", 30, 11, 0, 0, 0, "VANISHED=11"},
		{"eleven, and as many are allowed", 30, 11, 0, 11, 11, ""},
		{"eleven, and fewer are allowed", 30, 11, 0, 10, 0, "more than 10"},
		{"eleven of a large pool", 30, 11, 1081, 0, 11, ""},
		{"eleven of one that is not so large", 30, 11, 1080, 0, 0, "11 users more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := populated(t, c.users, c.gone, c.besides)
				if s := o.job(t, account.JobVerify); len(s.Findings) != c.gone || s.Failure != "" || !slices.Equal(rules(s.Findings), []account.Rule{account.RuleVanished}) {
					t.Errorf("verify: %+v", s)
				}
				s := o.jobs.Run(t.Context(), account.Job{Name: account.JobEnsure, Vanished: c.allowed}, func(account.Summary) {})
				if o.deletions() != c.begun || len(s.Repairs) != c.begun || len(s.Findings) > 0 {
					t.Errorf("%d deletions, %+v", o.deletions(), s)
				}
				if (s.Failure != "") != (c.refused != "") || !strings.Contains(s.Failure, c.refused) {
					t.Errorf("failure %q", s.Failure)
				}
				if c.refused != "" && s.Next != "table:0:" {
					t.Errorf("goes on at %q", s.Next)
				}
			})
		})
	}
}

// A job in slices counts what the slices before began; a position of a time when
// nothing was counted is one.
func TestSlicesShareTheCountOfTheVanished(t *testing.T) {
	t.Parallel()
	for after, begun := range map[string]int{"table:": 4, "table:6:": 4, "table:7:": 0, "table:-1:": 0, "table:x:": 0} {
		t.Run(after, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := populated(t, 30, 4, 0)
				s := o.jobs.Run(t.Context(), account.Job{Name: account.JobEnsure, After: after}, func(account.Summary) {})
				if o.deletions() != begun || (s.Failure == "") != (begun > 0) || s.Failure != "" && s.Next != after {
					t.Errorf("%d deletions, %+v", o.deletions(), s)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		o := populated(t, 30, 4, 0)
		var failing account.Record = o.store.All().User(personNumber(3).ID)
		o.store.onCommit = func(n int) error {
			if o.deletions() == 3 {
				return fmt.Errorf("killed at %v", failing.Key())
			}
			return nil
		}
		s := o.job(t, account.JobEnsure)
		if s.Next != "table:3:" || len(s.Repairs) != 3 || s.Failure == "" {
			t.Errorf("a page that stopped on its way: %+v", s)
		}
	})
}

// One wrong answer, of any kind, deletes nobody.
func TestNobodyIsDeletedForOneWrongAnswer(t *testing.T) {
	t.Parallel()
	absent := func() error { return account.ErrNotFound }
	for name, wrong := range map[string]func(*office, *spy){
		"of the user":   func(_ *office, d *spy) { d.onFind = absent },
		"of the search": func(_ *office, d *spy) { d.onFindByID = absent },
		"of the list": func(o *office, d *spy) {
			o.pool.Remove(ada)
			d.onFindByID = func() error { o.pool.Add(adaPerson()); return nil }
		},
		"of the list and the search": func(o *office, d *spy) {
			o.pool.Remove(ada)
			d.onFindByID = func() error { o.pool.Add(adaPerson()); return account.ErrNotFound }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o, d := spied(t)
				o.enroll(t)
				o.pool.Add(account.Person{ID: bob, Username: bob, Name: "Bob"})
				o.now = o.now.Add(2 * time.Hour)
				wrong(o, d)
				if s := o.job(t, account.JobEnsure); s.Failure != "" || o.deletions() > 0 || slices.Contains(rules(s.Repairs), account.RuleVanished) {
					t.Errorf("%d deletions, %+v", o.deletions(), s)
				}
			})
		})
	}
}

// Who has records since a moment ago is left alone: lists lag.
func TestNewUsersAreNotTakenForVanished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		o.enroll(t)
		o.pool.Remove(ada)
		o.now = o.now.Add(time.Hour)
		if s := o.job(t, account.JobVerify); len(s.Findings) > 0 || s.Failure != "" || d.byID > 0 {
			t.Errorf("%+v, asked for %d", s, d.byID)
		}
	})
}

// People who are in order are not asked for one by one: that has them billed, and
// takes from what sign-ins may ask.
func TestPeopleInOrderAreNotAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		o.enroll(t)
		o.now = o.now.Add(2 * time.Hour)
		for _, job := range []account.JobName{account.JobVerify, account.JobEnsure} {
			if s := o.job(t, job); s.Failure != "" || len(s.Findings)+len(s.Repairs) > 0 || d.finds+d.byID > 0 || d.people != 1 {
				t.Errorf("%s: %+v, asked %+v", job, s, d)
			}
			d.people = 0
		}
	})
}

// A user whose name in the table is not the pool's is in the pool all the same,
// and gets the right one.
func TestEnsureMendsUserNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.now = o.now.Add(2 * time.Hour)
		u := o.user(t)
		u.Username, u.Version = "other", u.Version+1
		o.put(t, u)
		if s := o.job(t, account.JobVerify); !slices.Equal(rules(s.Findings), []account.Rule{account.RulePool}) {
			t.Errorf("verify: %+v", s)
		}
		if s := o.job(t, account.JobEnsure); !slices.Equal(rules(s.Repairs), []account.Rule{account.RulePool}) || len(s.Findings) > 0 {
			t.Errorf("ensure: %+v", s)
		}
		if o.user(t).Username != ada || o.deletions() > 0 {
			t.Errorf("%+v, %d deletions", o.user(t), o.deletions())
		}
	})
}

// A user name that was given to somebody else, as with people of another
// provider, does not hide who had it. (That their deletion leaves the new one alone is seen
// to where the pool is asked for it.)
func TestReusedUserNamesHideNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		p := account.Person{ID: "before", Username: "Google_1", Email: "g@example.com", EmailVerified: true, Name: "Grace"}
		for _, p.ID = range []string{"before", "after"} {
			o.pool.Add(p)
			if _, err := o.Enroll(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		o.enroll(t)
		o.now = o.now.Add(2 * time.Hour)
		if s := o.job(t, account.JobVerify); !slices.ContainsFunc(s.Findings, func(f account.Finding) bool {
			return f.Rule == account.RuleVanished && f.Item == "user before"
		}) {
			t.Errorf("verify: %+v", s)
		}
		o.job(t, account.JobEnsure)
		all := o.store.All()
		if d := all.Deletion("before"); d == nil || all.Deletion("after") != nil || all.Deletion(ada) != nil {
			t.Errorf("the deletion: %+v, %d in all", d, o.deletions())
		}
	})
}

// What did not come to pass is no repair: others were in the way, or first.
func TestEnsureTellsDeletionsThatDidNotBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		o.enroll(t)
		o.now = o.now.Add(2 * time.Hour)
		o.pool.Remove(ada)
		o.pool.Add(account.Person{ID: bob, Username: bob, Name: "Bob"})
		if err := o.pool.Edit(bob, func(p *account.Resident) { p.Confirmed = false }); err != nil {
			t.Fatal(err)
		}
		o.store.onCommit = func(int) error { return account.ErrContended }
		if s := o.job(t, account.JobEnsure); s.Failure != "" || len(s.Repairs) > 0 || !slices.Equal(rules(s.Findings), []account.Rule{account.RuleVanished}) {
			t.Errorf("contended: %+v", s)
		}
		o.store.onCommit = nil
		d.afterFind = func() {
			key := account.UserKey(ada)
			if err := o.store.Model.Commit(t.Context(), account.Change{Premises: []account.Premise{account.Exists{Of: key}}, Deletes: []account.Key{key}}); err != nil {
				t.Error(err)
			}
		}
		if s := o.job(t, account.JobEnsure); s.Failure != "" || slices.Contains(rules(append(s.Repairs, s.Findings...)), account.RuleVanished) {
			t.Errorf("the record is gone: %+v", s)
		}
	})
}

// Users who vanished and whose deletion cannot begin are told, however many, and
// keep no job from going on.
func TestBlockedDeletionsOfTheVanishedAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const gone = 9
		o := populated(t, gone+1, gone, 0)
		for n := range gone {
			home := *o.store.All().Organization(personNumber(n).ID)
			home.ActiveSubscriptions, home.Version = 1, home.Version+1
			o.put(t, &home)
		}
		s := o.job(t, account.JobEnsure)
		if s.Failure != "" || s.Next != "" || len(s.Findings) != gone || o.deletions() > 0 {
			t.Errorf("ensure: %+v, %d deletions", s, o.deletions())
		}
	})
}

// A listing that the pool goes on refusing ends the run that makes it.
func TestAListingThatIsRefusedEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		for n := range account.MaxPeople + 1 {
			o.pool.Add(personNumber(n))
		}
		d.onPeople = func() error {
			if d.people%2 == 0 {
				return account.ErrExpiredPosition
			}
			return nil
		}
		if s := o.jobs.Run(t.Context(), account.Job{Name: account.JobVerify, After: "table:0:"}, func(account.Summary) {}); s.Failure == "" {
			t.Errorf("verify: %+v", s)
		}
	})
}
