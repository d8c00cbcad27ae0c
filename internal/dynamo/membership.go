package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

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

// Memberships returns a page of a user's memberships in one Query.
func (s *Store) Memberships(ctx context.Context, userID, after string, limit int) ([]*account.Membership, string, error) {
	e, err := expression.NewBuilder().WithKeyCondition(
		expression.Key(PartitionKey).Equal(expression.Value(userPrefix + userID)).
			And(expression.Key(SortKey).BeginsWith(membershipPrefix)),
	).Build()
	if err != nil {
		return nil, "", fmt.Errorf("memberships: %w", err)
	}
	input := &dynamodb.QueryInput{
		TableName: &s.table, ConsistentRead: aws.Bool(true),
		Limit:                  aws.Int32(int32(limit)), //nolint:gosec // a page, never more than a hundred
		KeyConditionExpression: e.KeyCondition(), ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
	}
	if after != "" {
		at := keys{PK: userPrefix + userID, SK: membershipPrefix + after}
		input.ExclusiveStartKey = at.attributes()
	}
	output, err := s.client.Query(ctx, input)
	if err != nil {
		return nil, "", engineError("memberships", err)
	}
	page := make([]*account.Membership, 0, len(output.Items))
	for _, item := range output.Items {
		record, err := decode(item)
		if err != nil {
			return nil, "", err
		}
		if m, ok := record.(*account.Membership); ok {
			page = append(page, m)
		}
	}
	if len(output.LastEvaluatedKey) == 0 || len(page) == 0 {
		return page, "", nil
	}
	return page, page[len(page)-1].OrganizationID, nil
}
