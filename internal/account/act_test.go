package account_test

import (
	"errors"
	"testing"

	"hearth/internal/account"
)

// changeRole has somebody else give a member of the team a role, between what
// a test's service reads and what it commits.
func (w *world) changeRole(t *testing.T, userID string, role account.Role) {
	t.Helper()
	if err := w.store.Model.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeRole{UserID: userID, OrganizationID: team, Role: role},
	}}); err != nil {
		t.Fatal(err)
	}
}

// What others change between the decision and its commit is decided again. Who
// may do it in every role that was read, and yet never gets to, met contention
// and no rule: the answer is conflict, not forbidden.
func TestWhatIsDecidedOnARoleThatChanges(t *testing.T) {
	t.Parallel()
	memberOrAdmin := func(n int) account.Role { return []account.Role{account.Member, account.Admin}[n%2] }
	leave := func(t *testing.T, w *world) error { return w.Leave(t.Context(), signedIn(laptop), team) }
	removeBob := func(t *testing.T, w *world) error { return w.RemoveMember(t.Context(), signedIn(laptop), team, bob) }
	// Five commits would be one more than a decision is made again.
	const endless = 5
	for name, test := range map[string]struct {
		do      func(*testing.T, *world) error
		role    account.Role // of ada, at first
		who     string       // whose role is changed
		times   int          // before so many commits
		change  func(n int) account.Role
		want    error
		commits int
	}{
		"leave, and nobody is in the way":      {leave, account.Member, ada, 0, nil, nil, 1},
		"leave, and get another role once":     {leave, account.Member, ada, 1, memberOrAdmin, nil, 2},
		"leave, and get another three times":   {leave, account.Member, ada, 3, memberOrAdmin, nil, 4},
		"leave, and get another without end":   {leave, account.Member, ada, endless, memberOrAdmin, account.ErrConflict, 4},
		"remove whose role changes once":       {removeBob, account.Admin, bob, 1, memberOrAdmin, nil, 2},
		"remove whose role changes endlessly":  {removeBob, account.Admin, bob, endless, memberOrAdmin, account.ErrConflict, 4},
		"remove, and be no administrator more": {removeBob, account.Admin, ada, 1, func(int) account.Role { return account.Member }, account.ErrForbidden, 1},
		"remove who becomes an owner":          {removeBob, account.Admin, bob, 1, func(int) account.Role { return account.Owner }, account.ErrForbidden, 1},
		"leave, and become the last owner":     {leave, account.Member, ada, 1, func(int) account.Role { return account.Owner }, account.ErrLastOwner, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.enroll(t)
			w.join(t, test.role)
			w.put(t,
				&account.User{ID: bob, Username: bob, Name: "Bob", Status: account.UserActive, TeamCount: 1, Version: 1},
				&account.Membership{UserID: bob, OrganizationID: team, Role: account.Member, UserName: "Bob", Version: 1})
			w.store.onCommit = func(n int) error {
				if n <= test.times {
					w.changeRole(t, test.who, test.change(n))
				}
				return nil
			}
			err := test.do(t, w)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if _, commits := w.store.calls(); commits != test.commits {
				t.Errorf("%d commits, want %d", commits, test.commits)
			}
			all := w.store.All()
			left := newTeam().MemberCount - all.Organization(team).MemberCount
			if gone := all.Membership(ada, team) == nil || all.Membership(bob, team) == nil; gone != (test.want == nil) || (left == 1) != gone {
				t.Errorf("gone: %t, counted out: %d", gone, left)
			}
		})
	}
}
