package account

import "time"

// Membership is a user's role in an organization. The copies of the user's
// name, e-mail and image let a page of members be one query; they follow the
// user through the table's stream and carry the version that they are of.
type Membership struct {
	UserID         string
	OrganizationID string
	Role           Role
	UserName       string
	UserEmail      string
	UserImageKey   string
	UserVersion    int
	Version        int
	JoinedAt       time.Time
}

// Key names the membership.
func (m *Membership) Key() Key { return MembershipKey(m.UserID, m.OrganizationID) }

// Revision is the number of times that the membership was written.
func (m *Membership) Revision() int { return m.Version }

// ChangeMembership brings the copies of a membership up to a version of its user.
type ChangeMembership struct {
	UserID         string
	OrganizationID string
	UserName       string
	UserEmail      string
	UserImageKey   string
	UserVersion    int
}

// Key names the membership.
func (c ChangeMembership) Key() Key { return MembershipKey(c.UserID, c.OrganizationID) }

// Apply returns the membership with the change made.
func (c ChangeMembership) Apply(r Record) Record {
	old, ok := r.(*Membership)
	if !ok {
		return r
	}
	m := *old
	m.UserName, m.UserEmail, m.UserImageKey, m.UserVersion = c.UserName, c.UserEmail, c.UserImageKey, c.UserVersion
	m.Version++
	return &m
}

// ChangeRole gives a member another role.
type ChangeRole struct {
	UserID         string
	OrganizationID string
	Role           Role
}

// Key names the membership.
func (c ChangeRole) Key() Key { return MembershipKey(c.UserID, c.OrganizationID) }

// Apply returns the membership with the role.
func (c ChangeRole) Apply(r Record) Record {
	old, ok := r.(*Membership)
	if !ok {
		return r
	}
	m := *old
	m.Role = c.Role
	m.Version++
	return &m
}

// newMembership makes a user a member, with the copies that a list shows.
func newMembership(u *User, organizationID string, role Role, now time.Time) *Membership {
	return &Membership{
		UserID: u.ID, OrganizationID: organizationID, Role: role,
		UserName: u.Name, UserEmail: u.Email, UserImageKey: u.ImageKey, UserVersion: u.Version,
		Version: 1, JoinedAt: now,
	}
}
