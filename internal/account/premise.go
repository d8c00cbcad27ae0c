package account

import (
	"errors"
	"slices"
	"strings"
)

// Premise is a condition under which a change is right. A store checks it in
// the transaction that makes the change, so that what the domain decided on is
// still so. The kinds are these and no others, because each has its
// translation in every store.
type Premise interface {
	// Key names the record that the premise speaks of.
	Key() Key
	// Holds decides on the record, nil if it is absent.
	Holds(record Record) bool
	// Failure is what it means to a caller that the premise does not hold.
	Failure() *Error
}

// UserIsActive holds while the user may act.
type UserIsActive struct{ UserID string }

// Key names the user.
func (p UserIsActive) Key() Key { return UserKey(p.UserID) }

// Holds reports whether the user is there and active.
func (p UserIsActive) Holds(r Record) bool {
	u, ok := r.(*User)
	return ok && u.Status == UserActive
}

// Failure is ErrUserInactive.
func (p UserIsActive) Failure() *Error { return ErrUserInactive }

// UserIsMember holds while the user has a membership in the organization.
type UserIsMember struct{ UserID, OrganizationID string }

// Key names the membership.
func (p UserIsMember) Key() Key { return MembershipKey(p.UserID, p.OrganizationID) }

// Holds reports whether the membership is there.
func (p UserIsMember) Holds(r Record) bool {
	_, ok := r.(*Membership)
	return ok
}

// Failure is ErrNotFound: an organization is not there for a stranger.
func (p UserIsMember) Failure() *Error { return ErrNotFound }

// RoleIs holds while the user has one of the roles in the organization.
type RoleIs struct {
	UserID, OrganizationID string
	Roles                  []Role
}

// Key names the membership.
func (p RoleIs) Key() Key { return MembershipKey(p.UserID, p.OrganizationID) }

// Holds reports whether the membership is there with one of the roles.
func (p RoleIs) Holds(r Record) bool {
	m, ok := r.(*Membership)
	return ok && slices.Contains(p.Roles, m.Role)
}

// Failure is ErrForbidden.
func (p RoleIs) Failure() *Error { return ErrForbidden }

// OrganizationIsActive holds while the organization can be entered.
type OrganizationIsActive struct{ OrganizationID string }

// Key names the organization.
func (p OrganizationIsActive) Key() Key { return OrganizationKey(p.OrganizationID) }

// Holds reports whether the organization is there and active.
func (p OrganizationIsActive) Holds(r Record) bool {
	o, ok := r.(*Organization)
	return ok && o.Status == OrganizationActive
}

// Failure is ErrNotFound.
func (p OrganizationIsActive) Failure() *Error { return ErrNotFound }

// OwnersMoreThan holds while the organization has more than Count owners.
type OwnersMoreThan struct {
	OrganizationID string
	Count          int
}

// Key names the organization.
func (p OwnersMoreThan) Key() Key { return OrganizationKey(p.OrganizationID) }

// Holds compares the organization's count of owners.
func (p OwnersMoreThan) Holds(r Record) bool {
	o, ok := r.(*Organization)
	return ok && o.OwnerCount > p.Count
}

// Failure is ErrLastOwner.
func (p OwnersMoreThan) Failure() *Error { return ErrLastOwner }

// SeatIsFree holds while the organization has no seat limit, or a seat below it.
type SeatIsFree struct{ OrganizationID string }

// Key names the organization.
func (p SeatIsFree) Key() Key { return OrganizationKey(p.OrganizationID) }

// Holds compares the seats used with the limit.
func (p SeatIsFree) Holds(r Record) bool {
	o, ok := r.(*Organization)
	return ok && (o.SeatLimit == 0 || o.SeatsUsed < o.SeatLimit)
}

// Failure is ErrSeatLimit.
func (p SeatIsFree) Failure() *Error { return ErrSeatLimit }

// TeamsBelow holds while the user is a member of fewer teams than Limit.
type TeamsBelow struct {
	UserID string
	Limit  int
}

// Key names the user.
func (p TeamsBelow) Key() Key { return UserKey(p.UserID) }

// Holds compares the user's count of teams.
func (p TeamsBelow) Holds(r Record) bool {
	u, ok := r.(*User)
	return ok && u.TeamCount < p.Limit
}

// Failure is ErrOrganizationLimit.
func (p TeamsBelow) Failure() *Error { return ErrOrganizationLimit }

// AccountsVersionIs holds while no membership of the user was given or taken,
// and no ownership, since a decision over all of them.
type AccountsVersionIs struct {
	UserID  string
	Version int
}

// Key names the user.
func (p AccountsVersionIs) Key() Key { return UserKey(p.UserID) }

// Holds compares the user's count of changes.
func (p AccountsVersionIs) Holds(r Record) bool {
	u, ok := r.(*User)
	return ok && u.AccountsVersion == p.Version
}

// Failure is ErrDeletionChanged.
func (p AccountsVersionIs) Failure() *Error { return ErrDeletionChanged }

// MembersAre holds while the organization has exactly Count members.
type MembersAre struct {
	OrganizationID string
	Count          int
}

// Key names the organization.
func (p MembersAre) Key() Key { return OrganizationKey(p.OrganizationID) }

// Holds compares the organization's count of members.
func (p MembersAre) Holds(r Record) bool {
	o, ok := r.(*Organization)
	return ok && o.MemberCount == p.Count
}

// Failure is ErrDeletionChanged.
func (p MembersAre) Failure() *Error { return ErrDeletionChanged }

// NoSubscription holds while nothing is being paid for by the organization.
type NoSubscription struct{ OrganizationID string }

// Key names the organization.
func (p NoSubscription) Key() Key { return OrganizationKey(p.OrganizationID) }

// Holds reports whether the organization is there without a subscription.
func (p NoSubscription) Holds(r Record) bool {
	o, ok := r.(*Organization)
	return ok && o.ActiveSubscriptions == 0
}

// Failure is ErrDeletionBlocked.
func (p NoSubscription) Failure() *Error { return ErrDeletionBlocked }

// VersionIs holds while a record is as it was read.
type VersionIs struct {
	Of      Key
	Version int
}

// Key names the record.
func (p VersionIs) Key() Key { return p.Of }

// Holds compares the record's version.
func (p VersionIs) Holds(r Record) bool { return r != nil && r.Revision() == p.Version }

// Failure is ErrPrecondition.
func (p VersionIs) Failure() *Error { return ErrPrecondition }

// IsAbsent holds while there is no such record.
type IsAbsent struct {
	Of Key
	// Else is what a record in the way means; nil is ErrConflict.
	Else *Error
}

// Key names the record.
func (p IsAbsent) Key() Key { return p.Of }

// Holds reports whether there is no record.
func (p IsAbsent) Holds(r Record) bool { return r == nil }

// Failure is Else, or ErrConflict.
func (p IsAbsent) Failure() *Error {
	if p.Else != nil {
		return p.Else
	}
	return ErrConflict
}

// IsCreatedBy holds while an item of an account's data is there and the user
// created it.
type IsCreatedBy struct {
	Of     Key
	UserID string
}

// Key names the item.
func (p IsCreatedBy) Key() Key { return p.Of }

// Holds compares who created the item.
func (p IsCreatedBy) Holds(r Record) bool {
	d, ok := r.(*Datum)
	return ok && d.Fields[fieldCreatedBy] == p.UserID
}

// Failure is ErrForbidden.
func (p IsCreatedBy) Failure() *Error { return ErrForbidden }

// Exists holds while the record is there. Every update brings it along, so
// that none makes half a record.
type Exists struct{ Of Key }

// Key names the record.
func (p Exists) Key() Key { return p.Of }

// Holds reports whether the record is there.
func (p Exists) Holds(r Record) bool { return r != nil }

// Failure is ErrNotFound.
func (p Exists) Failure() *Error { return ErrNotFound }

// PremiseError says that nothing was changed because premises did not hold.
type PremiseError struct {
	// Failed are the premises, in the order of the change. Never empty.
	Failed []Premise
	// Found are the records that they failed on, those that there are.
	Found Records
}

// Error names the records whose premises failed, without their ids.
func (e *PremiseError) Error() string {
	kinds := make([]string, len(e.Failed))
	for i, p := range e.Failed {
		kinds[i] = string(p.Key().Kind)
	}
	return "premise failed: " + strings.Join(kinds, ", ")
}

// Unwrap is what the first failed premise means to the caller.
func (e *PremiseError) Unwrap() error { return e.Failed[0].Failure() }

// premiseFailed reports whether err says that a premise on the record failed.
func premiseFailed(err error, key Key) bool {
	var failed *PremiseError
	return errors.As(err, &failed) &&
		slices.ContainsFunc(failed.Failed, func(p Premise) bool { return p.Key() == key })
}

// premiseIsNil leaves an error out that only says that somebody else was first.
func premiseIsNil(err error) error {
	var failed *PremiseError
	if errors.As(err, &failed) {
		return nil
	}
	return err
}
