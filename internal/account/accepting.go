package account

import (
	"context"
	"errors"
	"strings"
)

// Accept makes the caller a member by an invitation, named by its token or, for
// somebody who sees it in their own list, by its public id. The address is
// asked of the identity provider at this moment: an invitation is for whoever
// proved to have it. It returns the account joined.
//
// It fails as policies say, with ErrNotFound, ErrInvitationNotPending (also when
// it has expired), ErrEmailMismatch, ErrEmailNotVerified, ErrAlreadyMember,
// ErrOrganizationLimit, ErrAccountMode, ErrRateLimited, ErrConflict, and as
// Authorize does.
func (s *Service) Accept(ctx context.Context, id Identity, tokenOrID string) (Account, error) {
	var joined Account
	err := s.onOwnInvitation(ctx, id, tokenOrID, func(c Caller, i *Invitation, records Records, change *Change) error {
		o := records.Organization(i.OrganizationID)
		switch {
		case s.config.AccountMode == PersonalOnly:
			return ErrAccountMode
		case o == nil || o.Status != OrganizationActive:
			return ErrNotFound
		case records.Membership(c.User.ID, o.ID) != nil:
			return ErrAlreadyMember
		case i.StatusAt(s.clock()) != InvitationPending:
			return ErrInvitationNotPending
		}
		if err := s.permit(ctx, i.question(c.User, o)); err != nil {
			return err
		}
		after := s.join(change, &c.User, o, i)
		joined = Account{Organization: after, Role: i.Role, grants: s.grants}
		return nil
	})
	return joined, err
}

// question is what policies are asked before a user joins by the invitation.
func (i *Invitation) question(u User, o *Organization) Question {
	return Question{Act: ActAccept, User: u, Organization: o, Email: i.Email, Role: i.Role}
}

// join adds to a change that a user becomes a member by an invitation. It
// returns the organization as it is then.
func (s *Service) join(change *Change, u *User, o *Organization, i *Invitation) *Organization {
	now := s.clock()
	membership := newMembership(u, o.ID, i.Role, now)
	counts := ChangeOrganization{OrganizationID: o.ID, Members: 1, UpdatedAt: now} // the seat was the invitation's
	if i.Role == Owner {
		counts.Owners = 1
	}
	change.Premises = append(change.Premises,
		TeamsBelow{UserID: u.ID, Limit: s.config.MaxOrganizationsPerUser},
		OrganizationIsActive{OrganizationID: o.ID}, IsAbsent{Of: membership.Key(), Else: ErrAlreadyMember})
	s.end(change, i, InvitationAccepted)
	change.Puts = append(change.Puts, membership)
	change.Updates = append(change.Updates, counts, ChangeUser{UserID: u.ID, Teams: 1, Accounts: 1, UpdatedAt: now})
	s.audit(change, o.ID, u.ID, MemberJoined, u.ID, string(i.Role))
	after, _ := counts.Apply(o).(*Organization)
	return after
}

// Decline ends an invitation for good, by whom it is for. It fails as Accept
// does.
func (s *Service) Decline(ctx context.Context, id Identity, tokenOrID string) error {
	return s.onOwnInvitation(ctx, id, tokenOrID, func(c Caller, i *Invitation, records Records, change *Change) error {
		o := records.Organization(i.OrganizationID)
		switch {
		case o == nil || o.Status != OrganizationActive:
			return ErrNotFound
		case i.StatusAt(s.clock()) != InvitationPending:
			return ErrInvitationNotPending
		}
		change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: o.ID})
		s.end(change, i, InvitationDeclined)
		change.Updates = append(change.Updates, ChangeOrganization{OrganizationID: i.OrganizationID, Seats: -1, UpdatedAt: s.clock()})
		s.audit(change, i.OrganizationID, c.User.ID, InvitationDeclinedBy, i.PublicID(), "")
		return nil
	})
}

// onOwnInvitation acts on an invitation to the caller: everything in one read,
// the token checked, the address asked for, then the change on the premise
// that the caller is active.
func (s *Service) onOwnInvitation(ctx context.Context, id Identity, tokenOrID string, decide func(Caller, *Invitation, Records, *Change) error) error {
	organizationID, invitationID, mac, ok := parseInvitation(tokenOrID)
	if !ok {
		organizationID, invitationID = "-", "-" // none has it
	}
	var failed *PremiseError
	for range decideTries {
		caller, records, err := s.admitWith(ctx, id, InvitationKey(organizationID, invitationID), OrganizationKey(organizationID),
			MembershipKey(id.UserID, organizationID), LimitKey(id.UserID, TokenRate.Kind))
		if err != nil {
			return err
		}
		i := records.Invitation(organizationID, invitationID)
		if err := s.checkToken(ctx, i, mac, id.UserID, records.Limit(id.UserID, TokenRate.Kind)); err != nil {
			return err
		}
		person, err := s.isFor(ctx, i, caller.token)
		if err != nil {
			return err
		}
		// The table's copies follow, so that the invitation is known as theirs.
		if caller.User, err = s.repair(ctx, caller.User, person); err != nil {
			return err
		}
		change := Change{Premises: []Premise{UserIsActive{UserID: id.UserID}}}
		if err := decide(caller, i, records, &change); err != nil {
			return err
		}
		err = s.commit(ctx, change)
		if err == nil || !errors.As(err, &failed) {
			return err
		}
	}
	return failed.Failed[0].Failure().Because(failed)
}

// isFor decides whether an invitation is for who holds an access token, and
// returns who that is.
func (s *Service) isFor(ctx context.Context, i *Invitation, accessToken string) (Person, error) {
	person, err := s.pool.Person(ctx, accessToken)
	switch {
	case err != nil:
		return Person{}, err
	case FoldAddress(person.Email) != FoldAddress(i.Email):
		return Person{}, ErrEmailMismatch
	case !person.EmailVerified:
		return Person{}, ErrEmailNotVerified
	}
	return person, nil
}

// checkToken decides whether an invitation is there and, where a MAC was given,
// whether it is the invitation's. Wrong guesses are counted, and bounded before
// anything is checked, by who makes them.
func (s *Service) checkToken(ctx context.Context, i *Invitation, mac []byte, who string, guesses *Limit) error {
	guess, err := s.guess(who, guesses)
	if err != nil {
		return err
	}
	good := i != nil
	if good && mac != nil {
		if good, err = s.mac.Verify(ctx, i.secret(), mac); err != nil {
			return err
		}
	}
	if good {
		return nil
	}
	return s.countGuess(ctx, who, guess)
}

// guess is the change that counts one more guess. Of a user who is off nothing
// new is kept.
func (s *Service) guess(who string, guesses *Limit) (change Change, err error) {
	if !strings.HasPrefix(who, HashedWho) {
		change.Premises = append(change.Premises, UserIsActive{UserID: who})
	}
	err = s.count(&change, TokenRate, who, guesses)
	return change, err
}

// countGuess commits the count of a wrong guess, on what was counted meanwhile
// where need be: of guesses made at once, none is answered that is not counted.
// It fails with ErrNotFound where it is, else with ErrRateLimited, and with
// ErrUserInactive.
func (s *Service) countGuess(ctx context.Context, who string, guess Change) error {
	for range decideTries {
		err := s.commit(ctx, guess)
		var failed *PremiseError
		switch {
		case err == nil:
			return ErrNotFound
		case !errors.As(err, &failed) || errors.Is(err, ErrUserInactive):
			return err
		}
		records, err := s.store.Read(ctx, LimitKey(who, TokenRate.Kind))
		if err != nil {
			return err
		}
		if guess, err = s.guess(who, records.Limit(who, TokenRate.Kind)); err != nil {
			return err
		}
	}
	return ErrRateLimited
}

// admitWith is admit over a read of the user, the session and further records.
// Like Authorize, it makes what is missing on a first request.
func (s *Service) admitWith(ctx context.Context, id Identity, also ...Key) (Caller, Records, error) {
	keys := append([]Key{UserKey(id.UserID), SessionKey(id.UserID, id.SessionID)}, also...)
	var records Records
	caller, err := enough(id, func(id Identity) (caller Caller, err error) {
		if records, err = s.store.Read(ctx, keys...); err != nil {
			return Caller{}, err
		}
		return s.admit(ctx, id, records)
	})
	return caller, records, err
}

// AcceptAtSignUp makes somebody a member whose client gave the token of an
// invitation with the confirmation of their sign-up, which proved the address.
// A token that is not good is no error: the person is signed up all the same.
func (s *Service) AcceptAtSignUp(ctx context.Context, p Person, token string) (joined bool, err error) {
	organizationID, invitationID, mac, ok := parseInvitation(token)
	if !ok || mac == nil || !p.EmailVerified || s.config.AccountMode == PersonalOnly {
		return false, nil
	}
	for range decideTries {
		records, err := s.store.Read(ctx, UserKey(p.ID), InvitationKey(organizationID, invitationID),
			OrganizationKey(organizationID), MembershipKey(p.ID, organizationID))
		if err != nil {
			return false, err
		}
		u, o, i := records.User(p.ID), records.Organization(organizationID), records.Invitation(organizationID, invitationID)
		switch {
		case u == nil || o == nil || i == nil || records.Membership(p.ID, organizationID) != nil:
			return false, nil
		case o.Status != OrganizationActive || i.StatusAt(s.clock()) != InvitationPending:
			return false, nil
		case FoldAddress(p.Email) != FoldAddress(i.Email):
			return false, nil
		}
		if good, err := s.mac.Verify(ctx, i.secret(), mac); err != nil || !good {
			return false, err
		}
		if s.permit(ctx, i.question(*u, o)) != nil {
			return false, nil //nolint:nilerr // what a policy refuses is no reason to fail a sign-up
		}
		change := Change{Premises: []Premise{UserIsActive{UserID: p.ID}}}
		s.join(&change, u, o, i)
		var failed *PremiseError
		switch err := s.commit(ctx, change); {
		case err == nil:
			return true, nil
		case !errors.As(err, &failed):
			return false, err
		}
	}
	return false, nil
}
