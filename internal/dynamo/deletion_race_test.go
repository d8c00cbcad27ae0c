package dynamo_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"hearth/internal/account"
)

// leavingRivals are what goes on while somebody deletes their account: each
// makes a team that the leaver owns together with bob, unless it says otherwise,
// and returns it with what the rival does.
var leavingRivals = map[string]func(t *testing.T, w *town, trial int) (organizationID string, rival func() error){
	"they accept an invitation": func(t *testing.T, w *town, trial int) (string, func() error) {
		id := w.team(t, fmt.Sprintf("team-%d", trial), "bob")
		invitation := w.invited(t, id, "bob", leaver, account.Admin)
		return id, func() error {
			_, err := w.Accept(t.Context(), identity(w.n(leaver), "1"), invitation.PublicID())
			return err
		}
	},
	"somebody joins the team that goes with them": func(t *testing.T, w *town, trial int) (string, func() error) {
		id := w.team(t, fmt.Sprintf("team-%d", trial), leaver)
		invitation := w.invited(t, id, leaver, "guest", account.Member)
		return id, func() error {
			_, err := w.Accept(t.Context(), identity(w.n("guest"), "1"), invitation.PublicID())
			return err
		}
	},
	"they are made the only owner": func(t *testing.T, w *town, trial int) (string, func() error) {
		id := w.team(t, fmt.Sprintf("team-%d", trial), "bob", leaver)
		return id, func() error {
			_, err := w.TransferOwnership(t.Context(), identity(w.n("bob"), "1"), id, idOf(w.n(leaver)))
			return err
		}
	},
	"they leave": shared(func(t *testing.T, w *town, id string) error {
		return w.Leave(t.Context(), identity(w.n(leaver), "1"), id)
	}),
	"the other owner leaves": shared(func(t *testing.T, w *town, id string) error {
		return w.Leave(t.Context(), identity(w.n("bob"), "1"), id)
	}),
	"the other owner becomes a member": shared(func(t *testing.T, w *town, id string) error {
		_, err := w.ChangeMemberRole(t.Context(), identity(w.n("bob"), "1"), id, idOf(w.n("bob")), account.Member)
		return err
	}),
	"their role is changed": shared(func(t *testing.T, w *town, id string) error {
		_, err := w.ChangeMemberRole(t.Context(), identity(w.n("bob"), "1"), id, idOf(w.n(leaver)), account.Member)
		return err
	}),
	"they are removed": shared(func(t *testing.T, w *town, id string) error {
		return w.RemoveMember(t.Context(), identity(w.n("bob"), "1"), id, idOf(w.n(leaver)))
	}),
	"the team is deleted": shared(func(t *testing.T, w *town, id string) error {
		return w.DeleteOrganization(t.Context(), identity(w.n("bob"), "1"), id)
	}),
	"the other owner deletes their account, too": shared(func(t *testing.T, w *town, _ string) error {
		return leaving(w).delete(t.Context(), w.n("bob"))
	}),
	"they sign in": shared(func(t *testing.T, w *town, _ string) error {
		_, err := w.Authorize(t.Context(), identity(w.n(leaver), "2"), account.Target{})
		return err
	}),
	"they invite somebody": shared(func(t *testing.T, w *town, id string) error {
		_, _, err := w.Invite(t.Context(), identity(w.n(leaver), "1"), id, addressOf(w.n("guest")), account.Member, account.Repeat{})
		return err
	}),
	"they are invited": shared(func(t *testing.T, w *town, _ string) error {
		bob := identity(w.n("bob"), "1")
		c, err := w.Authorize(t.Context(), bob, account.Target{})
		if err != nil {
			return err
		}
		made, err := w.CreateOrganization(t.Context(), bob, c, account.NewOrganization{Name: "Second"}, account.Repeat{})
		if err != nil {
			return err
		}
		_, _, err = w.Invite(t.Context(), bob, made.Organization.ID, addressOf(w.n(leaver)), account.Member, account.Repeat{})
		return err
	}),
	"the trigger comes again": shared(func(t *testing.T, w *town, _ string) error {
		person, _ := tokens{}.Person(t.Context(), w.n(leaver))
		_, err := w.Enroll(t.Context(), person)
		return err
	}),
	"they confirm twice": shared(func(t *testing.T, w *town, _ string) error {
		return leaving(w).delete(t.Context(), w.n(leaver))
	}),
}

// shared is a rival in a team that the leaver owns together with bob.
func shared(rival func(t *testing.T, w *town, organizationID string) error) func(*testing.T, *town, int) (string, func() error) {
	return func(t *testing.T, w *town, trial int) (string, func() error) {
		t.Helper()
		id := w.team(t, fmt.Sprintf("team-%d", trial), "bob", leaver)
		w.promote(t, id, "bob", leaver, account.Owner)
		return id, func() error { return rival(t, w, id) }
	}
}

// Whatever goes on while somebody deletes their account: the team keeps an
// active owner and its counters, at once and when the worker is through, two of
// whom are at it at the same time; and then nothing of the person is left. Where
// the deletion was refused, they are still there.
func TestRacesOfADeletion(t *testing.T) {
	t.Parallel()
	for name, rival := range leavingRivals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
				l := leaving(w)
				id, other := rival(t, w, trial)
				l.users[idOf(w.n(leaver))] = true
				return id, []func() error{func() error { return l.delete(t.Context(), w.n(leaver)) }, other}
			}, func(t *testing.T, w *town, o *account.Organization, errs []error) {
				l := leaving(w)
				only(t, errs, account.ErrDeletionChanged, account.ErrDeletionBlocked, account.ErrUserInactive, account.ErrNotFound,
					account.ErrForbidden, account.ErrLastOwner, account.ErrConflict, account.ErrInvitationNotPending)
				if _, err := w.FindDeletion(t.Context(), idOf(w.n(leaver))); errors.Is(err, account.ErrNotFound) {
					if _, err := w.Authorize(t.Context(), identity(w.n(leaver), "1"), account.Target{}); err != nil || errs[0] == nil {
						t.Errorf("who is not deleted: %v", err)
					}
					return
				}
				l.eraseByTwo(t, w.n(leaver))
				if o != nil {
					w.check(t, o.ID)
				}
				l.expectNoTrace(t, w.n(leaver))
			})
		})
	}
}

// eraseByTwo runs a deletion to its end by two workers at once.
func (w *leavingTown) eraseByTwo(t *testing.T, name string) {
	t.Helper()
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if err := w.erase(t.Context(), name); err != nil && !errors.Is(err, account.ErrConflict) {
				t.Errorf("a worker: %v", err)
			}
		})
	}
	group.Wait()
	if err := w.erase(t.Context(), name); err != nil {
		t.Error(err)
	}
}
