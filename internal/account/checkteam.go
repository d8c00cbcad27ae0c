package account

import (
	"context"
	"strings"
)

// judgeTeam counts a team; of one that is closing only the work is to be seen to.
// A first look is not believed, so it counts once.
func (m *Maintenance) judgeTeam(ctx context.Context, o *Organization, found Records, first bool) ([]Finding, error) {
	var findings []Finding
	if slug := find[*Slug](found, SlugKey(o.Slug)); !found.unread(SlugKey(o.Slug)) && (slug == nil || slug.OrganizationID != o.ID) {
		findings = append(findings, breaks(RuleSlug, o, "its slug is not its own"))
	}
	switch o.Status {
	case OrganizationActive, OrganizationSuspended:
		if !o.DueAt.IsZero() {
			findings = append(findings, breaks(RuleItem, o, "work on it is due, and it is not closing"))
		}
		counted, err := m.judgeCounts(ctx, o, first)
		return append(findings, counted...), err
	case OrganizationClosing:
		if m.late(o.DueAt, overdueLate) {
			findings = append(findings, breaks(RuleOverdue, o, "it waits to be taken apart, and nothing does"))
		}
	case OrganizationPreserved:
		findings = append(findings, breaks(RuleItem, o, "a team cannot be preserved"))
	}
	return findings, nil
}

// judgeCounts holds a team against its items. They are not read at one moment: a
// team of which people come and go meanwhile is no broken one. So what is found
// counts only if the organization did not change from before the count until
// after it; one that changes all the time is left to the next run.
func (m *Maintenance) judgeCounts(ctx context.Context, o *Organization, first bool) ([]Finding, error) {
	for range looks {
		c, err := m.count(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		findings := c.judge(o)
		if first || len(findings) == 0 {
			return findings, nil
		}
		records, err := m.scanner.Inspect(ctx, o.Key())
		if err != nil {
			return nil, err
		}
		now := records.Organization(o.ID)
		switch {
		case now == nil || now.Status != o.Status: // another one to judge, or none
			return nil, nil
		case now.Version == o.Version:
			return findings, nil
		}
		o = now
	}
	return nil, nil
}

// counts are an organization's members and pending invitations, one by one.
type counts struct {
	members, owners, pending int
	// unread counts the memberships and invitations that cannot be read.
	unread int
	// activeOwner is whether an owner's user is active, unreadOwner whether one
	// cannot be read.
	activeOwner, unreadOwner bool
	// inactive are some owners whose user is not.
	inactive []string
}

func (c counts) seats() int { return c.members + c.pending }

// matches reports whether an organization counts the same.
func (c counts) matches(o *Organization) bool {
	return o.MemberCount == c.members && o.OwnerCount == c.owners && o.SeatsUsed == c.seats()
}

// equals reports whether another count found the same number of each.
func (c counts) equals(other counts) bool {
	return c.members == other.members && c.owners == other.owners && c.pending == other.pending && c.unread == other.unread
}

// judge returns what of an active or a suspended team breaks a rule.
func (c counts) judge(o *Organization) []Finding {
	if c.unread > 0 { // among them could be whatever seems to be missing
		return []Finding{breaks(RuleCounters, o, "cannot be counted: of its memberships and invitations %d cannot be read", c.unread)}
	}
	var findings []Finding
	if !c.matches(o) {
		findings = append(findings, breaks(RuleCounters, o, "counts %d members, %d owners, %d seats; there are %d, %d, %d",
			o.MemberCount, o.OwnerCount, o.SeatsUsed, c.members, c.owners, c.seats()))
	}
	if o.Status == OrganizationSuspended {
		switch {
		case c.members != 1 || c.owners != 1:
			findings = append(findings, breaks(RuleSuspended, o, "has %d members and %d owners; of each there is 1", c.members, c.owners))
		case c.activeOwner:
			findings = append(findings, breaks(RuleSuspended, o, "its owner is active"))
		}
		return findings
	}
	switch {
	case c.activeOwner || c.unreadOwner:
	case c.owners == 0:
		findings = append(findings, breaks(RuleOwner, o, "has no owner"))
	default:
		findings = append(findings, breaks(RuleOwner, o, "no owner is active: %s", strings.Join(c.inactive, ", ")))
	}
	return findings
}

// maxNamed bounds how many ids a finding names.
const maxNamed = 5

// count counts an organization's items. The list of members may lag for a
// moment. What stands in it and is no membership of the organization is told by
// itself and counts nothing.
func (m *Maintenance) count(ctx context.Context, organizationID string) (c counts, err error) {
	for after, more := "", true; more; more = after != "" {
		var page []Record
		if page, after, err = m.scanner.InspectMembers(ctx, organizationID, after, MaxRead); err != nil {
			return counts{}, err
		}
		if err := m.countMembers(ctx, organizationID, page, &c); err != nil {
			return counts{}, err
		}
	}
	for after, more := "", true; more; more = after != "" {
		var page []Record
		if page, after, err = m.scanner.InspectInvitations(ctx, organizationID, after, MaxRead); err != nil {
			return counts{}, err
		}
		for _, r := range page {
			switch i := r.(type) {
			case *Invitation:
				if i.Status == InvitationPending {
					c.pending++
				}
			case *Broken:
				c.unread++
			}
		}
	}
	return c, nil
}

// countMembers counts the members of a page and its owners, and reads the users
// of those until one is active.
func (m *Maintenance) countMembers(ctx context.Context, organizationID string, page []Record, c *counts) error {
	var keys []Key
	for _, r := range page {
		if k := r.Key(); k.Kind != KindMembership || k.ID != organizationID {
			continue
		}
		member, ok := r.(*Membership)
		if !ok {
			c.unread++
			continue
		}
		c.members++
		if member.Role == Owner {
			c.owners++
			keys = append(keys, UserKey(member.UserID))
		}
	}
	if len(keys) == 0 || c.activeOwner {
		return nil
	}
	users, err := m.scanner.Inspect(ctx, keys...)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if u := users.User(k.Owner); u != nil && u.Status == UserActive {
			c.activeOwner = true
		} else if users.unread(k) {
			c.unreadOwner = true
		} else if len(c.inactive) < maxNamed {
			c.inactive = append(c.inactive, k.Owner)
		}
	}
	return nil
}

// judgeInvitation looks at a pending invitation's sender only once nothing of the
// organization has changed for a while: whoever leaves is followed by the stream.
func (m *Maintenance) judgeInvitation(i *Invitation, found Records) []Finding {
	o, organization := found.Organization(i.OrganizationID), OrganizationKey(i.OrganizationID)
	invited, address := found.Invited(i.OrganizationID, i.Email), InvitedKey(i.OrganizationID, i.Email)
	switch {
	case o == nil && !found.unread(organization):
		return []Finding{breaks(RuleOrphan, i, "its organization is not there")}
	case o != nil && o.IsPersonal:
		return []Finding{breaks(RuleShared, i, "the organization is personal")}
	case i.Status != InvitationPending:
		return nil
	}
	var findings []Finding
	if leads := invited != nil && invited.InvitationID == i.ID; !leads && !found.unread(address) {
		findings = append(findings, breaks(RuleInvited, i, "it is pending, and not the one of its address"))
	}
	settled := o != nil && o.Status == OrganizationActive && m.late(o.UpdatedAt, senderLate) && m.late(i.CreatedAt, senderLate)
	if settled && found[MembershipKey(i.InvitedBy, i.OrganizationID)] == nil {
		findings = append(findings, breaks(RuleSender, i, "it is pending, and who sent it is no member any more"))
	}
	return findings
}

// countTeams counts a user's memberships but the personal one. Their keys tell,
// so that one counts which cannot be read.
func (m *Maintenance) countTeams(ctx context.Context, userID string) (teams int, err error) {
	for after, more := "", true; more; more = after != "" {
		var page []Record
		if page, after, err = m.scanner.InspectMemberships(ctx, userID, after, MaxRead); err != nil {
			return 0, err
		}
		for _, r := range page {
			if r.Key().ID != userID {
				teams++
			}
		}
	}
	return teams, nil
}

// teamRun counts teams while the table is read: a user's memberships stand right
// before the user, as far as the store keeps them together.
type teamRun struct {
	userID string
	teams  int
}

// count returns the teams of those users of a page who stand behind their
// memberships.
func (t *teamRun) count(page []Item) map[string]int {
	counted := map[string]int{}
	for _, item := range page {
		if item.Record == nil {
			continue
		}
		switch k := item.Record.Key(); k.Kind {
		case KindMembership:
			if t.userID != k.Owner {
				*t = teamRun{userID: k.Owner}
			}
			if k.ID != k.Owner {
				t.teams++
			}
		case KindUser:
			if t.userID != k.Owner {
				*t = teamRun{userID: k.Owner}
			}
			counted[k.Owner] = t.teams
		default:
		}
	}
	return counted
}
