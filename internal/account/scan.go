package account

import (
	"context"
	"errors"
)

// ErrBroken is why a store cannot read a record that is there: an attribute is
// not of its type. It names the attribute and never holds its value. To a
// request it is an internal error, since what is damaged must not pass for
// absent.
var ErrBroken = errors.New("a record cannot be read")

// Scanner reads what only maintenance may: the whole table, and past what is
// damaged in it. Where Store fails with ErrBroken, what cannot be read comes as a
// *Broken in its place. All fail with ErrUnavailable if the engine does not
// answer.
type Scanner interface {
	// Scan returns about limit items of a range behind the position after, in
	// an order of the store's own in which what belongs to one user stands
	// together, the user last. The items may lag behind commits for a moment.
	// A page can be empty; next is empty on the last one, and never names a
	// person's address.
	Scan(ctx context.Context, r Range, after string, limit int) (page []Item, next string, err error)
	// Inspect is Store.Read.
	Inspect(ctx context.Context, keys ...Key) (Records, error)
	// InspectMemberships is Lists.Memberships, with positions of its own.
	InspectMemberships(ctx context.Context, userID, after string, limit int) (page []Record, next string, err error)
	// InspectMembers is Lists.Members of all names, with positions of its own.
	// What stands in the list and is no membership at all comes as what it is.
	InspectMembers(ctx context.Context, organizationID, after string, limit int) (page []Record, next string, err error)
	// InspectInvitations is Lists.Invitations, with positions of its own.
	InspectInvitations(ctx context.Context, organizationID, after string, limit int) (page []Record, next string, err error)
}

// Range is a part of the table: the Segment-th of Segments, from 0. The zero
// Range is the whole.
type Range struct {
	Segment  int `json:"segment,omitempty"`
	Segments int `json:"segments,omitempty"`
}

// Item is what stands in the table at one key.
type Item struct {
	// Record is a *Broken for what cannot be read, and nil where no record
	// stands at such a key. Of data of the product's own it is a Datum without
	// fields.
	Record Record
	// Type is the item's own word for what it is.
	Type string
	// Key is where it stands, in the store's words, without addresses.
	Key string
	// Wrong says what is wrong with the item itself, whatever stands elsewhere;
	// empty for a good one. It never holds a value.
	Wrong string
}

// Broken stands for a record that is there and cannot be read. Those who relate
// to it take it for good, so that it is told once, by itself. No store is given
// one.
type Broken struct {
	// Of is where it stands; the zero Key where no record does.
	Of Key
}

// Key names the record.
func (b *Broken) Key() Key { return b.Of }

// Revision is not known.
func (b *Broken) Revision() int { return 0 }

// unread reports whether something stands under a key that cannot be read.
func (r Records) unread(k Key) bool {
	_, ok := r[k].(*Broken)
	return ok
}

// rewritable reports whether an item is mended by writing its record again. What
// a product keeps is not: a set of DynamoDB's would come back as a list.
func (i Item) rewritable() bool {
	switch i.Record.(type) {
	case nil, *Broken, *Datum:
		return false
	}
	return true
}
