package mail

import (
	"time"

	"hearth/internal/account"
)

// Invitation invites someone, who may have no account yet, into an organization.
// It is written in the inviter's language, the only one that is known.
type Invitation struct {
	// OrganizationName is the name of the organization at the time of sending.
	OrganizationName string
	// InviterName is the name of whoever invites; empty where that is not known
	// any more.
	InviterName string
	// Role is the role that the invitation gives.
	Role account.Role
	// Link leads to the page where the invitation is accepted. It carries the
	// invitation's secret.
	Link string
	// ExpiresAt is when the invitation ends.
	ExpiresAt time.Time
}

func (Invitation) kind() Kind { return KindInvitation }

func (i Invitation) link() string { return i.Link }

func (i Invitation) actor() string { return printable(i.InviterName) }

func (i Invitation) values(d dictionary) map[string]string {
	return withName("InviterName", i.actor(), map[string]string{
		"OrganizationName": printable(i.OrganizationName),
		"Role":             d.role(i.Role),
		"ExpiresAt":        d.date(i.ExpiresAt),
	})
}
