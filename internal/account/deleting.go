package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// AccountDeleted is noted in the audit log of the personal organization.
const AccountDeleted AuditAction = "account.deleted"

// DeleteAccount ends the caller's access at once and for good, unless a grace
// period is configured; what is held on them is erased in the background. digest
// is that of the preview which the caller saw, confirmation their own e-mail
// address as they typed it.
//
// It fails as Authorize does, with ErrReauthenticate, CodeInvalidRequest on
// /confirmation, ErrDeletionChanged where the digest does not describe the
// account any more, and ErrDeletionBlocked with the blockers.
func (s *Service) DeleteAccount(ctx context.Context, id Identity, digest, confirmation string) (*Deletion, error) {
	return s.deciding(func() (*Deletion, error) {
		u, err := s.leaver(ctx, id)
		if err != nil {
			return nil, err
		}
		switch {
		case s.clock().Sub(time.Unix(id.AuthTime, 0)) > FreshSignIn:
			return nil, ErrReauthenticate
		case FoldAddress(strings.TrimSpace(confirmation)) != FoldAddress(u.Email):
			return nil, Invalid("/confirmation", FieldIncorrect)
		}
		h, err := s.deletable(ctx, u, &digest)
		if err != nil {
			return nil, err
		}
		return s.accept(ctx, h, digest, "", UserIsActive{UserID: id.UserID})
	})
}

// leaver is the caller as the identity provider has them at this moment: the
// address that they may have changed there is asked for, and erased, too. Whom
// the provider does not know any more by the token, which is good here until it
// expires, is as the table has them. It fails as Authorize does, and with ErrConflict.
func (s *Service) leaver(ctx context.Context, id Identity) (User, error) {
	caller, _, err := s.admitWith(ctx, id)
	if err != nil {
		return User{}, err
	}
	person, err := s.pool.Person(ctx, caller.token)
	switch {
	case errors.Is(err, ErrUnauthenticated):
		return caller.User, nil
	case err != nil:
		return User{}, err
	}
	return s.repair(ctx, caller.User, person)
}

// StartDeletion deletes the account of a user for an operator, or of one who
// vanished from the identity provider: under the same policies, with no preview
// to hold it to. Whether the user is active does not matter. A deletion that has
// begun is returned as it is. It fails with ErrNotFound where there is no such
// user, and with ErrDeletionBlocked.
func (s *Service) StartDeletion(ctx context.Context, userID string) (*Deletion, error) {
	return s.startDeletion(ctx, userID, "")
}

// startDeletion is StartDeletion, noted as what an operator did if it is not
// empty. One that had begun is nobody's doing now, and is not noted.
func (s *Service) startDeletion(ctx context.Context, userID string, noted AuditAction) (*Deletion, error) {
	return s.deciding(func() (*Deletion, error) {
		records, err := s.store.Read(ctx, UserKey(userID), DeletionKey(userID))
		if err != nil {
			return nil, err
		}
		if d := records.Deletion(userID); d != nil {
			return d, nil
		}
		u := records.User(userID)
		if u == nil {
			return nil, ErrNotFound
		}
		h, err := s.deletable(ctx, *u, nil)
		if err != nil {
			return nil, err
		}
		return s.accept(ctx, h, "", noted)
	})
}

// deciding decides again while a premise of what was decided does not hold any
// more.
func (s *Service) deciding(decide func() (*Deletion, error)) (*Deletion, error) {
	var failed *PremiseError
	for range decideTries {
		d, err := decide()
		if err == nil || !errors.As(err, &failed) {
			return d, err
		}
	}
	return nil, failed.Failed[0].Failure().Because(failed)
}

// deletable reads what a user has, and fails with ErrDeletionChanged unless it is
// as the digest has it that somebody saw (nil for nobody), and with
// ErrDeletionBlocked.
func (s *Service) deletable(ctx context.Context, u User, digest *string) (holdings, error) {
	h, err := s.holdings(ctx, u)
	if err != nil {
		return holdings{}, err
	}
	preview, failures := s.preview(ctx, h)
	switch {
	case digest != nil && *digest != preview.Digest:
		return holdings{}, ErrDeletionChanged
	case len(preview.Blockers) > 0:
		blocked := *ErrDeletionBlocked
		blocked.Blockers = preview.Blockers
		return holdings{}, blocked.Because(failures)
	}
	return h, nil
}

// accept begins a deletion in one transaction: the user is off, shared teams
// lose that owner and go on, teams with no other member close. Its premises are
// all that the decision rests on; digest is empty where nobody saw a preview,
// noted where no operator does it.
func (s *Service) accept(ctx context.Context, h holdings, digest string, noted AuditAction, also ...Premise) (*Deletion, error) {
	now, off := s.clock(), UserInactive
	d := &Deletion{
		UserID: h.user.ID, ID: s.newID(), Status: DeletionRunning, Digest: digest, Stage: StageMemberships,
		Disabled: h.user.Status != UserActive, PersonalOrganization: s.config.PersonalOrganization, Username: h.user.Username,
		AcceptedAt: now, DueAt: now.Add(purgeRedrive), Version: 1,
	}
	if d.Username == "" {
		d.Username = h.user.ID
	}
	if s.config.GraceDays > 0 {
		d.Status, d.GraceEndsAt = DeletionPending, now.AddDate(0, 0, s.config.GraceDays).Truncate(time.Second)
		d.DueAt = d.GraceEndsAt
	}
	change := Change{
		Premises: append(slices.Clone(also),
			AccountsVersionIs{UserID: h.user.ID, Version: h.user.AccountsVersion},
			IsAbsent{Of: d.Key(), Else: ErrUserInactive}),
		Puts: []Record{d},
		// Ownership is given up, so that it counts as a change of accounts.
		Updates: []Update{ChangeUser{UserID: h.user.ID, Status: &off, Accounts: 1, UpdatedAt: now}},
	}
	if h.personal != nil {
		change.Premises = append(change.Premises, NoSubscription{OrganizationID: h.user.ID})
	}
	for _, o := range h.owned {
		if solo(o) {
			d.Closed = append(d.Closed, o.ID)
			s.closeWithOwner(&change, o, d)
		} else {
			d.GivenUp = append(d.GivenUp, o.ID)
			s.giveUp(&change, o, d)
		}
	}
	d.Erased = Erased{Memberships: h.teams, Organizations: len(d.Closed)}
	if digest != "" {
		s.audit(&change, h.user.ID, h.user.ID, AccountDeleted, h.user.ID, "")
	}
	if noted != "" {
		s.noteOrder(&change, h.personal, noted)
	}
	if err := s.commit(ctx, change); err != nil {
		return nil, err
	}
	return d, nil
}

// closeWithOwner adds to a change that a team with one member closes.
func (s *Service) closeWithOwner(change *Change, o *Organization, d *Deletion) {
	closing, due := OrganizationClosing, d.DueAt
	closes := ChangeOrganization{OrganizationID: o.ID, Status: &closing, DueAt: &due, UpdatedAt: d.AcceptedAt}
	if !d.GraceEndsAt.IsZero() {
		closes.PurgeAfter = &d.GraceEndsAt
	}
	change.Premises = append(change.Premises, MembersAre{OrganizationID: o.ID, Count: 1}, NoSubscription{OrganizationID: o.ID})
	if o.Status == OrganizationActive { // its owner may be deleting it by itself
		change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: o.ID})
	}
	change.Updates = append(change.Updates, closes)
}

// giveUp adds to a change that a team goes on without one of its owners.
func (s *Service) giveUp(change *Change, o *Organization, d *Deletion) {
	change.Premises = append(change.Premises, OwnersMoreThan{OrganizationID: o.ID, Count: 1})
	change.Updates = append(change.Updates,
		ChangeOrganization{OrganizationID: o.ID, Owners: -1, UpdatedAt: d.AcceptedAt},
		ChangeRole{UserID: d.UserID, OrganizationID: o.ID, Role: Admin})
}

// FindDeletion returns a user's deletion, pending, running or completed, or
// ErrNotFound.
func (s *Service) FindDeletion(ctx context.Context, userID string) (*Deletion, error) {
	records, err := s.store.Read(ctx, DeletionKey(userID))
	if err != nil {
		return nil, err
	}
	if d := records.Deletion(userID); d != nil {
		return d, nil
	}
	return nil, ErrNotFound
}
