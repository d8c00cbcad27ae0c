package account

import (
	"context"
	"time"
)

// AuditAction names what somebody did, "<noun>.<past participle>".
type AuditAction string

// The actions that Hearth notes.
const (
	OrganizationCreated  AuditAction = "organization.created"
	OrganizationUpdated  AuditAction = "organization.updated"
	OrganizationDeleted  AuditAction = "organization.deleted"
	MemberJoined         AuditAction = "member.joined"
	MemberRoleChanged    AuditAction = "member.role_changed"
	MemberRemoved        AuditAction = "member.removed"
	MemberLeft           AuditAction = "member.left"
	OwnershipTransferred AuditAction = "ownership.transferred"
	InvitationSent       AuditAction = "invitation.sent"
	InvitationResent     AuditAction = "invitation.resent"
	InvitationRevokedBy  AuditAction = "invitation.revoked"
	InvitationDeclinedBy AuditAction = "invitation.declined"
)

// The actions of a person on their own security, noted in the log of the
// personal organization; each is mailed about.
const (
	PasswordChanged      AuditAction = "password.changed"
	PasswordReset        AuditAction = "password.reset"
	EmailChangeRequested AuditAction = "email.change_requested"
	EmailChanged         AuditAction = "email.changed"
	MFAEnabled           AuditAction = "mfa.enabled"
	MFADisabled          AuditAction = "mfa.disabled"
	RecoveryCodesMade    AuditAction = "recovery_codes.made"
	RecoveryCodeUsed     AuditAction = "recovery_code.used"
	PasskeyAdded         AuditAction = "passkey.added"
	PasskeyRemoved       AuditAction = "passkey.removed"
)

// SecurityActions returns the actions that a person is mailed about.
func SecurityActions() []AuditAction {
	return []AuditAction{
		PasswordChanged, PasswordReset, EmailChangeRequested, EmailChanged, MFAEnabled, MFADisabled,
		RecoveryCodesMade, RecoveryCodeUsed, PasskeyAdded, PasskeyRemoved,
	}
}

// AuditEntry says who did what in an organization: ids, never names, so that
// a person's deletion leaves nothing of them in it.
type AuditEntry struct {
	OrganizationID string
	// ID is time-ordered.
	ID     string
	Time   time.Time
	Actor  string
	Action AuditAction
	// Target is the id of the user, invitation or organization.
	Target string
	// Detail is a role, a slug or empty.
	Detail  string
	Version int
}

// Key names the entry.
func (a *AuditEntry) Key() Key { return AuditKey(a.OrganizationID, a.ID) }

// Revision is the number of times that the entry was written: once.
func (a *AuditEntry) Revision() int { return a.Version }

// audit adds an entry to a change, so that what was done and that it was noted
// are one.
func (s *Service) audit(change *Change, organizationID, actor string, action AuditAction, target, detail string) {
	entry := &AuditEntry{
		OrganizationID: organizationID, ID: s.newID(), Time: s.clock(),
		Actor: actor, Action: action, Target: target, Detail: detail, Version: 1,
	}
	change.Premises = append(change.Premises, IsAbsent{Of: entry.Key()})
	change.Puts = append(change.Puts, entry)
}

// DeletedUser is the name of somebody whose account was deleted.
const DeletedUser = "Deleted user"

// OperatorName is what readers of an audit log see of an operator.
const OperatorName = "Operator"

// AuditLine is an entry with what its reader sees of the actor now.
type AuditLine struct {
	AuditEntry
	ActorName string
}

// AuditLog returns at most limit entries of the account in context, the newest
// first, behind the position after: the page, then the names of those in it.
func (s *Service) AuditLog(ctx context.Context, c Caller, after string, limit int) (lines []AuditLine, next string, err error) {
	if err := c.Require(ReadAudit); err != nil {
		return nil, "", err
	}
	page, next, err := s.store.AuditLog(ctx, c.Organization.ID, after, limit)
	if err != nil {
		return nil, "", err
	}
	actors := make([]string, len(page))
	for i, entry := range page {
		actors[i] = entry.Actor
	}
	names, err := s.names(ctx, actors)
	if err != nil {
		return nil, "", err
	}
	lines = make([]AuditLine, len(page))
	for i, entry := range page {
		lines[i] = AuditLine{AuditEntry: *entry, ActorName: names[entry.Actor]}
	}
	return lines, next, nil
}

// names returns what at most MaxRead users are called now, in one read.
func (s *Service) names(ctx context.Context, userIDs []string) (map[string]string, error) {
	names := map[string]string{}
	var keys []Key
	for _, id := range userIDs {
		if id == Operator {
			names[id] = OperatorName
		} else if _, known := names[id]; !known {
			names[id] = DeletedUser
			keys = append(keys, UserKey(id))
		}
	}
	if len(keys) == 0 {
		return names, nil
	}
	records, err := s.store.Read(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for id := range names {
		if u := records.User(id); u != nil && u.Name != "" {
			names[id] = u.Name
		}
	}
	return names, nil
}
