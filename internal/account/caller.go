package account

import "time"

// Identity is what a good access token says. Only the HTTP layer makes one,
// from claims that were checked.
type Identity struct {
	UserID   string
	Username string
	// SessionID is origin_jti: the same for every refresh of one sign-in.
	SessionID string
	// AuthTime is when the person signed in, in whole seconds since 1970.
	AuthTime int64
	// AccessToken is the token itself, for asking the provider in the
	// person's own name. It is never stored and never logged.
	AccessToken string
	// Device is what the client says of itself; for the person's own eyes.
	Device string

	// entered says that this request made the person's records.
	entered bool
}

// Account is an account as one of its members meets it. Organization is nil
// where there is none: in organizations-only, for a user without a team.
type Account struct {
	Organization *Organization
	Role         Role

	grants Grants
}

// May reports whether the member's role in the account allows something.
func (a Account) May(p Permission) bool {
	return a.Organization != nil && a.grants.Allow(a.Role, p)
}

// Require fails with ErrForbidden unless the member may do it, and with
// ErrNoOrganization where there is no account to do it in.
func (a Account) Require(p Permission) error {
	if a.Organization == nil {
		return ErrNoOrganization
	}
	if !a.May(p) {
		return ErrForbidden
	}
	return nil
}

// Permissions returns what the member's role allows, sorted.
func (a Account) Permissions() []Permission {
	if a.Organization == nil {
		return nil
	}
	return a.grants.Of(a.Role)
}

// Caller is who makes a request and the account that it acts for. Authorize
// alone makes one that may do anything.
type Caller struct {
	User    User
	Session Session
	Account

	scope Scope
	// token is the caller's own access token, for calls in their name.
	token    string
	authTime time.Time
}

// ActiveOrganizationID is the team that the request acts for, or empty in
// personal context.
func (c Caller) ActiveOrganizationID() string {
	if c.Organization == nil || c.Organization.IsPersonal {
		return ""
	}
	return c.Organization.ID
}
