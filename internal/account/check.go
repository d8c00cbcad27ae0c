package account

import (
	"context"
	"strings"
	"time"
)

// What follows others through the stream, or is due, is broken only once it is
// late by so much.
const (
	copiesLate  = time.Hour
	senderLate  = time.Hour
	overdueLate = time.Hour
)

// related are the records that decide, beside a record itself, whether it
// breaks a rule.
func related(r Record) []Key {
	switch r := r.(type) {
	case *Broken:
		return nil
	case *User:
		keys := []Key{DeletionKey(r.ID), OrganizationKey(r.ID), MembershipKey(r.ID, r.ID)}
		if r.Email != "" {
			keys = append(keys, AddressKey(r.Email))
		}
		return keys
	case *Address:
		return []Key{UserKey(r.UserID)}
	case *Membership:
		return []Key{UserKey(r.UserID), OrganizationKey(r.OrganizationID), DeletionKey(r.UserID)}
	case *Organization:
		switch {
		case r.IsPersonal && r.Status == OrganizationPreserved:
			return []Key{UserKey(r.ID), DeletionKey(r.ID), MembershipKey(r.ID, r.ID)}
		case r.IsPersonal:
			return []Key{UserKey(r.ID), DeletionKey(r.ID)}
		}
		return []Key{SlugKey(r.Slug)}
	case *Slug:
		return []Key{OrganizationKey(r.OrganizationID)}
	case *Invitation:
		keys := []Key{OrganizationKey(r.OrganizationID), InvitedKey(r.OrganizationID, r.Email)}
		if r.Status == InvitationPending {
			keys = append(keys, MembershipKey(r.InvitedBy, r.OrganizationID))
		}
		return keys
	case *Invited:
		return []Key{InvitationKey(r.OrganizationID, r.InvitationID)}
	case *AuditEntry:
		return []Key{OrganizationKey(r.OrganizationID)}
	case *Datum:
		return []Key{OrganizationKey(r.AccountID)}
	case *Deletion:
		keys := []Key{UserKey(r.UserID), OrganizationKey(r.UserID), MembershipKey(r.UserID, r.UserID)}
		if r.Status == DeletionCompleted {
			keys = append(keys, CertificateKey(r.ID))
		}
		return keys
	case *Certificate:
		return []Key{UserKey(r.UserID)}
	}
	if userID := ownedBy(r); userID != "" {
		return []Key{UserKey(userID), DeletionKey(userID)}
	}
	return nil
}

// ownedBy is the user whom a record belongs to that has no rule of its own.
func ownedBy(r Record) string {
	switch k := r.Key(); k.Kind {
	case KindSession, KindIdempotency, KindExport, KindRecovery, KindPasskey:
		return k.Owner
	case KindLimit:
		if !strings.HasPrefix(k.Owner, HashedWho) {
			return k.Owner
		}
	default:
	}
	return ""
}

// judge returns the rules that a record breaks, by what was found of its
// related records. counted are the teams of users that were counted already: in
// a first look, which asks for no more and whose findings are only suspected;
// nil has all of it asked for. Of a record that cannot be read the scan has told.
func (m *Maintenance) judge(ctx context.Context, r Record, found Records, counted map[string]int) ([]Finding, error) {
	if _, broken := r.(*Broken); broken {
		return nil, nil
	}
	findings, err := m.judgeKind(ctx, r, found, counted)
	if what := unknownWord(r); what != "" {
		findings = append(findings, breaks(RuleItem, r, "%s is none that there is", what))
	}
	return findings, err
}

func (m *Maintenance) judgeKind(ctx context.Context, r Record, found Records, counted map[string]int) ([]Finding, error) {
	first := counted != nil
	switch r := r.(type) {
	case *User:
		return m.judgeUser(ctx, r, found, counted)
	case *Address:
		return judgeAddress(r, found), nil
	case *Membership:
		return m.judgeMembership(r, found, first), nil
	case *Organization:
		if r.IsPersonal {
			return m.judgePersonal(r, found), nil
		}
		return m.judgeTeam(ctx, r, found, first)
	case *Slug:
		o := found.Organization(r.OrganizationID)
		if missing := o == nil || o.Slug != r.Slug; missing && !found.unread(OrganizationKey(r.OrganizationID)) {
			return []Finding{breaks(RuleSlug, r, "organization %s does not have it", r.OrganizationID)}, nil
		}
	case *Invitation:
		return m.judgeInvitation(r, found), nil
	case *Invited:
		return judgeInvited(r, found), nil
	case *AuditEntry:
		if found[OrganizationKey(r.OrganizationID)] == nil {
			return []Finding{breaks(RuleOrphan, r, "its organization is not there")}, nil
		}
	case *Datum:
		return judgeDatum(r, found), nil
	case *Deletion:
		return m.judgeDeletion(r, found), nil
	case *Certificate:
		if found[UserKey(r.UserID)] != nil {
			return []Finding{breaks(RuleDeleted, r, "its user is still there")}, nil
		}
	default:
		return m.judgeOwned(r, found), nil
	}
	return nil, nil
}

func judgeInvited(i *Invited, found Records) []Finding {
	invitation, key := found.Invitation(i.OrganizationID, i.InvitationID), InvitationKey(i.OrganizationID, i.InvitationID)
	if !found.unread(key) && (invitation == nil || invitation.Status != InvitationPending || FoldAddress(invitation.Email) != i.Email) {
		return []Finding{breaks(RuleInvited, i, "there is no such pending invitation to the address")}
	}
	return nil
}

// judgeDatum looks at whose a datum is, and at gates, which go with the data
// before the organization that is closing does.
func judgeDatum(d *Datum, found Records) []Finding {
	o, key := found.Organization(d.AccountID), OrganizationKey(d.AccountID)
	switch {
	case found.unread(key):
	case o == nil || o.Status == OrganizationPreserved:
		return []Finding{breaks(RuleOrphan, d, "its account is not there")}
	case o.Status != OrganizationClosing && strings.HasPrefix(d.ID, DatumPrefix(kindGate)):
		return []Finding{breaks(RuleGate, d, "it is shut, and the account is not closing: some members cannot write data")}
	}
	return nil
}

// late reports whether a time is longer ago than that.
func (m *Maintenance) late(t time.Time, than time.Duration) bool { return m.clock().Sub(t) > than }
