package dynamo_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"hearth/internal/account"
	"hearth/internal/dynamo/dynamotest"
)

// What is done with account data takes one call beside the authorizing one;
// only a change is read first, since it is answered with all that it left.
func TestCallsForAccountData(t *testing.T) {
	t.Parallel()
	a := newCabinet(t)
	id := a.team(t, "team", "ada", "bob")
	const read, query, write = "BatchGetItem", "Query", "TransactWriteItems"
	for rule, s := range map[string]account.Scope{"personal": a.enter(t, "ada", ""), "team": a.enter(t, "ada", id)} {
		var made account.Owned[paper]
		edit := func(i account.Owned[paper]) (paper, error) { return paper{Text: i.Value.Text + "!"}, nil }
		repeat := account.Repeat{Key: "k", Request: "hash"}
		for _, step := range []struct {
			what string
			do   func() error
			want []string
		}{
			{"create", func() (err error) { made, err = a.papers.Create(t.Context(), s, paper{}, repeat); return err }, []string{write}},
			{"create again", func() error { _, err := a.papers.Create(t.Context(), s, paper{}, repeat); return err }, []string{write, read}},
			{"get", func() error { _, err := a.papers.Get(t.Context(), s, made.ID); return err }, []string{read}},
			{"list", func() error { _, _, err := a.papers.List(t.Context(), s, "", 50); return err }, []string{query}},
			{"update", func() error { _, err := a.papers.Update(t.Context(), s, made.ID, edit); return err }, []string{read, write}},
			{"delete", func() error { return a.papers.DeleteOwn(t.Context(), s, made.ID) }, []string{write}},
		} {
			a.wire.Reset()
			if err := step.do(); err != nil {
				t.Fatalf("%s, %s: %v", rule, step.what, err)
			}
			if got := a.wire.Calls(); !slices.Equal(got, step.want) {
				t.Errorf("%s, %s: %v, want %v", rule, step.what, got, step.want)
			}
		}
	}
}

// Cut off at any call, before or after the engine did it, and done again, a
// request leaves what one leaves that ran through.
func TestAccountDataCutOffAnywhere(t *testing.T) {
	t.Parallel()
	a := newCabinet(t)
	edit := func(account.Owned[paper]) (paper, error) { return paper{Text: "after"}, nil }
	for _, fault := range []dynamotest.Fault{dynamotest.Cut, dynamotest.CutAnswer, dynamotest.Throttle, dynamotest.Break, dynamotest.Conflict} {
		for from := 1; from <= 3; from++ {
			a.trial = fmt.Sprintf("-%d-%d", fault, from)
			s := a.enter(t, "ada", "")
			// From a call on nothing goes through; then the client asks again.
			again := func(what string, do func() error, fine ...error) {
				t.Helper()
				a.wire.Spoil(func(call int, operation string) dynamotest.Fault {
					if call < from || fault == dynamotest.Conflict && operation != "TransactWriteItems" {
						return dynamotest.None
					}
					return fault
				})
				_ = do()
				a.wire.Spoil(nil)
				if err := do(); err != nil && !slices.ContainsFunc(fine, func(f error) bool { return errors.Is(err, f) }) {
					t.Errorf("fault %d from call %d: %s again: %v", fault, from, what, err)
				}
			}
			var made account.Owned[paper]
			again("create", func() (err error) {
				made, err = a.papers.Create(t.Context(), s, paper{Text: "before"}, account.Repeat{Key: "k", Request: "hash"})
				return err
			})
			if got := a.owned(t, s); !slices.Equal(got, []string{made.ID}) {
				t.Errorf("fault %d from call %d: created %v, answered %s", fault, from, got, made.ID)
			}
			again("update", func() error { _, err := a.papers.Update(t.Context(), s, made.ID, edit); return err })
			if got, err := a.papers.Get(t.Context(), s, made.ID); err != nil || got.Value.Text != "after" {
				t.Errorf("fault %d from call %d: updated to %+v, %v", fault, from, got, err)
			}
			again("delete", func() error { return a.papers.Delete(t.Context(), s, made.ID) }, account.ErrNotFound)
			data, _, err := a.store.Data(t.Context(), s.AccountID(), "", 100)
			if err != nil {
				t.Fatal(err)
			}
			kinds := map[string]int{}
			for _, d := range data {
				kinds[d.Type]++
			}
			if kinds["paper"] != 0 || kinds["audit"] != 3 || kinds["idempotency"] != 1 {
				t.Errorf("fault %d from call %d: left %v", fault, from, kinds)
			}
		}
	}
}
