package dynamo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
)

// Every key of the table is declared here and nowhere else.
//
//	record        PK                  SK                 GSI1PK / GSI1SK
//	user          USER#<id>           USER
//	address       EMAIL#<folded>      USER
//	session       USER#<id>           SESSION#<jti>
//	membership    USER#<id>           MEMBER#<orgId>     ORG#<orgId> / MEMBER#<folded name><tab><userId>
//	organization  ORG#<id>            ORG                while due: DUE#<shard> / <dueAt>#<id>
//	slug          SLUG#<slug>         SLUG
//	invitation    ORG#<id>            INVITE#<id>        while pending: EMAIL#<folded> / INVITE#<id>,
//	                                                     then EMAIL#<folded> / ENDED#<id>
//	invited       ORG#<id>            INVITED#<folded>
//	audit entry   ORG#<id>            AUDIT#<id>
//	deletion      USER#<id>           DELETION           while due: DUE#<shard> / <dueAt>#<id>
//	export        USER#<id>           EXPORT             while due: DUE#<shard> / <dueAt>#<id>
//	certificate   CERTIFICATE#<id>    CERTIFICATE
//	datum         DATA#<accountId>    <KIND>#<id>, such as PROJECT#<id>; of every
//	                                  account also
//	                                  AUDIT#<id>
//	                                  IDEMPOTENCY#<hash of user and key>
//	                                  GATE#<n>, once the account is closed
//	idempotency   USER#<id>           IDEMPOTENCY#<key>
//	limit         USER#<id>, or       LIMIT#<kind>
//	              LIMIT#<hash>
//	recovery      USER#<id>           RECOVERY
//	passkey       USER#<id>           PASSKEY#<credentialId>
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
//	end all sessions of a user                           1 BatchGetItem, 1 TransactWriteItems
//	memberships or sessions of a user, a page            1 Query
//	change a password, an address, MFA or a passkey      authorize + 1 TransactWriteItems,
//	                                                     and a BatchGetItem of what it moves
//	get back in by a recovery code                       3 BatchGetItem, 4 TransactWriteItems
//	the switcher: memberships, then user, session and    1 Query, 1 BatchGetItem
//	  organizations
//	choose an account, change a profile or preferences   authorize + 1 TransactWriteItems
//	create, change or close an organization; invite,     authorize + 1 TransactWriteItems
//	  accept, decline, revoke; change a role, remove a
//	  member, leave, transfer: with the audit entry
//	members of an organization, all or by the beginning  authorize + 1 Query of the index
//	  of their names, a page
//	invitations of an organization, a page with names    authorize + 1 Query, 1 BatchGetItem
//	audit log of an organization, a page with names      authorize + 1 Query, 1 BatchGetItem
//	pending invitations of an address, a page            1 Query of the index, 1 BatchGetItem
//	projects, and whatever else accounts own: a page     authorize + 1 Query
//	  create, delete                                     authorize + 1 TransactWriteItems
//	  get                                                authorize + 1 BatchGetItem
//	  change                                             authorize + 1 BatchGetItem,
//	                                                     1 TransactWriteItems
//	stream: a chunk of a deleted organization            1 BatchGetItem, its Query, 1 BatchGetItem
//	                                                     for members, 1 TransactWriteItems
//	schedule: what is due, a page of a shard             1 Query of the index, then as the stream
//	what deleting an account means                       2 BatchGetItem; a page of memberships: 1 Query,
//	                                                     1 BatchGetItem; an address: 1 Query of the
//	                                                     index, 1 BatchGetItem; a team that one may
//	                                                     invite to, with invitations that wait: a
//	                                                     Query a hundred until all were seen; the
//	                                                     data: 4 Query, and 1 more a megabyte
//	delete an account                                    the same + 1 TransactWriteItems
//	restore one                                          2 BatchGetItem, 1 TransactWriteItems
//	stream: a chunk of a deletion                        1 BatchGetItem, its list (at most 2 Query an
//	                                                     address, 2 BatchGetItem), 1 TransactWriteItems
//	stream: a part of an export                          1 BatchGetItem, a Query a page of each list,
//	                                                     1 TransactWriteItems
//	ask for an export                                    1 BatchGetItem, 1 TransactWriteItems
//	stream: the copies follow a user's name              1 BatchGetItem, 1 Query a page of
//	                                                     memberships, 1 TransactWriteItems a copy
//	maintenance: a page of the table                     1 Scan, 1 BatchGetItem a hundred records that
//	                                                     it rests on, 2 Query of each team
//	repair a user or a count; act on one for support     3 to 5 BatchGetItem, 1 Query a page of
//	                                                     memberships, 1 TransactWriteItems
const (
	userPrefix         = "USER#"
	addressPrefix      = "EMAIL#"
	organizationPrefix = "ORG#"
	slugPrefix         = "SLUG#"
	limitPrefix        = "LIMIT#" // of partition keys and sort keys alike
	duePrefix          = "DUE#"
	certificatePrefix  = "CERTIFICATE#"
	dataPrefix         = "DATA#"

	userSort          = "USER"
	sessionPrefix     = "SESSION#"
	membershipPrefix  = "MEMBER#"
	organizationSort  = "ORG"
	slugSort          = "SLUG"
	invitationPrefix  = "INVITE#"
	endedPrefix       = "ENDED#" // in the index alone
	invitedPrefix     = "INVITED#"
	auditPrefix       = "AUDIT#"
	deletionSort      = "DELETION"
	exportSort        = "EXPORT"
	certificateSort   = "CERTIFICATE"
	idempotencyPrefix = "IDEMPOTENCY#"
	recoverySort      = "RECOVERY"
	passkeyPrefix     = "PASSKEY#"
)

// nameEnd stands behind the name in the list of members. It sorts before every
// character that a name can have, the space too, so that Ann is before Ann
// Marie and no name's beginning reaches into an id.
const nameEnd = "\t"

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
	case account.KindExport:
		return keys{PK: userPrefix + k.Owner, SK: exportSort}, nil
	case account.KindCertificate:
		return keys{PK: certificatePrefix + k.Owner, SK: certificateSort}, nil
	case account.KindDatum:
		return keys{PK: dataPrefix + k.Owner, SK: k.ID}, nil
	case account.KindIdempotency:
		return keys{PK: userPrefix + k.Owner, SK: idempotencyPrefix + k.ID}, nil
	case account.KindRecovery:
		return keys{PK: userPrefix + k.Owner, SK: recoverySort}, nil
	case account.KindPasskey:
		return keys{PK: userPrefix + k.Owner, SK: passkeyPrefix + k.ID}, nil
	case account.KindSlug:
		return keys{PK: slugPrefix + k.Owner, SK: slugSort}, nil
	case account.KindInvitation:
		return keys{PK: organizationPrefix + k.Owner, SK: invitationPrefix + k.ID}, nil
	case account.KindInvited:
		return keys{PK: organizationPrefix + k.Owner, SK: invitedPrefix + k.ID}, nil
	case account.KindAudit:
		return keys{PK: organizationPrefix + k.Owner, SK: auditPrefix + k.ID}, nil
	case account.KindLimit:
		if hash, ok := strings.CutPrefix(k.Owner, account.HashedWho); ok {
			return keys{PK: limitPrefix + hash, SK: limitPrefix + k.ID}, nil
		}
		return keys{PK: userPrefix + k.Owner, SK: limitPrefix + k.ID}, nil
	}
	return keys{}, fmt.Errorf("no key for a record of kind %q", k.Kind)
}

// foldName is the form in which names are sorted and searched: that in which
// addresses are compared.
func foldName(name string) string { return account.FoldAddress(name) }

// membershipKeys puts a membership also into its organization's list, sorted
// by the user's name.
func membershipKeys(m *account.Membership) keys {
	return keys{
		PK: userPrefix + m.UserID, SK: membershipPrefix + m.OrganizationID,
		GSI1PK: organizationPrefix + m.OrganizationID,
		GSI1SK: membershipPrefix + foldName(m.UserName) + nameEnd + m.UserID,
	}
}

// listedMember is the place of a membership in its organization's list, told
// from the place's sort key alone.
func listedMember(organizationID, sort string) (keys, bool) {
	end := strings.LastIndex(sort, nameEnd)
	if end < 0 || !strings.HasPrefix(sort, membershipPrefix) {
		return keys{}, false
	}
	return keys{
		PK: userPrefix + sort[end+len(nameEnd):], SK: membershipPrefix + organizationID,
		GSI1PK: organizationPrefix + organizationID, GSI1SK: sort,
	}, true
}

// invitationKeys puts an invitation also into one of the lists of its address:
// that of what is pending, or that of what is over.
func invitationKeys(i *account.Invitation) keys {
	k := keys{
		PK: organizationPrefix + i.OrganizationID, SK: invitationPrefix + i.ID,
		GSI1PK: addressPrefix + account.FoldAddress(i.Email), GSI1SK: endedPrefix + i.ID,
	}
	if i.Status == account.InvitationPending {
		k.GSI1SK = k.SK
	}
	return k
}

func duePartition(shard int) string { return duePrefix + strconv.Itoa(shard) }

// dueUntil sorts behind everything that is due in the second of a time, and
// before what is due later: $ is the character behind #.
func dueUntil(t time.Time) string { return t.UTC().Format(time.RFC3339) + "$" }

// The records of which a user or an organization can have many, by the prefix
// of their sort keys.
var (
	userRecords = map[string]func(userID, id string) account.Key{
		sessionPrefix: account.SessionKey, membershipPrefix: account.MembershipKey,
		idempotencyPrefix: account.IdempotencyKey, limitPrefix: account.LimitKey, passkeyPrefix: account.PasskeyKey,
	}
	organizationRecords = map[string]func(organizationID, id string) account.Key{
		invitationPrefix: account.InvitationKey, invitedPrefix: account.InvitedKey, auditPrefix: account.AuditKey,
	}
)

// recordKey is the record that stands at a primary key.
func recordKey(pk, sk string) (account.Key, bool) {
	if owner, ok := strings.CutPrefix(pk, userPrefix); ok {
		return userRecord(owner, sk)
	}
	if owner, ok := strings.CutPrefix(pk, organizationPrefix); ok {
		return organizationRecord(owner, sk)
	}
	if accountID, ok := strings.CutPrefix(pk, dataPrefix); ok {
		return account.DatumKey(accountID, sk), true
	}
	if id, ok := strings.CutPrefix(pk, certificatePrefix); ok && sk == certificateSort {
		return account.CertificateKey(id), true
	}
	if email, ok := strings.CutPrefix(pk, addressPrefix); ok && sk == userSort {
		return account.AddressKey(email), true
	}
	if slug, ok := strings.CutPrefix(pk, slugPrefix); ok && sk == slugSort {
		return account.SlugKey(slug), true
	}
	hash, ok := strings.CutPrefix(pk, limitPrefix)
	kind, isLimit := strings.CutPrefix(sk, limitPrefix)
	if ok && isLimit {
		return account.LimitKey(account.HashedWho+hash, kind), true
	}
	return account.Key{}, false
}

// userRecord is the record of a user at a sort key.
func userRecord(userID, sk string) (account.Key, bool) {
	switch sk {
	case userSort:
		return account.UserKey(userID), true
	case deletionSort:
		return account.DeletionKey(userID), true
	case exportSort:
		return account.ExportKey(userID), true
	case recoverySort:
		return account.RecoveryKey(userID), true
	}
	return prefixed(userRecords, userID, sk)
}

// organizationRecord is the record of an organization at a sort key.
func organizationRecord(organizationID, sk string) (account.Key, bool) {
	if sk == organizationSort {
		return account.OrganizationKey(organizationID), true
	}
	return prefixed(organizationRecords, organizationID, sk)
}

// prefixed is the one of an owner's records whose prefix a sort key has. No
// prefix begins another, since each ends at its first #.
func prefixed(records map[string]func(owner, id string) account.Key, owner, sk string) (account.Key, bool) {
	at := strings.IndexByte(sk, '#') + 1
	key, ok := records[sk[:at]]
	if !ok {
		return account.Key{}, false
	}
	return key(owner, sk[at:]), true
}

// attributes is the primary key as DynamoDB takes it, with the index's where
// there is one.
func (k keys) attributes() map[string]types.AttributeValue {
	a := map[string]types.AttributeValue{
		PartitionKey: &types.AttributeValueMemberS{Value: k.PK},
		SortKey:      &types.AttributeValueMemberS{Value: k.SK},
	}
	if k.GSI1PK != "" {
		a[IndexPartitionKey] = &types.AttributeValueMemberS{Value: k.GSI1PK}
		a[IndexSortKey] = &types.AttributeValueMemberS{Value: k.GSI1SK}
	}
	return a
}
