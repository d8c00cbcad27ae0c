package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// disable keeps a user out, here and at the pool. In the same transaction they
// give up ownership where somebody else owns the team too, so that nobody else's
// leaving can orphan it meanwhile, and a team of theirs alone is suspended, so
// that nobody joins it. Enabling brings both back.
func (m *Maintenance) disable(ctx context.Context, who subject, order Order) error {
	err := m.decide(ctx, who.userID, func(u *User, home *Organization, owned []owned) (Change, error) {
		if u.Status != UserActive {
			return Change{}, errNothing
		}
		if err := against(owned, order.Force); err != nil {
			return Change{}, err
		}
		return m.disabling(*u, home, owned), nil
	})
	if err != nil {
		return err
	}
	return m.atPool(ctx, who, m.directory.Disable)
}

// enable lets a user in again, with what they owned. It fails with ErrConflict
// while a deletion stands.
func (m *Maintenance) enable(ctx context.Context, who subject, _ Order) error {
	err := m.decide(ctx, who.userID, func(u *User, home *Organization, teams []owned) (Change, error) {
		if u.Status == UserActive {
			return Change{}, errNothing
		}
		return m.enabling(*u, home, teams), nil
	})
	if err != nil {
		return err
	}
	return m.atPool(ctx, who, m.directory.Enable)
}

// owned is a team with a user's membership in it.
type owned struct {
	organization *Organization
	membership   *Membership
}

// decide commits what is decided on a user and on those teams that they own, or
// owned until they were disabled, on condition that all is as it was read. A
// user without records has nothing to decide on.
func (m *Maintenance) decide(ctx context.Context, userID string, change func(*User, *Organization, []owned) (Change, error)) error {
	for range decideTries {
		records, err := m.store.Read(ctx, UserKey(userID), DeletionKey(userID), OrganizationKey(userID))
		if err != nil {
			return err
		}
		u := records.User(userID)
		switch {
		case records.Deletion(userID) != nil:
			return ErrConflict.Because(errors.New("the user is being deleted"))
		case u == nil:
			return nil
		}
		teams, err := m.ownedBy(ctx, u)
		if err != nil {
			return err
		}
		wanted, err := change(u, records.Organization(userID), teams)
		if errors.Is(err, errNothing) {
			return nil
		}
		if err != nil {
			return err
		}
		wanted.Premises = append(wanted.Premises, IsAbsent{Of: DeletionKey(userID)})
		var failed *PremiseError
		if err := m.commit(ctx, wanted); !errors.As(err, &failed) {
			return err
		}
	}
	return ErrConflict
}

// ownedBy returns the teams that a user owns, and those that they gave up.
func (m *Maintenance) ownedBy(ctx context.Context, u *User) (teams []owned, err error) {
	for after, more := "", true; more; more = after != "" {
		var page []*Membership
		if page, after, err = m.store.Memberships(ctx, u.ID, after, MaxRead); err != nil {
			return nil, err
		}
		var keys []Key
		page = slices.DeleteFunc(page, func(member *Membership) bool {
			return member.OrganizationID == u.ID || member.Role != Owner && !slices.Contains(u.GivenUp, member.OrganizationID)
		})
		for _, member := range page {
			keys = append(keys, OrganizationKey(member.OrganizationID))
		}
		records, err := m.readAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, member := range page {
			if o := records.Organization(member.OrganizationID); o != nil {
				teams = append(teams, owned{o, member})
			}
		}
	}
	return teams, nil
}

// against are the reasons against disabling: teams that would have no active
// owner, and more teams than one transaction takes, which no force changes.
func against(teams []owned, force bool) error {
	blocked := *ErrLastOwner
	blocked.Detail = "This user is the only owner of teams that have other members."
	if len(teams) > MaxOwnedAtDeletion {
		blocked.Detail = fmt.Sprintf("This user owns %d teams; at most %d can be given up at once.", len(teams), MaxOwnedAtDeletion)
		return &blocked
	}
	for _, t := range teams {
		o := t.organization
		if o.Status == OrganizationActive && t.membership.Role == Owner && o.OwnerCount == 1 && o.MemberCount > 1 {
			blocked.Blockers = append(blocked.Blockers, Blocker{
				Policy: PolicySoleOwner, Code: PolicySoleOwner, OrganizationID: o.ID,
				Detail: fmt.Sprintf("%s (%s) would have no active owner.", o.Name, o.ID),
				Remedy: "Have another member made an owner first, or force it.",
			})
		}
	}
	if force || len(blocked.Blockers) == 0 {
		return nil
	}
	return &blocked
}

// disabling is the change that disables a user.
func (m *Maintenance) disabling(u User, home *Organization, teams []owned) Change {
	now := m.clock()
	var change Change
	m.noteOrder(&change, home, UserDisabled)
	u.GivenUp = nil
	for _, t := range teams {
		o := t.organization
		counts := ChangeOrganization{OrganizationID: o.ID, UpdatedAt: now}
		switch {
		case o.Status != OrganizationActive || t.membership.Role != Owner:
			continue
		case o.OwnerCount > 1:
			counts.Owners = -1
			u.GivenUp = append(u.GivenUp, o.ID)
			change.Premises = append(change.Premises, OwnersMoreThan{OrganizationID: o.ID, Count: 1}, isStill(t.membership))
			change.Updates = append(change.Updates, ChangeRole{UserID: u.ID, OrganizationID: o.ID, Role: Admin})
		case o.MemberCount == 1:
			suspended := OrganizationSuspended
			counts.Status = &suspended
			change.Premises = append(change.Premises, MembersAre{OrganizationID: o.ID, Count: 1})
		default: // forced
			continue
		}
		change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: o.ID})
		change.Updates = append(change.Updates, counts)
	}
	// Whole seconds, as auth_time has them: what was signed in before stays out
	// when the user is enabled again.
	u.SessionsValidFrom, u.KeptSession = now.Truncate(time.Second).Add(time.Second), ""
	m.setStatus(&change, u, UserInactive, now)
	return change
}

// enabling is the change that undoes disabling: where the team is still there
// and nobody changed the role meanwhile.
func (m *Maintenance) enabling(u User, home *Organization, teams []owned) Change {
	now := m.clock()
	var change Change
	m.noteOrder(&change, home, UserEnabled)
	for _, t := range teams {
		o := t.organization
		counts := ChangeOrganization{OrganizationID: o.ID, UpdatedAt: now}
		switch {
		case o.Status == OrganizationSuspended:
			active := OrganizationActive
			counts.Status = &active
			change.Premises = append(change.Premises, VersionIs{Of: o.Key(), Version: o.Version})
		case o.Status == OrganizationActive && t.membership.Role == Admin && slices.Contains(u.GivenUp, o.ID):
			counts.Owners = 1
			change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: o.ID}, isStill(t.membership))
			change.Updates = append(change.Updates, ChangeRole{UserID: u.ID, OrganizationID: o.ID, Role: Owner})
		default:
			continue
		}
		change.Updates = append(change.Updates, counts)
	}
	u.GivenUp = nil
	m.setStatus(&change, u, UserActive, now)
	return change
}

// setStatus adds the user to a change, as they were read but for what u says.
func (m *Maintenance) setStatus(change *Change, u User, status UserStatus, now time.Time) {
	change.Premises = append(change.Premises, VersionIs{Of: u.Key(), Version: u.Version})
	u.Status, u.UpdatedAt = status, now
	u.AccountsVersion++
	u.Version++
	change.Puts = append(change.Puts, &u)
}
