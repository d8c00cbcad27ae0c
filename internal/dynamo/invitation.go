package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeSendCount = "sendCount"
	attributeLastSent  = "lastSentAt"
	// attributeExpires is no time to live: what became of an invitation is
	// told for as long as its organization is there.
	attributeExpires = "invitationExpiresAt"
)

type invitationItem struct {
	base
	Email      string                   `dynamodbav:"email"`
	Role       account.Role             `dynamodbav:"role"`
	Status     account.InvitationStatus `dynamodbav:"status"`
	SendCount  int                      `dynamodbav:"sendCount"`
	InvitedBy  string                   `dynamodbav:"invitedBy"`
	CreatedAt  time.Time                `dynamodbav:"createdAt"`
	LastSentAt *time.Time               `dynamodbav:"lastSentAt,omitempty"`
	ExpiresAt  *time.Time               `dynamodbav:"invitationExpiresAt,omitempty"`
}

func newInvitationItem(i *account.Invitation) invitationItem {
	item := invitationItem{
		base: newBase(i), Email: i.Email, Role: i.Role, Status: i.Status, SendCount: i.SendCount, InvitedBy: i.InvitedBy,
		CreatedAt: i.CreatedAt, LastSentAt: optional(i.LastSentAt), ExpiresAt: optional(i.ExpiresAt),
	}
	item.keys = invitationKeys(i)
	return item
}

func (i invitationItem) record(k account.Key) *account.Invitation {
	return &account.Invitation{
		OrganizationID: k.Owner, ID: k.ID, Email: i.Email, Role: i.Role, Status: i.Status, SendCount: i.SendCount,
		InvitedBy: i.InvitedBy, CreatedAt: i.CreatedAt.UTC(), LastSentAt: required(i.LastSentAt),
		ExpiresAt: required(i.ExpiresAt), Version: i.Version,
	}
}

// updateInvitation moves an invitation that leaves pending from the list of its
// address to that of what is over, where only a deletion looks for it. There is
// no way back: a new invitation has a new id.
func updateInvitation(u expression.UpdateBuilder, c account.ChangeInvitation) expression.UpdateBuilder {
	u = assign(u, attributeStatus, c.Status)
	u = add(u, attributeSendCount, c.Sent)
	u = assignTime(u, attributeLastSent, c.LastSentAt)
	u = assignTime(u, attributeExpires, c.ExpiresAt)
	if c.Status != nil && *c.Status != account.InvitationPending {
		u = u.Set(expression.Name(IndexSortKey), expression.Value(endedPrefix+c.InvitationID))
	}
	return u
}

type invitedItem struct {
	base
	InvitationID string `dynamodbav:"invitationId"`
}

func newInvitedItem(i *account.Invited) invitedItem {
	return invitedItem{base: newBase(i), InvitationID: i.InvitationID}
}

func (i invitedItem) record(k account.Key) *account.Invited {
	return &account.Invited{OrganizationID: k.Owner, Email: k.ID, InvitationID: i.InvitationID, Version: i.Version}
}

func invitationsOf(organizationID string) list {
	return list{of: "invitations", partition: organizationPrefix + organizationID, begins: invitationPrefix, newestFirst: true}
}

// Invitations returns a page of an organization's invitations, the newest
// first, in one Query.
func (s *Store) Invitations(ctx context.Context, organizationID, after string, limit int) ([]*account.Invitation, string, error) {
	q := invitationsOf(organizationID)
	if after != "" {
		q.after = keys{PK: q.partition, SK: invitationPrefix + after}
	}
	return page(ctx, s, q, limit, func(i *account.Invitation) string { return i.ID })
}

// InvitationsTo returns a page of an address's pending invitations, the newest
// first, in one Query of the index. A position is the invitation's id and its
// organization's.
func (s *Store) InvitationsTo(ctx context.Context, email, after string, limit int) ([]*account.Invitation, string, error) {
	return s.invitationsTo(ctx, invitationPrefix, email, after, limit)
}

func (s *Store) invitationsTo(ctx context.Context, begins, email, after string, limit int) ([]*account.Invitation, string, error) {
	q := list{
		of: "invitations to an address", partition: addressPrefix + account.FoldAddress(email), begins: begins,
		newestFirst: true, index: true,
	}
	if after != "" {
		id, organizationID, ok := strings.Cut(after, "#")
		if !ok {
			return nil, "", errPosition
		}
		q.after = keys{
			PK: organizationPrefix + organizationID, SK: invitationPrefix + id,
			GSI1PK: q.partition, GSI1SK: begins + id,
		}
	}
	return page(ctx, s, q, limit, func(i *account.Invitation) string { return i.ID + "#" + i.OrganizationID })
}
