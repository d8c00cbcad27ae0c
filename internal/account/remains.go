package account

import "context"

// Remains are the runs of records that only a deletion or an export reads: all
// that stands of a person. Pages and errors are as those of Lists.
type Remains interface {
	// UserRecords returns at most limit records of a user's own, strongly
	// consistent: sessions, idempotency records, limits, exports and whatever
	// else is kept with a user, but neither the user nor their memberships nor
	// their deletion.
	UserRecords(ctx context.Context, userID, after string, limit int) (page []Record, next string, err error)
	// EndedInvitationsTo returns at most limit invitations of an address that
	// are not pending any more. It may lag as Members does.
	EndedInvitationsTo(ctx context.Context, email, after string, limit int) (page []*Invitation, next string, err error)
	// Data returns at most limit items of what an account owns, strongly
	// consistent.
	Data(ctx context.Context, accountID, after string, limit int) (page []*Datum, next string, err error)
	// CountData counts the things that an account owns, up to limit, but for
	// what BookkeepingPrefixes begin: nobody made those, and some expire. It
	// reads no more than it must for that.
	CountData(ctx context.Context, accountID string, limit int) (int, error)
}
