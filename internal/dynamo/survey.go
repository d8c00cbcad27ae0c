package dynamo

import (
	"context"

	"hearth/internal/account"
)

// Inspect is Read past what is damaged.
func (s *Store) Inspect(ctx context.Context, want ...account.Key) (account.Records, error) {
	found := account.Records{}
	err := s.readItems(ctx, want, func(item attributes) error {
		record := decodeAny(item)
		found[record.Key()] = record
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// decodeAny is decode for whoever goes on where an item cannot be read.
func decodeAny(item attributes) account.Record {
	record, err := decode(item)
	if err != nil {
		k := keysOf(item)
		of, _ := recordKey(k.PK, k.SK)
		return &account.Broken{Of: of}
	}
	return record
}

// InspectMemberships is Memberships past what is damaged.
func (s *Store) InspectMemberships(ctx context.Context, userID, after string, limit int) ([]account.Record, string, error) {
	return s.inspectList(ctx, membershipsOf(userID), after, limit)
}

// InspectMembers is Members past what is damaged, or stands in the list by wrong
// keys.
func (s *Store) InspectMembers(ctx context.Context, organizationID, after string, limit int) ([]account.Record, string, error) {
	return s.inspectList(ctx, membersOf(organizationID, ""), after, limit)
}

// InspectInvitations is Invitations past what is damaged.
func (s *Store) InspectInvitations(ctx context.Context, organizationID, after string, limit int) ([]account.Record, string, error) {
	return s.inspectList(ctx, invitationsOf(organizationID), after, limit)
}

// inspectList reads a page of whatever stands in a list. A position is the keys
// of an item, since the record may not tell them.
func (s *Store) inspectList(ctx context.Context, l list, after string, limit int) (page []account.Record, next string, err error) {
	if after != "" {
		if l.after, err = openPosition(after); err != nil {
			return nil, "", err
		}
	}
	items, more, err := s.query(ctx, l, limit)
	if err != nil {
		return nil, "", err
	}
	for _, item := range items {
		page = append(page, decodeAny(item))
	}
	if !more {
		return page, "", nil
	}
	last := items[len(items)-1]
	at := keysOf(last)
	if l.index {
		at.GSI1PK, at.GSI1SK = stringOf(last, IndexPartitionKey), stringOf(last, IndexSortKey)
	}
	return page, sealPosition(at), nil
}
