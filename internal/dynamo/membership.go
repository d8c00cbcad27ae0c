package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeRole         = "role"
	attributeUserName     = "userName"
	attributeUserEmail    = "userEmail"
	attributeUserImageKey = "userImageKey"
	attributeUserVersion  = "userVersion"
)

type membershipItem struct {
	base
	Role         account.Role `dynamodbav:"role"`
	UserName     string       `dynamodbav:"userName"`
	UserEmail    string       `dynamodbav:"userEmail"`
	UserImageKey string       `dynamodbav:"userImageKey,omitempty"`
	UserVersion  int          `dynamodbav:"userVersion"`
	JoinedAt     time.Time    `dynamodbav:"joinedAt"`
}

func newMembershipItem(m *account.Membership) membershipItem {
	item := membershipItem{
		base: newBase(m), Role: m.Role, UserName: m.UserName, UserEmail: m.UserEmail,
		UserImageKey: m.UserImageKey, UserVersion: m.UserVersion, JoinedAt: m.JoinedAt,
	}
	item.keys = membershipKeys(m)
	return item
}

func (i membershipItem) record(k account.Key) *account.Membership {
	return &account.Membership{
		UserID: k.Owner, OrganizationID: k.ID, Role: i.Role, UserName: i.UserName, UserEmail: i.UserEmail,
		UserImageKey: i.UserImageKey, UserVersion: i.UserVersion, Version: i.Version, JoinedAt: i.JoinedAt.UTC(),
	}
}

// updateMembership changes the copies of the user, and with the name the place
// in the organization's list.
func updateMembership(u expression.UpdateBuilder, c account.ChangeMembership) expression.UpdateBuilder {
	listed := membershipKeys(&account.Membership{UserID: c.UserID, OrganizationID: c.OrganizationID, UserName: c.UserName})
	u = u.Set(expression.Name(IndexSortKey), expression.Value(listed.GSI1SK))
	u = assign(u, attributeUserName, &c.UserName)
	u = assign(u, attributeUserEmail, &c.UserEmail)
	u = assign(u, attributeUserImageKey, &c.UserImageKey)
	return u.Set(expression.Name(attributeUserVersion), expression.Value(c.UserVersion))
}

func membershipsOf(userID string) list {
	return list{of: "memberships", partition: userPrefix + userID, begins: membershipPrefix}
}

// Memberships returns a page of a user's memberships in one Query.
func (s *Store) Memberships(ctx context.Context, userID, after string, limit int) ([]*account.Membership, string, error) {
	q := membershipsOf(userID)
	if after != "" {
		q.after = keys{PK: q.partition, SK: membershipPrefix + after}
	}
	return page(ctx, s, q, limit, func(m *account.Membership) string { return m.OrganizationID })
}

func membersOf(organizationID, prefix string) list {
	return list{
		of: "members", partition: organizationPrefix + organizationID, begins: membershipPrefix + foldName(prefix), index: true,
	}
}

// maxSortKey is the length of the longest sort key in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxSortKey = 1024

// Members returns a page of an organization's memberships, sorted by name, in
// one Query of the index. A position is the place's sort key there.
func (s *Store) Members(ctx context.Context, organizationID, prefix, after string, limit int) ([]*account.Membership, string, error) {
	q := membersOf(organizationID, prefix)
	if len(q.begins) > maxSortKey || strings.Contains(prefix, nameEnd) {
		return nil, "", nil // no name begins so
	}
	if after != "" {
		var ok bool
		if q.after, ok = listedMember(organizationID, after); !ok {
			return nil, "", errPosition
		}
	}
	return page(ctx, s, q, limit, func(m *account.Membership) string { return membershipKeys(m).GSI1SK })
}
