package account

import "time"

func (m *Maintenance) judgePersonal(o *Organization, found Records) []Finding {
	if o.Status == OrganizationPreserved {
		return judgePreserved(o, found)
	}
	if found[DeletionKey(o.ID)] != nil {
		return nil
	}
	var findings []Finding
	if found[UserKey(o.ID)] == nil {
		findings = append(findings, breaks(RuleOrphan, o, "its user is not there"))
	}
	if o.MemberCount != 1 || o.OwnerCount != 1 || o.SeatsUsed != 1 {
		findings = append(findings, breaks(RuleCounters, o, "counts %d members, %d owners, %d seats; of each there is 1",
			o.MemberCount, o.OwnerCount, o.SeatsUsed))
	}
	if o.Slug != "" {
		findings = append(findings, breaks(RuleSlug, o, "a personal organization has none"))
	}
	if !o.DueAt.IsZero() {
		findings = append(findings, breaks(RuleItem, o, "work on it is due, and there is none"))
	}
	return findings
}

// judgePreserved wants of a personal organization that outlives its user nothing
// but its id.
func judgePreserved(o *Organization, found Records) []Finding {
	var findings []Finding
	if o.Name != "" || o.Slug != "" || o.ImageKey != "" {
		findings = append(findings, breaks(RuleDeleted, o, "a name or an image is left"))
	}
	if o.MemberCount != 0 || o.OwnerCount != 0 || o.SeatsUsed != 0 || o.ActiveSubscriptions != 0 {
		findings = append(findings, breaks(RuleDeleted, o, "it counts %d members, %d owners, %d seats, %d subscriptions; of each there is none",
			o.MemberCount, o.OwnerCount, o.SeatsUsed, o.ActiveSubscriptions))
	}
	if !o.DueAt.IsZero() || !o.PurgeAfter.IsZero() {
		findings = append(findings, breaks(RuleDeleted, o, "work on it is due, and there is none"))
	}
	d, key := found.Deletion(o.ID), DeletionKey(o.ID)
	going := found.unread(key) || d != nil && d.Status != DeletionCompleted
	if !going && (found[UserKey(o.ID)] != nil || found[MembershipKey(o.ID, o.ID)] != nil) {
		findings = append(findings, breaks(RuleDeleted, o, "a user or a membership is left"))
	}
	return findings
}

func (m *Maintenance) judgeDeletion(d *Deletion, found Records) []Finding {
	var findings []Finding
	broken := func(detail string) {
		findings = append(findings, Finding{Rule: RuleDeleted, Item: "deletion " + d.ID + " of user " + d.UserID, Detail: detail})
	}
	if u := found.User(d.UserID); u != nil && u.Status == UserActive {
		broken("its user is active")
	}
	if d.Status != DeletionCompleted && !d.ExpiresAt.IsZero() {
		broken("it is not completed, and expires")
	}
	switch {
	case d.Status == DeletionCompleted:
		judgeMarker(d, found, broken)
	case d.DueAt.IsZero():
		findings = append(findings, breaks(RuleOverdue, d, "deletion %s has no time at which anything would take it up", d.ID))
	case m.late(d.DueAt, overdueLate):
		findings = append(findings, breaks(RuleOverdue, d, "deletion %s is due since %s", d.ID, d.DueAt.Format(time.RFC3339)))
	}
	return findings
}

// judgeMarker holds a completed deletion against what one leaves: a marker that
// expires, and a certificate, which were written in one transaction.
func judgeMarker(d *Deletion, found Records, broken func(detail string)) {
	if found[UserKey(d.UserID)] != nil || found[MembershipKey(d.UserID, d.UserID)] != nil {
		broken("it is completed, and the user or a membership is left")
	}
	if o := found.Organization(d.UserID); o != nil && o.Status != OrganizationPreserved {
		broken("it is completed, and the personal organization is not preserved")
	}
	if found[CertificateKey(d.ID)] == nil {
		broken("it is completed, and has no certificate")
	}
	if d.Username != "" || len(d.Closed)+len(d.GivenUp) > 0 || !d.DueAt.IsZero() {
		broken("it is completed, and what only its work needed is left in it")
	}
	if d.ExpiresAt.IsZero() {
		broken("it is completed, and never expires")
	}
}
