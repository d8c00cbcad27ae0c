package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/account"
)

// onePage does a page of a job and stops.
func onePage(t *testing.T, m *account.Maintenance, job account.Job) account.Summary {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	return m.Run(ctx, job, func(account.Summary) { stop() })
}

// A run that goes on in the table knows who is in the pool by a listing: its own,
// or one of the last hour in the same process. It judges nobody of it again.
func TestGoingOnInTheTableListsThePool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		o.enroll(t)
		o.pool.Remove(ada)
		for n := range 3 {
			o.pool.Add(personNumber(n)) // who have no records, of which nothing is told
		}
		o.now = o.now.Add(2 * time.Hour)
		var rolls account.Rolls
		run := func(wantListed bool) {
			t.Helper()
			d.people = 0
			m := account.NewMaintenance(o.Service, o.store, d, func() (read, write float64) { return 0, 0 }).Sharing(&rolls)
			s := m.Run(t.Context(), account.Job{Name: account.JobVerify, After: "table:0:"}, func(account.Summary) {})
			if s.Failure != "" || s.Next != "" || s.People != 0 || !slices.Equal(rules(s.Findings), []account.Rule{account.RuleVanished}) || (d.people > 0) != wantListed {
				t.Errorf("%+v, listed %d pages", s, d.people)
			}
		}
		run(true)
		run(false)
		o.now = o.now.Add(time.Hour)
		run(true)
	})
}

// However short its slices, a job gets to its end, and lists the pool once while
// it stays in one process.
func TestSlicesListThePoolOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for start, wantPeople := range map[string]int{"": 3, "table:0:": 0} {
			o, d := spied(t)
			o.enroll(t)
			o.pool.PageSize = 1
			for n := range 2 {
				o.pool.Add(personNumber(n))
				if _, err := o.Enroll(t.Context(), personNumber(n)); err != nil {
					t.Fatal(err)
				}
			}
			o.now = o.now.Add(2 * time.Hour)
			people, slices := 0, 0
			for after := start; slices == 0 || after != ""; slices++ {
				s := onePage(t, o.jobs, account.Job{Name: account.JobVerify, After: after})
				if s.Failure != "" || s.Pages != 1 || len(s.Findings) > 0 || slices > 9 {
					t.Fatalf("slice %d: %+v", slices, s)
				}
				people += s.People
				after = s.Next
			}
			if d.people != 3 || people != wantPeople || slices != 4 {
				t.Errorf("from %q: listed %d pages, judged %d people, %d slices", start, d.people, people, slices)
			}
		}
	})
}

// A position in the pool that has ended is begun again by an operator, and of a
// listing by itself.
func TestPositionsInThePoolEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		o.enroll(t)
		o.pool.PageSize = 1
		o.pool.Add(personNumber(0))
		if _, err := o.Enroll(t.Context(), personNumber(0)); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.Add(2 * time.Hour)
		first := onePage(t, o.jobs, account.Job{Name: account.JobVerify, After: "table:0:"})
		d.onPeople = func() error { d.onPeople = nil; return account.ErrExpiredPosition }
		second := o.jobs.Run(t.Context(), account.Job{Name: account.JobVerify, After: first.Next}, func(account.Summary) {})
		if first.Next != "table:0:" || first.Failure+second.Failure != "" || second.Next != "" || len(second.Findings) > 0 {
			t.Errorf("a listing: %+v, then %+v", first, second)
		}
		d.onPeople = func() error { return account.ErrExpiredPosition }
		s := o.jobs.Run(t.Context(), account.Job{Name: account.JobVerify, After: "people:old"}, func(account.Summary) {})
		if s.Next != "" || !strings.Contains(s.Failure, "begin again") {
			t.Errorf("people: %+v", s)
		}
	})
}

// A run whose time is over finishes the page at work, so that a table which is
// slower than its slices is got through; the context's end alone stops a page.
func TestEveryRunGetsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		o.store.onRead = func(int) error { time.Sleep(5 * time.Second); return nil }
		after, slices := "", 0
		for ; slices == 0 || after != ""; slices++ {
			s := o.jobs.Run(t.Context(), account.Job{Name: account.JobVerify, After: after, Seconds: 1}, func(account.Summary) {})
			if s.Failure != "" || s.Pages != 1 {
				t.Fatalf("%+v", s)
			}
			after = s.Next
		}
		if slices != 2 {
			t.Errorf("%d slices", slices)
		}
		if s := o.job(t, account.JobVerify); s.Pages != 2 {
			t.Errorf("without a bound: %+v", s)
		}
	})
}

// What a page tells that is tried again is told once, and what it repaired before
// it failed is told though the rest is not.
func TestPagesThatAreTriedAgainAreToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		o.enroll(t)
		o.now = o.now.Add(2 * time.Hour)
		home := *o.store.All().Organization(ada)
		home.SeatsUsed, home.Version = 7, home.Version+1
		o.put(t, &home, &account.Slug{Slug: "old", OrganizationID: "x", Version: 1},
			&account.User{ID: "gone", Name: "Gone", Status: account.UserInactive, Version: 1})
		fails := 0
		d.onFindByID = func() error {
			if fails++; fails < 3 {
				return account.ErrUnavailable
			}
			return nil
		}
		s := o.job(t, account.JobVerify)
		for i, f := range s.Findings {
			if slices.Contains(s.Findings[:i], f) {
				t.Errorf("told again: %+v", f)
			}
		}
		if s.Failure != "" || fails < 3 || !slices.Contains(rules(s.Findings), account.RuleSlug) {
			t.Errorf("verify: %+v", s)
		}
		d.onFindByID = func() error { return errors.New("broken") }
		s = o.job(t, account.JobEnsure)
		if s.Failure == "" || !slices.Contains(rules(s.Repairs), account.RuleCounters) || len(s.Findings) > 0 {
			t.Errorf("ensure, which fails: %+v", s)
		}
		d.onFindByID = nil
		if s = o.job(t, account.JobEnsure); s.Failure != "" || slices.Contains(rules(s.Repairs), account.RuleCounters) {
			t.Errorf("ensure again: %+v", s)
		}
	})
}

// Who was confirmed a moment ago gets their records by the trigger, or by their
// first request; who has none later is told.
func TestSignUpsUnderWayAreLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		if err := o.pool.Edit(ada, func(p *account.Resident) { p.ModifiedAt = o.now.Add(-50 * time.Second) }); err != nil {
			t.Fatal(err)
		}
		for _, job := range []account.JobName{account.JobVerify, account.JobEnsure} {
			if s := o.job(t, job); s.Failure != "" || len(s.Findings)+len(s.Repairs) > 0 || s.People != 1 {
				t.Errorf("%s: %+v", job, s)
			}
		}
		o.now = o.now.Add(time.Minute)
		if s := o.job(t, account.JobVerify); !slices.Equal(rules(s.Findings), []account.Rule{account.RuleRecords}) {
			t.Errorf("a minute later: %+v", s)
		}
	})
}

// Somebody whose address changes while they are mended keeps the newer one: what
// the pool said before is not written over it.
func TestEnsureWritesNothingOlder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for call := 1; call <= 2; call++ { // the second is what is written
			o, d := spied(t)
			o.enroll(t)
			if err := o.pool.Edit(ada, func(p *account.Resident) { p.Name = "Ada King" }); err != nil {
				t.Fatal(err)
			}
			d.afterFind = func() {
				if d.finds != call {
					return
				}
				if err := o.pool.Edit(ada, func(p *account.Resident) { p.Email = "new@example.com" }); err != nil {
					t.Fatal(err)
				}
				u := o.user(t)
				u.Email, u.FormerEmails, u.Version = "new@example.com", []string{"ada@example.com"}, u.Version+1
				member := *o.store.All().Membership(ada, ada)
				member.UserEmail, member.Version = u.Email, member.Version+1
				o.put(t, u, &member, &account.Address{Email: "new@example.com", UserID: ada, Version: 1})
				old := account.AddressKey("ada@example.com")
				if err := o.store.Model.Commit(t.Context(), account.Change{Premises: []account.Premise{account.Exists{Of: old}}, Deletes: []account.Key{old}}); err != nil {
					t.Fatal(err)
				}
			}
			s := o.job(t, account.JobEnsure)
			u := o.user(t)
			if u.Email != "new@example.com" || !slices.Equal(u.FormerEmails, []string{"ada@example.com"}) || u.Name != "Ada King" || s.Failure != "" || len(s.Findings) > 0 {
				t.Errorf("changed after answer %d: %+v, %+v", call, u, s)
			}
			if s := o.job(t, account.JobVerify); s.Failure != "" || len(s.Findings) > 0 {
				t.Errorf("afterwards: %+v", s)
			}
		}
	})
}

// Who leaves the pool while they are mended was not repaired.
func TestWhoLeavesMeanwhileIsNotRepaired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, d := spied(t)
		d.afterFind = func() { o.pool.Remove(ada) }
		if s := o.job(t, account.JobEnsure); s.Failure != "" || len(s.Repairs)+len(s.Findings) > 0 || len(o.store.All()) > 0 {
			t.Errorf("%+v, records %v", s, o.store.All())
		}
	})
}
