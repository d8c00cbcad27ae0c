package account

// Kind is what a record is.
type Kind string

// The kinds of records.
const (
	KindUser         Kind = "user"
	KindAddress      Kind = "address"
	KindSession      Kind = "session"
	KindMembership   Kind = "membership"
	KindOrganization Kind = "organization"
	KindDeletion     Kind = "deletion"
	KindIdempotency  Kind = "idempotency"
	KindSlug         Kind = "slug"
	KindInvitation   Kind = "invitation"
	KindInvited      Kind = "invited"
	KindAudit        Kind = "audit"
	KindLimit        Kind = "limit"
	KindCertificate  Kind = "certificate"
	KindExport       Kind = "export"
	KindDatum        Kind = "datum"
	KindRecovery     Kind = "recovery"
	KindPasskey      Kind = "passkey"
)

// Key names one record. How a store lays it out is the store's own matter.
type Key struct {
	Kind Kind
	// Owner is the user, organization or address that the record belongs to.
	Owner string
	// ID tells the owner's records of one kind apart; empty where there is one.
	ID string
}

// UserKey names a user.
func UserKey(userID string) Key { return Key{KindUser, userID, ""} }

// AddressKey names the record that leads from an e-mail address to its user.
func AddressKey(email string) Key { return Key{KindAddress, FoldAddress(email), ""} }

// SessionKey names one sign-in of a user.
func SessionKey(userID, sessionID string) Key { return Key{KindSession, userID, sessionID} }

// MembershipKey names a user's membership in an organization.
func MembershipKey(userID, organizationID string) Key {
	return Key{KindMembership, userID, organizationID}
}

// OrganizationKey names an organization, personal or team.
func OrganizationKey(organizationID string) Key { return Key{KindOrganization, organizationID, ""} }

// DeletionKey names the record of a user's deletion. While it is there, no
// user can be made with that id.
func DeletionKey(userID string) Key { return Key{KindDeletion, userID, ""} }

// CertificateKey names the certificate of a completed deletion.
func CertificateKey(deletionID string) Key { return Key{KindCertificate, deletionID, ""} }

// ExportKey names a user's export.
func ExportKey(userID string) Key { return Key{KindExport, userID, ""} }

// DatumKey names an item of what an account owns.
func DatumKey(accountID, id string) Key { return Key{KindDatum, accountID, id} }

// IdempotencyKey names the record of a request that a user may repeat.
func IdempotencyKey(userID, key string) Key { return Key{KindIdempotency, userID, key} }

// SlugKey names the record that gives a slug to one organization.
func SlugKey(slug string) Key { return Key{KindSlug, slug, ""} }

// InvitationKey names an invitation to an organization.
func InvitationKey(organizationID, invitationID string) Key {
	return Key{KindInvitation, organizationID, invitationID}
}

// InvitedKey names the record by which an address has at most one pending
// invitation to an organization.
func InvitedKey(organizationID, email string) Key {
	return Key{KindInvited, organizationID, FoldAddress(email)}
}

// AuditKey names an entry in an organization's audit log.
func AuditKey(organizationID, entryID string) Key { return Key{KindAudit, organizationID, entryID} }

// LimitKey names the count of what somebody did within a window of time.
func LimitKey(who, kind string) Key { return Key{KindLimit, who, kind} }

// RecoveryKey names a user's recovery codes.
func RecoveryKey(userID string) Key { return Key{KindRecovery, userID, ""} }

// PasskeyKey names the name that a user gave to a passkey.
func PasskeyKey(userID, credentialID string) Key { return Key{KindPasskey, userID, credentialID} }

// Record is one thing that the store keeps: *User, *Address, *Session,
// *Membership, *Organization, *Deletion, *Idempotency, *Slug, *Invitation,
// *Invited, *AuditEntry, *Limit, *Certificate, *Export, *Datum, *Recovery or
// *PasskeyName.
type Record interface {
	// Key names the record.
	Key() Key
	// Revision is the number of times that the record was written.
	Revision() int
}

// Records is what one read found, by key.
type Records map[Key]Record

// User returns a user that was read, or nil.
func (r Records) User(userID string) *User { return find[*User](r, UserKey(userID)) }

// Address returns an address that was read, or nil.
func (r Records) Address(email string) *Address { return find[*Address](r, AddressKey(email)) }

// Session returns a session that was read, or nil.
func (r Records) Session(userID, sessionID string) *Session {
	return find[*Session](r, SessionKey(userID, sessionID))
}

// Membership returns a membership that was read, or nil.
func (r Records) Membership(userID, organizationID string) *Membership {
	return find[*Membership](r, MembershipKey(userID, organizationID))
}

// Organization returns an organization that was read, or nil.
func (r Records) Organization(organizationID string) *Organization {
	return find[*Organization](r, OrganizationKey(organizationID))
}

// Invitation returns an invitation that was read, or nil.
func (r Records) Invitation(organizationID, invitationID string) *Invitation {
	return find[*Invitation](r, InvitationKey(organizationID, invitationID))
}

// Invited returns the pending invitation of an address that was read, or nil.
func (r Records) Invited(organizationID, email string) *Invited {
	return find[*Invited](r, InvitedKey(organizationID, email))
}

// Limit returns a count that was read, or nil.
func (r Records) Limit(who, kind string) *Limit { return find[*Limit](r, LimitKey(who, kind)) }

// Deletion returns a user's deletion that was read, or nil.
func (r Records) Deletion(userID string) *Deletion {
	return find[*Deletion](r, DeletionKey(userID))
}

// Recovery returns a user's recovery codes that were read, or nil.
func (r Records) Recovery(userID string) *Recovery { return find[*Recovery](r, RecoveryKey(userID)) }

// PasskeyName returns the name of a passkey that was read, or nil.
func (r Records) PasskeyName(userID, credentialID string) *PasskeyName {
	return find[*PasskeyName](r, PasskeyKey(userID, credentialID))
}

// Export returns a user's export that was read, or nil.
func (r Records) Export(userID string) *Export { return find[*Export](r, ExportKey(userID)) }

func find[T Record](r Records, k Key) T {
	record, _ := r[k].(T)
	return record
}
