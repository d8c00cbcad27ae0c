package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"hearth/internal/account"
	"hearth/internal/dynamo/dynamotest"
)

// people is a pool that knows one person by any token.
type people struct{ person account.Person }

func (p people) Person(context.Context, string) (account.Person, error) { return p.person, nil }

func (p people) Rename(context.Context, string, string) error { return nil }

var ada = account.Person{
	ID: "5d0c6a5e-1111-4111-8111-0000000000ad", Username: "5d0c6a5e-1111-4111-8111-0000000000ad",
	Email: "Ada@Example.com", EmailVerified: true, Name: "Ada",
}

func service(store account.Store) *account.Service {
	return account.NewService(account.Options{
		Store: store, Pool: people{ada}, Grants: account.CoreGrants(), NewID: uuid.NewString, Now: time.Now, SessionValidity: 24 * time.Hour,
		Config: account.Config{AccountMode: account.Hybrid, Languages: []string{"en"}},
	})
}

func unconditionally(account.User) error { return nil }

func signIn(session string) account.Identity {
	return account.Identity{UserID: ada.ID, Username: ada.Username, SessionID: session, AuthTime: time.Now().Unix(), AccessToken: "token"}
}

// team puts a team with the user as a member into the store.
func team(t *testing.T, s account.Store, id string, role account.Role) {
	t.Helper()
	o := &account.Organization{ID: id, Name: "Team", Slug: id, Status: account.OrganizationActive, MemberCount: 1, OwnerCount: 1, SeatsUsed: 1, Version: 1}
	m := &account.Membership{UserID: ada.ID, OrganizationID: id, Role: role, UserName: "Ada", Version: 1}
	if err := s.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.IsAbsent{Of: o.Key()}, account.IsAbsent{Of: m.Key()}},
		Puts:     []account.Record{o, m},
	}); err != nil {
		t.Fatal(err)
	}
}

// The design's table of calls, for what is built so far.
func TestCallsOfAuthorize(t *testing.T) {
	t.Parallel()
	for _, memberships := range []int{1, 100} {
		t.Run(fmt.Sprintf("%d memberships", memberships), func(t *testing.T) {
			t.Parallel()
			store, wire := overWire(t)
			s := service(store)
			for i := range memberships {
				team(t, store, fmt.Sprintf("team-%d", i), account.Admin)
			}
			calls := func(what string, id account.Identity, target account.Target, want ...string) {
				t.Helper()
				wire.Reset()
				if _, err := s.Authorize(t.Context(), id, target); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got := wire.Calls(); !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			const read, write = "BatchGetItem", "TransactWriteItems"
			calls("the first request of a person", signIn("s1"), account.Target{}, read, write, read, write, read)
			calls("the first request of a session", signIn("s2"), account.Target{}, read, write, read)
			calls("in personal context", signIn("s1"), account.Target{}, read)
			calls("for an account that the request names", signIn("s1"), account.Target{AccountID: "team-0"}, read)
			calls("for one that the path names", signIn("s1"), account.Target{AccountID: "team-0", InPath: true}, read)

			chosen := "team-0"
			if err := store.Commit(t.Context(), account.Change{Updates: []account.Update{
				account.ChangeSession{UserID: ada.ID, SessionID: "s1", ActiveOrganizationID: &chosen},
			}}); err != nil {
				t.Fatal(err)
			}
			calls("when the session names a team", signIn("s1"), account.Target{}, read, read)

			for _, limit := range []int{1, account.MaxAccounts} {
				wire.Reset()
				if _, err := s.Accounts(t.Context(), signIn("s1"), account.Target{}, "", limit); err != nil {
					t.Fatal(err)
				}
				if got := wire.Calls(); !slices.Equal(got, []string{"Query", read}) {
					t.Errorf("the switcher, pages of %d: %v", limit, got)
				}
			}
			c, err := s.Authorize(t.Context(), signIn("s1"), account.Target{})
			if err != nil {
				t.Fatal(err)
			}
			dark := account.ThemeDark
			for what, do := range map[string]func() error{
				"rename":      func() error { _, err := s.Rename(t.Context(), c, "Grace", unconditionally); return err },
				"image":       func() error { _, err := s.SetImage(t.Context(), c, "images/a/b", unconditionally); return err },
				"preferences": func() error { _, err := s.SetPreferences(t.Context(), c, &dark, nil, unconditionally); return err },
				"once": func() error {
					_, err := s.Once(t.Context(), c, account.Repeat{Key: "k", Request: "r"}, "1")
					return err
				},
			} {
				if c, err = s.Authorize(t.Context(), signIn("s1"), account.Target{}); err != nil {
					t.Fatal(err)
				}
				wire.Reset()
				if err := do(); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got := wire.Calls(); !slices.Equal(got, []string{write}) {
					t.Errorf("%s, behind authorize: %v", what, got)
				}
			}
			wire.Reset()
			if _, err := s.Choose(t.Context(), signIn("s1"), nil); err != nil {
				t.Fatal(err)
			}
			if got := wire.Calls(); !slices.Equal(got, []string{read, write}) {
				t.Errorf("choose an account: %v", got)
			}
		})
	}
}

// operations are what people and triggers do so far, each on a store where the
// ones before it are done.
var operations = []struct {
	name string
	do   func(ctx context.Context, s *account.Service) error
}{
	{"enroll", func(ctx context.Context, s *account.Service) error {
		_, err := s.Enroll(ctx, ada)
		return err
	}},
	{"first request of a session", func(ctx context.Context, s *account.Service) error {
		_, err := s.Authorize(ctx, signIn("s1"), account.Target{})
		return err
	}},
	{"choose", func(ctx context.Context, s *account.Service) error {
		_, err := s.Choose(ctx, signIn("s1"), nil)
		return err
	}},
	{"grant an image once", func(ctx context.Context, s *account.Service) error {
		c, err := s.Authorize(ctx, signIn("s1"), account.Target{})
		if err != nil {
			return err
		}
		id, err := s.Once(ctx, c, account.Repeat{Key: "k", Request: "hash"}, "the first")
		if err == nil && id != "the first" {
			return fmt.Errorf("made %q", id)
		}
		return err
	}},
	{"follow", func(ctx context.Context, s *account.Service) error { return s.FollowUser(ctx, ada.ID) }},
	{"rename", func(ctx context.Context, s *account.Service) error {
		c, err := s.Authorize(ctx, signIn("s1"), account.Target{})
		if err == nil {
			_, err = s.Rename(ctx, c, "Augusta", unconditionally)
		}
		return err
	}},
	{"end sessions", func(ctx context.Context, s *account.Service) error { return s.EndSessions(ctx, ada.ID) }},
}

// An operation killed before or after any of its calls, and then done again,
// ends in the state of one that ran through.
func TestKilledAnywhereAndDoneAgain(t *testing.T) {
	t.Parallel()
	for i, operation := range operations {
		for _, fault := range []dynamotest.Fault{dynamotest.Cut, dynamotest.CutAnswer} {
			t.Run(fmt.Sprintf("%s, fault %d", operation.name, fault), func(t *testing.T) {
				t.Parallel()
				for call := 1; ; call++ {
					store, wire := overWire(t)
					prepare(t, store, i)
					// The kill: this call is lost, or its answer, and no call
					// comes after it.
					wire.Spoil(func(n int, _ string) dynamotest.Fault {
						switch {
						case n < call:
							return dynamotest.None
						case n == call:
							return fault
						}
						return dynamotest.Cut
					})
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					err := operation.do(ctx, service(store))
					cancel()
					reached := len(wire.Calls()) >= call
					wire.Spoil(nil)
					if reached && err == nil {
						t.Fatalf("killed at call %d, it says that all went well", call)
					}
					if err := operation.do(t.Context(), service(store)); err != nil {
						t.Fatalf("killed at call %d, then done again: %v", call, err)
					}
					expectOneOfEverything(t, store, nameAfter(i))
					expectOutcome(t, store, operation.name)
					if !reached {
						return
					}
				}
			})
		}
	}
}

// nameAfter is the person's name when the operations up to the i-th are done.
func nameAfter(i int) string {
	for _, operation := range operations[:i+1] {
		if operation.name == "rename" {
			return "Augusta"
		}
	}
	return "Ada"
}

func prepare(t *testing.T, store account.Store, before int) {
	t.Helper()
	for _, operation := range operations[:before] {
		if err := operation.do(t.Context(), service(store)); err != nil {
			t.Fatal(err)
		}
	}
	if before == 0 || operations[before].name != "follow" {
		return
	}
	// What the stream follows: the membership's copy is of an older name.
	if err := store.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeMembership{UserID: ada.ID, OrganizationID: ada.ID, UserName: "Adah", UserEmail: ada.Email, UserVersion: 1},
	}}); err != nil {
		t.Fatal(err)
	}
}

// expectOneOfEverything holds what must be true of a person once they are in.
func expectOneOfEverything(t testing.TB, store account.Store, name string) {
	t.Helper()
	records, err := store.Read(t.Context(), account.UserKey(ada.ID), account.OrganizationKey(ada.ID),
		account.MembershipKey(ada.ID, ada.ID), account.AddressKey(ada.Email))
	if err != nil {
		t.Fatal(err)
	}
	user, personal := records.User(ada.ID), records.Organization(ada.ID)
	membership, address := records.Membership(ada.ID, ada.ID), records.Address(ada.Email)
	if user == nil || personal == nil || membership == nil || address == nil {
		t.Fatalf("half a person: %v", records)
	}
	if user.Status != account.UserActive || user.Name != name || address.UserID != ada.ID ||
		membership.Role != account.Owner || membership.UserName != name ||
		!personal.IsPersonal || personal.Status != account.OrganizationActive || personal.Name != account.PersonalName(name) ||
		personal.MemberCount != 1 || personal.OwnerCount != 1 || personal.SeatsUsed != 1 {
		t.Errorf("user %+v, organization %+v, membership %+v, address %+v", user, personal, membership, address)
	}
	page, next, err := store.Memberships(t.Context(), ada.ID, "", 10)
	if err != nil || len(page) != 1 || next != "" {
		t.Errorf("memberships: %v, %q, %v", page, next, err)
	}
}

// expectOutcome holds what one operation is there for besides.
func expectOutcome(t *testing.T, store account.Store, operation string) {
	t.Helper()
	records, err := store.Read(t.Context(), account.UserKey(ada.ID), account.SessionKey(ada.ID, "s1"))
	if err != nil {
		t.Fatal(err)
	}
	switch operation {
	case "first request of a session":
		if records.Session(ada.ID, "s1") == nil {
			t.Error("no session")
		}
	case "end sessions":
		if records.User(ada.ID).SessionsValidFrom.IsZero() {
			t.Error("sessions are still valid")
		}
	}
}

// A change that waits behind others long enough says so; nothing is written.
func TestContentionEndsInAConflict(t *testing.T) {
	t.Parallel()
	store, wire := overWire(t)
	wire.Spoil(func(int, string) dynamotest.Fault { return dynamotest.Conflict })
	if _, err := service(store).Enroll(t.Context(), ada); !errors.Is(err, account.ErrConflict) {
		t.Errorf("got %v, want conflict", err)
	}
	wire.Spoil(func(call int, _ string) dynamotest.Fault {
		if call <= 3 {
			return dynamotest.Conflict
		}
		return dynamotest.None
	})
	if created, err := service(store).Enroll(t.Context(), ada); err != nil || !created {
		t.Errorf("after three conflicts: %t, %v", created, err)
	}
	wire.Spoil(nil)
	expectOneOfEverything(t, store, "Ada")
}
