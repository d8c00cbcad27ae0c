package account

import (
	"context"
	"errors"
	"time"
)

// FreshSignIn is how long after signing in somebody may do what is sensitive.
const FreshSignIn = 10 * time.Minute

// deed is something that a member wants to do in a team organization.
type deed struct {
	organizationID string
	// permission is what the member's role must allow; empty for what every
	// member may do.
	permission Permission
	// sensitive wants a sign-in within FreshSignIn.
	sensitive bool
	// also are further records to decide on, read together with the rest.
	also []Key
}

// act authorizes a member for a team, has decide make the change on what was
// read, and commits it on the premises that the member is active and still in
// the role, and the organization active. A premise that failed is read again
// and decided again, so that the answer is what is true now. It fails as
// Authorize does, with ErrPersonalOrganization, ErrForbidden,
// ErrReauthenticate, and with what decide says.
func (s *Service) act(ctx context.Context, id Identity, d deed, decide func(Caller, Records, *Change) error) (Caller, error) {
	var failed *PremiseError
	for range decideTries {
		caller, records, err := s.authorizeWith(ctx, id, Target{AccountID: d.organizationID, InPath: true}, d.also...)
		if err != nil {
			return Caller{}, err
		}
		if err := s.allows(caller, d); err != nil {
			return caller, err
		}
		change := Change{Premises: []Premise{
			UserIsActive{UserID: id.UserID},
			RoleIs{UserID: id.UserID, OrganizationID: d.organizationID, Roles: []Role{caller.Role}},
			OrganizationIsActive{OrganizationID: d.organizationID},
		}}
		if err := decide(caller, records, &change); err != nil {
			return caller, err
		}
		err = s.commit(ctx, change)
		if err == nil || !errors.As(err, &failed) {
			return caller, err
		}
	}
	// A role that is never what was just read is no rule broken: decide allowed
	// each of them.
	for _, premise := range failed.Failed {
		if _, contended := premise.(RoleIs); contended {
			return Caller{}, ErrConflict.Because(failed)
		}
	}
	return Caller{}, failed.Failed[0].Failure().Because(failed)
}

// allows decides what does not depend on the object of a deed.
func (s *Service) allows(c Caller, d deed) error {
	if c.Organization.IsPersonal {
		return ErrPersonalOrganization
	}
	if d.permission != "" {
		if err := c.Require(d.permission); err != nil {
			return err
		}
	}
	if d.sensitive {
		return s.fresh(c)
	}
	return nil
}
