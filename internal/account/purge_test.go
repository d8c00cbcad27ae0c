package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
)

// album is the pictures that are there, those that were kept and deleted, and
// the owners of whom all were to go.
type album struct {
	there, kept, deleted, cleared []string
	err                           error
}

func (a *album) Keep(_ context.Context, key string) error {
	a.kept = append(a.kept, key)
	return a.err
}

func (a *album) Delete(_ context.Context, key string) error {
	a.deleted = append(a.deleted, key)
	return a.err
}

// of are the pictures of an owner that are there.
func (a *album) of(owner string) (own []string) {
	for _, key := range a.there {
		if strings.HasPrefix(key, "images/"+owner+"/") {
			own = append(own, key)
		}
	}
	return own
}

func (a *album) Count(_ context.Context, owner string) (int, error) { return len(a.of(owner)), a.err }

// DeleteAll takes two pictures a call.
func (a *album) DeleteAll(_ context.Context, owner string) (left bool, err error) {
	a.cleared = append(a.cleared, owner)
	if a.err != nil {
		return false, a.err
	}
	own := a.of(owner)
	chunk := own[:min(len(own), 2)]
	a.there = slices.DeleteFunc(a.there, func(key string) bool { return slices.Contains(chunk, key) })
	a.deleted = append(a.deleted, chunk...)
	return len(own) > len(chunk), nil
}

// withAlbum is newWorld with pictures.
func withAlbum(t *testing.T) (*world, *album) {
	t.Helper()
	w, pictures := newWorld(t), &album{}
	w.Service = account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Images: pictures, Config: goodConfig(), Grants: account.CoreGrants(),
		SessionValidity: validity, Now: func() time.Time { return w.now },
	})
	return w, pictures
}

// closed puts an organization with everything that one can have, deleted at
// noon and due a quarter of an hour later.
func (w *world) closed(t *testing.T, id string, members int) {
	t.Helper()
	w.put(t,
		&account.Organization{
			ID: id, Name: "Team", Slug: "slug-" + id, ImageKey: "images/" + id + "/current", Status: account.OrganizationClosing,
			MemberCount: members, OwnerCount: 1, SeatsUsed: members + 1, DueAt: noon.Add(15 * time.Minute), Version: 1,
		},
		&account.Slug{Slug: "slug-" + id, OrganizationID: id, Version: 1},
		&account.Invitation{OrganizationID: id, ID: "1", Email: "x@example.com", Status: account.InvitationPending, Version: 1},
		&account.Invited{OrganizationID: id, Email: "x@example.com", InvitationID: "1", Version: 1},
		&account.Datum{AccountID: id, ID: "NOTE#1", Type: "note", Fields: map[string]any{"text": "x"}, Version: 1},
		&account.Invitation{OrganizationID: id, ID: "2", Email: "x@example.com", Status: account.InvitationRevoked, Version: 1},
	)
	for i := range members {
		user, role := fmt.Sprintf("%s-user-%d", id, i), account.Member
		if i == 0 {
			role = account.Owner
		}
		w.put(t, &account.User{ID: user, Status: account.UserActive, TeamCount: 1, Version: 1},
			&account.Membership{UserID: user, OrganizationID: id, Role: role, UserName: user, Version: 1},
			&account.AuditEntry{OrganizationID: id, ID: fmt.Sprint(i), Actor: user, Action: account.MemberJoined, Version: 1})
	}
}

// left lists what is there of an organization, by kind.
func (w *world) left(id string) (kinds []string) {
	for k := range w.store.All() {
		if k.Owner == id || k.ID == id || k.Kind == account.KindSlug && k.Owner == "slug-"+id {
			kinds = append(kinds, string(k.Kind))
		}
	}
	slices.Sort(kinds)
	return kinds
}

func TestPurgeLeavesNothingButTheUsers(t *testing.T) {
	t.Parallel()
	w, pictures := withAlbum(t)
	const members = 95 // three chunks of members, two of audit entries
	w.closed(t, team, members)
	own := []string{"images/" + team + "/current", "images/" + team + "/never-attached", "images/" + team + "/replaced"}
	pictures.there = append([]string{"images/" + team + "0/another's"}, own...)
	calls := 0
	for done := false; !done; calls++ {
		before := w.store.All().Organization(team)
		var err error
		if done, err = w.Purge(t.Context(), team); err != nil {
			t.Fatal(err)
		}
		// Each chunk leaves its mark, by which the stream calls again.
		if after := w.store.All().Organization(team); !done && (after.Version != before.Version+1 || !after.DueAt.Equal(w.now.Add(15*time.Minute))) {
			t.Fatalf("after call %d: %+v", calls, after)
		}
	}
	if calls != 3+1+1+2+2 {
		t.Errorf("%d calls", calls)
	}
	if kinds := w.left(team); len(kinds) != 0 {
		t.Errorf("left: %v", kinds)
	}
	for k, r := range w.store.All() {
		if u, ok := r.(*account.User); !ok || u.TeamCount != 0 || u.AccountsVersion != 1 {
			t.Errorf("%s: %+v", k.Kind, r)
		}
	}
	if !slices.Equal(pictures.deleted, own) || len(pictures.there) != 1 {
		t.Errorf("pictures deleted: %v, left: %v", pictures.deleted, pictures.there)
	}
	if done, err := w.Purge(t.Context(), team); !done || err != nil {
		t.Errorf("once more: %t, %v", done, err)
	}
}

// The record stays while the image does, so that the next try finds it.
func TestPurgeKeepsTheRecordUntilTheImageIsGone(t *testing.T) {
	t.Parallel()
	w, pictures := withAlbum(t)
	w.closed(t, team, 1)
	pictures.err = account.ErrUnavailable
	for {
		done, err := w.Purge(t.Context(), team)
		if done {
			t.Fatal("done without S3")
		}
		if errors.Is(err, account.ErrUnavailable) {
			break
		}
	}
	if kinds := w.left(team); !slices.Equal(kinds, []string{"organization", "slug"}) {
		t.Errorf("left: %v", kinds)
	}
	pictures.err = nil
	if done, err := w.Purge(t.Context(), team); !done || err != nil {
		t.Errorf("then: %t, %v", done, err)
	}
}

// Members who are counted and not listed are waited for without a write: one
// would bring the stream again, for ever.
func TestPurgeWritesNothingWhereTheListLags(t *testing.T) {
	t.Parallel()
	w, _ := withAlbum(t)
	w.closed(t, team, 1)
	o := *w.store.All().Organization(team)
	o.MemberCount, o.Version = 2, 2
	w.put(t, &o)
	if done, err := w.Purge(t.Context(), team); done || err != nil {
		t.Fatalf("the member who is listed: %t, %v", done, err)
	}
	w.store.calls()
	if done, err := w.Purge(t.Context(), team); done || err != nil {
		t.Errorf("the member who is not: %t, %v", done, err)
	}
	if _, commits := w.store.calls(); commits != 0 {
		t.Errorf("%d commits", commits)
	}
}

func TestPurgeTouchesNothingThatNobodyDeleted(t *testing.T) {
	t.Parallel()
	w, pictures := withAlbum(t)
	w.enroll(t)
	w.join(t, account.Owner)
	w.store.calls()
	for _, id := range []string{team, ada, "nobody"} {
		if done, err := w.Purge(t.Context(), id); !done || err != nil {
			t.Errorf("%s: %t, %v", id, done, err)
		}
	}
	if _, commits := w.store.calls(); commits != 0 || len(pictures.cleared) != 0 {
		t.Errorf("%d commits, pictures of %v deleted", commits, pictures.cleared)
	}
}

func TestRedriveTakesWhatIsDue(t *testing.T) {
	t.Parallel()
	w, _ := withAlbum(t)
	var due []string
	for i := range 9 {
		due = append(due, fmt.Sprintf("due-%d", i)) // in all shards
		w.closed(t, due[i], 3)
	}
	w.now = noon.Add(10 * time.Minute)
	if taken, err := w.Redrive(t.Context()); taken != 0 || err != nil {
		t.Errorf("before anything is due: %d, %v", taken, err)
	}
	w.now = noon.Add(20 * time.Minute)
	w.closed(t, "later", 3)
	later := *w.store.All().Organization("later")
	later.DueAt, later.Version = w.now.Add(time.Minute), 2
	w.put(t, &later)
	if taken, err := w.Redrive(t.Context()); taken != len(due) || err != nil {
		t.Errorf("%d taken, %v", taken, err)
	}
	for _, id := range due {
		if kinds := w.left(id); len(kinds) != 0 {
			t.Errorf("%s: left %v", id, kinds)
		}
	}
	if kinds := w.left("later"); len(kinds) == 0 {
		t.Error("what is not due was taken")
	}
}

// Organizations whose records contradict each other are told of, and hold
// nobody back: not those behind them in the list, and not the stream.
func TestRedriveGoesAroundWhatFails(t *testing.T) {
	t.Parallel()
	w, pictures := withAlbum(t)
	for i := range 40 {
		id := fmt.Sprintf("due-%02d", i)
		w.closed(t, id, 1)
		o := *w.store.All().Organization(id)
		o.Version = 2
		if i < 30 {
			o.DueAt = noon // first in their lists
			o.Slug = "nobody's"
		}
		w.put(t, &o)
	}
	w.now = noon.Add(time.Hour)
	taken, err := w.Redrive(t.Context())
	if taken != 40 || !errors.Is(err, account.ErrNotFound) || strings.Count(err.Error(), "\n") != 20 || !strings.Contains(err.Error(), "10 more") {
		t.Errorf("%d taken, %v", taken, err)
	}
	for i := range 40 {
		id := fmt.Sprintf("due-%02d", i)
		if gone := len(w.left(id)) == 0; gone != (i >= 30) {
			t.Errorf("%s: left %v", id, w.left(id))
		}
	}
	if len(pictures.cleared) < 40 {
		t.Errorf("pictures of %d deleted", len(pictures.cleared))
	}
	if done, err := w.Purge(t.Context(), "due-00"); done || err != nil {
		t.Errorf("the stream at one of them: %t, %v", done, err)
	}
}

// Where the stream, too, is at an organization, the redrive leaves it to it.
func TestRedriveYieldsToTheStream(t *testing.T) {
	t.Parallel()
	w, _ := withAlbum(t)
	w.closed(t, team, 50)
	w.now = noon.Add(time.Hour)
	ahead := false
	w.store.onCommit = func(int) error {
		if ahead {
			return nil
		}
		ahead = true
		if _, err := w.Purge(t.Context(), team); err != nil {
			t.Error(err)
		}
		return nil
	}
	if taken, err := w.Redrive(t.Context()); taken != 1 || err != nil {
		t.Errorf("%d taken, %v", taken, err)
	}
	if o := w.store.All().Organization(team); o == nil || o.MemberCount != 10 {
		t.Errorf("after the stream's chunk alone: %+v", o)
	}
}

func TestRedriveMindsItsTime(t *testing.T) {
	t.Parallel()
	w, _ := withAlbum(t)
	w.closed(t, team, 3)
	w.now = noon.Add(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if taken, err := w.Redrive(ctx); taken != 0 || err != nil {
		t.Errorf("with a second left: %d, %v", taken, err)
	}
	w.store.onRead = func(int) error { return account.ErrUnavailable }
	if taken, err := w.Redrive(t.Context()); taken != 1 || !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("without an engine: %d, %v", taken, err)
	}
}

func TestFollowImageKeepsTheNewAndDeletesTheOld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		current, before, after string
		kept, deleted          []string
	}{
		"attached":             {current: "new", after: "new", kept: []string{"new"}},
		"replaced":             {current: "new", before: "old", after: "new", kept: []string{"new"}, deleted: []string{"old"}},
		"removed":              {before: "old", deleted: []string{"old"}},
		"replaced again since": {current: "newest", before: "old", after: "new", deleted: []string{"old"}},
		"put back since":       {current: "old", before: "old", after: "new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, pictures := withAlbum(t)
			w.put(t, &account.User{ID: ada, ImageKey: c.current, Version: 1}, &account.Organization{ID: team, ImageKey: c.current, Version: 1})
			for _, of := range []account.Key{account.UserKey(ada), account.OrganizationKey(team)} {
				*pictures = album{}
				if err := w.FollowImage(t.Context(), of, c.before, c.after); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(pictures.kept, c.kept) || !slices.Equal(pictures.deleted, c.deleted) {
					t.Errorf("%s: kept %v, deleted %v", of.Kind, pictures.kept, pictures.deleted)
				}
			}
		})
	}
	w, pictures := withAlbum(t)
	if err := w.FollowImage(t.Context(), account.OrganizationKey("gone"), "old", "new"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(pictures.deleted, []string{"old"}) || len(pictures.kept) != 0 {
		t.Errorf("of one that is gone: kept %v, deleted %v", pictures.kept, pictures.deleted)
	}
}
