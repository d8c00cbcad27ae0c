package accounttest

import (
	"context"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"hearth/internal/account"
)

var _ account.Scanner = (*Model)(nil)

// Scan returns a page of all records, what belongs to one owner together.
func (m *Model) Scan(_ context.Context, r account.Range, after string, limit int) ([]account.Item, string, error) {
	page, next := listAny(m, after, limit, false, func(record account.Record) (position, bool) {
		k := record.Key()
		partition := crc32.ChecksumIEEE([]byte(partitionOf(k)))
		sort := string(k.Kind)
		if k.Kind == account.KindUser {
			sort = "~" // behind everything else of the user
		}
		mine := r.Segments <= 1 || int(partition)%r.Segments == r.Segment
		return position{fmt.Sprintf("%08x", partition), partitionOf(k), sort, k.ID}, mine
	})
	items := make([]account.Item, len(page))
	for i, record := range page {
		k := record.Key()
		items[i] = account.Item{Record: m.seen(record), Type: string(k.Kind), Key: string(k.Kind) + " " + k.Owner + " " + k.ID}
		if k.Kind == account.KindAddress || k.Kind == account.KindInvited {
			items[i].Key = string(k.Kind)
		}
		if _, broken := items[i].Record.(*account.Broken); broken {
			items[i].Wrong = account.ErrBroken.Error()
		}
	}
	return items, next, nil
}

// partitionOf names whose a record is: a user, an organization or an address.
func partitionOf(k account.Key) string {
	switch k.Kind {
	case account.KindOrganization, account.KindInvitation, account.KindInvited, account.KindAudit:
		return "organization " + k.Owner
	case account.KindAddress, account.KindSlug:
		return string(k.Kind) + " " + k.Owner
	default:
		return "user " + k.Owner
	}
}

// testScan reads a table in pages of several sizes, whole and in segments: each
// record once, what is a user's together and the user last.
func testScan(t *testing.T, s account.Store) {
	scanner, ok := s.(account.Scanner)
	if !ok {
		t.Fatalf("%T cannot be scanned", s)
	}
	want := map[account.Key]account.Record{}
	for i := range 7 {
		id := fmt.Sprintf("u%d", i)
		records := []account.Record{
			user(id), organization(id), membership(id, id, account.Owner), membership(id, "o", account.Member), session(id, "s"),
			&account.Address{Email: id + "@example.com", UserID: id, Version: 1}, limit(id, "kind"), closing("o" + id),
			&account.Slug{Slug: id, OrganizationID: id, Version: 1}, invitation("o", id, id+"@example.com"),
			invited("o", id+"@example.com", id), audit("o", id),
		}
		put(t, s, records...)
		for _, r := range records {
			want[r.Key()] = r
		}
	}
	for _, c := range []struct{ size, segments int }{{1000, 0}, {1, 0}, {7, 0}, {10, 3}} {
		seen := map[account.Key]bool{}
		for segment := range max(1, c.segments) {
			scanAll(t, scanner, account.Range{Segment: segment, Segments: c.segments}, c.size, func(item account.Item) {
				r := item.Record
				if r == nil || want[r.Key()] == nil || item.Type != string(r.Key().Kind) || item.Wrong != "" {
					t.Errorf("an item that was not put: %+v", item)
					return
				}
				k := r.Key()
				if seen[k] {
					t.Errorf("%v comes twice", k)
				}
				seen[k] = true
				if partitionOf(k) == "user "+k.Owner && k.Kind != account.KindUser && seen[account.UserKey(k.Owner)] {
					t.Errorf("%v comes behind its user", k)
				}
			})
		}
		if len(seen) != len(want) {
			t.Errorf("%d records in pages of %d in %d segments, want %d", len(seen), c.size, c.segments, len(want))
		}
	}
}

// scanAll gives every item of a range to f. No position tells an address.
func scanAll(t *testing.T, s account.Scanner, r account.Range, limit int, f func(account.Item)) {
	t.Helper()
	for after, pages := "", 0; ; pages++ {
		page, next, err := s.Scan(t.Context(), r, after, limit)
		if err != nil {
			t.Fatalf("page %d of %d: %v", pages, limit, err)
		}
		for _, item := range page {
			f(item)
			if strings.Contains(item.Key, "@") {
				t.Errorf("an address in %q", item.Key)
			}
		}
		if after = next; after == "" {
			return
		}
	}
}
