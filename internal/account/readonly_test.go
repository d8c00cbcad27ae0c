package account_test

import (
	"errors"
	"testing"
	"time"

	"hearth/internal/account"
)

// readOnly is the same world as a function sees it that may not write users and
// sessions.
func (w *world) readOnly(t *testing.T) *account.Service {
	t.Helper()
	w.store.calls()
	return account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Config: goodConfig(), Grants: account.CoreGrants(), SessionValidity: validity,
		Now: w.clock, NewID: w.newID, ReadOnly: true,
	})
}

func TestReadOnlyServicesWriteNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.readOnly(t).Authorize(t.Context(), signedIn(laptop), account.Target{}); !errors.Is(err, account.ErrSetupRequired) {
		t.Errorf("without a user: %v", err)
	}
	if len(w.pool.asked) != 0 || len(w.store.All()) != 0 {
		t.Errorf("asked for %v, made %v", w.pool.asked, w.store.All())
	}
	w.enroll(t)
	w.join(t, account.Member)
	chosen := w.session(t, laptop)
	chosen.ActiveOrganizationID, chosen.Version = team, chosen.Version+1
	u := w.user(t)
	u.LastActiveAccountID, u.Version = team, u.Version+1
	w.put(t, chosen, u)
	w.now = w.now.Add(2 * account.TouchInterval)
	s := w.readOnly(t)
	for _, c := range []struct {
		rule      string
		sessionID string
		target    account.Target
		want      string
		reads     int
	}{
		{"the session's account", laptop, account.Target{}, team, 2},
		{"the account that is named", laptop, account.Target{AccountID: ada}, ada, 1},
		{"a session without a record, which is nowhere else", phone, account.Target{}, ada, 1},
		{"the same where an account is named", phone, account.Target{AccountID: team}, team, 1},
	} {
		caller, err := s.Authorize(t.Context(), signedIn(c.sessionID), c.target)
		if err != nil || caller.Organization.ID != c.want || caller.Scope().AccountID() != c.want || caller.Scope().UserID() != ada {
			t.Errorf("%s: %+v, %v", c.rule, caller.Account, err)
		}
		if reads, commits := w.store.calls(); reads != c.reads || commits != 0 {
			t.Errorf("%s: %d reads, %d commits", c.rule, reads, commits)
		}
	}
	// A session that has no record is revoked by its age as any other is.
	u = w.user(t)
	u.SessionsValidFrom, u.Version = w.now, u.Version+1
	w.put(t, u)
	if _, err := s.Authorize(t.Context(), signedIn(phone), account.Target{}); !errors.Is(err, account.ErrSessionRevoked) {
		t.Errorf("an old session: %v", err)
	}
	fresh := signedIn(phone)
	fresh.AuthTime = w.now.Add(time.Second).Unix()
	if _, err := s.Authorize(t.Context(), fresh, account.Target{}); err != nil {
		t.Errorf("a new one: %v", err)
	}
}

// Nobody is let in anywhere with leave to reach another account than the one
// that they were let into.
func TestScopesAreOfTheAccountInContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.join(t, account.Member)
	caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
	if err != nil {
		t.Fatal(err)
	}
	other := newTeam()
	other.ID = "another"
	caller.Organization, caller.Role, caller.User.ID = other, account.Owner, bob
	if s := caller.Scope(); s.AccountID() != ada || s.UserID() != ada {
		t.Errorf("the scope followed the caller to %s as %s", s.AccountID(), s.UserID())
	}
	none := newWorld(t, mode(account.OrganizationsOnly))
	none.enroll(t)
	if caller, err = none.Authorize(t.Context(), signedIn(laptop), account.Target{}); err != nil || !errors.Is(caller.Scope().Check(), account.ErrNoOrganization) {
		t.Errorf("without an account: %+v, %v", caller.Scope(), err)
	}
}
