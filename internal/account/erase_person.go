package account

import (
	"context"
	"time"
)

// erasePersonal ends the personal organization: what is left is a record that
// nobody can enter and that keeps the id, or none, as configured.
func (s *Service) erasePersonal(ctx context.Context, e *erasure) (acted bool, err error) {
	records, err := s.store.Read(ctx, OrganizationKey(e.UserID), MembershipKey(e.UserID, e.UserID))
	if err != nil {
		return false, err
	}
	o, m := records.Organization(e.UserID), records.Membership(e.UserID, e.UserID)
	change := s.chunk(e, Erased{})
	if m != nil {
		change.remove(m)
	}
	switch {
	case o == nil || o.Status == OrganizationPreserved:
	case s.config.PersonalOrganization == ErasePersonal:
		entries, _, err := s.store.AuditLog(ctx, e.UserID, "", purgeEntries)
		if err != nil {
			return false, err
		}
		for _, entry := range entries {
			change.remove(entry)
		}
		if len(entries) == 0 {
			change.remove(o)
		}
	default:
		none, preserved := "", OrganizationPreserved
		change.Premises = append(change.Premises, VersionIs{Of: o.Key(), Version: o.Version})
		change.Updates = append(change.Updates, ChangeOrganization{
			OrganizationID: o.ID, Name: &none, Slug: &none, ImageKey: &none, Status: &preserved,
			Members: -o.MemberCount, Owners: -o.OwnerCount, Seats: -o.SeatsUsed, UpdatedAt: s.clock(),
		})
	}
	if len(change.Deletes) == 0 && len(change.Updates) == 1 {
		return false, nil
	}
	return true, s.commit(ctx, change)
}

// MailDeletionAccepted tells somebody that the deletion of their account has
// begun. The table's stream calls it when it sees the deletion.
func (s *Service) MailDeletionAccepted(ctx context.Context, userID string) error {
	records, err := s.store.Read(ctx, DeletionKey(userID), UserKey(userID))
	if err != nil {
		return err
	}
	d, u := records.Deletion(userID), records.User(userID)
	if d == nil || d.Status == DeletionCompleted || u == nil || u.Email == "" {
		return nil
	}
	return s.mailer.SendDeletionAccepted(ctx, d.mail(u))
}

func (d *Deletion) mail(u *User) DeletionMail {
	return DeletionMail{To: u.Email, DeletionID: d.ID, GraceEndsAt: d.GraceEndsAt, Language: u.Preferences.Language}
}

// mailCompleted sends the last mail, while the address is still there. A mail
// that nobody takes holds the deletion up for a day, not for ever.
func (s *Service) mailCompleted(ctx context.Context, e *erasure) (acted bool, err error) {
	if e.user == nil || e.user.Email == "" {
		return false, nil
	}
	began := e.AcceptedAt
	if !e.GraceEndsAt.IsZero() {
		began = e.GraceEndsAt
	}
	err = s.mailer.SendDeletionCompleted(ctx, e.mail(e.user))
	if err != nil && s.clock().Sub(began) < mailPatience {
		return false, err
	}
	e.Stage = StageUser // the next one: sent once, unless killed here
	return true, s.commit(ctx, s.chunk(e, Erased{}))
}

// eraseUser removes the user with the address items that lead to them. An
// invitation that came meanwhile, or that a list did not show in time, goes
// first: without the user nobody knows the addresses. So does a picture.
func (s *Service) eraseUser(ctx context.Context, e *erasure) (acted bool, err error) {
	if e.user == nil {
		return false, nil
	}
	for _, left := range []func(context.Context, *erasure) (bool, error){s.eraseMemberships, s.eraseInvitations, s.eraseRecords, s.eraseImage} {
		if acted, err := left(ctx, e); err != nil || acted {
			return acted, err
		}
	}
	var keys []Key
	for _, email := range e.addresses() {
		keys = append(keys, AddressKey(email))
	}
	records, err := s.store.Read(ctx, keys...)
	if err != nil {
		return false, err
	}
	e.Stage = StageProvider
	var own []Record
	for _, k := range keys {
		// An address that somebody else has by now is theirs.
		if a, ok := records[k].(*Address); ok && a.UserID == e.UserID {
			own = append(own, a)
		}
	}
	change := s.chunk(e, Erased{Users: 1, Addresses: len(own)})
	for _, r := range append(own, e.user) {
		change.remove(r)
	}
	return true, s.commit(ctx, change)
}

// eraseAtProvider removes the user of the identity provider, and then ends the
// deletion: the certificate is written, and of the deletion a marker is left.
func (s *Service) eraseAtProvider(ctx context.Context, e *erasure) (acted bool, err error) {
	if err := s.remover.DeleteUser(ctx, e.Username); err != nil {
		return false, err
	}
	certificate, err := s.certify(ctx, e.Deletion)
	if err != nil {
		return false, err
	}
	marker := &Deletion{
		UserID: e.UserID, ID: e.ID, Status: DeletionCompleted,
		ExpiresAt: certificate.CompletedAt.Add(s.sessionValidity).Truncate(time.Second), Version: e.Version + 1,
	}
	return false, s.commit(ctx, Change{
		Premises: []Premise{VersionIs{Of: e.Key(), Version: e.Version}, IsAbsent{Of: certificate.Key()}},
		Puts:     []Record{marker, certificate},
	})
}
