// Package account is Hearth's domain: users, organizations, memberships and
// sessions, who may do what, and what must be true when a change is committed.
// It knows no AWS service and no HTTP; time, ids, the store and the identity
// provider come in from outside.
package account
