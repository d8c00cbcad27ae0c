package dynamo

import (
	"context"

	"hearth/internal/account"
)

// UserRecords returns a page of the records in a user's partition, in one
// Query or, where they are more than the page, a few: memberships, which can be
// many, are jumped over.
func (s *Store) UserRecords(ctx context.Context, userID, after string, limit int) ([]account.Record, string, error) {
	var kept []account.Record
	q := list{of: "records of a user", partition: userPrefix + userID}
	for {
		if after != "" {
			q.after = keys{PK: q.partition, SK: after}
		}
		records, next, err := page(ctx, s, q, limit-len(kept), func(r account.Record) string {
			k, _ := primaryKey(r.Key())
			return k.SK
		})
		if err != nil {
			return nil, "", err
		}
		jump := false
		for _, r := range records {
			switch r.Key().Kind {
			case account.KindUser, account.KindDeletion:
			case account.KindMembership:
				jump = true
			default:
				kept = append(kept, r)
			}
		}
		after = next
		if jump && next != "" && next < membershipEnd {
			after = membershipEnd
		}
		if after == "" || len(kept) == limit {
			return kept, after, nil
		}
	}
}

// membershipEnd sorts behind every membership of a user: $ is the character
// behind #.
const membershipEnd = "MEMBER$"

// EndedInvitationsTo returns a page of an address's invitations that are not
// pending any more, in one Query of the index.
func (s *Store) EndedInvitationsTo(ctx context.Context, email, after string, limit int) ([]*account.Invitation, string, error) {
	return s.invitationsTo(ctx, endedPrefix, email, after, limit)
}
