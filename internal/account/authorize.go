package account

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Target is the account that a request names.
type Target struct {
	// AccountID is empty where the request names none: then the session decides.
	AccountID string
	// InPath says that the account is part of the path, so that a stranger
	// hears not_found rather than account_not_found.
	InPath bool
}

// named reports whether the request names an account, be it a malformed one.
func (t Target) named() bool { return t.AccountID != "" || t.InPath }

func (t Target) unknown() error {
	if t.InPath {
		return ErrNotFound
	}
	return ErrAccountNotFound
}

// authorizeTries bounds how often Authorize reads again after it made the
// records of a person or session that were missing.
const authorizeTries = 4

// errReadAgain says that what was missing is there now, errEntered that it was
// the person's records, made from what the provider said just then.
var (
	errReadAgain = errors.New("read again")
	errEntered   = fmt.Errorf("entered: %w", errReadAgain)
)

// Authorize decides who makes a request and for which account: the user is
// active, the session good, the membership there and the organization active,
// all read strongly consistently in one call, or two when the session names a
// team. It makes the records of a person and of a session on their first
// request.
//
// A Service that is ReadOnly makes none and notes no use of a session: it takes
// a session without a record for one in the personal account, and fails with
// ErrSetupRequired where there is no user.
//
// It fails with ErrUserInactive, ErrSessionRevoked, ErrNotFound or
// ErrAccountNotFound, ErrAccountMode, ErrUnauthenticated if the provider does
// not know a new person's token, ErrUnavailable, and ErrInternal where a user
// has no active personal organization.
func (s *Service) Authorize(ctx context.Context, id Identity, target Target) (Caller, error) {
	caller, _, err := s.authorizeWith(ctx, id, target)
	return caller, err
}

// authorizeWith is Authorize with further records in the same read, for what
// is decided next.
func (s *Service) authorizeWith(ctx context.Context, id Identity, target Target, also ...Key) (Caller, Records, error) {
	var records Records
	caller, err := enough(id, func(id Identity) (caller Caller, err error) {
		caller, records, err = s.authorize(ctx, id, target, also)
		return caller, err
	})
	return caller, records, err
}

// enough authorizes again while records are missing that a first request
// makes: they are there the next time, made by this request or, if another one
// was in the way, by that.
func enough[T any](id Identity, authorize func(Identity) (T, error)) (T, error) {
	var none T
	last := errReadAgain
	for range authorizeTries {
		got, err := authorize(id)
		if !errors.Is(err, errReadAgain) && !errors.Is(err, ErrConflict) {
			return got, err
		}
		id.entered = id.entered || errors.Is(err, errEntered)
		last = err
	}
	return none, ErrUnavailable.Because(last)
}

func (s *Service) authorize(ctx context.Context, id Identity, target Target, also []Key) (Caller, Records, error) {
	accountID := id.UserID
	if target.named() && wellFormedID(target.AccountID) {
		accountID = target.AccountID
	}
	keys := append([]Key{
		UserKey(id.UserID), SessionKey(id.UserID, id.SessionID),
		MembershipKey(id.UserID, accountID), OrganizationKey(accountID),
	}, also...)
	records, err := s.store.Read(ctx, keys...)
	if err != nil {
		return Caller{}, nil, err
	}
	caller, err := s.admit(ctx, id, records)
	if err != nil {
		return Caller{}, nil, err
	}
	if target.named() {
		err = s.enterNamed(&caller, records, target)
	} else {
		err = s.enterSessions(ctx, &caller, records)
	}
	if err != nil {
		return Caller{}, nil, err
	}
	s.scoped(&caller)
	if !s.readOnly {
		s.touch(ctx, &caller.Session)
	}
	return caller, records, nil
}

// admit decides on the user and session that were read whether the person may
// act at all. It makes what is missing on a first request, and then answers
// errReadAgain.
func (s *Service) admit(ctx context.Context, id Identity, records Records) (Caller, error) {
	user := records.User(id.UserID)
	switch {
	case user == nil && s.readOnly:
		return Caller{}, ErrSetupRequired
	case user == nil:
		return Caller{}, s.enter(ctx, id)
	}
	session, signedIn := records.Session(id.UserID, id.SessionID), time.Unix(id.AuthTime, 0)
	switch {
	case user.Status != UserActive:
		return Caller{}, ErrUserInactive
	case !session.good(user, signedIn):
		return Caller{}, ErrSessionRevoked
	case session == nil && s.readOnly:
		session = &Session{UserID: id.UserID, ID: id.SessionID}
	case session == nil:
		return Caller{}, s.startSession(ctx, id, user)
	}
	return Caller{
		User: *user, Session: *session, Account: Account{grants: s.grants}, token: id.AccessToken, authTime: signedIn,
	}, nil
}

// enter makes the records of a person who has none yet: one whom no sign-up
// trigger saw, because an administrator made them, they came by federation, or
// the trigger failed.
func (s *Service) enter(ctx context.Context, id Identity) error {
	person, err := s.pool.Person(ctx, id.AccessToken)
	if err != nil {
		return err
	}
	if person.ID != id.UserID {
		return ErrUnauthenticated.Because(errors.New("the pool knows the token as another user's"))
	}
	if _, err := s.Enroll(ctx, person); err != nil {
		return err
	}
	return errEntered
}

// enterNamed puts the caller into the account that the request names.
func (s *Service) enterNamed(c *Caller, records Records, target Target) error {
	membership := records.Membership(c.User.ID, target.AccountID)
	organization := records.Organization(target.AccountID)
	if membership == nil || organization == nil || organization.Status != OrganizationActive {
		return target.unknown()
	}
	if !s.offers(organization) {
		return ErrAccountMode
	}
	c.Organization, c.Role = organization, membership.Role
	return nil
}

// offers reports whether the account mode lets a request act for the organization.
func (s *Service) offers(o *Organization) bool {
	switch s.config.AccountMode {
	case PersonalOnly:
		return o.IsPersonal
	case OrganizationsOnly:
		return !o.IsPersonal
	case Hybrid:
		return true
	}
	return false
}

// enterSessions puts the caller into the account that the session names, or
// into the personal one where there is none or it cannot be entered any more.
func (s *Service) enterSessions(ctx context.Context, c *Caller, records Records) error {
	if team := c.Session.ActiveOrganizationID; team != "" && s.config.AccountMode != PersonalOnly {
		membership, organization, err := s.readAccount(ctx, c.User.ID, team)
		if err != nil {
			return err
		}
		if membership != nil {
			c.Organization, c.Role = organization, membership.Role
			return nil
		}
	}
	if s.config.AccountMode == OrganizationsOnly {
		return s.enterAnyTeam(ctx, c)
	}
	organization, membership := records.Organization(c.User.ID), records.Membership(c.User.ID, c.User.ID)
	if organization == nil || membership == nil || organization.Status != OrganizationActive {
		return ErrInternal.Because(fmt.Errorf("user %s has no active personal organization", c.User.ID))
	}
	c.Organization, c.Role = organization, membership.Role
	return nil
}

// enterAnyTeam puts a caller who has no personal context into a team of theirs,
// if there is one.
func (s *Service) enterAnyTeam(ctx context.Context, c *Caller) error {
	page, _, err := s.store.Memberships(ctx, c.User.ID, "", MaxAccounts)
	if err != nil {
		return err
	}
	records, err := s.organizationsOf(ctx, page)
	if err != nil {
		return err
	}
	for _, m := range page {
		if o := records.Organization(m.OrganizationID); o != nil && o.Status == OrganizationActive && s.offers(o) {
			c.Organization, c.Role = o, m.Role
			return nil
		}
	}
	return nil
}

// organizationsOf reads the organizations of at most MaxRead memberships.
func (s *Service) organizationsOf(ctx context.Context, page []*Membership) (Records, error) {
	keys := make([]Key, len(page))
	for i, m := range page {
		keys[i] = OrganizationKey(m.OrganizationID)
	}
	return s.store.Read(ctx, keys...)
}

// readAccount returns a user's membership and its organization, both nil
// unless the one is there and the other active.
func (s *Service) readAccount(ctx context.Context, userID, organizationID string) (*Membership, *Organization, error) {
	records, err := s.store.Read(ctx, MembershipKey(userID, organizationID), OrganizationKey(organizationID))
	if err != nil {
		return nil, nil, err
	}
	membership, organization := records.Membership(userID, organizationID), records.Organization(organizationID)
	if membership == nil || organization == nil || organization.Status != OrganizationActive {
		return nil, nil, nil
	}
	return membership, organization, nil
}

// wellFormedID reports whether a client's text can be an id at all: a UUID, or
// a sub, which is one.
func wellFormedID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}
