package dynamo_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// purgeSize is how many members and invitations the deleted organization has.
func purgeSize() (members, invitations int) {
	if os.Getenv("HEARTH_SOAK") != "" {
		return 10_000, 1_000
	}
	return 120, 60
}

// measured is a store that notes how many items its largest transaction names.
type measured struct {
	*dynamo.Store
	mu      sync.Mutex
	largest int
}

func (m *measured) Commit(ctx context.Context, change account.Change) error {
	named := map[account.Key]bool{}
	for _, p := range change.AllPremises() {
		named[p.Key()] = true
	}
	for _, r := range change.Puts {
		named[r.Key()] = true
	}
	for _, k := range change.Deletes {
		named[k] = true
	}
	m.mu.Lock()
	m.largest = max(m.largest, len(named))
	m.mu.Unlock()
	return m.Store.Commit(ctx, change)
}

// fill puts records, as many at once as a transaction takes.
func fill(t *testing.T, s account.Store, records []account.Record) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(4)
	for chunk := range slices.Chunk(records, account.MaxActions) {
		group.Go(func() error {
			change := account.Change{Puts: chunk}
			for _, r := range chunk {
				change.Premises = append(change.Premises, account.IsAbsent{Of: r.Key()})
			}
			return s.Commit(ctx, change)
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// crowded is a team of ada's with many members and invitations, pending and
// not, each member in another team besides.
func crowded(t *testing.T, w *town, members, invitations int) (team string) {
	t.Helper()
	team = w.team(t, "crowded", "ada")
	now := time.Now().UTC().Truncate(time.Millisecond)
	var records []account.Record
	for i := range members - 1 {
		name := memberName(i)
		records = append(records,
			&account.User{
				ID: idOf(name), Username: idOf(name), Email: addressOf(name), Name: name, Status: account.UserActive,
				TeamCount: 2, AccountsVersion: 3, Version: 1, CreatedAt: now, UpdatedAt: now,
			},
			&account.Membership{UserID: idOf(name), OrganizationID: team, Role: account.Member, UserName: name, Version: 1, JoinedAt: now})
	}
	pending := 0
	for i := range invitations {
		name, id, status := fmt.Sprintf("guest-%d", i), uuid.Must(uuid.NewV7()).String(), account.InvitationPending
		if i%3 == 0 {
			status = account.InvitationDeclined
		} else {
			pending++
			records = append(records, &account.Invited{OrganizationID: team, Email: addressOf(name), InvitationID: id, Version: 1})
		}
		records = append(records,
			&account.Invitation{
				OrganizationID: team, ID: id, Email: addressOf(name), Role: account.Member, Status: status, SendCount: 1,
				InvitedBy: idOf("ada"), CreatedAt: now, LastSentAt: now, ExpiresAt: now.Add(time.Hour), Version: 1,
			},
			&account.AuditEntry{OrganizationID: team, ID: id, Time: now, Actor: idOf("ada"), Action: account.InvitationSent, Version: 1})
	}
	fill(t, w.store, records)
	if err := w.store.Commit(t.Context(), account.Change{Updates: []account.Update{account.ChangeOrganization{
		OrganizationID: team, Members: members - 1, Seats: members - 1 + pending, UpdatedAt: now,
	}}}); err != nil {
		t.Fatal(err)
	}
	return team
}

func memberName(i int) string { return fmt.Sprintf("member-%05d", i) }

// A deletion at size: access ends with the request; the stream, killed again
// and again, and at last lost, takes the rest apart in chunks that DynamoDB
// takes.
func TestOrganizationDeletedAtSize(t *testing.T) {
	t.Parallel()
	members, invitations := purgeSize()
	w := newTown(t)
	began := time.Now()
	team := crowded(t, w, members, invitations)
	made := time.Since(began)

	enter := func(name string) error {
		_, err := w.Authorize(t.Context(), identity(name, "1"), account.Target{AccountID: team, InPath: true})
		return err
	}
	some := []string{memberName(0), memberName(members / 2), memberName(members - 2)}
	for _, name := range some {
		if err := enter(name); err != nil {
			t.Fatalf("%s before: %v", name, err)
		}
	}
	began = time.Now()
	if err := w.DeleteOrganization(t.Context(), identity("ada", "1"), team); err != nil {
		t.Fatal(err)
	}
	ended := time.Since(began)
	for _, name := range append(some, "ada") {
		if err := enter(name); codeOf(err) != account.CodeNotFound {
			t.Errorf("%s right behind the deletion: %v, want not_found", name, err)
		}
	}

	// What the stream asks for, every other time killed somewhere: a chunk of
	// members takes four calls of the engine.
	chunks := &measured{Store: w.store}
	late := time.Now().Add(time.Hour)
	now := time.Now
	purger := account.NewService(account.Options{
		Store: chunks, Pool: tokens{}, Images: pictures{newOutside()}, Grants: account.CoreGrants(), Now: func() time.Time { return now() }, SessionValidity: time.Hour,
	})
	closing := streamRecord("ORG#"+team, "ORG", map[string]any{"status": "active"}, map[string]any{"status": "closing"})
	began = time.Now()
	calls, killed := 0, 0
	for w.memberCount(t, team) > members/3 {
		if calls++; calls > members+invitations {
			t.Fatal("no end")
		}
		if kill := calls / 2; calls%2 == 0 {
			fault := []dynamotest.Fault{dynamotest.CutAnswer, dynamotest.Cut}[kill/4%2]
			last := 4 - kill%4
			w.wire.Spoil(func(call int, _ string) dynamotest.Fault {
				if call >= last {
					killed++
					return fault
				}
				return dynamotest.None
			})
		}
		fed(t, purger, closing)
		w.wire.Spoil(nil)
	}
	// A member's end brings the stream too: it leaves invitations to the purge.
	w.wire.Reset()
	fed(t, purger, streamRecord("USER#"+idOf(some[0]), "MEMBER#"+team, map[string]any{"role": "ORG_MEMBER"}, nil))
	if got := w.wire.Calls(); !slices.Equal(got, []string{"BatchGetItem"}) {
		t.Errorf("behind the end of a membership: %v", got)
	}
	// The stream is lost; the schedule takes over when it is due.
	if taken, err := purger.Redrive(t.Context()); taken != 0 || err != nil {
		t.Errorf("redrive before it is due: %d, %v", taken, err)
	}
	now = func() time.Time { return late }
	if taken, err := purger.Redrive(t.Context()); taken != 1 || err != nil {
		t.Errorf("redrive: %d, %v", taken, err)
	}
	purged := time.Since(began)

	kinds := map[string]int{}
	var items []layout
	if err := attributevalue.UnmarshalListOfMaps(w.items(t), &items); err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		kinds[item.Type]++
		if item.PK == "ORG#"+team || item.SK == "MEMBER#"+team || item.PK == "SLUG#crowded" {
			t.Errorf("left: %s %s", item.PK, item.SK)
		}
	}
	// Of ada and those who came in: sessions, and ada's own account.
	want := map[string]int{"user": members, "session": len(some) + 1, "address": 1, "organization": 1, "membership": 1}
	if !maps.Equal(kinds, want) {
		t.Errorf("left: %v, want %v", kinds, want)
	}
	w.expectTeams(t, members)
	if chunks.largest >= account.MaxActions {
		t.Errorf("a transaction of %d items", chunks.largest)
	}
	if killed == 0 {
		t.Error("nothing was killed")
	}
	w.team(t, "crowded", "bob") // fails where the slug is held
	t.Logf("%d members and %d invitations made in %s, deleted in %s, purged in %s with %d calls cut in %d deliveries, at most %d items a transaction",
		members, invitations, made.Round(time.Millisecond), ended.Round(time.Millisecond), purged.Round(time.Millisecond), killed, calls, chunks.largest)
}

func (w *town) memberCount(t *testing.T, organizationID string) int {
	t.Helper()
	records, err := w.store.Read(t.Context(), account.OrganizationKey(organizationID))
	if err != nil {
		t.Fatal(err)
	}
	return records.Organization(organizationID).MemberCount
}

// expectTeams holds that every member of the team that was deleted is counted
// out of it once.
func (w *town) expectTeams(t *testing.T, members int) {
	t.Helper()
	for first := 0; first < members-1; first += account.MaxRead {
		var keys []account.Key
		for i := first; i < min(first+account.MaxRead, members-1); i++ {
			keys = append(keys, account.UserKey(idOf(memberName(i))))
		}
		records, err := w.store.Read(t.Context(), keys...)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if u := records.User(k.Owner); u == nil || u.TeamCount != 1 || u.AccountsVersion != 4 {
				t.Errorf("a member is now %+v", u)
			}
		}
	}
	records, err := w.store.Read(t.Context(), account.UserKey(idOf("ada")))
	if err != nil || records.User(idOf("ada")).TeamCount != 0 {
		t.Errorf("ada is now %+v, %v", records.User(idOf("ada")), err)
	}
}
