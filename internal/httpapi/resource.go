package httpapi

import "hearth/internal/account"

// Resource is a kind of thing that accounts own: what it adds to the API. The
// routes are of the function Projects, which reaches nothing but account data.
type Resource struct {
	Routes []Route
	// Grants are the permissions of the kind, by role.
	Grants account.Grants
	// Register registers the operations of the routes.
	Register func(*API, *account.Data)
}
