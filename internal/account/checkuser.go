package account

import (
	"context"
	"time"
)

// judgeUser leaves a user alone who is being deleted.
func (m *Maintenance) judgeUser(ctx context.Context, u *User, found Records, counted map[string]int) ([]Finding, error) {
	if found[DeletionKey(u.ID)] != nil {
		return nil, nil
	}
	findings := judgeHome(u, found)
	if u.Email != "" && !found.unread(AddressKey(u.Email)) {
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
	case found.unread(OrganizationKey(u.ID)):
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
	case found.unread(MembershipKey(u.ID, u.ID)):
	case member == nil:
		broken("is no member of their personal organization")
	case member.Role != Owner:
		broken("does not own their personal organization")
	}
	return findings
}

func judgeAddress(a *Address, found Records) []Finding {
	u := found.User(a.UserID)
	switch {
	case found.unread(UserKey(a.UserID)):
	case u == nil:
		return []Finding{breaks(RuleOrphan, a, "its user is not there")}
	case FoldAddress(u.Email) != a.Email:
		return []Finding{breaks(RuleAddress, a, "the user has another address")}
	}
	return nil
}

func (m *Maintenance) judgeMembership(r *Membership, found Records, first bool) []Finding {
	u, o := found.User(r.UserID), found.Organization(r.OrganizationID)
	var findings []Finding
	broken := func(rule Rule, detail string) { findings = append(findings, breaks(rule, r, "%s", detail)) }
	switch {
	case found.unread(UserKey(r.UserID)):
	case u == nil:
		broken(RuleOrphan, "its user is not there")
	case u.Status == UserActive && m.late(u.UpdatedAt, copiesLate) &&
		(r.UserName != u.Name || r.UserEmail != u.Email || r.UserImageKey != u.ImageKey):
		broken(RuleCopies, "it shows the user as they are no more")
	}
	switch {
	case found.unread(OrganizationKey(r.OrganizationID)):
	case o == nil && r.UserID == r.OrganizationID && u != nil: // told with the user
	case o == nil:
		broken(RuleOrphan, "its organization is not there")
	case o.IsPersonal && r.UserID != r.OrganizationID:
		broken(RuleShared, "the organization is personal")
	case !o.IsPersonal && o.Status == OrganizationActive && r.Role == Owner && u != nil && u.Status != UserActive:
		// An operator can force it, but whose deletion began has given it up. A
		// first look has not asked for deletions.
		if d := found.Deletion(r.UserID); first || d != nil && d.Status != DeletionCompleted {
			broken(RuleOwner, "the user is being deleted, and owns it still")
		}
	}
	return findings
}

// judgeOwned wants a user for what a user owns, and an end for what expires; the
// time to live deletes late what has.
func (m *Maintenance) judgeOwned(r Record, found Records) []Finding {
	end, ends := endOf(r)
	if ends && end.IsZero() {
		return []Finding{breaks(RuleItem, r, "it never expires")}
	}
	userID := ownedBy(r)
	if userID == "" || ends && !m.clock().Before(end) || found.unread(UserKey(userID)) {
		return nil
	}
	if u := found.User(userID); u != nil {
		return m.judgeExport(r, u)
	}
	if d, key := found.Deletion(userID), DeletionKey(userID); found.unread(key) || d != nil && d.Status != DeletionCompleted {
		return nil
	}
	return []Finding{breaks(RuleOrphan, r, "its user is not there")}
}

// endOf is when a record expires, of a kind that does.
func endOf(r Record) (end time.Time, ends bool) {
	switch r := r.(type) {
	case *Session:
		return r.ExpiresAt, true
	case *Idempotency:
		return r.ExpiresAt, true
	case *Limit:
		return r.ExpiresAt, true
	}
	return time.Time{}, false
}

// judgeExport wants an export written, or removed when its time is over. Of who
// is off it waits: for them to be let in again, or for their deletion.
func (m *Maintenance) judgeExport(r Record, u *User) []Finding {
	e, ok := r.(*Export)
	switch {
	case !ok || u.Status != UserActive:
		return nil
	case e.DueAt.IsZero():
		return []Finding{breaks(RuleOverdue, e, "it has no time at which anything would take it up")}
	case m.late(e.DueAt, overdueLate):
		return []Finding{breaks(RuleOverdue, e, "it is due since %s", e.DueAt.Format(time.RFC3339))}
	}
	return nil
}
