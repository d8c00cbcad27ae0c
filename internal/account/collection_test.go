package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// note is a thing that accounts own.
type note struct {
	Text string   `json:"text"`
	Tags []string `json:"tags,omitempty"`
}

// desk is ada's notes in her account and in the team, with another store's
// faults.
type desk struct {
	*world
	notes account.Collection[note]
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	w := newWorld(t)
	w.Service = account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Config: goodConfig(), SessionValidity: validity, Now: w.clock, NewID: w.newID, ReadOnly: true,
		Grants: account.Grants{
			account.Owner: {"note.create", "note.update", "note.delete"}, account.Member: {"note.create", "note.update"},
			account.Admin: {account.DeleteOrganization},
		},
	})
	w.put(t, &account.User{ID: ada, Name: "Ada", Status: account.UserActive, Version: 1},
		&account.Organization{ID: ada, IsPersonal: true, Status: account.OrganizationActive, Version: 1},
		&account.Membership{UserID: ada, OrganizationID: ada, Role: account.Owner, Version: 1})
	data := account.NewData(accounttest.ModelData{Model: w.store.Model}, w.clock, w.newID)
	return &desk{world: w, notes: account.NewCollection[note](data, "note")}
}

// enter is ada's leave to reach an account.
func (d *desk) enter(t *testing.T, accountID string) account.Scope {
	t.Helper()
	c, err := d.Authorize(t.Context(), signedIn(laptop), account.Target{AccountID: accountID})
	if err != nil {
		t.Fatal(err)
	}
	return c.Scope()
}

// said are the actions noted in an account's data, and the notes in it.
func (d *desk) said(t *testing.T, accountID string) (actions, texts []string) {
	t.Helper()
	for _, r := range d.store.All() {
		datum, ok := r.(*account.Datum)
		if !ok || datum.AccountID != accountID {
			continue
		}
		switch datum.Type {
		case "audit":
			if datum.Fields["actor"] != ada || datum.Fields["time"] != d.now.UTC().Format(time.RFC3339Nano) {
				t.Errorf("entry %v", datum.Fields)
			}
			actions = append(actions, fmt.Sprint(datum.Fields["action"]))
		case "note":
			texts = append(texts, fmt.Sprint(datum.Fields["text"]))
		}
	}
	slices.Sort(actions)
	slices.Sort(texts)
	return actions, texts
}

func TestCollectionKeepsWhatIsDone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.enter(t, "")
	made, err := d.notes.Create(t.Context(), s, note{Text: "one", Tags: []string{"a"}}, account.Repeat{})
	if err != nil || made.CreatedBy != ada || !made.CreatedAt.Equal(noon.Truncate(time.Millisecond)) || made.UpdatedAt != made.CreatedAt {
		t.Fatalf("made %+v, %v", made, err)
	}
	found, err := d.notes.Get(t.Context(), s, made.ID)
	if err != nil || fmt.Sprint(found) != fmt.Sprint(made) {
		t.Errorf("got %+v, %v, want %+v", found, err, made)
	}
	edits := 0
	same := func(i account.Owned[note]) (note, error) { edits++; return i.Value, nil }
	if got, err := d.notes.Update(t.Context(), s, made.ID, same); err != nil || edits != 1 || fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("nothing to change: %+v, %v", got, err)
	}
	changed, err := d.notes.Update(t.Context(), s, made.ID, func(i account.Owned[note]) (note, error) {
		return note{Text: i.Value.Text + "!"}, nil
	})
	if err != nil || changed.Value.Text != "one!" || changed.Value.Tags != nil || changed.CreatedAt != made.CreatedAt {
		t.Errorf("changed to %+v, %v", changed, err)
	}
	if found, err = d.notes.Get(t.Context(), s, made.ID); err != nil || fmt.Sprint(found) != fmt.Sprint(changed) {
		t.Errorf("got %+v, %v, want %+v", found, err, changed)
	}
	if actions, texts := d.said(t, ada); !slices.Equal(actions, []string{"note.created", "note.updated"}) || !slices.Equal(texts, []string{"one!"}) {
		t.Errorf("left %v, %v", actions, texts)
	}
	if err := d.notes.Delete(t.Context(), s, made.ID); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"deleted again": d.notes.Delete(t.Context(), s, made.ID), "as one's own": d.notes.DeleteOwn(t.Context(), s, made.ID),
		"of no such form": d.notes.Delete(t.Context(), s, "#"),
	} {
		if !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, id := range []string{made.ID, "", "a#b", "../x"} {
		if _, err := d.notes.Get(t.Context(), s, id); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("get %q: %v", id, err)
		}
		if _, err := d.notes.Update(t.Context(), s, id, same); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("update %q: %v", id, err)
		}
	}
	if _, _, err := d.notes.List(t.Context(), s, "a#b", 5); !errors.Is(err, account.Invalid("", "")) {
		t.Errorf("a place that no list gives: %v", err)
	}
}

func TestCollectionRepeats(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.join(t, account.Member)
	home, work := d.enter(t, ""), d.enter(t, team)
	create := func(s account.Scope, text, key, request string) (account.Owned[note], error) {
		return d.notes.Create(t.Context(), s, note{Text: text}, account.Repeat{Key: key, Request: request})
	}
	first, err := create(home, "first", "k", "hash")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if again, err := create(home, "again", "k", "hash"); err != nil || fmt.Sprint(again) != fmt.Sprint(first) {
			t.Errorf("the same again: %+v, %v", again, err)
		}
	}
	if _, err := create(home, "other", "k", "other"); !errors.Is(err, account.ErrIdempotencyKeyReused) {
		t.Errorf("another with the key: %v", err)
	}
	if other, err := create(work, "elsewhere", "k", "of the team"); err != nil || other.ID == first.ID {
		t.Errorf("the key in another account: %+v, %v", other, err)
	}
	if _, texts := d.said(t, ada); !slices.Equal(texts, []string{"first"}) {
		t.Errorf("made %v", texts)
	}
	if err := d.notes.Delete(t.Context(), home, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := create(home, "again", "k", "hash"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the same again, of what is gone: %v", err)
	}
	d.now = d.now.Add(account.IdempotencyValidity)
	later, err := create(home, "later", "k", "other")
	if err != nil || later.ID == first.ID {
		t.Errorf("after a day the key is free: %+v, %v", later, err)
	}
	if again, err := create(home, "again", "k", "other"); err != nil || again.ID != later.ID {
		t.Errorf("and taken again: %+v, %v", again, err)
	}
}

func TestCollectionOfManyAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := d.enter(t, "")
	const rivals = 8
	made := make([]account.Owned[note], rivals)
	var group sync.WaitGroup
	for i := range rivals {
		group.Go(func() {
			var err error
			if made[i], err = d.notes.Create(t.Context(), s, note{Text: "x"}, account.Repeat{Key: "k", Request: "hash"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, m := range made {
		if m.ID != made[0].ID {
			t.Errorf("made %s and %s", m.ID, made[0].ID)
		}
	}
	// Two changes at once are both made, the second on what the first left.
	first := true
	got, err := d.notes.Update(t.Context(), s, made[0].ID, func(i account.Owned[note]) (note, error) {
		if first {
			first = false
			if _, err := d.notes.Update(t.Context(), s, i.ID, func(i account.Owned[note]) (note, error) {
				return note{Text: i.Value.Text + "y"}, nil
			}); err != nil {
				t.Error(err)
			}
		}
		return note{Text: i.Value.Text + "z"}, nil
	})
	if err != nil || got.Value.Text != "xyz" {
		t.Errorf("got %+v, %v", got, err)
	}
	if found, err := d.notes.Get(t.Context(), s, got.ID); err != nil || fmt.Sprint(found) != fmt.Sprint(got) {
		t.Errorf("found %+v, %v", found, err)
	}
	// What was deleted meanwhile is not there to be changed.
	if _, err := d.notes.Update(t.Context(), s, got.ID, func(i account.Owned[note]) (note, error) {
		return note{Text: "late"}, d.notes.Delete(t.Context(), s, i.ID)
	}); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("changed what is gone: %v", err)
	}
	if _, texts := d.said(t, ada); len(texts) != 0 {
		t.Errorf("left %v", texts)
	}
}

// Whatever ends somebody's access ends it for what was let in before, too.
func TestNothingIsWrittenAfterAccessEnded(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		accountID string
		end       func(*testing.T, *desk)
		fails     *account.Error
	}{
		"turned off, at home": {ada, turnOff, account.ErrUserInactive},
		"turned off":          {team, turnOff, account.ErrUserInactive},
		"removed": {team, func(t *testing.T, d *desk) {
			remove := account.MembershipKey(ada, team)
			if err := d.store.Commit(t.Context(), account.Change{
				Premises: []account.Premise{account.Exists{Of: remove}}, Deletes: []account.Key{remove},
			}); err != nil {
				t.Fatal(err)
			}
		}, &account.Error{Code: account.CodeAccountNotFound}},
		"the role allows it no more": {team, func(t *testing.T, d *desk) {
			d.put(t, &account.Membership{UserID: ada, OrganizationID: team, Role: account.Admin, Version: 2})
		}, account.ErrForbidden},
		"the organization deleted, the membership still there": {team, func(t *testing.T, d *desk) {
			d.put(t, &account.User{ID: bob, Status: account.UserActive, Version: 1},
				&account.Membership{UserID: bob, OrganizationID: team, Role: account.Admin, Version: 1})
			id := signedIn(phone)
			id.UserID = bob
			if err := d.DeleteOrganization(t.Context(), id, team); err != nil {
				t.Fatal(err)
			}
		}, &account.Error{Code: account.CodeAccountNotFound}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.join(t, account.Owner)
			s := d.enter(t, c.accountID)
			made, err := d.notes.Create(t.Context(), s, note{Text: "before"}, account.Repeat{})
			if err != nil {
				t.Fatal(err)
			}
			c.end(t, d)
			_, created := d.notes.Create(t.Context(), s, note{Text: "after"}, account.Repeat{Key: "k", Request: "hash"})
			_, updated := d.notes.Update(t.Context(), s, made.ID, func(account.Owned[note]) (note, error) { return note{Text: "after"}, nil })
			deleted := d.notes.Delete(t.Context(), s, made.ID)
			for what, err := range map[string]error{"create": created, "update": updated, "delete": deleted} {
				if !errors.Is(err, c.fails) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if actions, texts := d.said(t, c.accountID); !slices.Equal(texts, []string{"before"}) || len(actions) != 1 {
				t.Errorf("left %v, %v", texts, actions)
			}
		})
	}
}

func turnOff(t *testing.T, d *desk) {
	t.Helper()
	u := d.user(t)
	u.Status, u.Version = account.UserInactive, u.Version+1
	d.put(t, u)
}

// What is kept is what was given, to the last digit.
func TestNumbersAreKeptWhole(t *testing.T) {
	t.Parallel()
	type invoice struct {
		Cents  int64     `json:"cents"`
		Shares []float64 `json:"shares"`
	}
	d := newDesk(t)
	invoices := account.NewCollection[invoice](account.NewData(accounttest.ModelData{Model: d.store.Model}, d.clock, d.newID), "note")
	want := invoice{Cents: 1<<53 + 1, Shares: []float64{0.1, 1e-7, 5e20}}
	s := d.enter(t, ada)
	made, err := invoices.Create(t.Context(), s, want, account.Repeat{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := invoices.Get(t.Context(), s, made.ID); err != nil || got.Value.Cents != want.Cents || !slices.Equal(got.Value.Shares, want.Shares) {
		t.Errorf("%+v, %v", got.Value, err)
	}
}

// The data of an account names nobody in its keys: it outlives who wrote it.
func TestARepeatedRequestIsKeptWithoutItsUser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.notes.Create(t.Context(), d.enter(t, ada), note{Text: "a"}, account.Repeat{Key: "k", Request: "r"}); err != nil {
		t.Fatal(err)
	}
	records := 0
	for k := range d.store.All() {
		if k.Kind == account.KindDatum && strings.HasPrefix(k.ID, account.DatumPrefix("idempotency")) {
			if records++; strings.Contains(k.ID, ada) {
				t.Errorf("kept as %s", k.ID)
			}
		}
	}
	if records != 1 {
		t.Errorf("%d records", records)
	}
}
