package account

import "fmt"

// Rule names something that must always be true, by what is wrong where it is
// not.
type Rule string

// The rules that jobs hold pool and table against.
const (
	// RuleItem: an item can be read, holds words that its record knows, and is in
	// the lists of its record.
	RuleItem Rule = "item"
	// RuleRecords: a confirmed person has records.
	RuleRecords Rule = "records_missing"
	// RulePersonal: a user has an active personal organization of their name,
	// with their membership as owner.
	RulePersonal Rule = "personal_organization"
	// RuleShared: nobody else is in a personal organization, or invited to it.
	RuleShared Rule = "personal_organization_shared"
	// RuleOwner: an active team has an owner who is active.
	RuleOwner Rule = "no_active_owner"
	// RuleSuspended: a suspended team has one member, its owner, who is not active.
	RuleSuspended Rule = "suspended"
	// RuleGate: the gates of an account's data are shut only while it is closing.
	RuleGate Rule = "gate"
	// RuleCounters: an organization's counters equal its items.
	RuleCounters Rule = "counters"
	// RuleTeams: a user's count of teams equals their memberships.
	RuleTeams Rule = "team_count"
	// RuleSlug: an organization has its slug, and the slug its organization.
	RuleSlug Rule = "slug"
	// RuleInvited: an address has one pending invitation to an organization.
	RuleInvited Rule = "invited"
	// RuleSender: who sent a pending invitation is a member.
	RuleSender Rule = "sender"
	// RuleAddress: a user's address leads to the user.
	RuleAddress Rule = "address"
	// RuleOrphan: what belongs to a user or an organization has one.
	RuleOrphan Rule = "orphan"
	// RuleCopies: a membership shows the user as they are.
	RuleCopies Rule = "copies"
	// RuleDeleted: of a deleted person nothing is left.
	RuleDeleted Rule = "deleted"
	// RuleOverdue: what is due is done.
	RuleOverdue Rule = "overdue"
	// RuleVanished: a user's person is in the pool.
	RuleVanished Rule = "vanished"
	// RulePool: a user is as the pool has them.
	RulePool Rule = "pool_differs"
)

// Finding is a rule that an item breaks. It holds ids, times and counts, never an
// address, a name or whatever else stands in a field.
type Finding struct {
	Rule   Rule   `json:"rule"`
	Item   string `json:"item"`
	Detail string `json:"detail"`
}

// named is how operators hear of a record.
func named(r Record) string {
	switch r := r.(type) {
	case *Address:
		return "address of user " + r.UserID
	case *Invited:
		return fmt.Sprintf("invited address of invitation %s to organization %s", r.InvitationID, r.OrganizationID)
	case *Membership:
		return fmt.Sprintf("membership of user %s in organization %s", r.UserID, r.OrganizationID)
	case *Invitation:
		return fmt.Sprintf("invitation %s to organization %s", r.ID, r.OrganizationID)
	case *Limit:
		return "limit of " + r.Who
	}
	k := r.Key()
	if k.ID == "" {
		return string(k.Kind) + " " + k.Owner
	}
	return fmt.Sprintf("%s %s of %s", k.Kind, k.ID, k.Owner)
}

// breaks says that a record breaks a rule.
func breaks(rule Rule, r Record, detail string, arguments ...any) Finding {
	return Finding{Rule: rule, Item: named(r), Detail: fmt.Sprintf(detail, arguments...)}
}
