package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The table of Authorize's decisions. Everybody begins as an active user with a
// known session, in hybrid mode, without a team.
func TestAuthorizeDecides(t *testing.T) {
	t.Parallel()
	closing := newTeam()
	closing.Status = account.OrganizationClosing
	preserved := newTeam()
	preserved.Status = account.OrganizationPreserved

	inTeam := func(t *testing.T, w *world) { w.join(t, account.Member) }
	chose := func(t *testing.T, w *world) {
		s := w.session(t, laptop)
		s.ActiveOrganizationID = team
		w.put(t, s)
	}
	status := func(o account.Organization) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { w.put(t, &o) }
	}
	user := func(change func(*account.User)) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			u := w.user(t)
			change(u)
			w.put(t, u)
		}
	}
	revoked := func(t *testing.T, w *world) {
		s := w.session(t, laptop)
		s.RevokedAt = noon
		w.put(t, s)
	}
	signIn := time.Unix(signedIn(laptop).AuthTime, 0)
	named, inPath := account.Target{AccountID: team}, account.Target{AccountID: team, InPath: true}
	self := account.Target{AccountID: ada}

	const uncounted = -1
	for _, c := range []struct {
		rule   string
		mode   account.Mode
		given  []func(*testing.T, *world)
		target account.Target
		// want is the account, or empty for none; role is Owner unless said.
		want  string
		role  account.Role
		fails *account.Error
		reads int
	}{
		{rule: "without a team one acts for the personal organization", want: ada, reads: 1},
		{rule: "a member who named no team as well", given: fns(inTeam), want: ada, reads: 1},
		{rule: "the team that the session chose", given: fns(inTeam, chose), want: team, role: account.Member, reads: 2},
		{rule: "the header wins over the session", given: fns(inTeam, chose), target: self, want: ada, reads: 1},
		{rule: "a header names a team", given: fns(inTeam), target: named, want: team, role: account.Member, reads: 1},
		{rule: "a path names a team", given: fns(inTeam), target: inPath, want: team, role: account.Member, reads: 1},
		{rule: "a path names the personal organization", target: account.Target{AccountID: ada, InPath: true}, want: ada, reads: 1},

		{rule: "a lost membership falls back to personal", given: fns(chose), want: ada, reads: 2},
		{rule: "a membership without its organization too", given: fns(inTeam, chose, func(t *testing.T, w *world) {
			s := w.session(t, laptop)
			s.ActiveOrganizationID = "gone"
			w.put(t, s, &account.Membership{UserID: ada, OrganizationID: "gone", Role: account.Owner, Version: 1})
		}), want: ada, reads: 2},
		{rule: "a closing organization too", given: fns(inTeam, chose, status(*closing)), want: ada, reads: 2},
		{rule: "a stranger's header is not found", given: fns(status(*newTeam())), target: named, fails: account.ErrAccountNotFound, reads: 1},
		{rule: "a stranger's path is not found", given: fns(status(*newTeam())), target: inPath, fails: account.ErrNotFound, reads: 1},
		{rule: "as one that does not exist", target: named, fails: account.ErrAccountNotFound, reads: 1},
		{rule: "by path too", target: inPath, fails: account.ErrNotFound, reads: 1},
		{rule: "a closing organization is not found", given: fns(inTeam, status(*closing)), target: named, fails: account.ErrAccountNotFound, reads: 1},
		{rule: "by path too", given: fns(inTeam, status(*closing)), target: inPath, fails: account.ErrNotFound, reads: 1},
		{rule: "a preserved organization is not found", given: fns(inTeam, status(*preserved)), target: named, fails: account.ErrAccountNotFound, reads: 1},
		{rule: "another person's personal organization is not found", target: account.Target{AccountID: bob}, fails: account.ErrAccountNotFound, reads: 1},
		{rule: "a named one never falls back", given: fns(chose), target: named, fails: account.ErrAccountNotFound, reads: 1},

		{rule: "personal-only ignores the session's team", mode: account.PersonalOnly, given: fns(inTeam, chose), want: ada, reads: 1},
		{rule: "personal-only refuses a team", mode: account.PersonalOnly, given: fns(inTeam), target: named, fails: account.ErrAccountMode, reads: 1},
		{rule: "personal-only does not tell a stranger", mode: account.PersonalOnly, given: fns(status(*newTeam())), target: named, fails: account.ErrAccountNotFound, reads: 1},
		{rule: "personal-only takes the personal id", mode: account.PersonalOnly, target: self, want: ada, reads: 1},
		{rule: "organizations-only has no account without a team", mode: account.OrganizationsOnly, want: "", reads: uncounted},
		{rule: "organizations-only takes the session's team", mode: account.OrganizationsOnly, given: fns(inTeam, chose), want: team, role: account.Member, reads: 2},
		{rule: "and has none when it is lost", mode: account.OrganizationsOnly, given: fns(chose), want: "", reads: uncounted},
		{rule: "organizations-only refuses the personal id", mode: account.OrganizationsOnly, target: self, fails: account.ErrAccountMode, reads: 1},

		{rule: "an inactive user", given: fns(user(func(u *account.User) { u.Status = account.UserInactive })), fails: account.ErrUserInactive, reads: 1},
		{rule: "an unknown status is not active", given: fns(user(func(u *account.User) { u.Status = "" })), fails: account.ErrUserInactive, reads: 1},
		{rule: "an inactive user's team", given: fns(inTeam, user(func(u *account.User) { u.Status = account.UserInactive })), target: named, fails: account.ErrUserInactive, reads: 1},
		{rule: "a revoked session", given: fns(revoked), fails: account.ErrSessionRevoked, reads: 1},
		{rule: "even if it was kept", given: fns(revoked, user(func(u *account.User) { u.KeptSession = laptop })), fails: account.ErrSessionRevoked, reads: 1},
		{rule: "a revoked session learns of no account", given: fns(revoked), target: named, fails: account.ErrSessionRevoked, reads: 1},
		{rule: "signed in before sessions are valid", given: fns(user(func(u *account.User) { u.SessionsValidFrom = signIn.Add(time.Second) })), fails: account.ErrSessionRevoked, reads: 1},
		{rule: "signed in within the same second", given: fns(user(func(u *account.User) { u.SessionsValidFrom = signIn.Add(999 * time.Millisecond) })), want: ada, reads: 1},
		{rule: "signed in before, but kept", given: fns(user(func(u *account.User) { u.SessionsValidFrom, u.KeptSession = noon, laptop })), want: ada, reads: 1},
		{rule: "signed in before, and another is kept", given: fns(user(func(u *account.User) { u.SessionsValidFrom, u.KeptSession = noon, phone })), fails: account.ErrSessionRevoked, reads: 1},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.mode != "" {
				w = newWorld(t, mode(c.mode))
			}
			w.enroll(t)
			for _, given := range c.given {
				given(t, w)
			}
			before := w.store.All()
			caller, err := w.Authorize(t.Context(), signedIn(laptop), c.target)
			if c.fails != nil {
				expectRefusal(t, caller, err, c.fails)
			} else {
				expectAccount(t, caller, err, c.want, c.role)
			}
			reads, commits := w.store.calls()
			if reads != c.reads && c.reads != uncounted || commits != 0 {
				t.Errorf("%d reads and %d commits, want %d and 0", reads, commits, c.reads)
			}
			if diff := cmp.Diff(before, w.store.All()); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
		})
	}
}

func fns(f ...func(*testing.T, *world)) []func(*testing.T, *world) { return f }

// expectRefusal fails the test unless Authorize refused without giving a caller away.
func expectRefusal(t *testing.T, caller account.Caller, err error, want *account.Error) {
	t.Helper()
	found := new(account.Error)
	if !errors.As(err, &found) || found.Code != want.Code {
		t.Errorf("got %v, want %s", err, want.Code)
	}
	if caller.Organization != nil || caller.User.ID != "" || caller.Session.ID != "" || caller.Role != "" {
		t.Errorf("a refused caller is %+v", caller)
	}
}

func expectAccount(t *testing.T, caller account.Caller, err error, want string, role account.Role) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if caller.User.ID != ada || caller.Session.UserID != ada {
		t.Errorf("the caller is %+v", caller)
	}
	if want == "" {
		if caller.Organization != nil || caller.Role != "" || caller.May(account.ReadOrganization) {
			t.Errorf("the caller acts for %+v as %q, want no account", caller.Organization, caller.Role)
		}
		return
	}
	if role == "" {
		role = account.Owner
	}
	if caller.Organization == nil || caller.Organization.ID != want || caller.Role != role {
		t.Fatalf("the caller acts for %+v as %q, want %s as %s", caller.Organization, caller.Role, want, role)
	}
	if active := caller.ActiveOrganizationID(); (want == ada) != (active == "") || want != ada && active != want {
		t.Errorf("the active organization is %q", active)
	}
	if caller.May(account.DeleteOrganization) != (role == account.Owner) || !caller.May(account.ReadOrganization) {
		t.Errorf("a %s has %v", role, caller.Permissions())
	}
}

// What cannot be an id is no key of the store, and is told only to who may ask.
func TestAuthorizeRefusesMalformedAccounts(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"", "ORG#" + team, team + " ", "../" + team, team + "\x00", "a/b", "тим", "\xff", strings.Repeat("a", 65), "%2e", team + "," + ada,
	} {
		w := newWorld(t)
		w.enroll(t)
		w.store.onKeys = func(keys []account.Key) {
			for _, k := range keys {
				if k.Owner != ada {
					t.Errorf("%q: the store was asked for %v", id, k)
				}
			}
		}
		caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{AccountID: id, InPath: true})
		expectRefusal(t, caller, err, account.ErrNotFound)
		if id != "" {
			caller, err = w.Authorize(t.Context(), signedIn(laptop), account.Target{AccountID: id})
			expectRefusal(t, caller, err, account.ErrAccountNotFound)
		}
		ended := w.session(t, laptop)
		ended.RevokedAt, ended.Version = noon, ended.Version+1
		w.put(t, ended)
		caller, err = w.Authorize(t.Context(), signedIn(laptop), account.Target{AccountID: id, InPath: true})
		expectRefusal(t, caller, err, account.ErrSessionRevoked)
	}
}

// The rule that nobody enters an organization that is not active has no
// exception for one's own, and not for one that no request named.
func TestAuthorizeEntersNoPersonalOrganizationThatIsNotActive(t *testing.T) {
	t.Parallel()
	for _, status := range []account.OrganizationStatus{account.OrganizationClosing, account.OrganizationPreserved} {
		for _, target := range []account.Target{{}, {AccountID: ada}} {
			w := newWorld(t)
			w.enroll(t)
			personal := *w.store.All().Organization(ada)
			personal.Status = status
			w.put(t, &personal)
			if caller, err := w.Authorize(t.Context(), signedIn(laptop), target); err == nil {
				t.Errorf("%s, named %q: entered as %s", status, target.AccountID, caller.Role)
			}
		}
	}
}

func TestAuthorizeTellsWhenTheStoreIsDown(t *testing.T) {
	t.Parallel()
	for failing, what := range []string{1: "the first read", 2: "the read of the session's team"} {
		if failing == 0 {
			continue
		}
		w := newWorld(t)
		w.enroll(t)
		w.join(t, account.Member)
		s := w.session(t, laptop)
		s.ActiveOrganizationID = team
		w.put(t, s)
		w.store.onRead = func(n int) error {
			if n == failing {
				return account.ErrUnavailable.Because(errors.New("throttled"))
			}
			return nil
		}
		// A team that cannot be read is no reason to act for another account.
		caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
		expectRefusal(t, caller, err, account.ErrUnavailable)
		if _, commits := w.store.calls(); commits != 0 {
			t.Errorf("%s: %d commits", what, commits)
		}
	}
}
