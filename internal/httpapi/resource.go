package httpapi

import "hearth/internal/account"

// Resource is a kind of thing that accounts own: what it adds to the API. Its
// routes are of the function Projects, which reaches nothing but account data.
// It is an interface so that other functions, which register none, leave the
// code of its operations out.
type Resource interface {
	Routes() []Route
	// Grants are the permissions of the kind, by role.
	Grants() account.Grants
	// Register registers the operations of the routes.
	Register(a *API, data *account.Data)
}
