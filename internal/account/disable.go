package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxGivenUp is how many teams one transaction takes from a user who is
// disabled, or gives back to one who is enabled: at most two records each.
const MaxGivenUp = 45

// disable keeps a user out, here and at the pool. In the same transaction they
// give up ownership where somebody else owns the team too, so that nobody else's
// leaving can orphan it meanwhile, and a team of theirs alone is suspended, so
// that nobody joins it. Enabling brings both back.
//
// More teams than MaxGivenUp take several transactions, and force: the first
// turns the user off, and what others do with a team before its turn comes is as
// if they had done it before the order. One that was killed in between goes on
// when it is ordered again, with or without force; until then the pool has the
// user enabled, of which verify tells.
func (m *Maintenance) disable(ctx context.Context, who subject, order Order) error {
	err := m.decide(ctx, who.userID, func(s standing) (Change, bool, error) {
		losing := s.only(func(t owned) bool { return t.shared() || t.alone() })
		if s.user.Status == UserActive {
			if err := against(s.teams, len(losing), order.Force); err != nil {
				return Change{}, false, err
			}
		} else if len(losing) == 0 {
			return Change{}, false, errNothing
		}
		n := min(len(losing), MaxGivenUp)
		return m.disabling(s, losing[:n]), n < len(losing), nil
	})
	if err != nil {
		return err
	}
	return m.atPool(ctx, who, m.directory.Disable)
}

// enable lets a user in again, with what they owned, in as many transactions as
// that takes: the first turns the user on. It fails with ErrConflict while a
// deletion stands.
func (m *Maintenance) enable(ctx context.Context, who subject, _ Order) error {
	err := m.decide(ctx, who.userID, func(s standing) (Change, bool, error) {
		lost := s.only(func(t owned) bool { return t.organization.Status == OrganizationSuspended || t.wasShared(s.user) })
		if s.user.Status == UserActive && len(lost)+len(s.user.GivenUp) == 0 {
			return Change{}, false, errNothing
		}
		n := min(len(lost), MaxGivenUp)
		return m.enabling(s, lost[:n], lost[n:]), n < len(lost), nil
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

// owns reports whether the user owns the team, and it can be entered.
func (t owned) owns() bool {
	return t.organization.Status == OrganizationActive && t.membership.Role == Owner
}

// shared reports whether somebody else owns the user's team, too.
func (t owned) shared() bool { return t.owns() && t.organization.OwnerCount > 1 }

// alone reports whether nobody else is in the user's team. One that is neither
// shared nor alone has other members and no other owner: it stays the user's.
func (t owned) alone() bool { return t.owns() && !t.shared() && t.organization.MemberCount == 1 }

// wasShared reports whether the user gave the team up when they were disabled,
// it is still there, and nobody changed the role meanwhile.
func (t owned) wasShared(u User) bool {
	return t.organization.Status == OrganizationActive && t.membership.Role == Admin && slices.Contains(u.GivenUp, t.organization.ID)
}

// standing is what disabling and enabling decide on: a user, the personal
// organization if it is there, and those teams that the user owns, or owned until
// they were disabled.
type standing struct {
	user  User
	home  *Organization
	teams []owned
}

func (s standing) only(wanted func(owned) bool) (teams []owned) {
	for _, t := range s.teams {
		if wanted(t) {
			teams = append(teams, t)
		}
	}
	return teams
}

// decide commits what is decided on where a user stands, on condition that all
// is as it was read, and decides again as long as there is more to do. A user
// without records has nothing to decide on.
func (m *Maintenance) decide(ctx context.Context, userID string, change func(standing) (wanted Change, more bool, err error)) error {
	for tries := decideTries; tries > 0; {
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
		wanted, more, err := change(standing{*u, records.Organization(userID), teams})
		if errors.Is(err, errNothing) {
			return nil
		}
		if err != nil {
			return err
		}
		wanted.Premises = append(wanted.Premises, IsAbsent{Of: DeletionKey(userID)})
		var failed *PremiseError
		switch err := m.commit(ctx, wanted); {
		case errors.As(err, &failed):
			tries--
		case err != nil || !more:
			return err
		default:
			tries = decideTries // the next part has its own
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
		records, err := m.store.Read(ctx, keys...)
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
// owner, and more to give up than one transaction takes. Force overrides both.
func against(teams []owned, losing int, force bool) error {
	if force {
		return nil
	}
	blocked := *ErrLastOwner
	blocked.Detail = "This user owns teams that keep it from being done."
	for _, t := range teams {
		if o := t.organization; t.owns() && !t.shared() && !t.alone() {
			blocked.Blockers = append(blocked.Blockers, Blocker{
				Policy: PolicySoleOwner, Code: PolicySoleOwner, OrganizationID: o.ID,
				Detail: fmt.Sprintf("%s (%s) would have no active owner.", o.Name, o.ID),
				Remedy: "Have another member made an owner first, or force it.",
			})
		}
	}
	if losing > MaxGivenUp {
		blocked.Blockers = append(blocked.Blockers, Blocker{
			Policy: PolicyOwnedTeams, Code: PolicyOwnedTeams,
			Detail: fmt.Sprintf("%d teams are to be given up or suspended; at most %d are at once.", losing, MaxGivenUp),
			Remedy: "Force it: the user is off at once, and the teams follow.",
		})
	}
	if len(blocked.Blockers) == 0 {
		return nil
	}
	return &blocked
}

// disabling is the change that disables a user, or goes on with it, taking some
// of the teams from them.
func (m *Maintenance) disabling(s standing, losing []owned) Change {
	now, u := m.clock(), s.user
	u.GivenUp = slices.Clone(u.GivenUp)
	var change Change
	for _, t := range losing {
		o := t.organization
		counts := ChangeOrganization{OrganizationID: o.ID, UpdatedAt: now}
		if t.shared() {
			counts.Owners = -1
			if !slices.Contains(u.GivenUp, o.ID) {
				u.GivenUp = append(u.GivenUp, o.ID)
			}
			change.Premises = append(change.Premises, OwnersMoreThan{OrganizationID: o.ID, Count: 1}, isStill(t.membership))
			change.Updates = append(change.Updates, ChangeRole{UserID: u.ID, OrganizationID: o.ID, Role: Admin})
		} else {
			suspended := OrganizationSuspended
			counts.Status = &suspended
			change.Premises = append(change.Premises, MembersAre{OrganizationID: o.ID, Count: 1})
		}
		change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: o.ID})
		change.Updates = append(change.Updates, counts)
	}
	if u.Status == UserActive {
		m.noteOrder(&change, s.home, UserDisabled)
		// Whole seconds, as auth_time has them: what was signed in before stays out
		// when the user is enabled again.
		u.SessionsValidFrom, u.KeptSession = now.Truncate(time.Second).Add(time.Second), ""
	}
	m.setStatus(&change, u, UserInactive, now)
	return change
}

// enabling is the change that undoes disabling, or goes on with it, for some of
// the teams; the rest stay noted.
func (m *Maintenance) enabling(s standing, lost, rest []owned) Change {
	now, u := m.clock(), s.user
	var change Change
	if u.Status != UserActive {
		m.noteOrder(&change, s.home, UserEnabled)
	}
	for _, t := range lost {
		o := t.organization
		counts := ChangeOrganization{OrganizationID: o.ID, UpdatedAt: now}
		if o.Status == OrganizationSuspended {
			active := OrganizationActive
			counts.Status = &active
			change.Premises = append(change.Premises, VersionIs{Of: o.Key(), Version: o.Version})
		} else {
			counts.Owners = 1
			change.Premises = append(change.Premises, OrganizationIsActive{OrganizationID: o.ID}, isStill(t.membership))
			change.Updates = append(change.Updates, ChangeRole{UserID: u.ID, OrganizationID: o.ID, Role: Owner})
		}
		change.Updates = append(change.Updates, counts)
	}
	u.GivenUp = nil
	for _, t := range rest {
		if t.wasShared(s.user) {
			u.GivenUp = append(u.GivenUp, t.organization.ID)
		}
	}
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
