package account

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Act is what a policy is asked about.
type Act string

// The acts.
const (
	ActDeleteAccount      Act = "account.delete"
	ActDeleteOrganization Act = "organization.delete"
	ActCreateOrganization Act = "organization.create"
	ActInvite             Act = "member.invite"
	ActAccept             Act = "invitation.accept"
)

// Question is what a policy decides on: what was read for the act anyway, so
// that asking costs no call. A policy that needs more reads it itself.
type Question struct {
	Act Act
	// User is who wants it; of ActDeleteAccount, whose account it is.
	User User
	// Organization is the team that it is about: nil for ActCreateOrganization
	// and ActDeleteAccount.
	Organization *Organization
	// Email and Role are what ActInvite and ActAccept are about.
	Email string
	Role  Role
	// Personal and Owned are read for ActDeleteAccount alone: the personal
	// organization and the teams that the user owns.
	Personal *Organization
	Owned    []*Organization
}

// Blocker is a reason against an act, with what the person can do about it.
type Blocker struct {
	// Policy is the name of the policy whose reason it is.
	Policy string `json:"policy"`
	// Code is stable; clients translate it.
	Code string `json:"code"`
	// Detail and Remedy are sentences in English.
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`
	// OrganizationID is the organization that it is about, where there is one.
	OrganizationID string `json:"organizationId,omitempty"`
}

// PolicyUnavailable is the code of the blocker that stands for a policy which
// failed or took too long: nobody can say that the act is right, so it is not
// done. Trying again may help.
const PolicyUnavailable = "policy_unavailable"

// Policy is a rule of the product about what people may do with their accounts.
// Policies are small values without state; they are asked one after another.
type Policy interface {
	// Name is stable and unique.
	Name() string
	// Check returns the reasons against the act; none for an act that it has
	// no rule for. The context ends after PolicyTimeout. An error blocks as a
	// PolicyUnavailable, and its text is for the operator alone.
	Check(ctx context.Context, q Question) ([]Blocker, error)
}

// PolicyTimeout is how long one policy may take.
const PolicyTimeout = 2 * time.Second

// ask returns the reasons of all policies against an act, in their order, and
// why those failed that could not say, for the log.
func (s *Service) ask(ctx context.Context, q Question) (blockers []Blocker, failures error) {
	for _, p := range s.policies {
		found, err := checkPolicy(ctx, p, q)
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("policy %s: %w", p.Name(), err))
			found = []Blocker{{
				Policy: p.Name(), Code: PolicyUnavailable,
				Detail: "It cannot be said at the moment whether this is allowed.", Remedy: "Try again in a moment.",
			}}
		}
		for i := range found {
			found[i].Policy = p.Name()
		}
		blockers = append(blockers, found...)
	}
	return blockers, failures
}

// checkPolicy asks one policy, and waits no longer for it than it may take,
// whether or not it minds its context.
func checkPolicy(ctx context.Context, p Policy, q Question) ([]Blocker, error) {
	ctx, cancel := context.WithTimeout(ctx, PolicyTimeout)
	defer cancel()
	type answer struct {
		blockers []Blocker
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if r := recover(); r != nil {
				a = answer{err: fmt.Errorf("panic: %v", r)}
			}
			answers <- a
		}()
		a.blockers, a.err = p.Check(ctx, q)
	}()
	select {
	case a := <-answers:
		return a.blockers, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("no answer: %w", ctx.Err())
	}
}

// permit fails unless every policy allows an act: with ErrDeletionBlocked for a
// deletion, with ErrUnavailable where a policy could not say, else with
// ErrForbidden and the first reason. All list the blockers.
func (s *Service) permit(ctx context.Context, q Question) error {
	blockers, failures := s.ask(ctx, q)
	if len(blockers) == 0 {
		return nil
	}
	refusal := *ErrForbidden
	refusal.Detail = blockers[0].Detail
	switch {
	case q.Act == ActDeleteAccount || q.Act == ActDeleteOrganization:
		refusal = *ErrDeletionBlocked
	case failures != nil:
		refusal = *ErrUnavailable
	}
	refusal.Blockers = blockers
	return refusal.Because(failures)
}
