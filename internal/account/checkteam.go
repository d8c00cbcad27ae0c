package account

import (
	"context"
	"strings"
)

// counts are an organization's members and pending invitations, one by one.
type counts struct {
	members, owners, pending int
	// activeOwner is whether an owner's user is active.
	activeOwner bool
	// inactive are some owners whose user is not.
	inactive []string
}

// maxNamed bounds how many ids a finding names.
const maxNamed = 5

// count counts an organization's items. The list of members may lag for a
// moment, and does not show who is wrongly listed.
func (m *Maintenance) count(ctx context.Context, organizationID string) (c counts, err error) {
	for after, more := "", true; more; more = after != "" {
		var page []*Membership
		if page, after, err = m.store.Members(ctx, organizationID, "", after, MaxRead); err != nil {
			return counts{}, err
		}
		if err := m.countOwners(ctx, page, &c); err != nil {
			return counts{}, err
		}
		c.members += len(page)
	}
	for after, more := "", true; more; more = after != "" {
		var page []*Invitation
		if page, after, err = m.store.Invitations(ctx, organizationID, after, MaxRead); err != nil {
			return counts{}, err
		}
		for _, i := range page {
			if i.Status == InvitationPending {
				c.pending++
			}
		}
	}
	return c, nil
}

// countOwners counts the owners of a page, and reads their users until one is
// active.
func (m *Maintenance) countOwners(ctx context.Context, page []*Membership, c *counts) error {
	var keys []Key
	for _, member := range page {
		if member.Role == Owner {
			c.owners++
			keys = append(keys, UserKey(member.UserID))
		}
	}
	if len(keys) == 0 || c.activeOwner {
		return nil
	}
	users, err := m.store.Read(ctx, keys...)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if u := users.User(k.Owner); u != nil && u.Status == UserActive {
			c.activeOwner = true
		} else if len(c.inactive) < maxNamed {
			c.inactive = append(c.inactive, k.Owner)
		}
	}
	return nil
}

// judgeTeam counts an active team; of one that is closing only the work is to
// be seen to.
func (m *Maintenance) judgeTeam(ctx context.Context, o *Organization, found Records) ([]Finding, error) {
	var findings []Finding
	if slug := found[SlugKey(o.Slug)]; slug == nil || find[*Slug](found, SlugKey(o.Slug)).OrganizationID != o.ID {
		findings = append(findings, breaks(RuleSlug, o, "its slug is not its own"))
	}
	if o.Status == OrganizationClosing {
		if m.late(o.DueAt, overdueLate) {
			findings = append(findings, breaks(RuleOverdue, o, "it waits to be taken apart, and nothing does"))
		}
		return findings, nil
	}
	if o.Status == OrganizationSuspended {
		return findings, nil
	}
	if o.Status != OrganizationActive {
		return append(findings, breaks(RuleItem, o, "a team cannot be %s", o.Status)), nil
	}
	c, err := m.count(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	if o.MemberCount != c.members || o.OwnerCount != c.owners || o.SeatsUsed != c.members+c.pending {
		findings = append(findings, breaks(RuleCounters, o, "counts %d members, %d owners, %d seats; there are %d, %d, %d",
			o.MemberCount, o.OwnerCount, o.SeatsUsed, c.members, c.owners, c.members+c.pending))
	}
	switch {
	case c.activeOwner:
	case c.owners == 0:
		findings = append(findings, breaks(RuleOwner, o, "%q has no owner", o.Name))
	default:
		findings = append(findings, breaks(RuleOwner, o, "no owner of %q is active: %s", o.Name, strings.Join(c.inactive, ", ")))
	}
	return findings, nil
}

// countTeams counts a user's memberships but the personal one.
func (m *Maintenance) countTeams(ctx context.Context, userID string) (teams int, err error) {
	for after, more := "", true; more; more = after != "" {
		var page []*Membership
		if page, after, err = m.store.Memberships(ctx, userID, after, MaxRead); err != nil {
			return 0, err
		}
		for _, member := range page {
			if member.OrganizationID != userID {
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
		switch r := item.Record.(type) {
		case *Membership:
			if t.userID != r.UserID {
				*t = teamRun{userID: r.UserID}
			}
			if r.OrganizationID != r.UserID {
				t.teams++
			}
		case *User:
			if t.userID != r.ID {
				*t = teamRun{userID: r.ID}
			}
			counted[r.ID] = t.teams
		}
	}
	return counted
}
