package account

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
}

// Caller is who makes a request and the account that it acts for. Authorize
// alone makes one that may do anything.
type Caller struct {
	User    User
	Session Session
	// Organization and Role are the account in context; Organization is nil
	// where organizations-only has a user without a team.
	Organization *Organization
	Role         Role

	grants Grants
}

// May reports whether the caller's role in the account allows something.
func (c Caller) May(p Permission) bool {
	return c.Organization != nil && c.grants.Allow(c.Role, p)
}

// Require fails with ErrForbidden unless the caller may do it, and with
// ErrNoOrganization where there is no account to do it in.
func (c Caller) Require(p Permission) error {
	if c.Organization == nil {
		return ErrNoOrganization
	}
	if !c.May(p) {
		return ErrForbidden
	}
	return nil
}

// Permissions returns what the caller's role allows, sorted.
func (c Caller) Permissions() []Permission {
	if c.Organization == nil {
		return nil
	}
	return c.grants.Of(c.Role)
}

// ActiveOrganizationID is the team that the request acts for, or empty in
// personal context.
func (c Caller) ActiveOrganizationID() string {
	if c.Organization == nil || c.Organization.IsPersonal {
		return ""
	}
	return c.Organization.ID
}
