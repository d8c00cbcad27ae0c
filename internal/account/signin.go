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
	now := s.clock()
	session := &Session{
		UserID: user.ID, ID: id.SessionID, ActiveOrganizationID: active,
		Device: Truncate(CleanName(id.Device), maxDeviceLength), CreatedAt: now, LastSeenAt: now,
		ExpiresAt: time.Unix(id.AuthTime, 0).UTC().Add(s.sessionValidity), Version: 1,
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
