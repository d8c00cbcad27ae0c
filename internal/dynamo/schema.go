package dynamo

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/text/cases"

	"hearth/internal/account"
)

// Every key of the table is declared here and nowhere else.
//
//	record        PK              SK                 GSI1PK / GSI1SK
//	user          USER#<id>       USER
//	address       EMAIL#<folded>  USER
//	session       USER#<id>       SESSION#<jti>
//	membership    USER#<id>       MEMBER#<orgId>     ORG#<orgId> / MEMBER#<folded name>#<userId>
//	organization  ORG#<id>        ORG
//	deletion      USER#<id>       DELETION
//	idempotency   USER#<id>       IDEMPOTENCY#<key>
//
// Who reads and writes them, and in how many calls (a transaction or batch is one):
//
//	access pattern                                       calls
//	authorize: user, session, membership, organization   1 BatchGetItem
//	  the same when the session names a team             2 BatchGetItem
//	first request of a session: its record               + 1 TransactWriteItems
//	first request of a person: user, address, personal   + 1 TransactWriteItems
//	  organization, membership; or the sign-up trigger
//	last use of a session, once in 15 minutes            + 1 TransactWriteItems
//	end all sessions of a user                           1 TransactWriteItems
//	memberships of a user, a page                        1 Query
//	the switcher: memberships, then user, session and    1 Query, 1 BatchGetItem
//	  organizations
//	choose an account, change a profile or preferences   authorize + 1 TransactWriteItems
//	stream: the copies follow a user's name              1 BatchGetItem, 1 Query a page of
//	                                                     memberships, 1 TransactWriteItems a copy
const (
	userPrefix         = "USER#"
	addressPrefix      = "EMAIL#"
	organizationPrefix = "ORG#"

	userSort          = "USER"
	sessionPrefix     = "SESSION#"
	membershipPrefix  = "MEMBER#"
	organizationSort  = "ORG"
	deletionSort      = "DELETION"
	idempotencyPrefix = "IDEMPOTENCY#"
)

// keys are the key attributes of an item; the index's are empty where the item
// is in no list.
type keys struct {
	PK     string `dynamodbav:"PK"`
	SK     string `dynamodbav:"SK"`
	GSI1PK string `dynamodbav:"GSI1PK,omitempty"`
	GSI1SK string `dynamodbav:"GSI1SK,omitempty"`
}

// primaryKey is where a record stands.
func primaryKey(k account.Key) (keys, error) {
	switch k.Kind {
	case account.KindUser:
		return keys{PK: userPrefix + k.Owner, SK: userSort}, nil
	case account.KindAddress:
		return keys{PK: addressPrefix + k.Owner, SK: userSort}, nil
	case account.KindSession:
		return keys{PK: userPrefix + k.Owner, SK: sessionPrefix + k.ID}, nil
	case account.KindMembership:
		return keys{PK: userPrefix + k.Owner, SK: membershipPrefix + k.ID}, nil
	case account.KindOrganization:
		return keys{PK: organizationPrefix + k.Owner, SK: organizationSort}, nil
	case account.KindDeletion:
		return keys{PK: userPrefix + k.Owner, SK: deletionSort}, nil
	case account.KindIdempotency:
		return keys{PK: userPrefix + k.Owner, SK: idempotencyPrefix + k.ID}, nil
	}
	return keys{}, fmt.Errorf("no key for a record of kind %q", k.Kind)
}

// membershipKeys puts a membership also into its organization's list, sorted
// by the user's name.
func membershipKeys(m *account.Membership) keys {
	return keys{
		PK: userPrefix + m.UserID, SK: membershipPrefix + m.OrganizationID,
		GSI1PK: organizationPrefix + m.OrganizationID,
		GSI1SK: membershipPrefix + cases.Fold().String(m.UserName) + "#" + m.UserID,
	}
}

// recordKey is the record that stands at a primary key.
func recordKey(pk, sk string) (account.Key, bool) {
	owner, isUser := strings.CutPrefix(pk, userPrefix)
	switch {
	case isUser && sk == userSort:
		return account.UserKey(owner), true
	case isUser && sk == deletionSort:
		return account.DeletionKey(owner), true
	case isUser && strings.HasPrefix(sk, sessionPrefix):
		return account.SessionKey(owner, strings.TrimPrefix(sk, sessionPrefix)), true
	case isUser && strings.HasPrefix(sk, membershipPrefix):
		return account.MembershipKey(owner, strings.TrimPrefix(sk, membershipPrefix)), true
	case isUser && strings.HasPrefix(sk, idempotencyPrefix):
		return account.IdempotencyKey(owner, strings.TrimPrefix(sk, idempotencyPrefix)), true
	case strings.HasPrefix(pk, addressPrefix) && sk == userSort:
		return account.AddressKey(strings.TrimPrefix(pk, addressPrefix)), true
	case strings.HasPrefix(pk, organizationPrefix) && sk == organizationSort:
		return account.OrganizationKey(strings.TrimPrefix(pk, organizationPrefix)), true
	}
	return account.Key{}, false
}

func (k keys) attributes() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		PartitionKey: &types.AttributeValueMemberS{Value: k.PK},
		SortKey:      &types.AttributeValueMemberS{Value: k.SK},
	}
}
