package account

import (
	"cmp"
	"context"
	"time"
)

// erasePersonal ends the personal organization: what is left is a record that
// nobody can enter and that keeps the id, or none, as the preview said.
func (s *Service) erasePersonal(ctx context.Context, e *erasure) (acted bool, err error) {
	if acted, err = s.eraseEntries(ctx, e); err != nil || acted {
		return acted, err
	}
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
	case s.personalPolicy(e.Deletion) == ErasePersonal:
		change.remove(o)
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

// personalPolicy is what becomes of the personal organization. Deletions that
// began before they kept it go by the configuration.
func (s *Service) personalPolicy(d *Deletion) string {
	return cmp.Or(d.PersonalOrganization, s.config.PersonalOrganization)
}

// eraseEntries removes a chunk of the personal audit log where nothing stays of
// the personal organization.
func (s *Service) eraseEntries(ctx context.Context, e *erasure) (acted bool, err error) {
	if s.personalPolicy(e.Deletion) != ErasePersonal {
		return false, nil
	}
	entries, _, err := s.store.AuditLog(ctx, e.UserID, "", purgeEntries)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	change := s.chunk(e, Erased{})
	for _, entry := range entries {
		change.remove(entry)
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
	if d == nil || d.Status == DeletionCompleted || u == nil {
		return nil
	}
	if theirs, err := s.mailsReach(ctx, u); err != nil || !theirs {
		return err
	}
	return s.mailer.SendDeletionAccepted(ctx, d.mail(u))
}

// mailsReach reports whether mails to a user's address reach them, as far as can
// be told: who deleted themselves at the identity provider can be back there as
// another user, whose address it is then.
func (s *Service) mailsReach(ctx context.Context, u *User) (bool, error) {
	if u.Email == "" {
		return false, nil
	}
	records, err := s.store.Read(ctx, AddressKey(u.Email))
	address := records.Address(u.Email)
	return address == nil || address.UserID == u.ID, err
}

func (d *Deletion) mail(u *User) DeletionMail {
	return DeletionMail{To: u.Email, DeletionID: d.ID, GraceEndsAt: d.GraceEndsAt, Language: u.Preferences.Language}
}

// mailCompleted sends the last mail, while the address is still there. A mail
// that nobody takes holds the deletion up for a day, not for ever.
func (s *Service) mailCompleted(ctx context.Context, e *erasure) (acted bool, err error) {
	if e.user == nil {
		return false, nil
	}
	if theirs, err := s.mailsReach(ctx, e.user); err != nil || !theirs {
		return false, err
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

// eraseUser removes the user with the address items that lead to them. What came
// meanwhile, or a list did not show in time, goes first: without the user nobody
// knows the addresses.
func (s *Service) eraseUser(ctx context.Context, e *erasure) (acted bool, err error) {
	if e.user == nil {
		return false, nil
	}
	for _, left := range []func(context.Context, *erasure) (bool, error){
		s.eraseMemberships, s.eraseInvitations, s.eraseRecords, s.eraseImage, s.eraseEntries,
	} {
		if acted, err := left(ctx, e); err != nil || acted {
			return acted, err
		}
	}
	emails := addressesOf(*e.user)
	records, err := s.heldAddresses(ctx, emails)
	if err != nil {
		return false, err
	}
	var own []Record
	for _, email := range emails {
		// An address that somebody else has by now is theirs.
		if a := records.Address(email); a != nil && a.UserID == e.UserID && len(own) < recordChunk {
			own = append(own, a)
		}
	}
	erased := Erased{Addresses: len(own)}
	if len(own) < recordChunk { // else there may be more
		e.Stage, erased.Users = StageProvider, 1
		own = append(own, e.user)
	}
	change := s.chunk(e, erased)
	for _, r := range own {
		change.remove(r)
	}
	return true, s.commit(ctx, change)
}

// eraseAtProvider removes the user of the identity provider, and then ends the
// deletion: the certificate is written, and of the deletion a marker is left.
func (s *Service) eraseAtProvider(ctx context.Context, e *erasure) (acted bool, err error) {
	if err := s.remover.DeleteUser(ctx, e.UserID, e.Username); err != nil {
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
