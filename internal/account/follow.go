package account

import "context"

// FollowUser brings the copies of a user's name, e-mail and image, on their
// memberships and in the name of their personal organization, up to the user.
// The table's stream calls it after a change; called again, or late, it does
// no harm: each copy is written on condition that the user is still as read.
func (s *Service) FollowUser(ctx context.Context, userID string) error {
	records, err := s.store.Read(ctx, UserKey(userID), OrganizationKey(userID))
	if err != nil {
		return err
	}
	user := records.User(userID)
	if user == nil || user.Status != UserActive {
		return nil // a deletion erases the copies itself
	}
	asRead := VersionIs{Of: user.Key(), Version: user.Version}
	name := PersonalName(user.Name)
	if personal := records.Organization(userID); personal != nil && personal.Name != name {
		done, err := s.follow(ctx, asRead, ChangeOrganization{OrganizationID: userID, Name: &name, UpdatedAt: s.clock()})
		if err != nil || done {
			return err
		}
	}
	for after := ""; ; {
		page, next, err := s.store.Memberships(ctx, userID, after, MaxRead)
		if err != nil {
			return err
		}
		for _, m := range page {
			if m.UserName == user.Name && m.UserEmail == user.Email && m.UserImageKey == user.ImageKey {
				continue
			}
			done, err := s.follow(ctx, asRead, ChangeMembership{
				UserID: userID, OrganizationID: m.OrganizationID,
				UserName: user.Name, UserEmail: user.Email, UserImageKey: user.ImageKey, UserVersion: user.Version,
			})
			if err != nil || done {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// follow writes one copy. It reports done when the user changed again since:
// then a later record of the stream brings the later copies. A copy that is
// gone needs none.
func (s *Service) follow(ctx context.Context, asRead Premise, u Update) (done bool, err error) {
	err = s.commit(ctx, Change{Premises: []Premise{asRead}, Updates: []Update{u}})
	switch {
	case premiseFailed(err, asRead.Key()):
		return true, nil
	case premiseFailed(err, u.Key()):
		return false, nil
	}
	return false, err
}

// FollowImage settles the pictures of a user or an organization whose image
// changed: the new one stays, the old one goes. The table's stream calls it;
// what the record says now decides, so that a late or repeated call takes
// nothing away.
func (s *Service) FollowImage(ctx context.Context, of Key, before, after string) error {
	records, err := s.store.Read(ctx, of)
	if err != nil {
		return err
	}
	current := ""
	switch r := records[of].(type) {
	case *User:
		current = r.ImageKey
	case *Organization:
		current = r.ImageKey
	}
	if after != "" && after == current {
		if err := s.images.Keep(ctx, after); err != nil {
			return err
		}
	}
	if before != "" && before != current {
		return s.images.Delete(ctx, before)
	}
	return nil
}
