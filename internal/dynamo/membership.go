package dynamo

import (
	"time"

	"hearth/internal/account"
)

const attributeRole = "role"

type membershipItem struct {
	base
	Role         account.Role `dynamodbav:"role"`
	UserName     string       `dynamodbav:"userName"`
	UserEmail    string       `dynamodbav:"userEmail"`
	UserImageURL string       `dynamodbav:"userImageUrl,omitempty"`
	UserVersion  int          `dynamodbav:"userVersion"`
	JoinedAt     time.Time    `dynamodbav:"joinedAt"`
}

func newMembershipItem(m *account.Membership) membershipItem {
	item := membershipItem{
		base: newBase(m), Role: m.Role, UserName: m.UserName, UserEmail: m.UserEmail,
		UserImageURL: m.UserImageURL, UserVersion: m.UserVersion, JoinedAt: m.JoinedAt,
	}
	item.keys = membershipKeys(m)
	return item
}

func (i membershipItem) record(k account.Key) *account.Membership {
	return &account.Membership{
		UserID: k.Owner, OrganizationID: k.ID, Role: i.Role, UserName: i.UserName, UserEmail: i.UserEmail,
		UserImageURL: i.UserImageURL, UserVersion: i.UserVersion, Version: i.Version, JoinedAt: i.JoinedAt.UTC(),
	}
}
