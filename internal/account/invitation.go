package account

import "time"

// InvitationStatus is what became of an invitation. Expired is what a pending
// one is after its time, whether or not that was written already.
type InvitationStatus string

// The states of an invitation.
const (
	InvitationPending  InvitationStatus = "pending"
	InvitationAccepted InvitationStatus = "accepted"
	InvitationDeclined InvitationStatus = "declined"
	InvitationRevoked  InvitationStatus = "revoked"
	InvitationExpired  InvitationStatus = "expired"
)

// Invitation offers a role in an organization to whoever has an address. Its
// secret is a MAC over its ids and SendCount, so none is stored.
type Invitation struct {
	OrganizationID string
	ID             string
	// Email is as it was typed; it is compared folded.
	Email  string
	Role   Role
	Status InvitationStatus
	// SendCount counts the mails; a new one ends the token of the old.
	SendCount  int
	InvitedBy  string
	CreatedAt  time.Time
	LastSentAt time.Time
	ExpiresAt  time.Time
	Version    int
}

// Key names the invitation.
func (i *Invitation) Key() Key { return InvitationKey(i.OrganizationID, i.ID) }

// Revision is the number of times that the invitation was written.
func (i *Invitation) Revision() int { return i.Version }

// StatusAt is the status at a time: nothing waits for the time to live.
func (i *Invitation) StatusAt(now time.Time) InvitationStatus {
	if i.Status == InvitationPending && !now.Before(i.ExpiresAt) {
		return InvitationExpired
	}
	return i.Status
}

// ChangeInvitation changes an invitation; a nil field stays as it is. One that
// leaves pending leaves the lists of its address too.
type ChangeInvitation struct {
	OrganizationID string
	InvitationID   string
	Status         *InvitationStatus
	// Sent counts another mail.
	Sent       int
	LastSentAt *time.Time
	ExpiresAt  *time.Time
}

// Key names the invitation.
func (c ChangeInvitation) Key() Key { return InvitationKey(c.OrganizationID, c.InvitationID) }

// Apply returns the invitation with the change made.
func (c ChangeInvitation) Apply(r Record) Record {
	old, ok := r.(*Invitation)
	if !ok {
		return r
	}
	i := *old
	set(&i.Status, c.Status)
	i.SendCount += c.Sent
	set(&i.LastSentAt, c.LastSentAt)
	set(&i.ExpiresAt, c.ExpiresAt)
	i.Version++
	return &i
}

// Invited stands while an address has a pending invitation to an organization,
// so that it cannot have two.
type Invited struct {
	OrganizationID string
	// Email is folded.
	Email        string
	InvitationID string
	Version      int
}

// Key names the record.
func (i *Invited) Key() Key { return InvitedKey(i.OrganizationID, i.Email) }

// Revision is the number of times that the record was written.
func (i *Invited) Revision() int { return i.Version }
