package httpapi

import "hearth/internal/account"

// ProfileDependencies is what the profile function works with.
type ProfileDependencies struct {
	Service *account.Service
	Images  Images
	// Config is what GET /config says.
	Config PublicConfig
}

// RegisterProfile registers the routes of the profile function.
func RegisterProfile(a *API, d ProfileDependencies) {
	registerConfig(a, d.Config)
	registerMe(a, d)
	registerSwitcher(a, d)
	registerProfile(a, d)
	registerImage(a, d)
	registerPreferences(a, d)
	registerDashboard(a, a.tokens.Now)
}

// SecurityDependencies is what the security function works with.
type SecurityDependencies struct {
	Service *account.Service
}

// RegisterSecurity registers the routes of the security function.
func RegisterSecurity(a *API, d SecurityDependencies) {
	registerSecurity(a, d)
	registerPassword(a, d)
	registerEmail(a, d)
	registerMFA(a, d)
	registerRecovery(a, d)
	registerPasskeys(a, d)
	registerSessions(a, d)
}

// OrganizationsDependencies is what the organizations function works with.
type OrganizationsDependencies struct {
	Service *account.Service
	Images  Images
}

// RegisterOrganizations registers the routes of the organizations function.
func RegisterOrganizations(a *API, d OrganizationsDependencies) {
	registerOrganization(a, d)
	registerOrganizationImage(a, d)
	registerMembers(a, d)
	registerOwnership(a, d)
	registerInvitations(a, d)
	registerInvited(a, d)
	registerAudit(a, d)
}

// DeletionDependencies is what the deletion function works with.
type DeletionDependencies struct {
	Service *account.Service
}

// RegisterDeletion registers the routes of the deletion function.
func RegisterDeletion(a *API, d DeletionDependencies) {
	registerDeletion(a, d)
	registerExport(a, d)
}
