package account

import "context"

// Scanner reads the whole table, which only maintenance may.
type Scanner interface {
	// Scan returns about limit items of a range behind the position after, in
	// an order of the store's own in which what belongs to one user stands
	// together, the user last. The items may lag behind commits for a moment.
	// A page can be empty; next is empty on the last one, and never names a
	// person's address. It fails with ErrUnavailable if the engine does not
	// answer.
	Scan(ctx context.Context, r Range, after string, limit int) (page []Item, next string, err error)
}

// Range is a part of the table: the Segment-th of Segments, from 0. The zero
// Range is the whole.
type Range struct {
	Segment  int `json:"segment,omitempty"`
	Segments int `json:"segments,omitempty"`
}

// Item is what stands in the table at one key.
type Item struct {
	// Record is nil for what cannot be read. Of data of the product's own it is a
	// Datum without fields.
	Record Record
	// Type is the item's own word for what it is.
	Type string
	// Key is where it stands, in the store's words, without addresses.
	Key string
	// Wrong says what is wrong with the item itself, whatever stands elsewhere;
	// empty for a good one.
	Wrong string
}
