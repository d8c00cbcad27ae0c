package account

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// MaxSessions is how many sessions a person is shown.
const MaxSessions = 100

// Sessions returns the caller's sessions that still count, the current one
// first, then those used last; MaxSessions at most.
func (s *Service) Sessions(ctx context.Context, c Caller) ([]Session, error) {
	var good []Session
	for after := ""; ; {
		page, next, err := s.store.Sessions(ctx, c.User.ID, after, MaxRead)
		if err != nil {
			return nil, err
		}
		for _, session := range page {
			if session.good(&c.User, session.AuthTime) && s.clock().Before(session.ExpiresAt) {
				good = append(good, *session)
			}
		}
		if after = next; after == "" {
			break
		}
	}
	slices.SortFunc(good, func(a, b Session) int {
		if current := c.Session.ID; (a.ID == current) != (b.ID == current) {
			if a.ID == current {
				return -1
			}
			return 1
		}
		return cmp.Or(b.LastSeenAt.Compare(a.LastSeenAt), cmp.Compare(a.ID, b.ID))
	})
	return good[:min(len(good), MaxSessions)], nil
}

// RevokeSession ends one of the caller's sessions: at its next request here it
// is refused. Its refresh token lives on at the provider, where only its holder
// or SignOutEverywhere can end it, and is of no use here. It fails with
// ErrNotFound where the caller has no such session.
func (s *Service) RevokeSession(ctx context.Context, c Caller, sessionID string) error {
	now := s.clock()
	key := SessionKey(c.User.ID, sessionID)
	if !wellFormedID(sessionID) {
		return ErrNotFound
	}
	return s.commit(ctx, Change{
		Premises: []Premise{UserIsActive{UserID: c.User.ID}, Exists{Of: key}},
		Updates:  []Update{ChangeSession{UserID: c.User.ID, SessionID: sessionID, RevokedAt: &now}},
	})
}

// RevokeOtherSessions ends every session of the caller's but this one.
func (s *Service) RevokeOtherSessions(ctx context.Context, c Caller) error {
	_, err := s.secure(ctx, c, func(_ User, change *Change) error {
		change.Updates = append(change.Updates, s.endOthers(c))
		return nil
	})
	return err
}

// SignOutEverywhere ends every session of the caller's, this one too, at the
// provider and here. The provider comes first: afterwards the caller could not
// ask again.
func (s *Service) SignOutEverywhere(ctx context.Context, c Caller) error {
	if err := s.credentials.Proofs.SignOutSelf(ctx, c.token); err != nil {
		return err
	}
	_, err := s.secure(ctx, c, func(u User, change *Change) error {
		now, none := s.clock(), ""
		from := now.Truncate(time.Second)
		change.Updates = append(change.Updates,
			ChangeUser{UserID: u.ID, SessionsValidFrom: &from, KeptSession: &none, UpdatedAt: now},
			ChangeSession{UserID: u.ID, SessionID: c.Session.ID, RevokedAt: &now})
		return nil
	})
	return err
}
