package account

import "time"

// TouchInterval is how often the last use of a session is written at most.
const TouchInterval = 15 * time.Minute

// Session is one sign-in, named by the access token's origin_jti, which a
// refresh keeps.
type Session struct {
	UserID string
	ID     string
	// ActiveOrganizationID is the team that the session acts for; empty in
	// personal context. It counts only while the user is a member.
	ActiveOrganizationID string
	// Device is what the client said of itself when the session was first seen.
	Device string
	// AuthTime is when the person signed in, in whole seconds.
	AuthTime   time.Time
	CreatedAt  time.Time
	LastSeenAt time.Time
	// RevokedAt ends the session; the record stays, so that no token brings it back.
	RevokedAt time.Time
	// ExpiresAt is when the last token of the sign-in ends: auth_time and the
	// validity of a refresh token.
	ExpiresAt time.Time
	Version   int
}

// Key names the session.
func (s *Session) Key() Key { return SessionKey(s.UserID, s.ID) }

// Revision is the number of times that the session was written.
func (s *Session) Revision() int { return s.Version }

// ChangeSession changes a session; a nil field stays as it is.
type ChangeSession struct {
	UserID               string
	SessionID            string
	ActiveOrganizationID *string
	LastSeenAt           *time.Time
	RevokedAt            *time.Time
}

// Key names the session.
func (c ChangeSession) Key() Key { return SessionKey(c.UserID, c.SessionID) }

// Apply returns the session with the change made.
func (c ChangeSession) Apply(r Record) Record {
	old, ok := r.(*Session)
	if !ok {
		return r
	}
	s := *old
	set(&s.ActiveOrganizationID, c.ActiveOrganizationID)
	set(&s.LastSeenAt, c.LastSeenAt)
	set(&s.RevokedAt, c.RevokedAt)
	s.Version++
	return &s
}

// good reports whether a sign-in still counts: not revoked, and not older than
// the moment from which the user's sessions are valid. The issue time of a
// token proves nothing, since a refresh renews it.
func (s *Session) good(u *User, authTime time.Time) bool {
	if s != nil && !s.RevokedAt.IsZero() {
		return false
	}
	kept := s != nil && u.KeptSession != "" && s.ID == u.KeptSession
	return kept || authTime.Unix() >= u.SessionsValidFrom.Unix()
}
