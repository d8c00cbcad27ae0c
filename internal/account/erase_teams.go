package account

import (
	"context"
	"errors"
)

// eraseMemberships leaves teams, a chunk of them: first what the user sent there
// is revoked, then the memberships end.
func (s *Service) eraseMemberships(ctx context.Context, e *erasure) (acted bool, err error) {
	page, _, err := s.store.Memberships(ctx, e.UserID, "", leaveChunk+1) // the personal one stays
	if err != nil {
		return false, err
	}
	records, err := s.organizationsOf(ctx, page)
	if err != nil {
		return false, err
	}
	now, left := s.clock(), 0
	change := s.chunk(e, Erased{})
	for _, m := range page {
		if m.OrganizationID == e.UserID || left == leaveChunk {
			continue
		}
		o := records.Organization(m.OrganizationID)
		if o != nil && o.Status == OrganizationActive {
			if revoked, err := s.revokeSent(ctx, e, o.ID); err != nil || revoked {
				return revoked, err
			}
		}
		s.leave(&change, e, m, o)
		left++
	}
	if left == 0 {
		return false, nil
	}
	if e.user != nil {
		change.Updates = append(change.Updates, ChangeUser{UserID: e.UserID, Teams: -left, Accounts: 1, UpdatedAt: now})
	}
	return true, s.commit(ctx, change)
}

// leave adds to a change that a membership ends. A team that nobody can enter
// any more counts it too, since its purge goes by the count, but notes nothing.
func (s *Service) leave(change *Change, e *erasure, m *Membership, o *Organization) {
	change.remove(m)
	if o == nil {
		return
	}
	counts := ChangeOrganization{OrganizationID: o.ID, Members: -1, Seats: -1, UpdatedAt: s.clock()}
	if m.Role == Owner {
		counts.Owners = -1
	}
	change.Updates = append(change.Updates, counts)
	if o.Status != OrganizationActive {
		return
	}
	change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: o.ID})
	if m.Role == Owner { // the accepting transaction has left none
		change.Premises = append(change.Premises, OwnersMoreThan{OrganizationID: o.ID, Count: 1})
	}
	s.audit(change, o.ID, e.UserID, MemberLeft, e.UserID, string(m.Role))
}

// revokeSent ends a chunk of the pending invitations that the user sent for a
// team. Nobody who is off sends another one.
func (s *Service) revokeSent(ctx context.Context, e *erasure, organizationID string) (acted bool, err error) {
	for after := ""; ; {
		page, next, err := s.store.Invitations(ctx, organizationID, after, MaxRead)
		if err != nil {
			return false, err
		}
		var sent []*Invitation
		for _, i := range page {
			if i.InvitedBy == e.UserID && i.Status == InvitationPending && len(sent) < revokeChunk {
				sent = append(sent, i)
			}
		}
		if len(sent) > 0 {
			change := s.chunk(e, Erased{Invitations: len(sent)})
			for _, i := range sent {
				s.end(&change, i, InvitationRevoked)
			}
			change.Updates = append(change.Updates, ChangeOrganization{OrganizationID: organizationID, Seats: -len(sent), UpdatedAt: s.clock()})
			return true, s.commit(ctx, change)
		}
		if after = next; after == "" {
			return false, nil
		}
	}
}

// eraseOrganizations takes a chunk of a team apart that closed with the user. Its
// own purge may be at it too: whoever of them is first, the deletion goes on.
func (s *Service) eraseOrganizations(ctx context.Context, e *erasure) (acted bool, err error) {
	keys := make([]Key, len(e.Closed))
	for i, id := range e.Closed {
		keys[i] = OrganizationKey(id)
	}
	if len(keys) == 0 {
		return false, nil
	}
	records, err := s.store.Read(ctx, keys...)
	if err != nil {
		return false, err
	}
	for _, k := range keys {
		o := records.Organization(k.Owner)
		if o == nil || o.Status != OrganizationClosing {
			continue
		}
		if _, err := s.takeApart(ctx, o); err != nil {
			var failed *PremiseError
			if !errors.As(err, &failed) && !errors.Is(err, errListLags) {
				return false, err
			}
			if moved, readErr := s.moved(ctx, o); readErr != nil || !moved {
				return false, errors.Join(err, readErr)
			}
		}
		return true, s.commit(ctx, s.chunk(e, Erased{}))
	}
	return false, nil
}

// moved reports whether somebody wrote a record since it was read.
func (s *Service) moved(ctx context.Context, r Record) (bool, error) {
	records, err := s.store.Read(ctx, r.Key())
	if err != nil {
		return false, err
	}
	now := records[r.Key()]
	return now == nil || now.Revision() != r.Revision(), nil
}

// eraseInvitations removes a chunk of the invitations to an address of the
// user's, pending or over: they show it.
func (s *Service) eraseInvitations(ctx context.Context, e *erasure) (acted bool, err error) {
	addresses, err := s.addresses(ctx, e)
	if err != nil {
		return false, err
	}
	for _, email := range addresses {
		for _, list := range []func(context.Context, string, string, int) ([]*Invitation, string, error){
			s.store.InvitationsTo, s.store.EndedInvitationsTo,
		} {
			for after := ""; ; {
				page, next, err := list(ctx, email, after, invitationChunk)
				if err != nil {
					return false, err
				}
				if acted, err := s.removeInvitations(ctx, e, page); err != nil || acted {
					return acted, err
				}
				if after = next; after == "" {
					break
				}
			}
		}
	}
	return false, nil
}

// removeInvitations removes those of a list that are there, which the list alone
// does not tell.
func (s *Service) removeInvitations(ctx context.Context, e *erasure, page []*Invitation) (acted bool, err error) {
	if len(page) == 0 {
		return false, nil
	}
	keys := make([]Key, len(page))
	for n, i := range page {
		keys[n] = i.Key()
	}
	records, err := s.store.Read(ctx, keys...)
	if err != nil || len(records) == 0 {
		return false, err
	}
	change := s.chunk(e, Erased{Invitations: len(records)})
	for _, listed := range page {
		i := records.Invitation(listed.OrganizationID, listed.ID)
		if i == nil {
			continue
		}
		change.remove(i)
		if i.Status == InvitationPending { // at most one of an organization
			address := InvitedKey(i.OrganizationID, i.Email)
			change.Premises = append(change.Premises, Exists{Of: address})
			change.Deletes = append(change.Deletes, address)
			change.Updates = append(change.Updates, ChangeOrganization{OrganizationID: i.OrganizationID, Seats: -1, UpdatedAt: s.clock()})
		}
	}
	return true, s.commit(ctx, change)
}
