package userpool

import (
	"context"
	"maps"
)

// deleteUser deletes the user of an access token, for ever.
func (p *Pool) deleteUser(_ context.Context, in accessTokenInput) (none, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return none{}, err
	}
	return none{}, p.remove(u.Sub)
}

// adminDeleteUser deletes a user, for ever.
func (p *Pool) adminDeleteUser(_ context.Context, in adminUserInput) (none, error) {
	u, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return none{}, err
	}
	return none{}, p.remove(u.Sub)
}

// remove deletes a user with their sign-ins, whether begun or done. Of several
// that delete the same user at once one succeeds.
func (p *Pool) remove(sub string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.users[sub] == nil {
		return errUserNotFound
	}
	if err := p.commit(change{Removed: []string{sub}}); err != nil {
		return err
	}
	maps.DeleteFunc(p.challenges, func(_ string, c *challenge) bool { return c.subject.sub == sub })
	return nil
}

// adminDisableUser keeps a user out and ends their sign-ins.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableUser.html
func (p *Pool) adminDisableUser(_ context.Context, in adminUserInput) (none, error) {
	return none{}, p.setDisabled(in, true)
}

// adminEnableUser lets a user sign in again; what was ended stays ended.
func (p *Pool) adminEnableUser(_ context.Context, in adminUserInput) (none, error) {
	return none{}, p.setDisabled(in, false)
}

// setDisabled writes the user and the end of their sign-ins as one change.
func (p *Pool) setDisabled(in adminUserInput, disabled bool) error {
	found, err := p.existing(in.UserPoolId, in.Username)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.state.users[found.Sub]
	switch {
	case old == nil:
		return errUserNotFound
	case old.Disabled == disabled:
		return nil
	}
	edited := old.clone()
	edited.Modified, edited.Disabled = p.now(), disabled
	c := change{Users: []*user{edited}}
	if disabled {
		c.Grants = p.state.revokedGrants(old.Sub)
	}
	return p.commit(c)
}
