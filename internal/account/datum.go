package account

// BookkeepingPrefixes are what the ids of those items of an account begin with,
// in their order, that Hearth keeps beside the things of a product: audit
// entries, gates and idempotency records.
func BookkeepingPrefixes() []string {
	return []string{DatumPrefix(kindAudit), DatumPrefix(kindGate), DatumPrefix(kindIdempotency)}
}

// Datum is one item of what an account owns, whatever it is: a product's
// records are its own matter, here they are only taken out and erased.
type Datum struct {
	AccountID string
	// ID is the store's own name for it within the account.
	ID string
	// Type is what the product calls it.
	Type string
	// Fields are all else that it has, in JSON's types. Numbers are of type
	// json.Number, so that none loses digits.
	Fields  map[string]any
	Version int
}

// Key names the item.
func (d *Datum) Key() Key { return DatumKey(d.AccountID, d.ID) }

// Revision is the number of times that the item was written.
func (d *Datum) Revision() int { return d.Version }
