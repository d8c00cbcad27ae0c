package account

import (
	"context"
	"errors"
	"time"
)

// startSession writes the record of a sign-in that is seen for the first time.
// It starts in the team that the user chose last, if still a member. Like
// enter, it answers errReadAgain when the record is there.
func (s *Service) startSession(ctx context.Context, id Identity, user *User) error {
	active := user.LastActiveAccountID
	if active != "" {
		membership, _, err := s.readAccount(ctx, user.ID, active)
		if err != nil {
			return err
		}
		if membership == nil {
			active = ""
		}
	}
	if err := s.heal(ctx, id, user); err != nil {
		return err
	}
	now, signedIn := s.clock(), time.Unix(id.AuthTime, 0).UTC()
	session := &Session{
		UserID: user.ID, ID: id.SessionID, ActiveOrganizationID: active,
		Device:   Truncate(CleanName(id.Device), maxDeviceLength),
		AuthTime: signedIn, CreatedAt: now, LastSeenAt: now, ExpiresAt: signedIn.Add(s.sessionValidity), Version: 1,
	}
	err := s.commit(ctx, Change{
		Premises: []Premise{UserIsActive{UserID: user.ID}, IsAbsent{Of: session.Key()}},
		Puts:     []Record{session},
	})
	switch {
	case err == nil, premiseFailed(err, session.Key()) && !errors.Is(err, ErrUserInactive):
		return errReadAgain
	default:
		return err
	}
}

// heal finishes a change of name or address that was killed between the
// identity provider and the table, or made around Hearth. A sign-in is the
// moment at which the person sees the difference; whatever keeps it from being
// done, at the provider or in the table, leaves it to the next one, and the
// sign-in is good all the same. It fails with ErrUserInactive alone.
func (s *Service) heal(ctx context.Context, id Identity, user *User) error {
	if id.entered {
		return nil
	}
	person, err := s.pool.Person(ctx, id.AccessToken)
	if err != nil || person.ID != user.ID {
		return nil //nolint:nilerr // the sign-in is good whether or not the provider answers
	}
	switch repaired, err := s.repair(ctx, *user, person); {
	case err == nil:
		*user = repaired
	case errors.Is(err, ErrUserInactive):
		return err
	}
	name := fittingName(person.Name)
	if name == "" || name == user.Name {
		return nil
	}
	change := s.rename(*user, name)
	change.Premises = []Premise{UserIsActive{UserID: user.ID}, VersionIs{Of: user.Key(), Version: user.Version}}
	if err := s.commit(ctx, change); errors.Is(err, ErrUserInactive) {
		return err
	}
	return nil
}

// maxDeviceLength is how much of a User-Agent is kept, in characters.
const maxDeviceLength = 200

// touch writes that a session was used, if the last note of it is old. Nobody
// waits for it a second time and nothing depends on it, so a failure is left
// to the next request.
func (s *Service) touch(ctx context.Context, session *Session) {
	now := s.clock()
	if now.Sub(session.LastSeenAt) < TouchInterval {
		return
	}
	err := s.store.Commit(ctx, Change{
		Premises: []Premise{VersionIs{Of: session.Key(), Version: session.Version}},
		Updates:  []Update{ChangeSession{UserID: session.UserID, SessionID: session.ID, LastSeenAt: &now}},
	})
	if err == nil {
		session.LastSeenAt = now
		session.Version++
	}
}
