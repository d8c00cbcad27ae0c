package account

import "context"

// IsInvitationToken reports whether a text is of the form of an invitation's
// token. One that lost its secret on the way is none, though what is left of
// it is the invitation's id.
func IsInvitationToken(text string) bool {
	_, _, mac, ok := parseInvitation(text)
	return ok && mac != nil
}

// IsInvitationID reports whether a text is of the form of an invitation's
// public id, with no secret behind it.
func IsInvitationID(text string) bool {
	_, _, mac, ok := parseInvitation(text)
	return ok && mac == nil
}

// Offered returns an invitation as a member of its team sees it who has just
// sent it, or sent it again. What somebody else sent takes one read, for their
// name.
func (s *Service) Offered(ctx context.Context, c Caller, i *Invitation) (Offer, error) {
	if i.InvitedBy == c.User.ID {
		return s.offer(i, c.Organization, c.User.Name), nil
	}
	names, err := s.names(ctx, []string{i.InvitedBy})
	if err != nil {
		return Offer{}, err
	}
	return s.offer(i, c.Organization, names[i.InvitedBy]), nil
}
