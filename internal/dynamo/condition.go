package dynamo

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

var (
	isThere  = expression.AttributeExists(expression.Name(PartitionKey))
	isAbsent = expression.AttributeNotExists(expression.Name(PartitionKey))
)

// condition turns each kind of premise into its condition. This is the one
// place; the suite of package accounttest holds it against the premise's own
// word, Holds.
func condition(p account.Premise) (expression.ConditionBuilder, error) {
	switch p := p.(type) {
	case account.UserIsActive:
		return equals(attributeStatus, account.UserActive), nil
	case account.UserIsMember, account.Exists:
		return isThere, nil
	case account.RoleIs:
		return roleIn(p.Roles), nil
	case account.OrganizationIsActive:
		return equals(attributeStatus, account.OrganizationActive), nil
	case account.OwnersMoreThan:
		return expression.Name(attributeOwnerCount).GreaterThan(expression.Value(p.Count)), nil
	case account.SeatIsFree:
		limit := expression.Name(attributeSeatLimit)
		return isThere.And(expression.AttributeNotExists(limit).
			Or(expression.Name(attributeSeatsUsed).LessThan(limit))), nil
	case account.TeamsBelow:
		return expression.Name(attributeTeamCount).LessThan(expression.Value(p.Limit)), nil
	case account.AccountsVersionIs:
		return equals(attributeAccountsVersion, p.Version), nil
	case account.MembersAre:
		return equals(attributeMemberCount, p.Count), nil
	case account.NoSubscription:
		subscriptions := expression.Name(attributeSubscriptions)
		return isThere.And(expression.AttributeNotExists(subscriptions).Or(subscriptions.Equal(expression.Value(0)))), nil
	case account.VersionIs:
		return equals(attributeVersion, p.Version), nil
	case account.IsCreatedBy:
		return equals(attributeCreatedBy, p.UserID), nil
	case account.IsAbsent:
		return isAbsent, nil
	}
	return expression.ConditionBuilder{}, fmt.Errorf("no condition for a %T", p)
}

func equals(name string, value any) expression.ConditionBuilder {
	return expression.Name(name).Equal(expression.Value(value))
}

func roleIn(roles []account.Role) expression.ConditionBuilder {
	if len(roles) == 0 {
		return isThere.And(isAbsent) // no role is in an empty list
	}
	values := make([]expression.OperandBuilder, len(roles))
	for i, r := range roles {
		values[i] = expression.Value(r)
	}
	return expression.Name(attributeRole).In(values[0], values[1:]...)
}
