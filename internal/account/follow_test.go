package account_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"hearth/internal/account"
)

// renamed is ada with a new name and address in five teams, which the model
// lists in two pages, and the copies as they were before.
func renamed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.enroll(t)
	for i := range 5 {
		w.put(t, &account.Membership{
			UserID: ada, OrganizationID: fmt.Sprintf("team-%d", i), Role: account.Member,
			UserName: "Ada", UserEmail: "Ada@Example.com", UserVersion: 1, Version: 1, JoinedAt: noon,
		})
	}
	w.put(t, &account.Membership{UserID: bob, OrganizationID: "team-0", Role: account.Owner, UserName: "Bob", Version: 1})
	u := w.user(t)
	u.Name, u.Email, u.Version = "Countess", "countess@example.com", 2
	w.put(t, u)
	w.now = noon.Add(time.Minute)
	return w
}

// copies returns how many memberships and organizations carry the new name.
func copies(w *world) (memberships int, organization string) {
	for _, r := range w.store.All() {
		if m, ok := r.(*account.Membership); ok && m.UserName == "Countess" && m.UserEmail == "countess@example.com" && m.UserVersion == 2 {
			memberships++
		}
	}
	return memberships, w.store.All().Organization(ada).Name
}

func TestFollowUserWritesEveryCopyOnce(t *testing.T) {
	t.Parallel()
	w := renamed(t)
	if err := w.FollowUser(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if n, name := copies(w); n != 6 || name != "Countess's Organization" {
		t.Errorf("%d memberships follow, the organization is %q", n, name)
	}
	if got := w.store.All().Membership(ada, "team-3"); got.Role != account.Member || !got.JoinedAt.Equal(noon) {
		t.Errorf("more than the copies changed: %+v", got)
	}
	if got := w.store.All().Membership(bob, "team-0"); got.UserName != "Bob" || got.Version != 1 {
		t.Errorf("somebody else's membership changed: %+v", got)
	}
	if got := w.store.All().Organization(ada); got.MemberCount != 1 || got.OwnerCount != 1 || got.SeatsUsed != 1 {
		t.Errorf("counters changed: %+v", got)
	}
	w.store.calls()
	if err := w.FollowUser(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if _, commits := w.store.calls(); commits != 0 {
		t.Errorf("called again it wrote %d times", commits)
	}
}

// A change of the user meanwhile ends the round: the stream brings that change
// too, and a copy of the older name must not come after one of the newer.
func TestFollowUserStopsAtALaterChange(t *testing.T) {
	t.Parallel()
	for _, at := range []int{1, 4} {
		w := renamed(t)
		w.store.calls()
		w.store.onCommit = func(n int) error {
			if n == at {
				u := w.user(t)
				u.Name, u.Version = "Later", 3
				w.put(t, u)
			}
			return nil
		}
		if err := w.FollowUser(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		if n, _ := copies(w); n > at-1 {
			t.Errorf("changed before commit %d: %d copies of the older name", at, n)
		}
		if _, commits := w.store.calls(); commits != at {
			t.Errorf("changed before commit %d: %d commits", at, commits)
		}
	}
}

func TestFollowUserMinds(t *testing.T) {
	t.Parallel()
	t.Run("a membership that went meanwhile", func(t *testing.T) {
		t.Parallel()
		w := renamed(t)
		w.store.calls()
		// Behind the organization's name and the personal membership comes the first team.
		w.store.onCommit = func(n int) error {
			if n == 3 {
				return &account.PremiseError{Failed: []account.Premise{account.Exists{Of: account.MembershipKey(ada, "team-0")}}}
			}
			return nil
		}
		if err := w.FollowUser(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		if n, _ := copies(w); n != 5 {
			t.Errorf("%d memberships follow, want all but the one", n)
		}
	})
	t.Run("a user who is not there or not active", func(t *testing.T) {
		t.Parallel()
		w := renamed(t)
		u := w.user(t)
		u.Status = account.UserInactive
		w.put(t, u)
		w.store.calls()
		for _, id := range []string{ada, bob, ""} {
			if err := w.FollowUser(t.Context(), id); err != nil {
				t.Errorf("%q: %v", id, err)
			}
		}
		if _, commits := w.store.calls(); commits != 0 {
			t.Errorf("%d commits", commits)
		}
	})
	t.Run("a store that is down", func(t *testing.T) {
		t.Parallel()
		w := renamed(t)
		w.store.onCommit = func(int) error { return account.ErrUnavailable.Because(errors.New("throttled")) }
		if err := w.FollowUser(t.Context(), ada); !errors.Is(err, account.ErrUnavailable) {
			t.Errorf("got %v: the stream would go on", err)
		}
		w.store.onCommit, w.store.onRead = nil, func(int) error { return account.ErrUnavailable }
		if err := w.FollowUser(t.Context(), ada); !errors.Is(err, account.ErrUnavailable) {
			t.Errorf("got %v: the stream would go on", err)
		}
	})
}
