package httpapi

import "hearth/internal/account"

// RegisterProfile registers the routes of the profile function. config is what
// GET /config says.
func RegisterProfile(a *API, mode account.Mode, config PublicConfig) {
	registerConfig(a, config)
	registerMe(a, mode)
}
