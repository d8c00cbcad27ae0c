package dynamo

import (
	"context"

	"hearth/internal/account"
)

// UserRecords returns a page of the records in a user's partition, in one
// Query or, where memberships stand between them, two: those are jumped over.
func (s *Store) UserRecords(ctx context.Context, userID, after string, limit int) ([]account.Record, string, error) {
	var kept []account.Record
	q := list{of: "records of a user", partition: userPrefix + userID}
	for {
		if after != "" {
			q.after = keys{PK: q.partition, SK: after}
		}
		records, next, err := page(ctx, s, q, limit+1-len(kept), sortOf)
		if err != nil {
			return nil, "", err
		}
		for _, r := range records {
			switch r.Key().Kind {
			case account.KindUser, account.KindDeletion:
			case account.KindMembership:
				if next != "" && next < membershipEnd {
					next = membershipEnd
				}
			default:
				kept = append(kept, r)
			}
		}
		switch after = next; {
		case len(kept) > limit:
			return kept[:limit], sortOf(kept[limit-1]), nil
		case after == "":
			return kept, "", nil
		}
	}
}

// sortOf is a record's sort key.
func sortOf(r account.Record) string {
	k, _ := primaryKey(r.Key())
	return k.SK
}

// membershipEnd sorts behind every membership of a user: $ is the character
// behind #.
const membershipEnd = "MEMBER$"

// EndedInvitationsTo returns a page of an address's invitations that are not
// pending any more, in one Query of the index.
func (s *Store) EndedInvitationsTo(ctx context.Context, email, after string, limit int) ([]*account.Invitation, string, error) {
	return s.invitationsTo(ctx, endedPrefix, email, after, limit)
}
