package account

import "context"

// Remains are the runs of records that only a deletion or an export reads: all
// that stands of a person. Pages and errors are as those of Lists.
type Remains interface {
	// Data returns at most limit items of what an account owns, strongly
	// consistent.
	Data(ctx context.Context, accountID, after string, limit int) (page []*Datum, next string, err error)
	// CountData counts what an account owns, up to limit. It reads no more than
	// it must for that.
	CountData(ctx context.Context, accountID string, limit int) (int, error)
}
