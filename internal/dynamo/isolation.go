package dynamo

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
