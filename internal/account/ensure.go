package account

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"
)

// repair does what can be done about a record's findings. What it cannot do is
// no error: it is found again.
func (r *run) repair(ctx context.Context, s suspect) error {
	switch record := s.record.(type) {
	case *User:
		return tolerated(r.mend(ctx, record.ID, ""))
	case *Organization:
		if record.IsPersonal {
			return tolerated(r.mend(ctx, record.ID, ""))
		}
		return tolerated(r.recount(ctx, record.ID))
	case *Membership:
		return tolerated(r.FollowUser(ctx, record.UserID))
	case *Invitation:
		if slices.ContainsFunc(s.findings, func(f Finding) bool { return f.Rule == RuleSender }) {
			return tolerated(r.RevokeInvitationsOf(ctx, record.OrganizationID, record.InvitedBy))
		}
	}
	return nil
}

// tolerated leaves out an error that only says that somebody else was first, that
// there is nothing to be done, or that nothing can be done before a record is
// mended that cannot be read.
func tolerated(err error) error {
	var failed *PremiseError
	if errors.As(err, &failed) || errors.Is(err, ErrConflict) || errors.Is(err, ErrUserInactive) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrBroken) {
		return nil
	}
	return err
}

// mend completes a user's records and puts right what contradicts: the user
// themself, the personal organization with its membership, the address. username
// is the one by which the pool is asked, empty where what it says does not matter.
// Nothing is written but on condition that all of it is as it was read; a premise
// that fails is read, asked for and decided again.
func (m *Maintenance) mend(ctx context.Context, userID, username string) error {
	for range decideTries {
		change, err := m.mending(ctx, userID, username)
		if err != nil || len(change.Puts)+len(change.Deletes) == 0 {
			return err
		}
		var failed *PremiseError
		if err := m.commit(ctx, change); !errors.As(err, &failed) {
			return err
		}
	}
	return ErrConflict
}

// mending is what there is to mend. The pool is asked once the table was read:
// whoever changes both meanwhile changes the user, and what the pool said before
// is not written over it.
func (m *Maintenance) mending(ctx context.Context, userID, username string) (Change, error) {
	records, err := m.store.Read(ctx, UserKey(userID), DeletionKey(userID), OrganizationKey(userID), MembershipKey(userID, userID))
	if err != nil {
		return Change{}, err
	}
	user, home, member := records.User(userID), records.Organization(userID), records.Membership(userID, userID)
	switch {
	case records.Deletion(userID) != nil, home != nil && home.Status == OrganizationPreserved:
		return Change{}, ErrUserInactive
	case user == nil && username == "":
		return Change{}, ErrNotFound
	}
	var p *Person
	if username != "" {
		there, err := m.present(ctx, userID, username)
		if err != nil {
			return Change{}, err
		}
		p = &there.Person
	}
	if user == nil && home == nil && member == nil {
		_, err := m.Enroll(ctx, *p)
		return Change{}, err
	}
	change := Change{Premises: []Premise{IsAbsent{Of: DeletionKey(userID)}}}
	wanted, err := m.wantedUser(ctx, userID, user, p)
	if err != nil {
		return Change{}, err
	}
	replace(&change, records, wanted, func(version int) { wanted.Version, wanted.UpdatedAt = version, m.clock() })
	organization := m.wantedHome(wanted, home)
	replace(&change, records, organization, func(version int) { organization.Version, organization.UpdatedAt = version, m.clock() })
	membership := wantedMembership(wanted, member, m.clock())
	replace(&change, records, membership, func(version int) { membership.Version = version })
	return change, m.mendAddress(ctx, &change, user, wanted, p != nil)
}

// wantedUser is the user with what the pool says and with their teams counted.
func (m *Maintenance) wantedUser(ctx context.Context, userID string, user *User, p *Person) (*User, error) {
	var wanted User
	if user != nil {
		wanted = *user
	} else {
		wanted = *m.newUser(*p, m.clock())
	}
	if p != nil && p.Email != "" {
		if FoldAddress(wanted.Email) != FoldAddress(p.Email) {
			wanted.FormerEmails = wanted.former(wanted.Email, p.Email)
		}
		if FoldAddress(wanted.PendingEmail) == FoldAddress(p.Email) {
			wanted.PendingEmail = ""
		}
		wanted.Email, wanted.EmailVerified = p.Email, p.EmailVerified
	}
	if p != nil {
		wanted.Username = p.Username
		if name := fittingName(p.Name); name != "" {
			wanted.Name = name
		}
	}
	teams, err := m.countTeams(ctx, userID)
	wanted.TeamCount = teams
	return &wanted, err
}

// wantedHome is the personal organization that a user has.
func (m *Maintenance) wantedHome(u *User, home *Organization) *Organization {
	if home == nil {
		return personalOrganization(u.ID, u.Name, m.clock())
	}
	wanted := *home
	wanted.Name, wanted.Slug, wanted.IsPersonal, wanted.Status, wanted.DueAt = PersonalName(u.Name), "", true, OrganizationActive, time.Time{}
	wanted.MemberCount, wanted.OwnerCount, wanted.SeatsUsed = 1, 1, 1
	return &wanted
}

// wantedMembership is the one of a user in their personal organization.
func wantedMembership(u *User, member *Membership, now time.Time) *Membership {
	if member == nil {
		return newMembership(u, u.ID, Owner, now)
	}
	wanted := *member
	wanted.Role = Owner
	if wanted.UserName != u.Name || wanted.UserEmail != u.Email || wanted.UserImageKey != u.ImageKey {
		wanted.UserName, wanted.UserEmail, wanted.UserImageKey, wanted.UserVersion = u.Name, u.Email, u.ImageKey, u.Version
	}
	return &wanted
}

// replace adds to a change that a record becomes the wanted one, or is made, on
// condition that it is as it was read; where it is so already, the condition
// alone. number gives the wanted record its version.
func replace(change *Change, records Records, wanted Record, number func(version int)) {
	old := records[wanted.Key()]
	if old == nil {
		change.Premises = append(change.Premises, IsAbsent{Of: wanted.Key()})
		change.Puts = append(change.Puts, wanted)
		return
	}
	change.Premises = append(change.Premises, VersionIs{Of: old.Key(), Version: old.Revision()})
	if !reflect.DeepEqual(old, wanted) {
		number(old.Revision() + 1)
		change.Puts = append(change.Puts, wanted)
	}
}

// mendAddress has a user's address lead to them, and the one before to nobody.
// What leads to somebody else is taken over only where the pool says whose it is.
func (m *Maintenance) mendAddress(ctx context.Context, change *Change, before, wanted *User, fromPool bool) error {
	if wanted.Email != "" {
		address := &Address{Email: FoldAddress(wanted.Email), UserID: wanted.ID, Version: 1}
		records, err := m.store.Read(ctx, address.Key())
		if err != nil {
			return err
		}
		held := records.Address(wanted.Email)
		switch {
		case held == nil:
			change.Premises = append(change.Premises, IsAbsent{Of: address.Key()})
			change.Puts = append(change.Puts, address)
		case held.UserID != wanted.ID && fromPool:
			address.Version = held.Version + 1
			change.Premises = append(change.Premises, VersionIs{Of: address.Key(), Version: held.Version})
			change.Puts = append(change.Puts, address)
		}
	}
	if before == nil || before.Email == "" || FoldAddress(before.Email) == FoldAddress(wanted.Email) {
		return nil
	}
	records, err := m.store.Read(ctx, AddressKey(before.Email))
	if err != nil {
		return err
	}
	if old := records.Address(before.Email); old != nil && old.UserID == wanted.ID {
		change.Premises = append(change.Premises, VersionIs{Of: old.Key(), Version: old.Version})
		change.Deletes = append(change.Deletes, old.Key())
	}
	return nil
}

// settledAfter is how long nobody must have changed an organization before its
// counters are written by the list of members. The list lags for a moment, and
// for longer while DynamoDB is in trouble; a count of members that is too low
// would make a team look like one of its owner alone, which goes with them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThrottleConsiderations
const settledAfter = 2 * time.Hour

// recount writes the counters of a team as its items are: those of two counts
// that agree, between which nobody changed it.
func (m *Maintenance) recount(ctx context.Context, organizationID string) error {
	records, err := m.store.Read(ctx, OrganizationKey(organizationID))
	if err != nil {
		return err
	}
	o := records.Organization(organizationID)
	if o == nil || !m.late(o.UpdatedAt, settledAfter) {
		return nil
	}
	c, err := m.count(ctx, o.ID)
	if err != nil || c.matches(o) || c.unread > 0 {
		return err
	}
	if err := sleep(ctx, lookPause); err != nil {
		return err
	}
	again, err := m.count(ctx, o.ID)
	if err != nil || !again.equals(c) {
		return err
	}
	wanted := *o
	wanted.MemberCount, wanted.OwnerCount, wanted.SeatsUsed = c.members, c.owners, c.seats()
	wanted.UpdatedAt, wanted.Version = m.clock(), o.Version+1
	return m.commit(ctx, Change{
		Premises: []Premise{VersionIs{Of: o.Key(), Version: o.Version}}, Puts: []Record{&wanted},
	})
}

// misshapen tells of an item that is not as its record is written, and writes it
// so where the job repairs.
func (r *run) misshapen(ctx context.Context, item Item) error {
	f := Finding{Rule: RuleItem, Item: item.Key, Detail: item.Wrong}
	if !r.repairs() || !item.rewritable() {
		r.found(f)
		return nil
	}
	again, err := r.rewrite(ctx, item.Record.Key())
	if err := tolerated(err); err != nil {
		return err
	}
	if again {
		r.repaired(f)
	} else {
		r.found(f)
	}
	return nil
}

// rewrite writes a record as it is.
func (m *Maintenance) rewrite(ctx context.Context, key Key) (done bool, err error) {
	records, err := m.store.Read(ctx, key)
	if err != nil || records[key] == nil {
		return false, err
	}
	old := records[key]
	err = m.commit(ctx, Change{Premises: []Premise{VersionIs{Of: key, Version: old.Revision()}}, Puts: []Record{old}})
	return err == nil, err
}

// keepImages has every attached image of a page stay: the stream may have lost
// the record by which it does.
func (r *run) keepImages(ctx context.Context, page []Item) error {
	for _, item := range page {
		key := ""
		switch record := item.Record.(type) {
		case *User:
			key = record.ImageKey
		case *Organization:
			key = record.ImageKey
		}
		if key == "" {
			continue
		}
		if err := r.images.Keep(ctx, key); err != nil {
			return err
		}
		r.page.images++
	}
	return nil
}
