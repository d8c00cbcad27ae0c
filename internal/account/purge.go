package account

import (
	"context"
	"errors"
	"time"
)

// What one transaction takes out: of members and invitations two records each,
// so that with the organization it stays well below MaxActions.
const (
	purgeChunk   = 40
	purgeEntries = 90
)

// Purge takes a closing organization apart, one chunk a call: the memberships
// until none is counted, then the invitations, what it owns, the audit log, the
// images, and last the record itself with its slug. Each chunk's commit changes the
// organization, so that the table's stream calls again; Redrive does where the
// stream was lost. It reports done when nothing is left. Called again, late or
// twice at once, it does no harm.
func (s *Service) Purge(ctx context.Context, organizationID string) (done bool, err error) {
	o, err := s.closing(ctx, organizationID)
	if err != nil || o == nil {
		return err == nil, err
	}
	done, err = s.takeApart(ctx, o)
	var failed *PremiseError
	if errors.As(err, &failed) || errors.Is(err, errListLags) {
		// Somebody else did it, whose mark the stream brings; if not, Redrive
		// tells.
		return false, nil
	}
	return done, err
}

// closing returns the organization if it waits to be taken apart.
func (s *Service) closing(ctx context.Context, organizationID string) (*Organization, error) {
	records, err := s.store.Read(ctx, OrganizationKey(organizationID))
	if err != nil {
		return nil, err
	}
	o := records.Organization(organizationID)
	if o == nil || o.Status != OrganizationClosing || o.IsPersonal || s.clock().Before(o.PurgeAfter) {
		return nil, nil //nolint:nilnil // nobody asked for it, or it is done
	}
	return o, nil
}

// takeApart removes a chunk, on condition that the organization is as read.
func (s *Service) takeApart(ctx context.Context, o *Organization) (done bool, err error) {
	if o.MemberCount > 0 {
		return false, s.purgeMembers(ctx, o)
	}
	invitations, _, err := s.store.Invitations(ctx, o.ID, "", purgeChunk)
	if err != nil {
		return false, err
	}
	if len(invitations) > 0 {
		return false, s.purgeInvitations(ctx, o, invitations)
	}
	data, _, err := s.store.Data(ctx, o.ID, "", purgeEntries)
	if err != nil {
		return false, err
	}
	if len(data) > 0 {
		return false, purgeAll(ctx, s, o, data)
	}
	entries, _, err := s.store.AuditLog(ctx, o.ID, "", purgeEntries)
	if err != nil {
		return false, err
	}
	if len(entries) > 0 {
		return false, purgeAll(ctx, s, o, entries) // nobody is left who may read them
	}
	left, err := s.images.DeleteAll(ctx, o.ID) // those too that no record names
	if err != nil {
		return false, err
	}
	if left {
		return false, s.commit(ctx, Change{
			Premises: []Premise{VersionIs{Of: o.Key(), Version: o.Version}}, Updates: []Update{s.progress(o)},
		})
	}
	err = s.purgeRecord(ctx, o)
	return err == nil, err
}

// errListLags says that members are counted whom the list does not show. It
// lags for a moment; if it stays so, the count is wrong.
var errListLags = errors.New("members are counted whom the list does not show")

// The list of members is waited for, less than a second in all.
const (
	listTries = 4
	listPause = 50 * time.Millisecond
)

// purgeMembers ends a chunk of memberships. It writes nothing where the list
// shows none: a mark without progress would have the stream call for ever.
func (s *Service) purgeMembers(ctx context.Context, o *Organization) error {
	for try := 1; ; try++ {
		members, err := s.listedMembers(ctx, o.ID)
		if err != nil {
			return err
		}
		if len(members) > 0 {
			return s.endMemberships(ctx, o, members)
		}
		if try == listTries {
			return errListLags
		}
		select {
		case <-ctx.Done():
			return ErrUnavailable.Because(ctx.Err())
		case <-time.After(listPause << try):
		}
	}
}

// listedMembers returns the first memberships of the list that are still there,
// which the list alone does not tell.
func (s *Service) listedMembers(ctx context.Context, organizationID string) ([]*Membership, error) {
	var members []*Membership
	for after := ""; ; {
		page, next, err := s.store.Members(ctx, organizationID, "", after, purgeChunk)
		if err != nil || len(page) == 0 {
			return nil, err
		}
		keys := make([]Key, len(page))
		for i, m := range page {
			keys[i] = m.Key()
		}
		records, err := s.store.Read(ctx, keys...)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			if m = records.Membership(m.UserID, organizationID); m != nil {
				members = append(members, m)
			}
		}
		if after = next; after == "" || len(members) > 0 {
			return members, nil
		}
	}
}

func (s *Service) endMemberships(ctx context.Context, o *Organization, members []*Membership) error {
	counts := s.progress(o)
	change := Change{Premises: []Premise{VersionIs{Of: o.Key(), Version: o.Version}}}
	for _, m := range members {
		counts.Members--
		counts.Seats--
		if m.Role == Owner {
			counts.Owners--
		}
		change.Premises = append(change.Premises, VersionIs{Of: m.Key(), Version: m.Version})
		change.Deletes = append(change.Deletes, m.Key())
		change.Updates = append(change.Updates, ChangeUser{UserID: m.UserID, Teams: -1, Accounts: 1, UpdatedAt: s.clock()})
	}
	change.Updates = append(change.Updates, counts)
	return s.commit(ctx, change)
}

// purgeInvitations removes a chunk of invitations with their addresses.
func (s *Service) purgeInvitations(ctx context.Context, o *Organization, page []*Invitation) error {
	counts := s.progress(o)
	change := Change{Premises: []Premise{VersionIs{Of: o.Key(), Version: o.Version}}}
	for _, i := range page {
		change.Premises = append(change.Premises, VersionIs{Of: i.Key(), Version: i.Version})
		change.Deletes = append(change.Deletes, i.Key())
		if i.Status == InvitationPending {
			counts.Seats--
			change.Premises = append(change.Premises, Exists{Of: InvitedKey(o.ID, i.Email)})
			change.Deletes = append(change.Deletes, InvitedKey(o.ID, i.Email))
		}
	}
	change.Updates = append(change.Updates, counts)
	return s.commit(ctx, change)
}

// purgeAll removes a chunk of what only belongs to the organization.
func purgeAll[R Record](ctx context.Context, s *Service, o *Organization, page []R) error {
	change := Change{
		Premises: []Premise{VersionIs{Of: o.Key(), Version: o.Version}}, Updates: []Update{s.progress(o)},
	}
	for _, r := range page {
		change.Premises = append(change.Premises, Exists{Of: r.Key()})
		change.Deletes = append(change.Deletes, r.Key())
	}
	return s.commit(ctx, change)
}

// purgeRecord removes what is left: the slug is free again, the id never is
// given out, being random.
func (s *Service) purgeRecord(ctx context.Context, o *Organization) error {
	return s.commit(ctx, Change{
		Premises: []Premise{VersionIs{Of: o.Key(), Version: o.Version}, Exists{Of: SlugKey(o.Slug)}},
		Deletes:  []Key{o.Key(), SlugKey(o.Slug)},
	})
}

// progress is the mark that a chunk leaves on its organization: work goes on,
// and is due again if the stream loses it.
func (s *Service) progress(o *Organization) ChangeOrganization {
	now := s.clock()
	due := now.Add(purgeRedrive)
	return ChangeOrganization{OrganizationID: o.ID, DueAt: &due, UpdatedAt: now}
}
