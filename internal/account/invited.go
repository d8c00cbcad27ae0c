package account

import "context"

// Offer is an invitation with what its reader sees of the organization and of
// who sent it.
type Offer struct {
	Invitation
	// Now is the status at the time of reading.
	Now                  InvitationStatus
	OrganizationName     string
	OrganizationImageKey string
	InviterName          string
}

// Preview shows what an invitation's token offers to somebody who is not
// signed in. who is a hash of where the request comes from, by which guesses
// are bounded. It fails with ErrNotFound for a token that is not good, and with
// ErrRateLimited.
func (s *Service) Preview(ctx context.Context, token, who string) (Offer, error) {
	organizationID, invitationID, mac, ok := parseInvitation(token)
	if !ok || mac == nil {
		organizationID, invitationID, mac = "-", "-", []byte{0} // none has it
	}
	records, err := s.store.Read(ctx, InvitationKey(organizationID, invitationID), OrganizationKey(organizationID), LimitKey(who, TokenRate.Kind))
	if err != nil {
		return Offer{}, err
	}
	i, o := records.Invitation(organizationID, invitationID), records.Organization(organizationID)
	if err := s.checkToken(ctx, i, mac, who, records.Limit(who, TokenRate.Kind)); err != nil {
		return Offer{}, err
	}
	if o == nil || o.Status != OrganizationActive {
		return Offer{}, ErrNotFound
	}
	names, err := s.names(ctx, []string{i.InvitedBy})
	if err != nil {
		return Offer{}, err
	}
	return s.offer(i, o, names[i.InvitedBy]), nil
}

func (s *Service) offer(i *Invitation, o *Organization, inviter string) Offer {
	return Offer{
		Invitation: *i, Now: i.StatusAt(s.clock()),
		OrganizationName: o.Name, OrganizationImageKey: o.ImageKey, InviterName: inviter,
	}
}

// Invitations returns at most limit invitations of the team in context that
// are of the status now, the newest first, behind the position after. A page
// may be shorter than limit though more follow.
func (s *Service) Invitations(ctx context.Context, c Caller, status InvitationStatus, after string, limit int) (offers []Offer, next string, err error) {
	if c.Organization != nil && c.Organization.IsPersonal {
		return nil, "", ErrPersonalOrganization
	}
	if err := c.Require(InviteMembers); err != nil {
		return nil, "", err
	}
	page, next, err := s.store.Invitations(ctx, c.Organization.ID, after, limit)
	if err != nil {
		return nil, "", err
	}
	var shown []*Invitation
	var inviters []string
	for _, i := range page {
		if i.StatusAt(s.clock()) == status {
			shown = append(shown, i)
			inviters = append(inviters, i.InvitedBy)
		}
	}
	names, err := s.names(ctx, inviters)
	if err != nil {
		return nil, "", err
	}
	offers = make([]Offer, len(shown))
	for n, i := range shown {
		offers[n] = s.offer(i, c.Organization, names[i.InvitedBy])
	}
	return offers, next, nil
}

// MyInvitations returns at most limit pending invitations to the caller's
// verified address, asked of the identity provider at this moment, behind the
// position after. Who has not proved an address has none. They are the user's
// own whatever account the request acts for; it is the one that target names,
// else the personal one unless the session is in a team, which another read
// would have to tell. It fails as Authorize does.
func (s *Service) MyInvitations(ctx context.Context, id Identity, target Target, after string, limit int) (c Caller, offers []Offer, next string, err error) {
	person, err := s.pool.Person(ctx, id.AccessToken)
	if err != nil {
		return Caller{}, nil, "", err
	}
	var page []*Invitation
	if person.EmailVerified {
		if page, next, err = s.store.InvitationsTo(ctx, person.Email, after, limit); err != nil {
			return Caller{}, nil, "", err
		}
	}
	accountID := id.UserID
	if wellFormedID(target.AccountID) {
		accountID = target.AccountID
	}
	keys := []Key{MembershipKey(id.UserID, accountID), OrganizationKey(accountID)}
	for _, i := range page {
		keys = append(keys, OrganizationKey(i.OrganizationID), UserKey(i.InvitedBy))
	}
	c, records, err := s.admitWith(ctx, id, keys...)
	if err != nil {
		return Caller{}, nil, "", err
	}
	if target.named() {
		err = s.enterNamed(&c, records, target)
	} else if personal := records.Organization(id.UserID); personal != nil && s.offers(personal) && c.Session.ActiveOrganizationID == "" {
		err = s.enterNamed(&c, records, Target{AccountID: id.UserID})
	}
	if err != nil {
		return Caller{}, nil, "", err
	}
	offers = []Offer{}
	for _, i := range page {
		o := records.Organization(i.OrganizationID)
		if o == nil || o.Status != OrganizationActive || i.StatusAt(s.clock()) != InvitationPending {
			continue
		}
		inviter := DeletedUser
		if u := records.User(i.InvitedBy); u != nil && u.Name != "" {
			inviter = u.Name
		}
		offers = append(offers, s.offer(i, o, inviter))
	}
	return c, offers, next, nil
}

// MaxMyInvitations is the largest page of MyInvitations: two records each, with
// the user, the session and the account, fit one read.
const MaxMyInvitations = 48

// RevokeInvitationsOf ends the pending invitations that somebody sent who is a
// member no more. The table's stream calls it; called again it does no harm,
// and for somebody who is a member again it does nothing. What is closing is
// left to its purge, which ends ten thousand memberships without ten thousand
// looks at every invitation.
func (s *Service) RevokeInvitationsOf(ctx context.Context, organizationID, userID string) error {
	for after := ""; ; {
		records, err := s.store.Read(ctx, MembershipKey(userID, organizationID), OrganizationKey(organizationID))
		if err != nil {
			return err
		}
		o := records.Organization(organizationID)
		if o == nil || o.Status != OrganizationActive || records.Membership(userID, organizationID) != nil {
			return nil
		}
		page, next, err := s.store.Invitations(ctx, organizationID, after, MaxRead)
		if err != nil {
			return err
		}
		for _, i := range page {
			if i.InvitedBy != userID || i.Status != InvitationPending {
				continue
			}
			change := Change{
				Premises: []Premise{IsAbsent{Of: MembershipKey(userID, organizationID)}},
				Updates:  []Update{ChangeOrganization{OrganizationID: organizationID, Seats: -1, UpdatedAt: s.clock()}},
			}
			s.end(&change, i, InvitationRevoked)
			if err := premiseIsNil(s.commit(ctx, change)); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}
