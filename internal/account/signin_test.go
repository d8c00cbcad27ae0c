package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

func TestFirstRequestOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.now = noon.Add(time.Hour)
	id := signedIn(phone)
	id.Device = "  Mozilla/5.0\x00\n(" + strings.Repeat("x", 500)
	caller, err := w.Authorize(t.Context(), id, account.Target{})
	expectAccount(t, caller, err, ada, account.Owner)
	want := &account.Session{
		UserID: ada, ID: phone, Device: "Mozilla/5.0 (" + strings.Repeat("x", 187), CreatedAt: w.now, LastSeenAt: w.now,
		AuthTime:  time.Unix(id.AuthTime, 0).UTC(),
		ExpiresAt: time.Unix(id.AuthTime, 0).UTC().Add(validity), Version: 1,
	}
	if diff := cmp.Diff(want, w.store.All().Session(ada, phone)); diff != "" {
		t.Errorf("the record (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(*want, caller.Session); diff != "" {
		t.Errorf("the caller's session (-want +got):\n%s", diff)
	}
	w.store.calls()
	if _, err := w.Authorize(t.Context(), id, account.Target{}); err != nil {
		t.Fatal(err)
	}
	if reads, commits := w.store.calls(); reads != 1 || commits != 0 {
		t.Errorf("the second request made %d reads and %d commits", reads, commits)
	}
}

// A new session starts in the account chosen last, while still a member.
func TestNewSessionStartsInTheLastAccount(t *testing.T) {
	t.Parallel()
	closing := newTeam()
	closing.Status = account.OrganizationClosing
	for _, c := range []struct {
		rule   string
		mode   account.Mode
		given  func(t *testing.T, w *world)
		target account.Target
		active string // what the session's record says
		want   string // where the request is
	}{
		{"a member", account.Hybrid, func(t *testing.T, w *world) { w.join(t, account.Admin) }, account.Target{}, team, team},
		{"no member any more", account.Hybrid, func(t *testing.T, w *world) { w.put(t, newTeam()) }, account.Target{}, "", ada},
		{"an organization that is gone", account.Hybrid, func(*testing.T, *world) {}, account.Target{}, "", ada},
		{"one that is closing", account.Hybrid, func(t *testing.T, w *world) { w.join(t, account.Admin); w.put(t, closing) }, account.Target{}, "", ada},
		{"a request that names another", account.Hybrid, func(t *testing.T, w *world) { w.join(t, account.Admin) }, account.Target{AccountID: ada}, team, ada},
		{"where teams alone count", account.OrganizationsOnly, func(t *testing.T, w *world) { w.join(t, account.Admin) }, account.Target{}, team, team},
		{"where they do and it is lost", account.OrganizationsOnly, func(*testing.T, *world) {}, account.Target{}, "", ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, mode(c.mode))
			w.enroll(t)
			c.given(t, w)
			u := w.user(t)
			u.LastActiveAccountID = team
			w.put(t, u)
			caller, err := w.Authorize(t.Context(), signedIn(phone), c.target)
			role := account.Owner
			if c.want == team {
				role = account.Admin
			}
			expectAccount(t, caller, err, c.want, role)
			if got := w.session(t, phone).ActiveOrganizationID; got != c.active {
				t.Errorf("the session is in %q, want %q", got, c.active)
			}
			if got := w.session(t, laptop).ActiveOrganizationID; got != "" {
				t.Errorf("another session moved to %q", got)
			}
		})
	}
}

func TestNoSessionIsMadeForASignInThatEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.now = noon.Add(time.Second)
	if err := w.EndSessions(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	caller, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
	expectRefusal(t, caller, err, account.ErrSessionRevoked)
	if w.store.All().Session(ada, phone) != nil {
		t.Error("a record was made of it")
	}
}

// The user is turned off between the read and the record of the session.
func TestNoSessionIsMadeForAUserTurnedOffMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.store.onCommit = func(int) error {
		u := w.user(t)
		u.Status = account.UserInactive
		w.put(t, u)
		return nil
	}
	caller, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
	expectRefusal(t, caller, err, account.ErrUserInactive)
	if w.store.All().Session(ada, phone) != nil {
		t.Error("a record was made of it")
	}
}

// Two tabs open at once: both first requests are answered, one record is made.
func TestTwoFirstRequestsOfOneSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.store.onCommit = func(n int) error {
		if n == 1 {
			w.put(t, &account.Session{UserID: ada, ID: phone, Device: "the other tab", LastSeenAt: w.now, Version: 1})
		}
		return nil
	}
	caller, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
	expectAccount(t, caller, err, ada, account.Owner)
	if caller.Session.Device != "the other tab" {
		t.Errorf("the caller's session is %+v, not the one that is kept", caller.Session)
	}
}

func TestTouchIsWrittenAtMostOnceInFifteenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	request := func(at time.Duration) (caller account.Caller, commits int) {
		t.Helper()
		w.now = noon.Add(at)
		caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
		expectAccount(t, caller, err, ada, account.Owner)
		_, commits = w.store.calls()
		return caller, commits
	}
	for _, c := range []struct {
		at      time.Duration
		touches int
		seen    time.Duration
	}{
		{time.Minute, 0, 0},
		{15*time.Minute - time.Millisecond, 0, 0},
		{15 * time.Minute, 1, 15 * time.Minute},
		{16 * time.Minute, 0, 15 * time.Minute},
		{-time.Hour, 0, 15 * time.Minute}, // a clock that went back
		{30 * time.Minute, 1, 30 * time.Minute},
		{48 * time.Hour, 1, 48 * time.Hour},
	} {
		caller, touches := request(c.at)
		if touches != c.touches {
			t.Errorf("at %s: %d commits, want %d", c.at, touches, c.touches)
		}
		kept := w.session(t, laptop)
		if want := noon.Add(c.seen); !kept.LastSeenAt.Equal(want) || !caller.Session.LastSeenAt.Equal(want) {
			t.Errorf("at %s: last seen %s, the caller's %s, want %s", c.at, kept.LastSeenAt, caller.Session.LastSeenAt, want)
		}
		if caller.Session.Version != kept.Version {
			t.Errorf("at %s: the caller holds version %d of %d", c.at, caller.Session.Version, kept.Version)
		}
	}
}

// Nothing depends on the note of a use, so its failure fails no request.
func TestTouchFailsNoRequest(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{
		"contended": account.ErrContended, "down": account.ErrUnavailable, "unknown": errors.New("broken"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.enroll(t)
			w.now = noon.Add(time.Hour)
			w.store.onCommit = func(int) error { return fault }
			caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
			expectAccount(t, caller, err, ada, account.Owner)
			if _, commits := w.store.calls(); commits != 1 {
				t.Errorf("%d commits, want one try", commits)
			}
			if !caller.Session.LastSeenAt.Equal(noon) || caller.Session.Version != w.session(t, laptop).Version {
				t.Errorf("the caller's session claims what was not written: %+v", caller.Session)
			}
		})
	}
	t.Run("revoked meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.enroll(t)
		w.now = noon.Add(time.Hour)
		w.store.onCommit = func(int) error {
			s := w.session(t, laptop)
			s.RevokedAt = w.now
			s.Version++
			w.put(t, s)
			return nil
		}
		if _, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{}); err != nil {
			t.Errorf("a request that came before the revocation: %v", err)
		}
		if got := w.session(t, laptop); got.RevokedAt.IsZero() || !got.LastSeenAt.Equal(noon) {
			t.Errorf("the revoked session was written: %+v", got)
		}
	})
}

// A name that the pool has and the table has not is taken over at a sign-in,
// as far as it is one.
func TestSignInTakesTheNameOfThePool(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pool, want string }{
		{"Countess", "Countess"},
		{" Countess \u202E", "Countess"},
		{strings.Repeat("x", 70), strings.Repeat("x", 64)},
		{"", "Ada"},
		{"\u200B", "Ada"},
		{strings.Repeat("\u200D", 64) + "A", "Ada"},
	} {
		w := newWorld(t)
		w.enroll(t)
		person := adaPerson()
		person.Name = c.pool
		w.pool.people[tokenOf(ada)] = person
		caller, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
		expectAccount(t, caller, err, ada, account.Owner)
		if got := w.user(t).Name; got != c.want || caller.User.Name != c.want {
			t.Errorf("%+q: the user is %+q, the caller %+q, want %+q", c.pool, got, caller.User.Name, c.want)
		}
	}
	// A pool that does not answer, or knows another, changes nothing and fails nothing.
	for _, change := range []func(*fakePool){
		func(p *fakePool) { p.err = account.ErrUnavailable },
		func(p *fakePool) { p.people[tokenOf(ada)] = account.Person{ID: bob, Name: "Mallory"} },
	} {
		w := newWorld(t)
		w.enroll(t)
		change(w.pool)
		caller, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
		expectAccount(t, caller, err, ada, account.Owner)
		if got := w.user(t).Name; got != "Ada" {
			t.Errorf("the user is %q", got)
		}
	}
}

// Whatever keeps a sign-in from bringing the copies of the pool's address and
// name up to it, the person is in, and the next sign-in does it.
func TestARepairThatFailsFailsNoSignIn(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{
		"refused by IAM": account.ErrInternal, "down": account.ErrUnavailable, "contended": account.ErrContended, "unknown": errors.New("broken"),
	} {
		for what, moved := range map[string]account.Person{
			"address": {ID: ada, Username: ada, Email: "countess@example.com", EmailVerified: true, Name: "Ada"},
			"name":    {ID: ada, Username: ada, Email: "Ada@Example.com", EmailVerified: true, Name: "Countess"},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.enroll(t)
				w.pool.people[tokenOf(ada)] = moved
				w.store.onChange = func(c account.Change) error {
					if len(c.Updates) > 0 { // a session alone is put
						return fault
					}
					return nil
				}
				caller, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
				expectAccount(t, caller, err, ada, account.Owner)
				if u := w.user(t); u.Email != "Ada@Example.com" || u.Name != "Ada" || w.session(t, phone).Version != 1 {
					t.Errorf("the user is %+v", u)
				}
				w.store.onChange = nil
				if _, err := w.Authorize(t.Context(), signedIn("a later sign-in"), account.Target{}); err != nil {
					t.Fatal(err)
				}
				if u := w.user(t); u.Email != moved.Email || u.Name != moved.Name {
					t.Errorf("after the next sign-in the user is %+v", u)
				}
			})
		}
	}
}
