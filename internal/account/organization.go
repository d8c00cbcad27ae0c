package account

import "time"

// OrganizationStatus is whether an organization can be entered.
type OrganizationStatus string

// The states of an organization. Nobody can enter any but an active one.
const (
	OrganizationActive    OrganizationStatus = "active"
	OrganizationClosing   OrganizationStatus = "closing"
	OrganizationPreserved OrganizationStatus = "preserved"
)

// Organization is an account: what owns data. A personal organization has its
// user's id, so that a second one cannot exist.
type Organization struct {
	ID   string
	Name string
	// Slug is empty for a personal organization.
	Slug       string
	ImageKey   string
	IsPersonal bool
	Status     OrganizationStatus
	// SeatsUsed counts members and pending invitations.
	MemberCount int
	OwnerCount  int
	SeatsUsed   int
	// SeatLimit bounds SeatsUsed; 0 is no limit.
	SeatLimit int
	Version   int
	CreatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Key names the organization.
func (o *Organization) Key() Key { return OrganizationKey(o.ID) }

// Revision is the number of times that the organization was written.
func (o *Organization) Revision() int { return o.Version }

// ChangeOrganization changes an organization; a nil field stays as it is and
// the counts are added.
type ChangeOrganization struct {
	OrganizationID string
	Name           *string
	Status         *OrganizationStatus
	Members        int
	Owners         int
	Seats          int
	UpdatedAt      time.Time
}

// Key names the organization.
func (c ChangeOrganization) Key() Key { return OrganizationKey(c.OrganizationID) }

// Apply returns the organization with the change made.
func (c ChangeOrganization) Apply(r Record) Record {
	old, ok := r.(*Organization)
	if !ok {
		return r
	}
	o := *old
	set(&o.Name, c.Name)
	set(&o.Status, c.Status)
	o.MemberCount += c.Members
	o.OwnerCount += c.Owners
	o.SeatsUsed += c.Seats
	o.UpdatedAt = c.UpdatedAt
	o.Version++
	return &o
}

// personalOrganization is the account that every user has for good.
func personalOrganization(userID, userName string, now time.Time) *Organization {
	return &Organization{
		ID: userID, Name: PersonalName(userName), IsPersonal: true, Status: OrganizationActive,
		MemberCount: 1, OwnerCount: 1, SeatsUsed: 1,
		Version: 1, CreatedBy: userID, CreatedAt: now, UpdatedAt: now,
	}
}

// PersonalName is the name of a user's personal organization: as long as the
// user's name allows, so it may exceed the 64 characters of a chosen name.
func PersonalName(userName string) string { return userName + "'s Organization" }
