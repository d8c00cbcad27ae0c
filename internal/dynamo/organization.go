package dynamo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeName        = "name"
	attributeMemberCount = "memberCount"
	attributeOwnerCount  = "ownerCount"
	attributeSeatsUsed   = "seatsUsed"
	attributeSeatLimit   = "seatLimit"
	attributeSlug        = "slug"
	attributeDueAt       = "dueAt"
)

type organizationItem struct {
	base
	Name        string                     `dynamodbav:"name"`
	Slug        string                     `dynamodbav:"slug,omitempty"`
	ImageKey    string                     `dynamodbav:"imageKey,omitempty"`
	IsPersonal  bool                       `dynamodbav:"isPersonal"`
	Status      account.OrganizationStatus `dynamodbav:"status"`
	MemberCount int                        `dynamodbav:"memberCount"`
	OwnerCount  int                        `dynamodbav:"ownerCount"`
	SeatsUsed   int                        `dynamodbav:"seatsUsed"`
	// SeatLimit is missing where there is none.
	SeatLimit int        `dynamodbav:"seatLimit,omitempty"`
	DueAt     *time.Time `dynamodbav:"dueAt,omitempty"`
	CreatedBy string     `dynamodbav:"createdBy"`
	CreatedAt time.Time  `dynamodbav:"createdAt"`
	UpdatedAt time.Time  `dynamodbav:"updatedAt"`
}

func newOrganizationItem(o *account.Organization) organizationItem {
	item := organizationItem{
		base: newBase(o), Name: o.Name, Slug: o.Slug, ImageKey: o.ImageKey, IsPersonal: o.IsPersonal, Status: o.Status,
		MemberCount: o.MemberCount, OwnerCount: o.OwnerCount, SeatsUsed: o.SeatsUsed, SeatLimit: o.SeatLimit,
		DueAt: optional(o.DueAt), CreatedBy: o.CreatedBy, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	item.keys = organizationKeys(o.ID, o.DueAt)
	return item
}

func (i organizationItem) record(k account.Key) *account.Organization {
	return &account.Organization{
		ID: k.Owner, Name: i.Name, Slug: i.Slug, ImageKey: i.ImageKey, IsPersonal: i.IsPersonal, Status: i.Status,
		MemberCount: i.MemberCount, OwnerCount: i.OwnerCount, SeatsUsed: i.SeatsUsed, SeatLimit: i.SeatLimit,
		DueAt: required(i.DueAt), Version: i.Version, CreatedBy: i.CreatedBy, CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
	}
}

func updateOrganization(u expression.UpdateBuilder, c account.ChangeOrganization) expression.UpdateBuilder {
	u = u.Set(expression.Name(attributeUpdated), expression.Value(c.UpdatedAt))
	u = assign(u, attributeName, c.Name)
	u = assign(u, attributeSlug, c.Slug)
	u = assign(u, attributeImageKey, c.ImageKey)
	u = assign(u, attributeStatus, c.Status)
	u = add(u, attributeMemberCount, c.Members)
	u = add(u, attributeOwnerCount, c.Owners)
	u = add(u, attributeSeatsUsed, c.Seats)
	if c.DueAt == nil {
		return u
	}
	listed := organizationKeys(c.OrganizationID, *c.DueAt)
	u = assignTime(u, attributeDueAt, c.DueAt)
	u = assign(u, IndexPartitionKey, &listed.GSI1PK)
	return assign(u, IndexSortKey, &listed.GSI1SK)
}

// Due returns a page of the organizations of a shard whose work is due, in one
// Query of the index. A position is the place's sort key there.
func (s *Store) Due(ctx context.Context, shard int, until time.Time, after string, limit int) ([]*account.Organization, string, error) {
	q := list{of: "due work", partition: duePartition(shard), below: dueUntil(until), index: true}
	if after != "" {
		_, id, ok := strings.Cut(after, "#")
		if !ok {
			return nil, "", errors.New("due work: no such position")
		}
		q.after = keys{PK: organizationPrefix + id, SK: organizationSort, GSI1PK: q.partition, GSI1SK: after}
	}
	return page(ctx, s, q, limit, func(o *account.Organization) string { return organizationKeys(o.ID, o.DueAt).GSI1SK })
}
