package account

import (
	"hash/crc32"
	"time"
)

// OrganizationStatus is whether an organization can be entered.
type OrganizationStatus string

// The states of an organization. Nobody can enter any but an active one.
const (
	OrganizationActive    OrganizationStatus = "active"
	OrganizationClosing   OrganizationStatus = "closing"
	OrganizationPreserved OrganizationStatus = "preserved"
	// OrganizationSuspended is a team of a disabled user alone.
	OrganizationSuspended OrganizationStatus = "suspended"
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
	// ActiveSubscriptions counts what is being paid for: while there is one,
	// the organization is not deleted.
	ActiveSubscriptions int
	// PurgeAfter keeps a closing organization whole until then: the grace
	// period of its owner's deletion, who may come back.
	PurgeAfter time.Time
	// DueAt is when the work that a closing organization waits for is due.
	DueAt     time.Time
	Version   int
	CreatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Key names the organization.
func (o *Organization) Key() Key { return OrganizationKey(o.ID) }

// Revision is the number of times that the organization was written.
func (o *Organization) Revision() int { return o.Version }

// DueShards is the number of lists in which stores keep what is due. It never
// changes: what is listed under another number would not be found.
const DueShards = 4

// DueShard is the list in which an id stands while its work is due. The lists
// are spread by a hash, so that a thousand deletions at once do not write to
// one partition.
func DueShard(id string) int { return int(crc32.ChecksumIEEE([]byte(id)) % DueShards) }

// ChangeOrganization changes an organization; a nil field stays as it is and
// the counts are added.
type ChangeOrganization struct {
	OrganizationID string
	Name           *string
	Slug           *string
	// ImageKey "" takes the image away.
	ImageKey *string
	Status   *OrganizationStatus
	// DueAt puts the organization into the list of what is due; the zero time
	// takes it out.
	DueAt *time.Time
	// PurgeAfter keeps a closing organization whole until then; the zero time
	// no longer.
	PurgeAfter    *time.Time
	Members       int
	Owners        int
	Seats         int
	Subscriptions int
	UpdatedAt     time.Time
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
	set(&o.Slug, c.Slug)
	set(&o.ImageKey, c.ImageKey)
	set(&o.Status, c.Status)
	set(&o.DueAt, c.DueAt)
	set(&o.PurgeAfter, c.PurgeAfter)
	o.MemberCount += c.Members
	o.OwnerCount += c.Owners
	o.SeatsUsed += c.Seats
	o.ActiveSubscriptions += c.Subscriptions
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

// Slug gives a slug to one organization.
type Slug struct {
	Slug           string
	OrganizationID string
	Version        int
}

// Key names the slug.
func (s *Slug) Key() Key { return SlugKey(s.Slug) }

// Revision is the number of times that the slug was written.
func (s *Slug) Revision() int { return s.Version }
