package account

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
)

// Scope is leave to reach what one account owns, for one user. Authorize alone
// makes one and nothing can change it, and a DataStore takes nothing else: code
// that forgets a filter, or trusts an id that a client sent, cannot reach
// another account's data. The zero Scope reaches nothing.
type Scope struct {
	accountID, userID string
	personal          bool
	grants            Grants
}

// Scope returns leave to reach the data of the account that the request acts
// for. A Caller that Authorize did not make has the zero Scope.
func (c Caller) Scope() Scope { return c.scope }

// scoped gives a caller leave to reach the account that they were let into.
func (s *Service) scoped(c *Caller) {
	if o := c.Organization; o != nil {
		c.scope = Scope{accountID: o.ID, userID: c.User.ID, personal: o.IsPersonal, grants: s.grants}
	}
}

// AccountID is the account whose data may be reached.
func (s Scope) AccountID() string { return s.accountID }

// UserID is the user who may reach it.
func (s Scope) UserID() string { return s.userID }

// Check fails with ErrNoOrganization for the zero Scope.
func (s Scope) Check() error {
	if s.accountID == "" || s.userID == "" {
		return ErrNoOrganization
	}
	return nil
}

// Key names an item of the account's data. What kind it is of is also its Type.
func (s Scope) Key(kind, id string) Key { return DatumKey(s.accountID, DatumPrefix(kind)+id) }

// errAccountGone answers a write whose account ended, or whose writer left it,
// after the request was let in.
var errAccountGone = &Error{Code: CodeAccountNotFound, Detail: "The account is not there any more, or not yours."}

// change is a write of data with the conditions that every one has: the user is
// active, a member with a role that allows it, and the account is open. They
// are part of the same transaction, so that no write is made after access
// ended, and the first, so that whoever has none any more hears nothing else.
func (s Scope) change(w DataChange) Change {
	change := Change{Premises: []Premise{UserIsActive{UserID: s.userID}, s.mayStill(w.Permission)}}
	if !s.personal {
		change.Premises = append(change.Premises, isOpen(s.accountID, gateOf(s.userID)))
	}
	for _, item := range w.Writes {
		key := s.Key(item.Kind, item.ID)
		switch {
		case item.CreatedBy != "":
			change.Premises = append(change.Premises, Exists{Of: key}, IsCreatedBy{Of: key, UserID: item.CreatedBy})
		case item.Version == AnyVersion:
			change.Premises = append(change.Premises, Exists{Of: key})
		case item.Version == 0:
			change.Premises = append(change.Premises, IsAbsent{Of: key})
		default:
			change.Premises = append(change.Premises, VersionIs{Of: key, Version: item.Version})
		}
		if item.Fields == nil {
			change.Deletes = append(change.Deletes, key)
			continue
		}
		change.Puts = append(change.Puts, &Datum{
			AccountID: s.accountID, ID: key.ID, Type: item.Kind, Fields: item.Fields, Version: item.Version + 1,
		})
	}
	return change
}

// Change is a write of data as a DataStore commits it. It fails with
// ErrNoOrganization for the zero Scope, and where a write is none that it may
// take.
func (s Scope) Change(w DataChange) (Change, error) {
	if err := s.Check(); err != nil {
		return Change{}, err
	}
	for _, item := range w.Writes {
		if item.Fields != nil && (item.Version < 0 || item.CreatedBy != "") {
			return Change{}, fmt.Errorf("a %s is put whatever stands there", item.Kind)
		}
	}
	return s.change(w), nil
}

// mayStill holds while the user is a member whose role has the permission, or
// is a member at all where it is empty.
func (s Scope) mayStill(p Permission) RoleIs {
	roles := slices.DeleteFunc([]Role{Owner, Admin, Member}, func(r Role) bool { return p != "" && !s.grants.Allow(r, p) })
	return RoleIs{UserID: s.userID, OrganizationID: s.accountID, Roles: roles}
}

// An organization that is being deleted is closed by its record, and its
// members lose their memberships one chunk after the other. A write of data may
// not name that record, since any two transactions that name one item are in
// each other's way, checks included: the writes of all members would be serial.
// Without it, a write that was let in just before the deletion could be
// acknowledged just after it, by the membership that is not yet taken, and
// nobody would ever see what was written. So the deletion shuts gates in its own
// transaction, beside the data: as many records as members are spread over, of
// which a write checks its user's. A user's writes are in each other's way
// anyway, by their own record.
//
// Gates are not there while an account is open, and go with its data: by then no
// membership is left that a write could be made by. A personal account has none,
// and a team that goes with the account of its only member needs none: there
// that the user is active is the condition.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
const gateCount = 16

const kindGate = "gate"

// gateOf is the gate that a user goes by.
func gateOf(userID string) int { return int(crc32.ChecksumIEEE([]byte(userID)) % gateCount) }

func gateKey(accountID string, n int) Key {
	return DatumKey(accountID, DatumPrefix(kindGate)+strconv.Itoa(n))
}

// isOpen holds while a gate of an account is not shut.
func isOpen(accountID string, gate int) Premise {
	return IsAbsent{Of: gateKey(accountID, gate), Else: errAccountGone}
}

// shutGates adds to the change that closes an organization that no write of its
// data is made after it.
func shutGates(change *Change, organizationID string) {
	for n := range gateCount {
		key := gateKey(organizationID, n)
		change.Premises = append(change.Premises, isOpen(organizationID, n))
		change.Puts = append(change.Puts, &Datum{AccountID: organizationID, ID: key.ID, Type: kindGate, Fields: map[string]any{}, Version: 1})
	}
}
