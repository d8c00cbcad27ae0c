package account

import (
	"context"
	"fmt"
)

// The names and codes of Hearth's own policies.
const (
	PolicySubscription = "active_subscription"
	PolicySoleOwner    = "sole_owner"
	PolicyOwnedTeams   = "owned_organizations"
)

// MaxOwnedAtDeletion is how many teams somebody may own whose account is
// deleted: ownership of all is given up in one transaction, two records each.
const MaxOwnedAtDeletion = 45

// corePolicies are Hearth's own. They come before a product's and cannot be
// left out: the transactions that delete rely on them, and have the same rules
// as premises.
func corePolicies() []Policy {
	return []Policy{subscriptionPolicy{}, soleOwnerPolicy{}, ownedTeamsPolicy{}}
}

// subscriptionPolicy keeps what is being paid for: nobody would be left who
// could cancel it.
type subscriptionPolicy struct{}

// Name is PolicySubscription.
func (subscriptionPolicy) Name() string { return PolicySubscription }

// Check looks at the account that goes, or those that go with their only owner.
func (subscriptionPolicy) Check(_ context.Context, q Question) ([]Blocker, error) {
	var ending []*Organization
	switch q.Act {
	case ActDeleteOrganization:
		ending = append(ending, q.Organization)
	case ActDeleteAccount:
		ending = append(ending, q.Personal)
		for _, o := range q.Owned {
			if o.OwnerCount == 1 {
				ending = append(ending, o)
			}
		}
	default: // nothing ends
	}
	var blockers []Blocker
	for _, o := range ending {
		if o != nil && o.ActiveSubscriptions > 0 {
			blockers = append(blockers, Blocker{
				Code:           PolicySubscription,
				Detail:         fmt.Sprintf("%s has an active subscription.", o.Name),
				Remedy:         "Cancel the subscription first, or wait until it ends.",
				OrganizationID: o.ID,
			})
		}
	}
	return blockers, nil
}

// soleOwnerPolicy keeps a team that has other members from losing its last owner.
type soleOwnerPolicy struct{}

// Name is PolicySoleOwner.
func (soleOwnerPolicy) Name() string { return PolicySoleOwner }

// Check looks at the teams that the user owns.
func (soleOwnerPolicy) Check(_ context.Context, q Question) ([]Blocker, error) {
	if q.Act != ActDeleteAccount {
		return nil, nil
	}
	var blockers []Blocker
	for _, o := range q.Owned {
		if o.OwnerCount == 1 && o.MemberCount > 1 {
			blockers = append(blockers, Blocker{
				Code:           PolicySoleOwner,
				Detail:         fmt.Sprintf("You are the only owner of %s, which has other members.", o.Name),
				Remedy:         "Make another member an owner, or delete the organization.",
				OrganizationID: o.ID,
			})
		}
	}
	return blockers, nil
}

// ownedTeamsPolicy keeps the accepting transaction within what DynamoDB takes.
type ownedTeamsPolicy struct{}

// Name is PolicyOwnedTeams.
func (ownedTeamsPolicy) Name() string { return PolicyOwnedTeams }

// Check counts the teams that the user owns.
func (ownedTeamsPolicy) Check(_ context.Context, q Question) ([]Blocker, error) {
	if q.Act != ActDeleteAccount || len(q.Owned) <= MaxOwnedAtDeletion {
		return nil, nil
	}
	return []Blocker{{
		Code:   PolicyOwnedTeams,
		Detail: fmt.Sprintf("You own %d organizations; an account that owns more than %d cannot be deleted at once.", len(q.Owned), MaxOwnedAtDeletion),
		Remedy: fmt.Sprintf("Transfer or delete organizations until you own at most %d.", MaxOwnedAtDeletion),
	}}, nil
}
