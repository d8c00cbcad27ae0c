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
	overdueLate = time.Hour
)

// related are the records that decide, beside a record itself, whether it
// breaks a rule.
func related(r Record) []Key {
	switch r := r.(type) {
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
		return []Key{OrganizationKey(r.OrganizationID), InvitedKey(r.OrganizationID, r.Email)}
	case *Invited:
		return []Key{InvitationKey(r.OrganizationID, r.InvitationID)}
	case *AuditEntry:
		return []Key{OrganizationKey(r.OrganizationID)}
	case *Datum:
		return []Key{OrganizationKey(r.AccountID)}
	case *Deletion:
		return []Key{UserKey(r.UserID), OrganizationKey(r.UserID), MembershipKey(r.UserID, r.UserID)}
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
// related records. counted are the teams of users that were counted already;
// what is not among them is asked for.
func (m *Maintenance) judge(ctx context.Context, r Record, found Records, counted map[string]int) ([]Finding, error) {
	switch r := r.(type) {
	case *User:
		return m.judgeUser(ctx, r, found, counted)
	case *Address:
		if u := found.User(r.UserID); u == nil {
			return []Finding{breaks(RuleOrphan, r, "its user is not there")}, nil
		} else if FoldAddress(u.Email) != r.Email {
			return []Finding{breaks(RuleAddress, r, "the user has another address")}, nil
		}
	case *Membership:
		return m.judgeMembership(r, found), nil
	case *Organization:
		if r.IsPersonal {
			return m.judgePersonal(r, found), nil
		}
		return m.judgeTeam(ctx, r, found)
	case *Slug:
		if o := found.Organization(r.OrganizationID); o == nil || o.Slug != r.Slug {
			return []Finding{breaks(RuleSlug, r, "organization %s does not have it", r.OrganizationID)}, nil
		}
	case *Invitation:
		return judgeInvitation(r, found), nil
	case *Invited:
		if i := found.Invitation(r.OrganizationID, r.InvitationID); i == nil || i.Status != InvitationPending || FoldAddress(i.Email) != r.Email {
			return []Finding{breaks(RuleInvited, r, "there is no such pending invitation to the address")}, nil
		}
	case *AuditEntry:
		if found.Organization(r.OrganizationID) == nil {
			return []Finding{breaks(RuleOrphan, r, "its organization is not there")}, nil
		}
	case *Datum:
		if o := found.Organization(r.AccountID); o == nil || o.Status == OrganizationPreserved {
			return []Finding{breaks(RuleOrphan, r, "its account is not there")}, nil
		}
	case *Deletion:
		return m.judgeDeletion(r, found), nil
	default:
		return m.judgeOwned(r, found), nil
	}
	return nil, nil
}

// judgeUser leaves a user alone who is being deleted.
func (m *Maintenance) judgeUser(ctx context.Context, u *User, found Records, counted map[string]int) ([]Finding, error) {
	if found.Deletion(u.ID) != nil {
		return nil, nil
	}
	findings := judgeHome(u, found)
	if u.Email != "" {
		if a := found.Address(u.Email); a == nil || a.UserID != u.ID {
			findings = append(findings, breaks(RuleAddress, u, "the address does not lead to the user"))
		}
	}
	teams, known := counted[u.ID]
	if !known || teams != u.TeamCount {
		if counted != nil { // a first look, which does not believe what it counts
			return append(findings, breaks(RuleTeams, u, "counts %d teams", u.TeamCount)), nil
		}
		var err error
		if teams, err = m.countTeams(ctx, u.ID); err != nil {
			return nil, err
		}
		if teams != u.TeamCount {
			findings = append(findings, breaks(RuleTeams, u, "counts %d teams of %d", u.TeamCount, teams))
		}
	}
	return findings, nil
}

// judgeHome holds a user's personal organization against what it must be.
func judgeHome(u *User, found Records) []Finding {
	o, member := found.Organization(u.ID), found.Membership(u.ID, u.ID)
	var findings []Finding
	broken := func(detail string) { findings = append(findings, breaks(RulePersonal, u, "%s", detail)) }
	switch {
	case o == nil:
		broken("has no personal organization")
	case !o.IsPersonal:
		broken("has a personal organization that is not marked as one")
	case o.Status != OrganizationActive:
		broken("has a personal organization that is not active")
	case o.Name != PersonalName(u.Name):
		broken("has a personal organization of another name")
	}
	switch {
	case member == nil:
		broken("is no member of their personal organization")
	case member.Role != Owner:
		broken("does not own their personal organization")
	}
	return findings
}

func (m *Maintenance) judgeMembership(r *Membership, found Records) []Finding {
	u, o := found.User(r.UserID), found.Organization(r.OrganizationID)
	var findings []Finding
	switch {
	case u == nil:
		findings = append(findings, breaks(RuleOrphan, r, "its user is not there"))
	case u.Status == UserActive && m.late(u.UpdatedAt, copiesLate) &&
		(r.UserName != u.Name || r.UserEmail != u.Email || r.UserImageKey != u.ImageKey):
		findings = append(findings, breaks(RuleCopies, r, "it shows the user as they are no more"))
	}
	switch {
	case o == nil && r.UserID == r.OrganizationID && u != nil: // told with the user
	case o == nil:
		findings = append(findings, breaks(RuleOrphan, r, "its organization is not there"))
	case o.IsPersonal && r.UserID != r.OrganizationID:
		findings = append(findings, breaks(RuleShared, r, "the organization is personal"))
	}
	return findings
}

func (m *Maintenance) judgePersonal(o *Organization, found Records) []Finding {
	var findings []Finding
	if o.Status == OrganizationPreserved {
		if o.Name != "" || o.Slug != "" || o.ImageKey != "" {
			findings = append(findings, breaks(RuleDeleted, o, "a name or an image is left"))
		}
		d := found.Deletion(o.ID)
		if going := d != nil && d.Status != DeletionCompleted; !going && (found.User(o.ID) != nil || found.Membership(o.ID, o.ID) != nil) {
			findings = append(findings, breaks(RuleDeleted, o, "a user or a membership is left"))
		}
		return findings
	}
	if found.Deletion(o.ID) != nil {
		return nil
	}
	if found.User(o.ID) == nil {
		findings = append(findings, breaks(RuleOrphan, o, "its user is not there"))
	}
	if o.MemberCount != 1 || o.OwnerCount != 1 || o.SeatsUsed != 1 {
		findings = append(findings, breaks(RuleCounters, o, "counts %d members, %d owners, %d seats; of each there is 1",
			o.MemberCount, o.OwnerCount, o.SeatsUsed))
	}
	if o.Slug != "" {
		findings = append(findings, breaks(RuleSlug, o, "a personal organization has none"))
	}
	return findings
}

func judgeInvitation(i *Invitation, found Records) []Finding {
	o, invited := found.Organization(i.OrganizationID), found.Invited(i.OrganizationID, i.Email)
	switch leads := invited != nil && invited.InvitationID == i.ID; {
	case o == nil:
		return []Finding{breaks(RuleOrphan, i, "its organization is not there")}
	case o.IsPersonal:
		return []Finding{breaks(RuleShared, i, "the organization is personal")}
	case i.Status == InvitationPending && !leads:
		return []Finding{breaks(RuleInvited, i, "it is pending, and not the one of its address")}
	}
	return nil
}

func (m *Maintenance) judgeDeletion(d *Deletion, found Records) []Finding {
	u, o := found.User(d.UserID), found.Organization(d.UserID)
	var findings []Finding
	broken := func(detail string) {
		findings = append(findings, Finding{Rule: RuleDeleted, Item: "deletion " + d.ID + " of user " + d.UserID, Detail: detail})
	}
	if u != nil && u.Status == UserActive {
		broken("its user is active")
	}
	if d.Status == DeletionCompleted {
		if u != nil || found.Membership(d.UserID, d.UserID) != nil {
			broken("it is completed, and the user or a membership is left")
		}
		if o != nil && o.Status != OrganizationPreserved {
			broken("it is completed, and the personal organization is not preserved")
		}
		return findings
	}
	if !d.DueAt.IsZero() && m.late(d.DueAt, overdueLate) {
		findings = append(findings, breaks(RuleOverdue, d, "deletion %s is due since %s", d.ID, d.DueAt.Format(time.RFC3339)))
	}
	return findings
}

// judgeOwned wants a user for what a user owns; the time to live deletes what
// has expired late.
func (m *Maintenance) judgeOwned(r Record, found Records) []Finding {
	userID := ownedBy(r)
	if userID == "" || found.User(userID) != nil || m.expired(r) {
		return nil
	}
	if d := found.Deletion(userID); d != nil && d.Status != DeletionCompleted {
		return nil
	}
	return []Finding{breaks(RuleOrphan, r, "its user is not there")}
}

func (m *Maintenance) expired(r Record) bool {
	var end time.Time
	switch r := r.(type) {
	case *Session:
		end = r.ExpiresAt
	case *Idempotency:
		end = r.ExpiresAt
	case *Limit:
		end = r.ExpiresAt
	}
	return !end.IsZero() && !m.clock().Before(end)
}

// late reports whether a time is longer ago than that.
func (m *Maintenance) late(t time.Time, than time.Duration) bool { return m.clock().Sub(t) > than }
