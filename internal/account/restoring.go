package account

import (
	"context"
	"errors"
	"time"
)

// RestoreUser ends a deletion within its grace period: the user is active again,
// with a new sign-in, the teams that went with them are open, and ownership that
// was given up is theirs again wherever nobody changed the role meanwhile. Who
// was disabled before the deletion is disabled again, their teams suspended. It
// fails with ErrNotFound where there is no deletion, and with ErrConflict where
// it is too late.
func (s *Service) RestoreUser(ctx context.Context, userID string) error {
	return s.restoreUser(ctx, userID, "")
}

// restoreUser is RestoreUser, noted as what an operator did if it is not empty.
func (s *Service) restoreUser(ctx context.Context, userID string, noted AuditAction) error {
	var failed *PremiseError
	for range decideTries {
		d, err := s.FindDeletion(ctx, userID)
		if err != nil {
			return err
		}
		if d.Status != DeletionPending || !s.clock().Before(d.GraceEndsAt) {
			return ErrConflict.Because(errors.New("the grace period is over"))
		}
		change, err := s.restore(ctx, d, noted)
		if err != nil {
			return err
		}
		if err = s.commit(ctx, change); err == nil || !errors.As(err, &failed) {
			return err
		}
	}
	return ErrConflict.Because(failed)
}

// restore is the change that brings a user back with what is still there.
func (s *Service) restore(ctx context.Context, d *Deletion, noted AuditAction) (Change, error) {
	keys := []Key{OrganizationKey(d.UserID)}
	for _, id := range d.Closed {
		keys = append(keys, OrganizationKey(id))
	}
	for _, id := range d.GivenUp {
		keys = append(keys, OrganizationKey(id), MembershipKey(d.UserID, id))
	}
	records, err := s.store.Read(ctx, keys...)
	if err != nil {
		return Change{}, err
	}
	now, on, open := s.clock(), UserActive, OrganizationActive
	if d.Disabled {
		on, open = UserInactive, OrganizationSuspended
	}
	none, from := "", now.Truncate(time.Second)
	change := Change{
		Premises: []Premise{VersionIs{Of: d.Key(), Version: d.Version}},
		Updates:  []Update{ChangeUser{UserID: d.UserID, Status: &on, Accounts: 1, SessionsValidFrom: &from, KeptSession: &none, UpdatedAt: now}},
		Deletes:  []Key{d.Key()},
	}
	for _, id := range d.Closed {
		// One whose purge was quicker, by a clock that is ahead, has no member left.
		if o := records.Organization(id); o != nil && o.Status == OrganizationClosing && o.MemberCount > 0 {
			change.Premises = append(change.Premises, VersionIs{Of: o.Key(), Version: o.Version})
			change.Updates = append(change.Updates, ChangeOrganization{
				OrganizationID: id, Status: &open, DueAt: &time.Time{}, PurgeAfter: &time.Time{}, UpdatedAt: now,
			})
		}
	}
	for _, id := range d.GivenUp {
		o, m := records.Organization(id), records.Membership(d.UserID, id)
		if o == nil || o.Status != OrganizationActive || m == nil || m.Role != Admin || d.Disabled { // nobody who is off owns
			continue
		}
		change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: id}, isStill(m))
		change.Updates = append(change.Updates,
			ChangeOrganization{OrganizationID: id, Owners: 1, UpdatedAt: now},
			ChangeRole{UserID: d.UserID, OrganizationID: id, Role: Owner})
	}
	if noted != "" {
		s.noteOrder(&change, records.Organization(d.UserID), noted)
	}
	return change, nil
}
