package dynamo

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
)

// Attributes that conditions and updates name.
const (
	attributeStatus    = "status"
	attributeVersion   = "version"
	attributeUpdated   = "updatedAt"
	attributeCreatedBy = "createdBy"
)

// base is what every item has.
type base struct {
	keys
	Type    account.Kind `dynamodbav:"type"`
	Version int          `dynamodbav:"version"`
}

// attributes is a whole item as DynamoDB takes and gives it.
type attributes = map[string]types.AttributeValue

// encode turns a record into its item.
func encode(r account.Record) (attributes, error) {
	var item any
	switch r := r.(type) {
	case *account.User:
		item = newUserItem(r)
	case *account.Address:
		item = newAddressItem(r)
	case *account.Session:
		item = newSessionItem(r)
	case *account.Membership:
		item = newMembershipItem(r)
	case *account.Organization:
		item = newOrganizationItem(r)
	case *account.Deletion:
		item = newDeletionItem(r)
	case *account.Idempotency:
		item = newIdempotencyItem(r)
	case *account.Slug:
		item = newSlugItem(r)
	case *account.Invitation:
		item = newInvitationItem(r)
	case *account.Invited:
		item = newInvitedItem(r)
	case *account.AuditEntry:
		item = newAuditItem(r)
	case *account.Limit:
		item = newLimitItem(r)
	case *account.Certificate:
		item = newCertificateItem(r)
	case *account.Export:
		item = newExportItem(r)
	case *account.Datum:
		return encodeDatum(r)
	case *account.Recovery:
		item = newRecoveryItem(r)
	case *account.PasskeyName:
		item = newPasskeyItem(r)
	default:
		return nil, fmt.Errorf("no item for a %T", r)
	}
	encoded, err := attributevalue.MarshalMap(item)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", r.Key().Kind, err)
	}
	return encoded, nil
}

// decode turns an item into its record; the keys say which kind it is.
func decode(item attributes) (account.Record, error) {
	k := keysOf(item)
	key, ok := recordKey(k.PK, k.SK)
	if !ok {
		return nil, fmt.Errorf("%w: no record has such keys", account.ErrBroken)
	}
	switch key.Kind {
	case account.KindUser:
		return decodeAs(item, key.Kind, func(i userItem) account.Record { return i.record(key) })
	case account.KindAddress:
		return decodeAs(item, key.Kind, func(i addressItem) account.Record { return i.record(key) })
	case account.KindSession:
		return decodeAs(item, key.Kind, func(i sessionItem) account.Record { return i.record(key) })
	case account.KindMembership:
		return decodeAs(item, key.Kind, func(i membershipItem) account.Record { return i.record(key) })
	case account.KindOrganization:
		return decodeAs(item, key.Kind, func(i organizationItem) account.Record { return i.record(key) })
	case account.KindDeletion:
		return decodeAs(item, key.Kind, func(i deletionItem) account.Record { return i.record(key) })
	case account.KindIdempotency:
		return decodeAs(item, key.Kind, func(i idempotencyItem) account.Record { return i.record(key) })
	case account.KindSlug:
		return decodeAs(item, key.Kind, func(i slugItem) account.Record { return i.record(key) })
	case account.KindInvitation:
		return decodeAs(item, key.Kind, func(i invitationItem) account.Record { return i.record(key) })
	case account.KindInvited:
		return decodeAs(item, key.Kind, func(i invitedItem) account.Record { return i.record(key) })
	case account.KindAudit:
		return decodeAs(item, key.Kind, func(i auditItem) account.Record { return i.record(key) })
	case account.KindLimit:
		return decodeAs(item, key.Kind, func(i limitItem) account.Record { return i.record(key) })
	case account.KindCertificate:
		return decodeAs(item, key.Kind, func(i certificateItem) account.Record { return i.record(key) })
	case account.KindExport:
		return decodeAs(item, key.Kind, func(i exportItem) account.Record { return i.record(key) })
	case account.KindDatum:
		return decodeDatum(item, key)
	case account.KindRecovery:
		return decodeAs(item, key.Kind, func(i recoveryItem) account.Record { return i.record(key) })
	case account.KindPasskey:
		return decodeAs(item, key.Kind, func(i passkeyItem) account.Record { return i.record(key) })
	}
	return nil, fmt.Errorf("decode: no record of kind %q", key.Kind)
}

func decodeAs[I any](item attributes, kind account.Kind, record func(I) account.Record) (account.Record, error) {
	var decoded I
	if attributevalue.UnmarshalMap(item, &decoded) != nil {
		return nil, broken[I](item, kind)
	}
	return record(decoded), nil
}

// broken says which attribute an item cannot be read for. What the decoder says
// of it is left out: it quotes what stands there.
func broken[I any](item attributes, kind account.Kind) error {
	for _, name := range slices.Sorted(maps.Keys(item)) {
		var alone I
		if attributevalue.UnmarshalMap(attributes{name: item[name]}, &alone) != nil {
			return fmt.Errorf("%w: the attribute %s of a %s is not of its type", account.ErrBroken, name, kind)
		}
	}
	return fmt.Errorf("%w: a %s", account.ErrBroken, kind)
}

// newBase is the beginning of a record's item. The keys of every record that
// encode knows are declared, so there is no error to tell.
func newBase(r account.Record) base {
	k, _ := primaryKey(r.Key())
	return base{keys: k, Type: r.Key().Kind, Version: r.Revision()}
}

// update turns a change of one record into an update expression. Each counts
// the version.
func update(u account.Update) (expression.UpdateBuilder, error) {
	counted := expression.Add(expression.Name(attributeVersion), expression.Value(1))
	switch u := u.(type) {
	case account.ChangeUser:
		return updateUser(counted, u), nil
	case account.ChangeOrganization:
		return updateOrganization(counted, u), nil
	case account.ChangeSession:
		return updateSession(counted, u), nil
	case account.ChangeMembership:
		return updateMembership(counted, u), nil
	case account.ChangeRole:
		return counted.Set(expression.Name(attributeRole), expression.Value(u.Role)), nil
	case account.ChangeInvitation:
		return updateInvitation(counted, u), nil
	case account.ChangeDeletion:
		return updateDeletion(counted, u), nil
	case account.ChangeExport:
		return updateExport(counted, u), nil
	}
	return counted, fmt.Errorf("no update for a %T", u)
}

// assign sets a text, removes it where the new one is empty, and leaves it
// where there is no new one.
func assign[T ~string](u expression.UpdateBuilder, name string, value *T) expression.UpdateBuilder {
	switch {
	case value == nil:
		return u
	case *value == "":
		return u.Remove(expression.Name(name))
	}
	return u.Set(expression.Name(name), expression.Value(*value))
}

// assignTime is assign for a time; a zero time removes.
func assignTime(u expression.UpdateBuilder, name string, value *time.Time) expression.UpdateBuilder {
	switch {
	case value == nil:
		return u
	case value.IsZero():
		return u.Remove(expression.Name(name))
	}
	return u.Set(expression.Name(name), expression.Value(*value))
}

// assignBool sets a truth value, and leaves it where there is no new one.
func assignBool(u expression.UpdateBuilder, name string, value *bool) expression.UpdateBuilder {
	if value == nil {
		return u
	}
	return u.Set(expression.Name(name), expression.Value(*value))
}

// add changes a count, unless by nothing.
func add(u expression.UpdateBuilder, name string, by int) expression.UpdateBuilder {
	if by == 0 {
		return u
	}
	return u.Add(expression.Name(name), expression.Value(by))
}

// optional is how a time that may be missing is kept: not at all.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func required(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
