package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/account"
)

func TestChangesThatNoStoreMayTake(t *testing.T) {
	t.Parallel()
	user := func(id string) *account.User { return &account.User{ID: id, Version: 1} }
	absent := func(id string) account.Premise { return account.IsAbsent{Of: account.UserKey(id)} }
	many := func(n int) (c account.Change) {
		for i := range n {
			c.Updates = append(c.Updates, account.ChangeUser{UserID: fmt.Sprint(i)})
		}
		return c
	}
	for _, c := range []struct {
		rule   string
		change account.Change
		why    string // empty: it is taken
	}{
		{"nothing", account.Change{}, "writes nothing"},
		{"premises alone", account.Change{Premises: []account.Premise{absent("a")}}, "writes nothing"},
		{"a put on a premise", account.Change{Premises: []account.Premise{absent("a")}, Puts: []account.Record{user("a")}}, ""},
		{"a blind put", account.Change{Puts: []account.Record{user("a")}}, "without a premise"},
		{
			"a put on another's premise",
			account.Change{Premises: []account.Premise{absent("b")}, Puts: []account.Record{user("a")}},
			"without a premise",
		},
		{
			"two puts of one record",
			account.Change{Premises: []account.Premise{absent("a")}, Puts: []account.Record{user("a"), user("a")}},
			"twice",
		},
		{"two updates of one record", account.Change{Updates: []account.Update{
			account.ChangeUser{UserID: "a"}, account.ChangeUser{UserID: "a"},
		}}, "twice"},
		{"a put and an update of one record", account.Change{
			Premises: []account.Premise{absent("a")}, Puts: []account.Record{user("a")},
			Updates: []account.Update{account.ChangeUser{UserID: "a"}},
		}, "twice"},
		{"several premises on what is written", account.Change{
			Premises: []account.Premise{
				account.OrganizationIsActive{OrganizationID: "o"}, account.SeatIsFree{OrganizationID: "o"}, account.OwnersMoreThan{OrganizationID: "o"},
			},
			Updates: []account.Update{account.ChangeOrganization{OrganizationID: "o", Seats: 1}},
		}, ""},
		{"as many records as a transaction holds", many(account.MaxActions), ""},
		{"one more", many(account.MaxActions + 1), "at most 100"},
		{"one more by a premise", account.Change{
			Premises: []account.Premise{absent("another")}, Updates: many(account.MaxActions).Updates,
		}, "at most 100"},
	} {
		err := c.change.Check()
		if (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want %q", c.rule, err, c.why)
		}
	}
}

func TestEveryUpdateBringsItsPremiseAlong(t *testing.T) {
	t.Parallel()
	change := account.Change{
		Premises: []account.Premise{account.UserIsActive{UserID: ada}},
		Updates:  []account.Update{account.ChangeUser{UserID: ada}, account.ChangeSession{UserID: ada, SessionID: laptop}},
	}
	want := []account.Premise{
		account.UserIsActive{UserID: ada}, account.Exists{Of: account.UserKey(ada)}, account.Exists{Of: account.SessionKey(ada, laptop)},
	}
	got := change.AllPremises()
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("premise %d: got %v, want %v", i, got[i], want[i])
		}
	}
	if len(change.Premises) != 1 {
		t.Error("the change itself was changed")
	}
}

// Contention is waited out for as long as a person would wait, then told.
func TestCommitWaitsContentionOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule    string
		fails   int
		fault   error
		want    *account.Error
		commits int
	}{
		{"nothing in the way", 0, account.ErrContended, nil, 1},
		{"in the way once", 1, account.ErrContended, nil, 2},
		{"in the way four times", 4, account.ErrContended, nil, 5},
		{"in the way for good", 99, account.ErrContended, account.ErrConflict, 5},
		{"wrapped by the store", 1, fmt.Errorf("commit: %w", account.ErrContended), nil, 2},
		{"down", 99, account.ErrUnavailable, account.ErrUnavailable, 1},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.enroll(t)
				before := w.user(t).Version
				w.store.onCommit = func(n int) error {
					if n <= c.fails {
						return c.fault
					}
					return nil
				}
				started := time.Now()
				err := w.EndSessions(t.Context(), ada)
				took := time.Since(started)
				if (err == nil) != (c.want == nil) || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if _, commits := w.store.calls(); commits != c.commits {
					t.Errorf("%d commits, want %d", commits, c.commits)
				}
				if took > time.Second || c.commits == 1 && took != 0 {
					t.Errorf("it took %s", took)
				}
				changed := w.user(t).Version - before
				if want := map[bool]int{true: 1, false: 0}[c.want == nil]; changed != want {
					t.Errorf("the change was made %d times, want %d", changed, want)
				}
			})
		})
	}
}

// Rivals that failed at one moment must not come again at one moment.
func TestCommitWaitsWithJitter(t *testing.T) {
	t.Parallel()
	pauses := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.enroll(t)
			w.store.onCommit = func(n int) error {
				if n == 1 {
					return account.ErrContended
				}
				return nil
			}
			started := time.Now()
			if err := w.EndSessions(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
			pauses[time.Since(started)] = true
		})
	}
	if len(pauses) < 10 {
		t.Errorf("%d different pauses in 20", len(pauses))
	}
}

// A request that nobody waits for any more holds no function.
func TestCommitStopsWaitingWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.enroll(t)
		ctx, cancel := context.WithCancel(t.Context())
		w.store.onCommit = func(int) error {
			cancel()
			return account.ErrContended
		}
		started := time.Now()
		err := w.EndSessions(ctx, ada)
		if !errors.Is(err, account.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want unavailable because of the context", err)
		}
		if _, commits := w.store.calls(); commits != 1 || time.Since(started) != 0 {
			t.Errorf("%d commits in %s", commits, time.Since(started))
		}
	})
}

// The very first request of a person meets the trigger at work: both commits
// are in each other's way, and the request is answered all the same.
func TestFirstRequestMeetsTheTrigger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.store.onCommit = func(n int) error {
			if n <= 2 {
				return account.ErrContended
			}
			if n == 3 { // the trigger's commit was the one in the way
				w.store.onCommit = nil
				if created, err := w.Enroll(t.Context(), adaPerson()); err != nil || !created {
					t.Errorf("trigger: %t, %v", created, err)
				}
			}
			return nil
		}
		caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
		expectAccount(t, caller, err, ada, account.Owner)
	})
}
