package account

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxPasswordLength is Cognito's, in characters.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
const maxPasswordLength = 256

// ChangePassword gives the caller another password and ends their other
// sessions. Killed between the provider and the table, the same request
// finishes it: its new password is the current one then, which proves it.
//
// It fails with CodeInvalidRequest on /currentPassword (incorrect) or
// /newPassword (too_short, too_long, malformed, reused, breached), with
// ErrRateLimited after too many tries, and as secure does.
func (s *Service) ChangePassword(ctx context.Context, c Caller, current, proposed string) error {
	switch {
	case current == "":
		return Invalid("/currentPassword", FieldRequired)
	case utf8.RuneCountInString(current) > maxPasswordLength:
		return Invalid("/currentPassword", FieldTooLong)
	case proposed == "":
		return Invalid("/newPassword", FieldRequired)
	case utf8.RuneCountInString(proposed) > maxPasswordLength:
		return Invalid("/newPassword", FieldTooLong)
	case current == proposed:
		return Invalid("/newPassword", FieldReused)
	}
	if s.breached != nil {
		breached, err := s.breached.Contains(proposed)
		if err != nil {
			return ErrInternal.Because(fmt.Errorf("breached passwords: %w", err))
		}
		if breached {
			return Invalid("/newPassword", FieldBreached)
		}
	}
	passwords := s.credentials.Passwords
	err := passwords.ChangePassword(ctx, c.token, current, proposed)
	if errors.Is(err, ErrWrongPassword) && passwords.ChangePassword(ctx, c.token, proposed, proposed) == nil {
		err = nil // it was changed, but not noted here
	}
	var weak *WeakPasswordError
	if errors.As(err, &weak) {
		return fieldOf(err, "/newPassword")
	}
	if err != nil {
		return fieldOf(err, "/currentPassword")
	}
	_, err = s.secure(ctx, c, func(u User, change *Change) error {
		if u.KeptSession != c.Session.ID || !s.notedAlready(u.PasswordChangedAt) {
			s.note(change, u.ID, PasswordChanged)
		}
		now, update := s.clock(), s.endOthers(c)
		update.PasswordChangedAt = &now
		change.Updates = append(change.Updates, update)
		return nil
	})
	return err
}
