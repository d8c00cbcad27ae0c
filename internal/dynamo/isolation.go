package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"hearth/internal/account"
)

// What credentials that are narrowed to the data of one account may do, said
// once for the role's policy and for the development host. An index holds no
// account's data, so there is nothing for them to do there; and never a Scan,
// which reads whatever there is.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
var (
	// DataActions are those on the items of the account's own partition.
	DataActions = []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query"}
	// UserActions are those on the items of the user's partition, by which a
	// write of data has its conditions in its own transaction.
	UserActions = []string{"ConditionCheckItem"}
)

// DataPartition is the partition key of all that an account owns.
func DataPartition(accountID string) string { return dataPrefix + accountID }

// UserPartition is the partition key of a user's records, the memberships among
// them.
func UserPartition(userID string) string { return userPrefix + userID }

// OrganizationPartition is the partition key of an organization's records.
func OrganizationPartition(organizationID string) string { return organizationPrefix + organizationID }

// Vendor gives out credentials that reach what one account owns, for one user.
type Vendor interface {
	// Credentials fails with account.ErrUnavailable and account.ErrInternal.
	Credentials(ctx context.Context, accountID, userID string) (aws.Credentials, error)
}

// Narrowed gives for each scope a client with credentials for that scope alone.
// It is the given client in all else: connections and the budget of retries are
// shared. Making one takes about a microsecond, so each is made anew and none can
// be mistaken for another's.
func Narrowed(client *dynamodb.Client, vendor Vendor) Clients {
	options := client.Options()
	return func(ctx context.Context, scope account.Scope) (*dynamodb.Client, error) {
		narrow, err := vendor.Credentials(ctx, scope.AccountID(), scope.UserID())
		if err != nil {
			return nil, err
		}
		o := options.Copy()
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return narrow, nil })
		return dynamodb.New(o), nil
	}
}
