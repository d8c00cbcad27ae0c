package accounttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// What the suite's roles may do with notes.
const writeNotes account.Permission = "note.write"

// scopeOf has a user authorized for an account, as whoever reaches its data is.
func scopeOf(t *testing.T, s account.Store, userID, accountID string) account.Scope {
	t.Helper()
	service := account.NewService(account.Options{
		Store: s, ReadOnly: true, Now: time.Now, Config: account.Config{AccountMode: account.Hybrid},
		Grants: account.Grants{account.Owner: {writeNotes}, account.Admin: {writeNotes}},
	})
	id := account.Identity{UserID: userID, SessionID: "s", AuthTime: now.Unix()}
	caller, err := service.Authorize(t.Context(), id, account.Target{AccountID: accountID})
	if err != nil {
		t.Fatalf("%s in %s: %v", userID, accountID, err)
	}
	return caller.Scope()
}

// openTeam is a team that can be entered.
func openTeam(id string) *account.Organization {
	o := organization(id)
	o.IsPersonal = false
	return o
}

func note(id, text string) account.DataWrite {
	return account.DataWrite{Kind: "note", ID: id, Fields: map[string]any{"text": text, "createdBy": "u"}}
}

func write(writes ...account.DataWrite) account.DataChange { return account.DataChange{Writes: writes} }

// RunData holds a store of account data against what account.DataStore
// promises. fresh returns an empty one with the account.Store beside it.
func RunData(t *testing.T, fresh func(t *testing.T) (account.Store, account.DataStore)) {
	for name, test := range map[string]func(*testing.T, account.Store, account.DataStore){
		"reads back what was put, in its own account alone": testOwnData,
		"lists the newest first, in pages":                  testDataPages,
		"writes on the versions that it names":              testDataVersions,
		"writes only while the user may":                    testDataConditions,
		"does nothing without a scope":                      testNoScope,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := fresh(t)
			test(t, s, d)
		})
	}
}

func commitData(t *testing.T, d account.DataStore, scope account.Scope, change account.DataChange) {
	t.Helper()
	if err := d.Commit(t.Context(), scope, change); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// texts are the notes of an account, in the order of the list.
func texts(t *testing.T, d account.DataStore, scope account.Scope, kind string) []string {
	t.Helper()
	return walk(t, func(after string, limit int) ([]*account.Datum, string, error) {
		return d.List(t.Context(), scope, kind, after, limit)
	}, func(datum *account.Datum) string {
		if datum.AccountID != scope.AccountID() || datum.Type != kind {
			t.Errorf("a %s of %s among the %ss of %s", datum.Type, datum.AccountID, kind, scope.AccountID())
		}
		return fmt.Sprint(datum.Fields["text"])
	})
}

func testOwnData(t *testing.T, s account.Store, d account.DataStore) {
	ids := []string{"t", "t1", "T", "u"}
	put(t, s, user("u"), organization("u"), membership("u", "u", account.Owner), openTeam("t"), openTeam("t1"), openTeam("T"),
		membership("u", "t", account.Owner), membership("u", "t1", account.Owner), membership("u", "T", account.Owner))
	for _, id := range ids {
		commitData(t, d, scopeOf(t, s, "u", id), write(note("1", "of "+id), note("only-"+id, "only of "+id)))
	}
	rich := map[string]any{
		"text": "", "number": json.Number("1.5"), "large": json.Number("9007199254740993"), "yes": true, "none": nil,
		"list": []any{"a", json.Number("-2"), map[string]any{"b": json.Number("0.1")}}, "object": map[string]any{"id": "x"},
	}
	commitData(t, d, scopeOf(t, s, "u", "t"), write(account.DataWrite{Kind: "other", ID: "1", Fields: rich}))
	for _, id := range ids {
		scope := scopeOf(t, s, "u", id)
		for _, other := range ids {
			found, err := d.Read(t.Context(), scope, "note", "only-"+other)
			if err != nil || (found != nil) != (other == id) {
				t.Errorf("%s reads of %s: %v, %v", id, other, found, err)
			}
		}
		found, err := d.Read(t.Context(), scope, "note", "1")
		want := &account.Datum{
			AccountID: id, ID: "NOTE#1", Type: "note", Fields: map[string]any{"text": "of " + id, "createdBy": "u"}, Version: 1,
		}
		if diff := cmp.Diff(want, found); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", id, err, diff)
		}
		expectList(t, "notes of "+id, texts(t, d, scope, "note"), "only of "+id, "of "+id)
	}
	found, err := d.Read(t.Context(), scopeOf(t, s, "u", "t"), "other", "1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rich, found.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func testDataPages(t *testing.T, s account.Store, d account.DataStore) {
	put(t, s, user("u"), openTeam("t"), membership("u", "t", account.Member), openTeam("t2"), membership("u", "t2", account.Member))
	scope, other := scopeOf(t, s, "u", "t"), scopeOf(t, s, "u", "t2")
	var want []string
	for i := range 7 {
		id := fmt.Sprintf("018f4e2a-%04x", i)
		commitData(t, d, scope, write(note(id, id), account.DataWrite{Kind: "notes", ID: id, Fields: map[string]any{"text": "s" + id}},
			account.DataWrite{Kind: "no", ID: id, Fields: map[string]any{"text": "o" + id}}))
		commitData(t, d, other, write(note(id, "another")))
		want = append(want, id)
	}
	slices.Reverse(want)
	expectList(t, "notes", texts(t, d, scope, "note"), want...)
	expectList(t, "nothing of a kind", texts(t, d, scope, "not"))
	// A place is kept when what stood there is gone.
	_, next, err := d.List(t.Context(), scope, "note", "", 2)
	if err != nil || next != want[1] {
		t.Fatalf("a page of 2 ends at %q, %v", next, err)
	}
	commitData(t, d, scope, write(account.DataWrite{Kind: "note", ID: next, Version: account.AnyVersion}))
	page, _, err := d.List(t.Context(), scope, "note", next, 1)
	if err != nil || len(page) != 1 || page[0].Fields["text"] != want[2] {
		t.Errorf("behind a place that is gone: %v, %v", page, err)
	}
}

func testDataVersions(t *testing.T, s account.Store, d account.DataStore) {
	put(t, s, user("u"), openTeam("t"), membership("u", "t", account.Member))
	scope := scopeOf(t, s, "u", "t")
	commitData(t, d, scope, write(note("1", "first")))
	at := func(w account.DataWrite, version int) account.DataWrite {
		w.Version = version
		return w
	}
	remove := account.DataWrite{Kind: "note", ID: "1", Version: account.AnyVersion}
	own, others := remove, remove
	own.CreatedBy, others.CreatedBy = "u", "v"
	gone, ownGone := remove, own
	gone.ID, ownGone.ID = "none", "none"
	for _, step := range []struct {
		rule   string
		change account.DataChange
		fails  *account.Error
		want   []string
	}{
		{"another cannot stand there", write(note("1", "second")), account.ErrConflict, []string{"first"}},
		{"nor be changed that is not there", write(at(note("2", "x"), 1)), account.ErrPrecondition, []string{"first"}},
		{"another version is not", write(at(note("1", "x"), 2)), account.ErrPrecondition, []string{"first"}},
		{"this one is", write(at(note("1", "second"), 1)), nil, []string{"second"}},
		{"and not any more", write(at(note("1", "x"), 1)), account.ErrPrecondition, []string{"second"}},
		{"all is written or nothing", write(note("2", "x"), at(note("1", "y"), 7)), account.ErrPrecondition, []string{"second"}},
		{"what is gone is not deleted", write(gone), account.ErrNotFound, []string{"second"}},
		{"nor one's own", write(ownGone), account.ErrNotFound, []string{"second"}},
		{"another's stays", write(others), account.ErrForbidden, []string{"second"}},
		{"one's own goes", write(own), nil, nil},
		{"and is not there", write(remove), account.ErrNotFound, nil},
	} {
		err := d.Commit(t.Context(), scope, step.change)
		if step.fails == nil && err != nil || step.fails != nil && !errors.Is(err, step.fails) {
			t.Errorf("%s: %v", step.rule, err)
		}
		if got := texts(t, d, scope, "note"); !slices.Equal(got, step.want) {
			t.Errorf("%s: %v", step.rule, got)
		}
	}
	for rule, bad := range map[string]account.DataChange{
		"blind":        write(at(note("3", "x"), account.AnyVersion)),
		"twice":        write(note("3", "x"), note("3", "y")),
		"empty":        write(),
		"put if one's": write(account.DataWrite{Kind: "note", ID: "3", CreatedBy: "u", Fields: map[string]any{}}),
	} {
		if err := d.Commit(t.Context(), scope, bad); err == nil || errors.As(err, new(*account.PremiseError)) {
			t.Errorf("a change that is %s: %v", rule, err)
		}
	}
}

func testDataConditions(t *testing.T, s account.Store, d account.DataStore) {
	put(t, s, user("owner"), user("member"), user("removed"), user("off"), organization("off"), openTeam("t"),
		membership("owner", "t", account.Owner), membership("member", "t", account.Member), membership("removed", "t", account.Owner),
		membership("off", "off", account.Owner), membership("off", "t", account.Owner))
	scopes := map[string]account.Scope{}
	for _, name := range []string{"owner", "member", "removed", "off"} {
		scopes[name] = scopeOf(t, s, name, "t")
	}
	scopes["off, at home"] = scopeOf(t, s, "off", "off")
	off := user("off")
	off.Status = account.UserInactive
	if err := s.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.Exists{Of: off.Key()}, account.Exists{Of: account.MembershipKey("removed", "t")}},
		Puts:     []account.Record{off}, Deletes: []account.Key{account.MembershipKey("removed", "t")},
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who        string
		permission account.Permission
		fails      *account.Error
	}{
		{"owner", "", nil},
		{"owner", writeNotes, nil},
		{"owner", "note.unknown", account.ErrForbidden},
		{"member", "", nil},
		{"member", writeNotes, account.ErrForbidden},
		{"removed", "", account.ErrForbidden},
		{"removed", writeNotes, account.ErrForbidden},
		{"off", "", account.ErrUserInactive},
		{"off, at home", "", account.ErrUserInactive},
	} {
		change := write(note(c.who+string(c.permission), "x"))
		change.Permission = c.permission
		err := d.Commit(t.Context(), scopes[c.who], change)
		var failed *account.PremiseError
		if c.fails == nil && err != nil || c.fails != nil && (!errors.Is(err, c.fails) || !errors.As(err, &failed)) {
			t.Errorf("%s with %q: %v", c.who, c.permission, err)
		}
		found, readErr := d.Read(t.Context(), scopes[c.who], "note", c.who+string(c.permission))
		if readErr != nil || (found != nil) != (c.fails == nil) {
			t.Errorf("%s with %q wrote %v, %v", c.who, c.permission, found, readErr)
		}
		if c.who == "removed" {
			if want := account.MembershipKey("removed", "t"); failed == nil || failed.Failed[0].Key() != want || failed.Found[want] != nil {
				t.Errorf("the lost membership is told as %+v", failed)
			}
		}
	}
}

func testNoScope(t *testing.T, s account.Store, d account.DataStore) {
	put(t, s, user("u"), openTeam("t"), membership("u", "t", account.Owner))
	commitData(t, d, scopeOf(t, s, "u", "t"), write(note("1", "x")))
	// Nor has a caller one whom no authorization made, whatever is said of them.
	forged := account.Caller{User: *user("u"), Account: account.Account{Organization: openTeam("t"), Role: account.Owner}}
	for name, scope := range map[string]account.Scope{"zero": {}, "forged": forged.Scope()} {
		_, read := d.Read(t.Context(), scope, "note", "1")
		_, _, list := d.List(t.Context(), scope, "note", "", 5)
		commit := d.Commit(t.Context(), scope, write(note("2", "x")))
		for _, err := range []error{read, list, commit} {
			if !errors.Is(err, account.ErrNoOrganization) {
				t.Errorf("%s scope: %v", name, err)
			}
		}
	}
	left, _, err := s.Data(t.Context(), "t", "", 10)
	if err != nil || len(left) != 1 || !reflect.DeepEqual(left[0].Fields, note("1", "x").Fields) {
		t.Errorf("left are %v, %v", left, err)
	}
	if none, _, err := s.Data(t.Context(), "", "", 10); err != nil || len(none) != 0 {
		t.Errorf("of no account: %v, %v", none, err)
	}
}
