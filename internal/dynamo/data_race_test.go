package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// paper is something that accounts own.
type paper struct {
	Text string `json:"text"`
}

// cabinet is a town whose accounts own papers. Every member may do everything
// with them, so that nothing but the end of access stands in the way.
type cabinet struct {
	*leavingTown
	papers account.Collection[paper]
}

func newCabinet(t *testing.T) *cabinet {
	t.Helper()
	w := newLeavingTown(t)
	every := []account.Permission{"paper.create", "paper.update", "paper.delete"}
	w.options.Grants = account.CoreGrants().With(account.Grants{account.Owner: every, account.Admin: every, account.Member: every})
	w.Service = account.NewService(w.options)
	client := dynamotest.Client(t, w.wire)
	data := account.NewData(dynamo.NewData(dynamo.OneClient(client), w.table), time.Now, w.options.NewID)
	return &cabinet{leavingTown: w, papers: account.NewCollection[paper](data, "paper")}
}

// enter is somebody's leave to reach an account; empty is their own.
func (a *cabinet) enter(t *testing.T, name, accountID string) account.Scope {
	t.Helper()
	c, err := a.Authorize(t.Context(), identity(a.n(name), "1"), account.Target{AccountID: accountID})
	if err != nil {
		t.Fatal(err)
	}
	return c.Scope()
}

// owned are the papers in an account.
func (a *cabinet) owned(t *testing.T, s account.Scope) []string {
	t.Helper()
	var ids []string
	for after := ""; ; {
		page, next, err := a.papers.List(t.Context(), s, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			ids = append(ids, p.ID)
		}
		if after = next; after == "" {
			slices.Sort(ids)
			return ids
		}
	}
}

// left counts what is under DATA# of an account, up to a page.
func (a *cabinet) left(t *testing.T, accountID string) int {
	t.Helper()
	page, _, err := a.store.Data(t.Context(), accountID, "", account.MaxRead)
	if err != nil {
		t.Fatal(err)
	}
	return len(page)
}

// purge takes a deleted organization apart.
func (a *cabinet) purge(t *testing.T, organizationID string) {
	t.Helper()
	for done := false; !done; {
		var err error
		if done, err = a.Purge(t.Context(), organizationID); err != nil {
			t.Fatal(err)
		}
	}
}

// insist does something until nobody is in the way.
func insist(do func() error) error {
	for {
		if err := do(); !errors.Is(err, account.ErrConflict) && !errors.Is(err, account.ErrDeletionChanged) {
			return err
		}
	}
}

// writer writes papers by one scope, got beforehand, until it is refused: as
// requests do that were let in and then were slow.
type writer struct {
	acknowledged []string
	refusal      error
	// late are those that began after access had ended, and yet were made.
	late int
}

func (a *cabinet) write(ctx context.Context, s account.Scope, ended *atomic.Bool) *writer {
	w := &writer{}
	for n := 0; n < 400; n++ {
		after := ended.Load()
		made, err := a.papers.Create(ctx, s, paper{Text: "x"}, account.Repeat{Key: fmt.Sprintf("key-%d", n), Request: "hash"})
		switch {
		case errors.Is(err, account.ErrConflict), errors.Is(err, account.ErrUnavailable): // contention, and then again
			continue
		case err != nil:
			w.refusal = err
			return w
		}
		w.acknowledged = append(w.acknowledged, made.ID)
		if after {
			w.late++
		}
	}
	return w
}

// dataRace runs writers while end ends their access, with and without conflicts
// that the engine itself never reports.
func dataRace(t *testing.T, setUp func(*testing.T, *cabinet, int) (scopes []account.Scope, end func() error), check func(*testing.T, *cabinet, []account.Scope, []*writer)) {
	t.Helper()
	for _, conflicts := range []bool{false, true} {
		t.Run(fmt.Sprintf("conflicts %t", conflicts), func(t *testing.T) {
			t.Parallel()
			a := newCabinet(t)
			for trial := range trials() {
				a.trial = fmt.Sprintf("-%d", trial)
				scopes, end := setUp(t, a, trial)
				if conflicts {
					a.wire.Spoil(func(call int, operation string) dynamotest.Fault {
						if operation == "TransactWriteItems" && call%3 == 0 {
							return dynamotest.Conflict
						}
						return dynamotest.None
					})
				}
				var ended atomic.Bool
				var group sync.WaitGroup
				writers := make([]*writer, len(scopes))
				for i, s := range scopes {
					group.Go(func() { writers[i] = a.write(t.Context(), s, &ended) })
				}
				time.Sleep(time.Duration(trial%4) * 5 * time.Millisecond)
				if err := end(); err != nil {
					t.Fatalf("trial %d: the end: %v", trial, err)
				}
				ended.Store(true)
				group.Wait()
				a.wire.Spoil(nil)
				for i, w := range writers {
					if w.late > 0 || w.refusal == nil {
						t.Errorf("trial %d: writer %d made %d after the end, of %d; refused with %v", trial, i, w.late, len(w.acknowledged), w.refusal)
					}
				}
				check(t, a, scopes, writers)
				if t.Failed() {
					t.FailNow()
				}
			}
		})
	}
}

// refusedAs holds what writers were told, and that they stay refused.
func (a *cabinet) refusedAs(t *testing.T, scopes []account.Scope, writers []*writer, code account.Code) {
	t.Helper()
	for i, w := range writers {
		if codeOf(w.refusal) != code {
			t.Errorf("writer %d was refused with %v", i, w.refusal)
		}
		if _, err := a.papers.Create(t.Context(), scopes[i], paper{}, account.Repeat{}); codeOf(err) != code {
			t.Errorf("writer %d, much later: %v", i, err)
		}
	}
}

func TestRaceWritingWhileTheOrganizationIsDeleted(t *testing.T) {
	t.Parallel()
	dataRace(t, func(t *testing.T, a *cabinet, trial int) ([]account.Scope, func() error) {
		id := a.team(t, fmt.Sprintf("team-%d", trial), "ada", "bob")
		return []account.Scope{a.enter(t, "ada", id), a.enter(t, "bob", id)}, func() error {
			return insist(func() error { return a.DeleteOrganization(t.Context(), identity(a.n("ada"), "1"), id) })
		}
	}, func(t *testing.T, a *cabinet, scopes []account.Scope, writers []*writer) {
		id := scopes[0].AccountID()
		a.refusedAs(t, scopes, writers, account.CodeAccountNotFound) // the memberships are all still there
		a.purge(t, id)
		a.refusedAs(t, scopes, writers, account.CodeAccountNotFound)
		if n := a.left(t, id); n != 0 {
			t.Errorf("%d items are left", n)
		}
	})
}

// The account's own data and that of a team which goes with its only member.
func TestRaceWritingWhileTheUserIsDeleted(t *testing.T) {
	t.Parallel()
	dataRace(t, func(t *testing.T, a *cabinet, trial int) ([]account.Scope, func() error) {
		team := a.team(t, fmt.Sprintf("team-%d", trial), "ada")
		return []account.Scope{a.enter(t, "ada", ""), a.enter(t, "ada", team)}, func() error {
			// As an operator does it: a preview counts what is owned, and what
			// grows without end never is as it was previewed.
			return insist(func() error { _, err := a.StartDeletion(t.Context(), idOf(a.n("ada"))); return err })
		}
	}, func(t *testing.T, a *cabinet, scopes []account.Scope, writers []*writer) {
		a.refusedAs(t, scopes, writers, account.CodeUserInactive)
		a.purge(t, scopes[1].AccountID())
		if err := a.erase(t.Context(), a.n("ada")); err != nil {
			t.Fatal(err)
		}
		a.refusedAs(t, scopes, writers, account.CodeUserInactive)
		for _, s := range scopes {
			if n := a.left(t, s.AccountID()); n != 0 {
				t.Errorf("%d items are left", n)
			}
		}
	})
}

func TestRaceWritingWhileTheWriterIsRemoved(t *testing.T) {
	t.Parallel()
	dataRace(t, func(t *testing.T, a *cabinet, trial int) ([]account.Scope, func() error) {
		id := a.team(t, fmt.Sprintf("team-%d", trial), "ada", "bob")
		return []account.Scope{a.enter(t, "bob", id)}, func() error {
			return insist(func() error { return a.RemoveMember(t.Context(), identity(a.n("ada"), "1"), id, idOf(a.n("bob"))) })
		}
	}, func(t *testing.T, a *cabinet, scopes []account.Scope, writers []*writer) {
		id := scopes[0].AccountID()
		a.refusedAs(t, scopes, writers, account.CodeAccountNotFound)
		// What was acknowledged is there for those who stay, and nothing else.
		slices.Sort(writers[0].acknowledged)
		if got := a.owned(t, a.enter(t, "ada", id)); !slices.Equal(got, writers[0].acknowledged) {
			t.Errorf("acknowledged %v, there are %v", writers[0].acknowledged, got)
		}
		if err := a.DeleteOrganization(t.Context(), identity(a.n("ada"), "1"), id); err != nil {
			t.Fatal(err)
		}
		a.purge(t, id)
		if n := a.left(t, id); n != 0 {
			t.Errorf("%d items are left", n)
		}
	})
}
