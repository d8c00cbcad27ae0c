package account

import "context"

// Erase does a chunk of a user's deletion; each chunk's commit changes the
// deletion, so that the table's stream calls again; Redrive does where the
// stream was lost. Within the grace period it does nothing. It reports done when
// nothing is left. Called again, late or twice at once, it does no harm.
func (s *Service) Erase(ctx context.Context, userID string) (done bool, err error) {
	return false, ErrUnavailable.Because(errUnfinished)
}

// MailDeletionAccepted tells somebody that the deletion of their account has
// begun. The table's stream calls it when it sees the deletion.
func (s *Service) MailDeletionAccepted(ctx context.Context, userID string) error {
	return ErrUnavailable.Because(errUnfinished)
}
