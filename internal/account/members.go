package account

import (
	"context"
	"errors"
	"slices"
)

// Members returns at most limit members of an organization, personal or team,
// sorted by folded name, those whose name begins with prefix, behind the
// position after. The list lags behind changes for a moment.
func (s *Service) Members(ctx context.Context, c Caller, prefix, after string, limit int) (page []*Membership, next string, err error) {
	if err := c.Require(ReadMembers); err != nil {
		return nil, "", err
	}
	return s.store.Members(ctx, c.Organization.ID, prefix, after, limit)
}

// ChangeMemberRole gives a member another role. Administrators never give or
// take ORG_OWNER. It fails as act does, with CodeInvalidRequest on /role,
// ErrNotFound where there is no such member, and ErrLastOwner.
func (s *Service) ChangeMemberRole(ctx context.Context, id Identity, organizationID, userID string, role Role) (*Membership, error) {
	if !slices.Contains([]Role{Owner, Admin, Member}, role) {
		return nil, Invalid("/role", FieldUnknownValue)
	}
	var after *Membership
	err := s.onMember(ctx, id, organizationID, userID, UpdateMembers, func(c Caller, m *Membership, change *Change) error {
		after = m
		if m.Role == role {
			return errNothing
		}
		if (m.Role == Owner || role == Owner) && !c.May(GrantOwnership) {
			return ErrForbidden
		}
		s.changeRole(change, m, role)
		s.audit(change, organizationID, c.User.ID, MemberRoleChanged, userID, string(role))
		after, _ = ChangeRole{UserID: userID, OrganizationID: organizationID, Role: role}.Apply(m).(*Membership)
		return nil
	})
	return after, err
}

// changeRole adds to a change that a member gets another role, with what that
// means for the owners: who gives one up leaves another, who gets to be one is
// active.
func (s *Service) changeRole(change *Change, m *Membership, role Role) {
	now := s.clock()
	counts := ChangeOrganization{OrganizationID: m.OrganizationID, UpdatedAt: now}
	switch {
	case m.Role == Owner:
		counts.Owners = -1
		change.Premises = append(change.Premises, OwnersMoreThan{OrganizationID: m.OrganizationID, Count: 1})
	case role == Owner:
		counts.Owners = 1
		change.Premises = append(change.Premises, UserIsActive{UserID: m.UserID})
	}
	change.Premises = append(change.Premises, isStill(m))
	change.Updates = append(change.Updates, ChangeRole{UserID: m.UserID, OrganizationID: m.OrganizationID, Role: role})
	if counts.Owners != 0 {
		change.Updates = append(change.Updates, counts, ChangeUser{UserID: m.UserID, Accounts: 1, UpdatedAt: now})
	}
}

// isStill is the premise that a member has the role that was read.
func isStill(m *Membership) Premise {
	return RoleIs{UserID: m.UserID, OrganizationID: m.OrganizationID, Roles: []Role{m.Role}}
}

// RemoveMember ends a membership; the next request of the member falls back to
// personal. Administrators never remove an owner. It fails as act does, with
// ErrNotFound where there is no such member, and ErrLastOwner.
func (s *Service) RemoveMember(ctx context.Context, id Identity, organizationID, userID string) error {
	return s.onMember(ctx, id, organizationID, userID, RemoveMembers, func(c Caller, m *Membership, change *Change) error {
		if m.Role == Owner && !c.May(GrantOwnership) {
			return ErrForbidden
		}
		s.endMembership(change, m)
		s.audit(change, organizationID, c.User.ID, MemberRemoved, userID, string(m.Role))
		return nil
	})
}

// Leave ends the caller's own membership. It fails as act does, and with
// ErrLastOwner.
func (s *Service) Leave(ctx context.Context, id Identity, organizationID string) error {
	return s.onMember(ctx, id, organizationID, id.UserID, "", func(c Caller, m *Membership, change *Change) error {
		s.endMembership(change, m)
		s.audit(change, organizationID, c.User.ID, MemberLeft, id.UserID, string(m.Role))
		return nil
	})
}

// endMembership adds to a change that a member is none any more.
func (s *Service) endMembership(change *Change, m *Membership) {
	now := s.clock()
	counts := ChangeOrganization{OrganizationID: m.OrganizationID, Members: -1, Seats: -1, UpdatedAt: now}
	if m.Role == Owner {
		counts.Owners = -1
		change.Premises = append(change.Premises, OwnersMoreThan{OrganizationID: m.OrganizationID, Count: 1})
	}
	change.Premises = append(change.Premises, isStill(m))
	change.Updates = append(change.Updates, counts, ChangeUser{UserID: m.UserID, Teams: -1, Accounts: 1, UpdatedAt: now})
	change.Deletes = append(change.Deletes, m.Key())
}

// onMember acts on one member, read together with the caller.
func (s *Service) onMember(ctx context.Context, id Identity, organizationID, userID string, p Permission, decide func(Caller, *Membership, *Change) error) error {
	if !wellFormedID(userID) {
		return ErrNotFound
	}
	d := deed{organizationID: organizationID, permission: p, also: []Key{MembershipKey(userID, organizationID)}}
	_, err := s.act(ctx, id, d, func(c Caller, records Records, change *Change) error {
		m := records.Membership(userID, organizationID)
		if m == nil {
			return ErrNotFound
		}
		return decide(c, m, change)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// TransferOwnership makes another member an owner and the caller an
// administrator, as which it returns the account. It fails as act does, with CodeInvalidRequest on /userId,
// ErrNotFound where there is no such member and ErrConflict where it is an
// owner already.
func (s *Service) TransferOwnership(ctx context.Context, id Identity, organizationID, userID string) (Account, error) {
	if !wellFormedID(userID) {
		return Account{}, Invalid("/userId", FieldMalformed)
	}
	d := deed{
		organizationID: organizationID, permission: TransferOwnership, sensitive: true,
		also: []Key{MembershipKey(userID, organizationID)},
	}
	caller, err := s.act(ctx, id, d, func(c Caller, records Records, change *Change) error {
		m, now := records.Membership(userID, organizationID), s.clock()
		if m == nil {
			return ErrNotFound
		}
		if m.Role == Owner {
			return ErrConflict
		}
		change.Premises = append(change.Premises, isStill(m), UserIsActive{UserID: userID})
		change.Updates = append(change.Updates,
			ChangeRole{UserID: id.UserID, OrganizationID: organizationID, Role: Admin},
			ChangeRole{UserID: userID, OrganizationID: organizationID, Role: Owner},
			ChangeUser{UserID: id.UserID, Accounts: 1, UpdatedAt: now},
			ChangeUser{UserID: userID, Accounts: 1, UpdatedAt: now},
		)
		s.audit(change, organizationID, c.User.ID, OwnershipTransferred, userID, "")
		return nil
	})
	if err != nil {
		return Account{}, err
	}
	return Account{Organization: caller.Organization, Role: Admin, grants: s.grants}, nil
}
