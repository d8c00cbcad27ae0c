package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

func TestEnrollMakesEveryRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := adaPerson()
	person.Username, person.Locale = "Google_123", "de-AT"
	created, err := w.Enroll(t.Context(), person)
	if err != nil || !created {
		t.Fatalf("got %t, %v", created, err)
	}
	at := noon.Truncate(time.Millisecond)
	user := &account.User{
		ID: ada, Username: "Google_123", Email: "Ada@Example.com", EmailVerified: true, Name: "Ada",
		Preferences: account.Preferences{Theme: "system", Language: "de"}, Status: account.UserActive,
		AccountsVersion: 1, Version: 1, CreatedAt: at, UpdatedAt: at,
	}
	organization := &account.Organization{
		ID: ada, Name: "Ada's Organization", IsPersonal: true, Status: account.OrganizationActive,
		MemberCount: 1, OwnerCount: 1, SeatsUsed: 1, Version: 1, CreatedBy: ada, CreatedAt: at, UpdatedAt: at,
	}
	membership := &account.Membership{
		UserID: ada, OrganizationID: ada, Role: account.Owner, UserName: "Ada", UserEmail: "Ada@Example.com",
		UserVersion: 1, Version: 1, JoinedAt: at,
	}
	address := &account.Address{Email: "ada@example.com", UserID: ada, Version: 1}
	want := account.Records{
		user.Key(): user, organization.Key(): organization, membership.Key(): membership, address.Key(): address,
	}
	if diff := cmp.Diff(want, w.store.All()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if reads, commits := w.store.calls(); reads != 0 || commits != 1 {
		t.Errorf("%d reads and %d commits, want one commit", reads, commits)
	}
}

func TestEnrollTwiceKeepsTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	before := w.store.All()
	w.now = noon.Add(time.Hour)
	changed := adaPerson()
	changed.Name, changed.Email, changed.EmailVerified = "Mallory", "other@example.com", false
	for _, person := range []account.Person{adaPerson(), changed} {
		if created, err := w.Enroll(t.Context(), person); err != nil || created {
			t.Errorf("%s: got %t, %v", person.Name, created, err)
		}
	}
	if diff := cmp.Diff(before, w.store.All()); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// A person who was turned off is not made anew either.
func TestEnrollLeavesAnInactiveUserAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	u := w.user(t)
	u.Status = account.UserInactive
	w.put(t, u)
	if created, err := w.Enroll(t.Context(), adaPerson()); err != nil || created {
		t.Errorf("got %t, %v", created, err)
	}
	if w.user(t).Status != account.UserInactive {
		t.Error("the user is active again")
	}
}

func TestEnrollChoosesTheNearestLanguage(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"": "en", "de": "de", "de-CH": "de", "de_AT": "de", "DE": "de", "pt": "pt-BR", "pt-PT": "pt-BR", "en-GB": "en",
		"ja": "en", "x": "en", "not a locale": "en", "\x00": "en", "../../etc": "en", "de, en;q=0.5": "de",
	} {
		w := newWorld(t)
		person := adaPerson()
		person.Locale = locale
		if _, err := w.Enroll(t.Context(), person); err != nil {
			t.Fatal(err)
		}
		if got := w.user(t).Preferences.Language; got != want {
			t.Errorf("%q: got %s, want %s", locale, got, want)
		}
	}
}

// The pool decides who has an address; the table's record of it follows.
func TestEnrollTakesAnAddressOver(t *testing.T) {
	t.Parallel()
	held := func(t *testing.T, w *world) {
		w.put(t, &account.Address{Email: "ada@example.com", UserID: bob, Version: 7})
	}
	t.Run("from whom the table still names", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		held(t, w)
		if created, err := w.Enroll(t.Context(), adaPerson()); err != nil || !created {
			t.Fatalf("got %t, %v", created, err)
		}
		want := &account.Address{Email: "ada@example.com", UserID: ada, Version: 8}
		if diff := cmp.Diff(want, w.store.All().Address("ada@example.com")); diff != "" {
			t.Errorf("the address (-want +got):\n%s", diff)
		}
	})
	t.Run("released meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		held(t, w)
		// The first commit fails on it, then it is gone: nothing is in the way.
		w.store.onCommit = func(n int) error {
			if n == 1 {
				return &account.PremiseError{Failed: []account.Premise{account.IsAbsent{Of: account.AddressKey("ada@example.org")}}}
			}
			return nil
		}
		person := adaPerson()
		person.Email = "ada@example.org"
		if created, err := w.Enroll(t.Context(), person); err != nil || !created {
			t.Fatalf("got %t, %v", created, err)
		}
		if got := w.store.All().Address("ada@example.org"); got == nil || got.Version != 1 || got.UserID != ada {
			t.Errorf("the address is %+v", got)
		}
	})
	t.Run("changed at each try", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		held(t, w)
		w.store.onCommit = func(n int) error {
			w.put(t, &account.Address{Email: "ada@example.com", UserID: bob, Version: 7 + n})
			return nil
		}
		if created, err := w.Enroll(t.Context(), adaPerson()); created || !errors.Is(err, account.ErrConflict) {
			t.Errorf("got %t, %v, want a conflict", created, err)
		}
		if len(w.store.All()) != 1 {
			t.Errorf("something of ada is there: %v", w.store.All())
		}
	})
	t.Run("not for an id that is held", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		held(t, w)
		w.put(t, &account.Deletion{UserID: ada, Version: 1})
		if _, err := w.Enroll(t.Context(), adaPerson()); !errors.Is(err, account.ErrUserInactive) {
			t.Errorf("got %v", err)
		}
		if got := w.store.All().Address("ada@example.com"); got.UserID != bob {
			t.Error("the address was taken all the same")
		}
	})
}

func TestFirstRequestOfAPerson(t *testing.T) {
	t.Parallel()
	for _, target := range []account.Target{{}, {AccountID: ada}} {
		w := newWorld(t)
		caller, err := w.Authorize(t.Context(), signedIn(laptop), target)
		expectAccount(t, caller, err, ada, account.Owner)
		if asked := slices.Compact(w.pool.asked); len(asked) != 1 || asked[0] != tokenOf(ada) {
			t.Errorf("the pool was asked with %q, want the caller's token", asked)
		}
		if got := w.user(t); got.Name != "Ada" || got.Email != "Ada@Example.com" || !got.EmailVerified {
			t.Errorf("the user is %+v", got)
		}
		if w.session(t, laptop).Device != "Firefox" {
			t.Error("the session has no record")
		}
		// Known from now on: the pool is left alone.
		w.store.calls()
		w.pool.asked = nil
		if _, err := w.Authorize(t.Context(), signedIn(laptop), target); err != nil || len(w.pool.asked) != 0 {
			t.Errorf("the second request: %v, the pool was asked %d times", err, len(w.pool.asked))
		}
		if reads, commits := w.store.calls(); reads != 1 || commits != 0 {
			t.Errorf("the second request made %d reads and %d commits", reads, commits)
		}
	}
	t.Run("a stranger's account is not found then either", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{AccountID: bob})
		expectRefusal(t, caller, err, account.ErrAccountNotFound)
	})
}

func TestFirstRequestThatIsRefusedWritesNothing(t *testing.T) {
	t.Parallel()
	preserved := &account.Organization{ID: ada, IsPersonal: true, Status: account.OrganizationPreserved, Version: 3}
	for _, c := range []struct {
		rule  string
		given func(t *testing.T, w *world)
		want  *account.Error
	}{
		{"the pool refuses the token", func(_ *testing.T, w *world) { w.pool.people = nil }, account.ErrUnauthenticated},
		{"the pool knows the token as another's", func(_ *testing.T, w *world) {
			other := adaPerson()
			other.ID = bob
			w.pool.people[tokenOf(ada)] = other
		}, account.ErrUnauthenticated},
		{"the pool knows nobody's id", func(_ *testing.T, w *world) { w.pool.people[tokenOf(ada)] = account.Person{} }, account.ErrUnauthenticated},
		{"the pool is down", func(_ *testing.T, w *world) {
			w.pool.err = account.ErrUnavailable.Because(errors.New("timeout"))
		}, account.ErrUnavailable},
		{"a preserved organization holds the id", func(t *testing.T, w *world) { w.put(t, preserved) }, account.ErrUserInactive},
		{"a deletion holds the id", func(t *testing.T, w *world) { w.put(t, &account.Deletion{UserID: ada, Version: 1}) }, account.ErrUserInactive},
		{"a left-over membership holds the id", func(t *testing.T, w *world) {
			w.put(t, &account.Membership{UserID: ada, OrganizationID: ada, Role: account.Owner, Version: 1})
		}, account.ErrUserInactive},
		{"the store takes no commit", func(_ *testing.T, w *world) {
			w.store.onCommit = func(int) error { return account.ErrUnavailable }
		}, account.ErrUnavailable},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.given(t, w)
			before := w.store.All()
			caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
			expectRefusal(t, caller, err, c.want)
			if diff := cmp.Diff(before, w.store.All()); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
		})
	}
}

func TestEndSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	u := w.user(t)
	u.KeptSession = laptop
	w.put(t, u)
	if err := w.EndSessions(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	for _, session := range []string{laptop, phone} { // known and never seen
		caller, err := w.Authorize(t.Context(), signedIn(session), account.Target{})
		expectRefusal(t, caller, err, account.ErrSessionRevoked)
	}
	if w.session(t, laptop).RevokedAt != (time.Time{}) {
		t.Error("the record of the session was revoked one by one")
	}
	again := signedIn(phone)
	again.AuthTime = noon.Unix()
	caller, err := w.Authorize(t.Context(), again, account.Target{})
	expectAccount(t, caller, err, ada, account.Owner)

	if err := w.EndSessions(t.Context(), bob); err != nil {
		t.Errorf("a person without records: %v", err)
	}
	if w.store.All().User(bob) != nil {
		t.Error("ending sessions made a user")
	}
	w.store.onCommit = func(int) error { return account.ErrUnavailable }
	if err := w.EndSessions(t.Context(), ada); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("with the store down: %v", err)
	}
}
