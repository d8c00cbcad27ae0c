package dynamo_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"hearth/internal/account"
	"hearth/internal/dynamo/dynamotest"
)

// belongings is how much the person has who is deleted at size.
func belongings() (memberships, data int) {
	if os.Getenv("HEARTH_SOAK") != "" {
		return 1000, 5000
	}
	return 45, 200
}

// rich gives the leaver memberships in teams of bob's, in every second of which
// they invited somebody, and data. There is an expired invitation to them in
// every third.
func (w *leavingTown) rich(t *testing.T, memberships, data int) {
	t.Helper()
	if _, err := w.Authorize(t.Context(), identity(leaver, "1"), account.Target{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authorize(t.Context(), identity("bob", "1"), account.Target{}); err != nil {
		t.Fatal(err)
	}
	w.users[idOf(leaver)] = true
	now := time.Now().UTC().Truncate(time.Millisecond)
	invitation := func(team, email, by string, status account.InvitationStatus) *account.Invitation {
		return &account.Invitation{
			OrganizationID: team, ID: uuid.Must(uuid.NewV7()).String(), Email: email, Role: account.Member, Status: status, SendCount: 1,
			InvitedBy: idOf(by), CreatedAt: now, LastSentAt: now, ExpiresAt: now.Add(time.Hour), Version: 1,
		}
	}
	var records []account.Record
	for i := range memberships {
		o := &account.Organization{
			ID: uuid.Must(uuid.NewV7()).String(), Name: fmt.Sprintf("Team %d", i), Slug: fmt.Sprintf("team-%d", i), Status: account.OrganizationActive,
			MemberCount: 2, OwnerCount: 1, SeatsUsed: 2, Version: 1, CreatedBy: idOf("bob"), CreatedAt: now, UpdatedAt: now,
		}
		if i%2 == 0 {
			guest := fmt.Sprintf("guest-%d@example.com", i)
			sent := invitation(o.ID, guest, leaver, account.InvitationPending)
			records = append(records, sent, &account.Invited{OrganizationID: o.ID, Email: guest, InvitationID: sent.ID, Version: 1})
			o.SeatsUsed++
		}
		if i%3 == 0 {
			records = append(records, invitation(o.ID, addressOf(leaver), "bob", account.InvitationExpired))
		}
		records = append(records, o,
			&account.Membership{UserID: idOf("bob"), OrganizationID: o.ID, Role: account.Owner, UserName: "bob", Version: 1, JoinedAt: now},
			&account.Membership{
				UserID: idOf(leaver), OrganizationID: o.ID, Role: account.Member, UserName: leaver, UserEmail: addressOf(leaver), Version: 1, JoinedAt: now,
			})
	}
	for i := range data {
		records = append(records, datum(idOf(leaver), i))
	}
	fill(t, w.store, records)
	w.change(t, account.ChangeUser{UserID: idOf(leaver), Teams: memberships, UpdatedAt: now},
		account.ChangeUser{UserID: idOf("bob"), Teams: memberships, UpdatedAt: now})
}

// Somebody with a thousand memberships and five thousand items goes in chunks
// that DynamoDB takes, half of them by the stream and the rest, where that was
// lost, by the schedule.
func TestDeletionAtSize(t *testing.T) {
	t.Parallel()
	memberships, data := belongings()
	w := newLeavingTown(t)
	w.rich(t, memberships, data)
	largest := &measured{Store: w.store}
	now := time.Now
	w.options.Store, w.options.Now = largest, func() time.Time { return now() }
	w.Service = account.NewService(w.options)

	w.wire.Reset()
	began := time.Now()
	preview, err := w.PreviewDeletion(t.Context(), identity(leaver, "1"))
	if err != nil {
		t.Fatal(err)
	}
	previewed, previewCalls := time.Since(began), len(w.wire.Calls())
	w.wire.Reset()
	d, err := w.DeleteAccount(t.Context(), identity(leaver, "1"), preview.Digest, addressOf(leaver))
	if err != nil {
		t.Fatal(err)
	}
	w.wire.Reset()
	began = time.Now()
	chunks := 0
	for w.memberships(t, leaver) > memberships/2 {
		if chunks++; chunks > 10*memberships {
			t.Fatal("no end")
		}
		answer := fed(t, w.Service, streamRecord("USER#"+idOf(leaver), "DELETION", map[string]any{}, map[string]any{"status": "running"}))
		if len(answer.BatchItemFailures) != 0 {
			t.Fatal("a chunk failed")
		}
	}
	if taken, err := w.Redrive(t.Context()); taken != 0 || err != nil {
		t.Errorf("redrive before it is due: %d, %v", taken, err)
	}
	now = func() time.Time { return time.Now().Add(time.Hour) }
	if taken, err := w.Redrive(t.Context()); taken != 1 || err != nil {
		t.Errorf("redrive: %d, %v", taken, err)
	}
	erased, calls := time.Since(began), w.wire.Calls()
	transactions := 0
	for _, operation := range calls {
		if operation == "TransactWriteItems" {
			transactions++
		}
	}
	w.expectNoTrace(t, leaver)
	c, err := w.Certificate(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := account.Erased{
		Memberships: memberships, Invitations: (memberships+1)/2 + (memberships+2)/3, Records: 1, Data: data, Users: 1, Addresses: 1,
	}
	if c.Erased != want {
		t.Errorf("erased %+v, want %+v", c.Erased, want)
	}
	if largest.largest > account.MaxActions {
		t.Errorf("a transaction of %d items", largest.largest)
	}
	page, _, err := w.store.Memberships(t.Context(), idOf("bob"), "", 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page[:2] {
		if m.OrganizationID != idOf("bob") {
			w.check(t, m.OrganizationID)
		}
	}
	t.Logf("%d memberships and %d items: previewed in %s with %d calls, erased in %s with %d calls, %d of them transactions of at most %d items",
		memberships, data, previewed.Round(time.Millisecond), previewCalls, erased.Round(time.Millisecond), len(calls), transactions, largest.largest)
}

// memberships counts somebody's.
func (w *leavingTown) memberships(t *testing.T, name string) (n int) {
	t.Helper()
	for after := ""; ; {
		page, next, err := w.store.Memberships(t.Context(), idOf(name), after, 100)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page)
		if after = next; after == "" {
			return n
		}
	}
}

// The whole table is not read for one person: what a chunk takes does not grow
// with what others have.
func TestCallsOfADeletion(t *testing.T) {
	t.Parallel()
	w := newLeavingTown(t)
	w.team(t, "solo", leaver)
	w.users[idOf(leaver)] = true
	w.wire.Reset()
	id := identity(leaver, "1")
	preview, err := w.PreviewDeletion(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	// Who asks; the memberships and their teams; the invitations by each address
	// that is still theirs; the data between what is kept beside it.
	reads := []string{"BatchGetItem", "Query", "BatchGetItem", "BatchGetItem", "Query", "Query", "Query", "Query", "Query"}
	expectCalls(t, "preview", w.wire, reads...)
	if _, err := w.DeleteAccount(t.Context(), id, preview.Digest, addressOf(leaver)); err != nil {
		t.Fatal(err)
	}
	expectCalls(t, "confirm", w.wire, append(reads, "TransactWriteItems")...)
	if _, err := w.Erase(t.Context(), idOf(leaver)); err != nil {
		t.Fatal(err)
	}
	expectCalls(t, "a chunk", w.wire, "BatchGetItem", "Query", "BatchGetItem", "TransactWriteItems")
}

func expectCalls(t *testing.T, what string, wire *dynamotest.Wire, want ...string) {
	t.Helper()
	if got := wire.Calls(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
	wire.Reset()
}
