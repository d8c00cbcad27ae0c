package accounttest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"hearth/internal/account"
)

// testDueKinds lists a user's deletion and export, due in one second, beside an
// organization: each is named with its kind.
func testDueKinds(t *testing.T, s account.Store) {
	d, e, o := deletion("u"), export("u"), closing("u")
	d.DueAt, e.DueAt, o.DueAt = now, now, now
	put(t, s, d, e, o)
	due := walk(t, func(after string, limit int) ([]account.Key, string, error) {
		return s.Due(t.Context(), account.DueShard("u"), now, after, limit)
	}, func(k account.Key) string { return fmt.Sprint(k) })
	slices.Sort(due)
	expectList(t, "due", due, fmt.Sprint(d.Key()), fmt.Sprint(e.Key()), fmt.Sprint(o.Key()))
	if err := s.Commit(t.Context(), account.Change{
		Updates: []account.Update{account.ChangeDeletion{UserID: "u", DueAt: &time.Time{}}},
	}); err != nil {
		t.Fatal(err)
	}
	left, _, err := s.Due(t.Context(), account.DueShard("u"), now, "", 10)
	if err != nil || len(left) != 2 || slices.Contains(left, d.Key()) {
		t.Errorf("without the deletion: %v, %v", left, err)
	}
}

// testRemains lists what a deletion takes apart, and nothing of anybody else's.
func testRemains(t *testing.T, s account.Store) {
	put(t, s, user("u"), deletion("u"), organization("u"), user("v"), session("v", "s"), export("v"),
		passkey("v", "p"),
		limit("hash:u", "kind"), audit("u", "a"), datum("v", "PROJECT#1"), datum("ux", "PROJECT#1"))
	for i := range 9 { // more than any page but one
		put(t, s, membership("u", fmt.Sprintf("o%d", i), account.Member))
	}
	var want []string
	for _, r := range []account.Record{
		export("u"),
		&account.Idempotency{UserID: "u", ID: "k", Request: "hash", Made: "id", ExpiresAt: now.Truncate(time.Second), Version: 1},
		limit("u", "a"), limit("u", "b"), session("u", "s1"), session("u", "s2"), session("u", "s3"),
		passkey("u", "p"), recovery("u"),
	} {
		put(t, s, r)
		want = append(want, fmt.Sprint(r.Key()))
	}
	own := walk(t, func(after string, limit int) ([]account.Record, string, error) {
		return s.UserRecords(t.Context(), "u", after, limit)
	}, func(r account.Record) string { return fmt.Sprint(r.Key()) })
	slices.Sort(own)
	slices.Sort(want)
	expectList(t, "the user's own records", own, want...)

	testEnded(t, s)
	testData(t, s)
}

func testEnded(t *testing.T, s account.Store) {
	accepted, revoked := invitation("o", "1", "Ada@example.com"), invitation("p", "2", "ada@example.com")
	accepted.Status = account.InvitationAccepted
	put(t, s, accepted, revoked, invitation("o", "3", "ada@example.com"), invitation("o", "4", "eve@example.com"))
	status := account.InvitationRevoked
	if err := s.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeInvitation{OrganizationID: "p", InvitationID: "2", Status: &status},
	}}); err != nil {
		t.Fatal(err)
	}
	id := func(i *account.Invitation) string { return i.ID }
	expectList(t, "over", walk(t, func(after string, limit int) ([]*account.Invitation, string, error) {
		return s.EndedInvitationsTo(t.Context(), "ADA@example.com", after, limit)
	}, id), "2", "1")
	expectList(t, "pending", walk(t, func(after string, limit int) ([]*account.Invitation, string, error) {
		return s.InvitationsTo(t.Context(), "ADA@example.com", after, limit)
	}, id), "3")
}

// testData has things of kinds around those of the bookkeeping, which count as
// nothing.
func testData(t *testing.T, s account.Store) {
	var want []string
	things := 0
	for i, kind := range []string{"AARDVARK#", "AUDIT#", "AUDITED#", "GATE#", "GATEAU#", "IDEMPOTENCY#", "IDEMPOTENT#", "PROJECT#"} {
		for n := range i%2 + 1 {
			d := datum("u", fmt.Sprintf("%s%d", kind, n))
			put(t, s, d)
			want = append(want, d.ID)
			if !slices.Contains(account.BookkeepingPrefixes(), kind) {
				things++
			}
		}
	}
	expectList(t, "account data", walk(t, func(after string, limit int) ([]*account.Datum, string, error) {
		return s.Data(t.Context(), "u", after, limit)
	}, func(d *account.Datum) string { return d.ID }), want...)
	for limit := 1; limit <= things+1; limit++ {
		if got, err := s.CountData(context.WithoutCancel(t.Context()), "u", limit); got != min(limit, things) || err != nil {
			t.Errorf("counted to %d: %d, %v", limit, got, err)
		}
	}
	if got, err := s.CountData(t.Context(), "nobody", 10); got != 0 || err != nil {
		t.Errorf("of nobody: %d, %v", got, err)
	}
}
