package account

import "context"

// DeleteAccount ends the caller's access at once and for good, unless a grace
// period is configured; what is held on them is erased in the background. digest
// is that of the preview which the caller saw, confirmation their own e-mail
// address as they typed it.
//
// It fails as Authorize does, with ErrReauthenticate, CodeInvalidRequest on
// /confirmation, ErrDeletionChanged where the digest does not describe the
// account any more, and ErrDeletionBlocked with the blockers.
func (s *Service) DeleteAccount(ctx context.Context, id Identity, digest, confirmation string) (*Deletion, error) {
	return nil, ErrUnavailable.Because(errUnfinished)
}

// StartDeletion deletes the account of a user for an operator, or of one who
// vanished from the identity provider: under the same policies, with no preview
// to hold it to. Whether the user is active does not matter. A deletion that has
// begun is returned as it is. It fails with ErrNotFound where there is no such
// user, and with ErrDeletionBlocked.
func (s *Service) StartDeletion(ctx context.Context, userID string) (*Deletion, error) {
	return nil, ErrUnavailable.Because(errUnfinished)
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

// RestoreUser ends a deletion within its grace period: the user is active again,
// the teams that went with them are open, and ownership that was given up is
// theirs again wherever nobody changed the role meanwhile. It fails with
// ErrNotFound where there is no deletion, and with ErrConflict where it is
// too late.
func (s *Service) RestoreUser(ctx context.Context, userID string) error {
	return ErrUnavailable.Because(errUnfinished)
}
