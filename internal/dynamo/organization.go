package dynamo

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeName          = "name"
	attributeMemberCount   = "memberCount"
	attributeOwnerCount    = "ownerCount"
	attributeSeatsUsed     = "seatsUsed"
	attributeSeatLimit     = "seatLimit"
	attributeSlug          = "slug"
	attributeDueAt         = "dueAt"
	attributePurgeAfter    = "purgeAfter"
	attributeSubscriptions = "activeSubscriptions"
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
	SeatLimit           int        `dynamodbav:"seatLimit,omitempty"`
	ActiveSubscriptions int        `dynamodbav:"activeSubscriptions,omitempty"`
	DueAt               *time.Time `dynamodbav:"dueAt,omitempty"`
	PurgeAfter          *time.Time `dynamodbav:"purgeAfter,omitempty"`
	CreatedBy           string     `dynamodbav:"createdBy"`
	CreatedAt           time.Time  `dynamodbav:"createdAt"`
	UpdatedAt           time.Time  `dynamodbav:"updatedAt"`
}

func newOrganizationItem(o *account.Organization) organizationItem {
	item := organizationItem{
		base: newBase(o), Name: o.Name, Slug: o.Slug, ImageKey: o.ImageKey, IsPersonal: o.IsPersonal, Status: o.Status,
		MemberCount: o.MemberCount, OwnerCount: o.OwnerCount, SeatsUsed: o.SeatsUsed, SeatLimit: o.SeatLimit,
		ActiveSubscriptions: o.ActiveSubscriptions,
		DueAt:               optional(o.DueAt), PurgeAfter: optional(o.PurgeAfter), CreatedBy: o.CreatedBy, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
	item.keys = dueKeys(o.Key(), o.DueAt)
	return item
}

func (i organizationItem) record(k account.Key) *account.Organization {
	return &account.Organization{
		ID: k.Owner, Name: i.Name, Slug: i.Slug, ImageKey: i.ImageKey, IsPersonal: i.IsPersonal, Status: i.Status,
		MemberCount: i.MemberCount, OwnerCount: i.OwnerCount, SeatsUsed: i.SeatsUsed, SeatLimit: i.SeatLimit,
		ActiveSubscriptions: i.ActiveSubscriptions,
		DueAt:               required(i.DueAt), PurgeAfter: required(i.PurgeAfter), Version: i.Version, CreatedBy: i.CreatedBy, CreatedAt: i.CreatedAt.UTC(), UpdatedAt: i.UpdatedAt.UTC(),
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
	u = add(u, attributeSubscriptions, c.Subscriptions)
	u = assignTime(u, attributePurgeAfter, c.PurgeAfter)
	if c.DueAt == nil {
		return u
	}
	return updateDue(u, c.Key(), *c.DueAt)
}
