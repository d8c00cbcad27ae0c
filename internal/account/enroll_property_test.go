package account_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// answer is what the engine does with one call.
type answer int

const (
	works answer = iota
	contended
	down
	lost // it works, but nobody hears of it
)

// turn is one call that waits to be let through.
type turn struct {
	actor int
	let   chan answer
}

// turnstile is a store that lets one call through at a time, in an order that
// the test decides.
type turnstile struct {
	*accounttest.Model
	mu      sync.Mutex
	waiting []turn
}

type actorKey struct{}

func (s *turnstile) wait(ctx context.Context) answer {
	actor, _ := ctx.Value(actorKey{}).(int)
	t := turn{actor, make(chan answer)}
	s.mu.Lock()
	s.waiting = append(s.waiting, t)
	s.mu.Unlock()
	return <-t.let
}

// next takes the waiting calls in the order of their actors and lets one go.
// It reports whether there was any.
func (s *turnstile) next(pick int, what answer) bool {
	s.mu.Lock()
	if len(s.waiting) == 0 {
		s.mu.Unlock()
		return false
	}
	slices.SortFunc(s.waiting, func(a, b turn) int { return cmp.Compare(a.actor, b.actor) })
	i := pick % len(s.waiting)
	t := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.mu.Unlock()
	t.let <- what
	return true
}

func (s *turnstile) Read(ctx context.Context, keys ...account.Key) (account.Records, error) {
	if s.wait(ctx) == down {
		return nil, account.ErrUnavailable
	}
	return s.Model.Read(ctx, keys...)
}

func (s *turnstile) Commit(ctx context.Context, change account.Change) error {
	switch s.wait(ctx) {
	case contended:
		return account.ErrContended
	case down:
		return account.ErrUnavailable
	case lost:
		if err := s.Model.Commit(ctx, change); err != nil {
			return err
		}
		return account.ErrUnavailable
	case works:
	}
	return s.Model.Commit(ctx, change)
}

// scenario is one way in which the doors of sign-up can meet.
type scenario struct {
	triggers []int    // how often each trigger calls, one after the other
	sessions []string // whose first requests come
	held     bool     // the address is still another's in the table
	picks    []int
	answers  []answer
}

func drawScenario(t *rapid.T) scenario {
	return scenario{
		triggers: rapid.SliceOfN(rapid.IntRange(1, 3), 0, 3).Draw(t, "triggers"),
		sessions: rapid.SliceOfN(rapid.SampledFrom([]string{laptop, phone, "tablet"}), 0, 4).Draw(t, "sessions"),
		held:     rapid.Bool().Draw(t, "held"),
		picks:    rapid.SliceOfN(rapid.IntRange(0, 59), 1, 40).Draw(t, "picks"),
		answers: rapid.SliceOfN(rapid.SampledFrom([]answer{works, works, works, works, contended, down, lost}), 1, 40).
			Draw(t, "answers"),
	}
}

// run plays a scenario and returns what went wrong, or "".
func (sc scenario) run() (wrong string) {
	store := &turnstile{Model: accounttest.NewModel()}
	if sc.held {
		old := &account.Address{Email: "ada@example.com", UserID: bob, Version: 7}
		change := account.Change{Premises: []account.Premise{account.IsAbsent{Of: old.Key()}}, Puts: []account.Record{old}}
		if err := store.Model.Commit(context.Background(), change); err != nil {
			return err.Error()
		}
	}
	service := account.NewService(account.Options{
		Store: store, Pool: &onePerson{}, Config: goodConfig(), Grants: account.CoreGrants(), SessionValidity: validity, Now: time.Now,
	})

	var mu sync.Mutex
	var problems []string
	created, seen := 0, map[string]bool{}
	report := func(format string, a ...any) {
		mu.Lock()
		defer mu.Unlock()
		problems = append(problems, fmt.Sprintf(format, a...))
	}
	var actors sync.WaitGroup
	done := make(chan struct{})
	start := func(number int, do func(ctx context.Context)) {
		actors.Go(func() { do(context.WithValue(context.Background(), actorKey{}, number)) })
	}
	for i, times := range sc.triggers {
		start(i, func(ctx context.Context) {
			for range times {
				made, err := service.Enroll(ctx, adaPerson())
				if made {
					mu.Lock()
					created++
					mu.Unlock()
				}
				if err != nil && !errors.Is(err, account.ErrUnavailable) && !errors.Is(err, account.ErrConflict) {
					report("trigger %d: %v", i, err)
				}
			}
		})
	}
	for i, session := range sc.sessions {
		start(len(sc.triggers)+i, func(ctx context.Context) {
			id := signedIn(session)
			caller, err := service.Authorize(ctx, id, account.Target{})
			switch {
			case err == nil && (caller.Organization == nil || caller.Organization.ID != ada || caller.Role != account.Owner):
				report("request %d acts for %+v as %q", i, caller.Organization, caller.Role)
			case err == nil:
				mu.Lock()
				seen[session] = true
				mu.Unlock()
			case !errors.Is(err, account.ErrUnavailable) && !errors.Is(err, account.ErrConflict):
				report("request %d: %v", i, err)
			}
		})
	}
	go func() { actors.Wait(); close(done) }()

	for step := 0; ; step++ {
		// Whoever waits for contention to pass comes back within a second.
		time.Sleep(time.Second)
		synctest.Wait()
		what := works
		if step < len(sc.answers) {
			what = sc.answers[step]
		}
		if !store.next(sc.picks[step%len(sc.picks)], what) {
			break
		}
		synctest.Wait()
		if wrong := half(store.All(), sc.held); wrong != "" {
			report("after call %d: %s", step, wrong)
		}
	}
	<-done
	if created > 1 {
		report("%d triggers say that they made the records", created)
	}
	// Whatever failed so far: the next request finds or makes it all.
	last := make(chan error)
	go func() {
		_, err := service.Authorize(context.Background(), signedIn("last"), account.Target{})
		last <- err
	}()
	for synctest.Wait(); store.next(0, works); synctest.Wait() {
	}
	if err := <-last; err != nil {
		report("the last request: %v", err)
	}
	seen["last"] = true
	if wrong := finished(store.All(), seen, sc.held); wrong != "" {
		report("%s", wrong)
	}
	return strings.Join(problems, "\n")
}

type onePerson struct{}

func (*onePerson) Person(context.Context, string) (account.Person, error) { return adaPerson(), nil }

func (*onePerson) Rename(context.Context, string, string) error { return nil }

// half tells of a person who is there in part only.
func half(all account.Records, held bool) string {
	address := all.Address("ada@example.com")
	there := []bool{
		all.User(ada) != nil, all.Organization(ada) != nil, all.Membership(ada, ada) != nil,
		address != nil && address.UserID == ada,
	}
	if len(slices.Compact(there)) > 1 {
		return fmt.Sprintf("half a person: %v", there)
	}
	if held && address == nil {
		return "the address is nobody's"
	}
	return ""
}

// finished tells what differs from exactly one person with one personal
// organization, and a record for each session that was answered.
func finished(all account.Records, seen map[string]bool, held bool) string {
	kinds, sessions := map[account.Kind]int{}, map[string]bool{}
	for _, r := range all {
		kinds[r.Key().Kind]++
		if s, ok := r.(*account.Session); ok {
			sessions[s.ID] = true
		}
	}
	delete(kinds, account.KindSession)
	for _, kind := range []account.Kind{account.KindUser, account.KindAddress, account.KindOrganization, account.KindMembership} {
		if kinds[kind] != 1 || len(kinds) != 4 {
			return fmt.Sprintf("records: %v", kinds)
		}
	}
	for session := range seen {
		if !sessions[session] {
			return fmt.Sprintf("session %s was answered and has no record", session)
		}
	}
	addressVersion := 1
	if held {
		addressVersion = 8
	}
	user, organization, membership := all.User(ada), all.Organization(ada), all.Membership(ada, ada)
	address := all.Address("ada@example.com")
	switch {
	case user == nil || organization == nil || membership == nil || address == nil:
		return "a record has another id"
	case membership.Role != account.Owner:
		return "the member is no owner"
	case !organization.IsPersonal || organization.MemberCount != 1 || organization.OwnerCount != 1 || organization.SeatsUsed != 1:
		return fmt.Sprintf("organization: %+v", organization)
	case user.TeamCount != 0 || user.AccountsVersion != 1 || user.Version != 1:
		return fmt.Sprintf("user: %+v", user)
	case address.UserID != ada || address.Version != addressVersion:
		return fmt.Sprintf("address: %+v", address)
	}
	return ""
}

// However the trigger and first requests meet, in whatever order their calls
// reach an engine that is at times contended, down, or does not answer what it
// did, a person has their records whole or not at all, and in the end once.
func TestEveryDoorLeadsToOnePersonalOrganization(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sc := drawScenario(rt)
		var wrong string
		// rapid ends a test by a panic, which must not cross a bubble's goroutine.
		synctest.Test(t, func(*testing.T) { wrong = sc.run() })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}
