package account

import (
	"context"
	"encoding/base64"
	"errors"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MAC makes and checks the secret part of an invitation's token. internal/kms
// is the real one: the key never leaves KMS.
type MAC interface {
	// Sign returns a MAC over a message of at most 4096 bytes. It fails with
	// ErrUnavailable.
	Sign(ctx context.Context, message []byte) ([]byte, error)
	// Verify reports whether the MAC is one over the message. It fails with
	// ErrUnavailable.
	Verify(ctx context.Context, message, mac []byte) (bool, error)
}

// MaxAddressLength is the longest e-mail address, in bytes (RFC 5321).
const MaxAddressLength = 254

// ValidAddress returns an e-mail address as it was meant. It fails with
// CodeInvalidRequest naming the field for what cannot be one.
func ValidAddress(field, address string) (string, error) {
	address = strings.TrimSpace(address)
	switch {
	case address == "":
		return "", Invalid(field, FieldRequired)
	case len(address) > MaxAddressLength:
		return "", Invalid(field, FieldTooLong)
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || CleanName(address) != address || strings.ContainsAny(address, " #\"") {
		return "", Invalid(field, FieldMalformed)
	}
	if _, domain, _ := strings.Cut(address, "@"); !strings.Contains(strings.Trim(domain, "."), ".") {
		return "", Invalid(field, FieldMalformed)
	}
	return address, nil
}

// PublicID is the invitation's id for clients; it names the organization, so
// that it is found by itself.
func (i *Invitation) PublicID() string { return i.OrganizationID + "." + i.ID }

// parseInvitation splits a public id, or a token: the id with a MAC behind it.
func parseInvitation(text string) (organizationID, invitationID string, mac []byte, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) < 2 || len(parts) > 3 || !wellFormedID(parts[0]) || !wellFormedID(parts[1]) {
		return "", "", nil, false
	}
	if len(parts) == 3 {
		var err error
		if mac, err = base64.RawURLEncoding.Strict().DecodeString(parts[2]); err != nil || len(mac) == 0 || len(mac) > 64 {
			return "", "", nil, false
		}
	}
	return parts[0], parts[1], mac, true
}

// secret is what the MAC is over. A resend counts SendCount and so ends the
// token of the mail before.
func (i *Invitation) secret() []byte {
	return []byte(strings.Join([]string{"hearth-invitation", i.OrganizationID, i.ID, strconv.Itoa(i.SendCount)}, "\x00"))
}

// InvitationToken returns the token that goes into the mail of an invitation,
// and nowhere else.
func (s *Service) InvitationToken(ctx context.Context, i *Invitation) (string, error) {
	mac, err := s.mac.Sign(ctx, i.secret())
	if err != nil {
		return "", err
	}
	return i.PublicID() + "." + base64.RawURLEncoding.EncodeToString(mac), nil
}

// Invite offers a role to whoever has an address. Somebody whose invitation
// expired can be invited again. It fails as act does, as policies say, with
// CodeInvalidRequest on /email or /role, ErrAlreadyMember, ErrAlreadyInvited, ErrSeatLimit,
// ErrRateLimited and ErrIdempotencyKeyReused.
func (s *Service) Invite(ctx context.Context, id Identity, organizationID, email string, role Role, repeat Repeat) (Caller, *Invitation, error) {
	email, err := ValidAddress("/email", email)
	if err != nil {
		return Caller{}, nil, err
	}
	if !slices.Contains([]Role{Owner, Admin, Member}, role) {
		return Caller{}, nil, Invalid("/role", FieldUnknownValue)
	}
	caller, invitation, err := s.invite(ctx, id, organizationID, email, role, repeat)
	if errors.Is(err, ErrSeatLimit) {
		released, releaseErr := s.releaseExpired(ctx, organizationID)
		if releaseErr != nil {
			return caller, nil, releaseErr
		}
		if released > 0 {
			return s.invite(ctx, id, organizationID, email, role, repeat)
		}
	}
	return caller, invitation, err
}

func (s *Service) invite(ctx context.Context, id Identity, organizationID, email string, role Role, repeat Repeat) (Caller, *Invitation, error) {
	var made *Invitation
	d := deed{organizationID: organizationID, permission: InviteMembers, also: []Key{
		AddressKey(email), InvitedKey(organizationID, email), LimitKey(id.UserID, InvitationRate.Kind),
		LimitKey(addressWho(email), AddressRate.Kind),
	}}
	if repeat.Key != "" {
		d.also = append(d.also, IdempotencyKey(id.UserID, repeat.Key))
	}
	caller, err := s.act(ctx, id, d, func(c Caller, records Records, change *Change) error {
		now := s.clock()
		made = &Invitation{
			OrganizationID: organizationID, ID: s.newID(), Email: email, Role: role, Status: InvitationPending, SendCount: 1,
			InvitedBy: id.UserID, CreatedAt: now, LastSentAt: now, ExpiresAt: s.invitationEnd(now), Version: 1,
		}
		before, repeated, err := s.once(change, repeat, id.UserID, made.ID, records)
		if err != nil {
			return err
		}
		if repeated {
			made = &Invitation{OrganizationID: organizationID, ID: before}
			return errNothing
		}
		if role == Owner && !c.May(GrantOwnership) {
			return ErrForbidden
		}
		if FoldAddress(email) == FoldAddress(c.User.Email) {
			return ErrAlreadyMember
		}
		if err := s.permit(ctx, Question{Act: ActInvite, User: c.User, Organization: c.Organization, Email: email, Role: role}); err != nil {
			return err
		}
		if address := records.Address(email); address != nil {
			if address.UserID == id.UserID {
				return ErrAlreadyMember
			}
			change.Premises = append(change.Premises, IsAbsent{Of: MembershipKey(address.UserID, organizationID), Else: ErrAlreadyMember})
		}
		if err := s.takeSeat(ctx, change, records.Invited(organizationID, email), made); err != nil {
			return err
		}
		if err := s.count(change, InvitationRate, id.UserID, records.Limit(id.UserID, InvitationRate.Kind)); err != nil {
			return err
		}
		if err := s.count(change, AddressRate, addressWho(email), records.Limit(addressWho(email), AddressRate.Kind)); err != nil {
			return err
		}
		change.Premises = append(change.Premises, IsAbsent{Of: made.Key()})
		change.Puts = append(change.Puts, made)
		s.audit(change, organizationID, id.UserID, InvitationSent, made.PublicID(), string(role))
		return nil
	})
	if errors.Is(err, errNothing) {
		made, err = s.invitation(ctx, organizationID, made.ID)
	}
	if err != nil {
		return caller, nil, err
	}
	return caller, made, nil
}

// invitationEnd is until when an invitation sent now can be accepted.
func (s *Service) invitationEnd(now time.Time) time.Time {
	return now.AddDate(0, 0, s.config.InvitationDays)
}

// takeSeat adds to a change that an invitation takes a seat: a free one, or
// that of an expired invitation of the same address.
func (s *Service) takeSeat(ctx context.Context, change *Change, held *Invited, made *Invitation) error {
	invited := &Invited{OrganizationID: made.OrganizationID, Email: FoldAddress(made.Email), InvitationID: made.ID, Version: 1}
	if held == nil {
		change.Premises = append(change.Premises, SeatIsFree{OrganizationID: made.OrganizationID},
			IsAbsent{Of: invited.Key(), Else: ErrAlreadyInvited})
		change.Puts = append(change.Puts, invited)
		change.Updates = append(change.Updates, ChangeOrganization{OrganizationID: made.OrganizationID, Seats: 1, UpdatedAt: s.clock()})
		return nil
	}
	before, err := s.invitation(ctx, made.OrganizationID, held.InvitationID)
	if err != nil {
		return err
	}
	if before.StatusAt(s.clock()) != InvitationExpired {
		return ErrAlreadyInvited
	}
	expired := InvitationExpired
	invited.Version = held.Version + 1
	change.Premises = append(change.Premises,
		VersionIs{Of: before.Key(), Version: before.Version}, VersionIs{Of: held.Key(), Version: held.Version})
	change.Puts = append(change.Puts, invited)
	change.Updates = append(change.Updates,
		ChangeInvitation{OrganizationID: made.OrganizationID, InvitationID: before.ID, Status: &expired})
	return nil
}

// invitation reads one invitation. It fails with ErrNotFound.
func (s *Service) invitation(ctx context.Context, organizationID, invitationID string) (*Invitation, error) {
	records, err := s.store.Read(ctx, InvitationKey(organizationID, invitationID))
	if err != nil {
		return nil, err
	}
	if i := records.Invitation(organizationID, invitationID); i != nil {
		return i, nil
	}
	return nil, ErrNotFound
}

// end adds to a change that a pending invitation becomes something else and
// frees its address. Its seat is the caller's to count.
func (s *Service) end(change *Change, i *Invitation, status InvitationStatus) {
	address := InvitedKey(i.OrganizationID, i.Email)
	change.Premises = append(change.Premises, VersionIs{Of: i.Key(), Version: i.Version}, Exists{Of: address})
	change.Updates = append(change.Updates, ChangeInvitation{OrganizationID: i.OrganizationID, InvitationID: i.ID, Status: &status})
	change.Deletes = append(change.Deletes, address)
}

// releaseExpired writes down that invitations have expired, and frees their
// seats. It returns how many.
func (s *Service) releaseExpired(ctx context.Context, organizationID string) (released int, err error) {
	for after := ""; ; {
		page, next, err := s.store.Invitations(ctx, organizationID, after, MaxRead)
		if err != nil {
			return released, err
		}
		for _, i := range page {
			if i.Status != InvitationPending || i.StatusAt(s.clock()) != InvitationExpired {
				continue
			}
			change := Change{Updates: []Update{ChangeOrganization{OrganizationID: organizationID, Seats: -1, UpdatedAt: s.clock()}}}
			s.end(&change, i, InvitationExpired)
			var failed *PremiseError
			switch err := s.commit(ctx, change); {
			case err == nil:
				released++
			case !errors.As(err, &failed): // somebody else ended it
				return released, err
			}
		}
		if after = next; after == "" {
			return released, nil
		}
	}
}

// Resend mails a pending invitation again, with a new token, and starts its
// time anew. It fails as act does, with ErrNotFound, ErrInvitationNotPending
// and ErrRateLimited.
func (s *Service) Resend(ctx context.Context, id Identity, organizationID, publicID string) (Caller, *Invitation, error) {
	var after *Invitation
	caller, err := s.onInvitation(ctx, id, organizationID, publicID, func(_ Caller, i *Invitation, records Records, change *Change) error {
		now := s.clock()
		if i.SendCount >= MaxSends {
			limited := *ErrRateLimited
			limited.RetryAfter = max(time.Minute, i.ExpiresAt.Sub(now))
			return &limited
		}
		end := s.invitationEnd(now)
		again := ChangeInvitation{OrganizationID: organizationID, InvitationID: i.ID, Sent: 1, LastSentAt: &now, ExpiresAt: &end}
		change.Premises = append(change.Premises, VersionIs{Of: i.Key(), Version: i.Version})
		change.Updates = append(change.Updates, again)
		s.audit(change, organizationID, id.UserID, InvitationResent, i.PublicID(), "")
		after, _ = again.Apply(i).(*Invitation)
		return s.count(change, InvitationRate, id.UserID, records.Limit(id.UserID, InvitationRate.Kind))
	})
	return caller, after, err
}

// Revoke ends a pending invitation. It fails as act does, with ErrNotFound and
// ErrInvitationNotPending.
func (s *Service) Revoke(ctx context.Context, id Identity, organizationID, publicID string) (Caller, error) {
	return s.onInvitation(ctx, id, organizationID, publicID, func(_ Caller, i *Invitation, _ Records, change *Change) error {
		s.end(change, i, InvitationRevoked)
		change.Updates = append(change.Updates, ChangeOrganization{OrganizationID: organizationID, Seats: -1, UpdatedAt: s.clock()})
		s.audit(change, organizationID, id.UserID, InvitationRevokedBy, i.PublicID(), "")
		return nil
	})
}

// onInvitation acts on one pending invitation, expired or not, read together
// with the caller.
func (s *Service) onInvitation(ctx context.Context, id Identity, organizationID, publicID string, decide func(Caller, *Invitation, Records, *Change) error) (Caller, error) {
	of, invitationID, mac, ok := parseInvitation(publicID)
	if !ok || of != organizationID || mac != nil {
		invitationID = "-" // none has it; who asks is still told first what they may
	}
	d := deed{organizationID: organizationID, permission: InviteMembers, also: []Key{
		InvitationKey(organizationID, invitationID), LimitKey(id.UserID, InvitationRate.Kind),
	}}
	return s.act(ctx, id, d, func(c Caller, records Records, change *Change) error {
		i := records.Invitation(organizationID, invitationID)
		switch {
		case i == nil:
			return ErrNotFound
		case i.Status != InvitationPending:
			return ErrInvitationNotPending
		}
		return decide(c, i, records, change)
	})
}
