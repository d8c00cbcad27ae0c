package dynamo_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"hearth/internal/account"
)

func asIs(*account.Config) {}

// twoOwners makes a team that ada and bob own.
func twoOwners(t *testing.T, w *town, trial int) string {
	t.Helper()
	id := w.team(t, fmt.Sprintf("team-%d", trial), "ada", "bob")
	w.promote(t, id, "ada", "bob", account.Owner)
	return id
}

// only fails the test if a rival was refused with another code than these.
func only(t *testing.T, errs []error, allowed ...*account.Error) {
	t.Helper()
	for _, err := range errs {
		if err != nil && !slices.ContainsFunc(allowed, func(a *account.Error) bool { return errors.Is(err, a) }) {
			t.Errorf("refused with %v", err)
		}
	}
}

// oneOwnerIsLeft: of two who give it up, one succeeds.
func oneOwnerIsLeft(t *testing.T, _ *town, o *account.Organization, errs []error) {
	t.Helper()
	if o.OwnerCount != 2-won(errs) {
		t.Errorf("%d succeeded, %d owners are left", won(errs), o.OwnerCount)
	}
	only(t, errs, account.ErrLastOwner, account.ErrForbidden, account.ErrNotFound, account.ErrConflict)
}

func TestRaceBothOwnersLeave(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := twoOwners(t, w, trial)
		return id, []func() error{
			func() error { return w.Leave(t.Context(), identity(w.n("ada"), "1"), id) },
			func() error { return w.Leave(t.Context(), identity(w.n("bob"), "1"), id) },
		}
	}, oneOwnerIsLeft)
}

func TestRaceBothOwnersDemoteThemselves(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := twoOwners(t, w, trial)
		demote := func(name string) func() error {
			return func() error {
				_, err := w.ChangeMemberRole(t.Context(), identity(w.n(name), "1"), id, idOf(w.n(name)), account.Member)
				return err
			}
		}
		return id, []func() error{demote("ada"), demote("bob")}
	}, oneOwnerIsLeft)
}

func TestRaceEachOwnerRemovesTheOther(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := twoOwners(t, w, trial)
		return id, []func() error{
			func() error { return w.RemoveMember(t.Context(), identity(w.n("ada"), "1"), id, idOf(w.n("bob"))) },
			func() error { return w.RemoveMember(t.Context(), identity(w.n("bob"), "1"), id, idOf(w.n("ada"))) },
		}
	}, oneOwnerIsLeft)
}

func TestRaceTransferWhileTheOtherDeletes(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := w.team(t, fmt.Sprintf("team-%d", trial), "ada", "bob", "eve")
		w.promote(t, id, "ada", "bob", account.Owner)
		return id, []func() error{
			func() error {
				_, err := w.TransferOwnership(t.Context(), identity(w.n("ada"), "1"), id, idOf(w.n("eve")))
				return err
			},
			func() error { return w.DeleteOrganization(t.Context(), identity(w.n("bob"), "1"), id) },
		}
	}, func(t *testing.T, _ *town, o *account.Organization, errs []error) {
		if closed := o == nil || o.Status == account.OrganizationClosing; closed != (errs[1] == nil) {
			t.Errorf("the organization is %+v", o)
		}
		only(t, errs, account.ErrNotFound, account.ErrConflict)
	})
}

func TestRaceAcceptWhileTheOrganizationIsDeleted(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := w.team(t, fmt.Sprintf("team-%d", trial), "ada")
		invitation := w.invited(t, id, "ada", "guest", account.Member)
		guest := identity(w.n("guest"), "1")
		return id, []func() error{
			func() error { _, err := w.Accept(t.Context(), guest, invitation.PublicID()); return err },
			func() error { return w.DeleteOrganization(t.Context(), identity(w.n("ada"), "1"), id) },
		}
	}, func(t *testing.T, w *town, o *account.Organization, errs []error) {
		only(t, errs, account.ErrNotFound, account.ErrConflict)
		if errs[1] != nil {
			return
		}
		// However far the guest got, the purge leaves nothing behind.
		for range 20 {
			if done, err := w.Purge(t.Context(), o.ID); err != nil || done {
				if err != nil {
					t.Error(err)
				}
				break
			}
		}
		left, err := w.store.Read(t.Context(), account.OrganizationKey(o.ID), account.SlugKey(o.Slug))
		members, _, listErr := w.store.Members(t.Context(), o.ID, "", "", 10)
		if err != nil || listErr != nil || len(left) != 0 || len(members) != 0 {
			t.Errorf("left behind: %v, %v, %v, %v", left, members, err, listErr)
		}
	})
}

func TestRaceOneInvitationAcceptedByTwoSessions(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := w.team(t, fmt.Sprintf("team-%d", trial), "ada")
		invitation := w.invited(t, id, "ada", "bob", account.Admin)
		accept := func(session string) func() error {
			return func() error {
				_, err := w.Accept(t.Context(), identity(w.n("bob"), session), invitation.PublicID())
				return err
			}
		}
		return id, []func() error{accept("1"), accept("2")}
	}, func(t *testing.T, _ *town, o *account.Organization, errs []error) {
		if won(errs) != 1 && o.MemberCount != 1 || o.MemberCount != 1+won(errs) || won(errs) > 1 {
			t.Errorf("%d accepted, %d members", won(errs), o.MemberCount)
		}
		only(t, errs, account.ErrAlreadyMember, account.ErrInvitationNotPending, account.ErrConflict)
	})
}

func TestRaceOneAddressInvitedTwice(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := twoOwners(t, w, trial)
		invite := func(name, address string) func() error {
			return func() error {
				_, _, err := w.Invite(t.Context(), identity(w.n(name), "1"), id, address, account.Member, account.Repeat{})
				return err
			}
		}
		return id, []func() error{invite("ada", w.n("Guest")+"@example.com"), invite("bob", w.n("guest")+"@EXAMPLE.com")}
	}, func(t *testing.T, _ *town, o *account.Organization, errs []error) {
		if o.SeatsUsed != 2+won(errs) || won(errs) > 1 {
			t.Errorf("%d invited, %d seats", won(errs), o.SeatsUsed)
		}
		only(t, errs, account.ErrAlreadyInvited, account.ErrConflict)
	})
}

func TestRaceOneSlugTwice(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		first := w.team(t, fmt.Sprintf("team-%d", trial), "ada")
		second := w.team(t, fmt.Sprintf("other-%d", trial), "bob")
		slug := fmt.Sprintf("wanted-%d", trial)
		take := func(name, id string) func() error {
			return func() error {
				_, err := w.UpdateOrganization(t.Context(), identity(w.n(name), "1"), id, account.EditOrganization{Slug: &slug},
					func(account.Account) error { return nil })
				return err
			}
		}
		return first, []func() error{take("ada", first), take("bob", second)}
	}, func(t *testing.T, _ *town, _ *account.Organization, errs []error) {
		if won(errs) > 1 {
			t.Error("both have the slug")
		}
		only(t, errs, account.ErrSlugTaken, account.ErrConflict)
	})
}

func TestRaceTheLastSeatTwice(t *testing.T) {
	t.Parallel()
	race(t, func(c *account.Config) { c.SeatLimit = 3 }, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := twoOwners(t, w, trial)
		invite := func(name, guest string) func() error {
			return func() error {
				_, _, err := w.Invite(t.Context(), identity(w.n(name), "1"), id, addressOf(w.n(guest)), account.Member, account.Repeat{})
				return err
			}
		}
		return id, []func() error{invite("ada", "eve"), invite("bob", "kim")}
	}, func(t *testing.T, _ *town, o *account.Organization, errs []error) {
		if o.SeatsUsed > 3 || o.SeatsUsed != 2+won(errs) {
			t.Errorf("%d invited, %d of 3 seats", won(errs), o.SeatsUsed)
		}
		only(t, errs, account.ErrSeatLimit, account.ErrConflict)
	})
}

func TestRaceAnAdminIsPromotedWhileRemoved(t *testing.T) {
	t.Parallel()
	race(t, asIs, func(t *testing.T, w *town, trial int) (string, []func() error) {
		id := w.team(t, fmt.Sprintf("team-%d", trial), "ada", "bob", "eve")
		w.promote(t, id, "ada", "bob", account.Owner)
		w.promote(t, id, "ada", "eve", account.Admin)
		return id, []func() error{
			func() error {
				_, err := w.ChangeMemberRole(t.Context(), identity(w.n("ada"), "1"), id, idOf(w.n("eve")), account.Owner)
				return err
			},
			func() error { return w.RemoveMember(t.Context(), identity(w.n("bob"), "1"), id, idOf(w.n("eve"))) },
		}
	}, func(t *testing.T, _ *town, o *account.Organization, errs []error) {
		if errs[1] == nil && o.MemberCount != 2 || errs[1] != nil && o.MemberCount != 3 {
			t.Errorf("removed: %v, members: %d", errs[1] == nil, o.MemberCount)
		}
		only(t, errs, account.ErrNotFound, account.ErrConflict)
	})
}
