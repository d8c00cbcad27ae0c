package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// noon is the time of every test that does not speak of time.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 250_000_000, time.UTC)

const (
	ada      = "5c1d4b1e-6f0e-4a38-9d42-000000000001"
	bob      = "5c1d4b1e-6f0e-4a38-9d42-000000000002"
	team     = "018f4e2a-0000-7000-8000-00000000000a"
	laptop   = "5c1d4b1e-6f0e-4a38-9d42-0000000000aa"
	phone    = "5c1d4b1e-6f0e-4a38-9d42-0000000000bb"
	validity = 30 * 24 * time.Hour
)

// faultyStore is the model with every call counted and, where a test asks for
// it, answered with a fault instead.
type faultyStore struct {
	*accounttest.Model
	mu      sync.Mutex
	reads   int
	commits int
	// onRead and onCommit get the number of the call, from 1; an error stands
	// for the engine's answer and nothing is done.
	onRead   func(n int) error
	onCommit func(n int) error
	// onChange sees what is committed; an error is as one of onCommit.
	onChange func(account.Change) error
	// afterCommit is asked once a commit was made; an error loses its answer.
	afterCommit func() error
	// onKeys sees what is read.
	onKeys func([]account.Key)
}

func (s *faultyStore) Read(ctx context.Context, keys ...account.Key) (account.Records, error) {
	if err := s.reading(keys); err != nil {
		return nil, err
	}
	return s.Model.Read(ctx, keys...)
}

func (s *faultyStore) Inspect(ctx context.Context, keys ...account.Key) (account.Records, error) {
	if err := s.reading(keys); err != nil {
		return nil, err
	}
	return s.Model.Inspect(ctx, keys...)
}

// reading counts a read, and fails where a test wants it to.
func (s *faultyStore) reading(keys []account.Key) error {
	s.mu.Lock()
	s.reads++
	n, fault := s.reads, s.onRead
	s.mu.Unlock()
	if s.onKeys != nil {
		s.onKeys(keys)
	}
	if len(keys) > account.MaxRead {
		return fmt.Errorf("read of %d keys", len(keys))
	}
	if fault != nil {
		return fault(n)
	}
	return nil
}

var errKilled = errors.New("killed")

// killedAt does something whose process is killed at its call-th call of the
// store, and returns how it ended.
func (s *faultyStore) killedAt(call int, do func() error) error {
	calls := 0
	kill := func(int) error {
		if calls++; calls >= call {
			return errKilled
		}
		return nil
	}
	s.onRead, s.onCommit = kill, kill
	defer func() { s.onRead, s.onCommit = nil, nil }()
	return do()
}

func (s *faultyStore) Commit(ctx context.Context, change account.Change) error {
	s.mu.Lock()
	s.commits++
	n, fault := s.commits, s.onCommit
	s.mu.Unlock()
	if fault != nil {
		if err := fault(n); err != nil {
			return err
		}
	}
	if s.onChange != nil {
		if err := s.onChange(change); err != nil {
			return err
		}
	}
	if err := s.Model.Commit(ctx, change); err != nil {
		return err
	}
	if s.afterCommit != nil {
		return s.afterCommit()
	}
	return nil
}

// calls returns the reads and commits since the last time it was asked.
func (s *faultyStore) calls() (reads, commits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reads, commits = s.reads, s.commits
	s.reads, s.commits = 0, 0
	return reads, commits
}

// fakePool knows people by their access token.
type fakePool struct {
	people map[string]account.Person
	err    error
	asked  []string
}

func (p *fakePool) Person(_ context.Context, accessToken string) (account.Person, error) {
	p.asked = append(p.asked, accessToken)
	if p.err != nil {
		return account.Person{}, p.err
	}
	person, ok := p.people[accessToken]
	if !ok {
		return account.Person{}, account.ErrUnauthenticated
	}
	return person, nil
}

func (p *fakePool) Rename(_ context.Context, accessToken, name string) error {
	if p.err != nil {
		return p.err
	}
	person, ok := p.people[accessToken]
	if !ok {
		return account.ErrUnauthenticated
	}
	person.Name = name
	p.people[accessToken] = person
	return nil
}

// world is a service over a store, a pool and a clock that a test controls.
type world struct {
	*account.Service
	store *faultyStore
	pool  *fakePool
	now   time.Time
	// mails are those that were sent, each "<kind> to <address>".
	mails []string
	// gone and album are there for deletions.
	gone  *leaving
	album *album
}

func (w *world) clock() time.Time { return w.now }

func (w *world) newID() string { return rand.Text() }

func (w *world) SendInvitation(_ context.Context, m account.InvitationMail) error {
	w.mails = append(w.mails, "invitation to "+m.To)
	return nil
}

func (w *world) SendOwnershipReceived(_ context.Context, m account.OwnershipMail) error {
	w.mails = append(w.mails, "ownership to "+m.To)
	return nil
}

func (w *world) SendSecurityNotice(_ context.Context, m account.SecurityMail) error {
	w.mails = append(w.mails, string(m.Action)+" to "+m.To)
	return nil
}

func (w *world) SendDeletionAccepted(_ context.Context, m account.DeletionMail) error {
	w.mails = append(w.mails, "deletion accepted to "+m.To)
	return nil
}

func (w *world) SendDeletionCompleted(_ context.Context, m account.DeletionMail) error {
	w.mails = append(w.mails, "deletion completed to "+m.To)
	return nil
}

func newWorld(t *testing.T, change ...func(*account.Config)) *world {
	t.Helper()
	config := goodConfig()
	for _, c := range change {
		c(&config)
	}
	w := &world{store: &faultyStore{Model: accounttest.NewModel()}, now: noon}
	w.pool = &fakePool{people: map[string]account.Person{tokenOf(ada): adaPerson()}}
	w.Service = account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Config: config, Grants: account.CoreGrants(),
		SessionValidity: validity, Now: w.clock, NewID: w.newID, Mailer: w,
	})
	return w
}

func mode(m account.Mode) func(*account.Config) {
	return func(c *account.Config) { c.AccountMode = m }
}

func goodConfig() account.Config {
	return account.Config{
		AccountMode: account.Hybrid, AppURL: "https://app.example.com", CORSOrigins: []string{"https://app.example.com"},
		Languages: []string{"en", "de", "pt-BR"}, MailFrom: "Hearth <no-reply@example.com>", InvitationDays: 7,
		MaxOrganizationsPerUser: 100, WhoMayCreateOrganizations: account.EveryoneCreates,
		PersonalOrganization: account.PreservePersonal,
	}
}

func tokenOf(userID string) string { return "token-of-" + userID }

func adaPerson() account.Person {
	return account.Person{ID: ada, Username: ada, Email: "Ada@Example.com", EmailVerified: true, Name: "Ada"}
}

// signedIn is a token of ada's, of a sign-in a minute ago.
func signedIn(sessionID string) account.Identity {
	return account.Identity{
		UserID: ada, Username: ada, SessionID: sessionID, AuthTime: noon.Add(-time.Minute).Unix(),
		AccessToken: tokenOf(ada), Device: "Firefox",
	}
}

// put writes records as they are, over what is there.
func (w *world) put(t *testing.T, records ...account.Record) {
	t.Helper()
	for _, r := range records {
		premise := account.Premise(account.IsAbsent{Of: r.Key()})
		if old := w.store.All()[r.Key()]; old != nil {
			premise = account.VersionIs{Of: r.Key(), Version: old.Revision()}
		}
		change := account.Change{Premises: []account.Premise{premise}, Puts: []account.Record{r}}
		if err := w.store.Model.Commit(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
}

// enroll gives ada her records and her laptop a session, with no calls counted.
func (w *world) enroll(t *testing.T) {
	t.Helper()
	if created, err := w.Enroll(t.Context(), adaPerson()); err != nil || !created {
		t.Fatalf("enroll: %t, %v", created, err)
	}
	if _, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{}); err != nil {
		t.Fatalf("first request of the session: %v", err)
	}
	w.store.calls()
}

// join makes ada a member of the team.
func (w *world) join(t *testing.T, role account.Role) {
	t.Helper()
	w.put(t, newTeam(), &account.Membership{UserID: ada, OrganizationID: team, Role: role, UserName: "Ada", Version: 1, JoinedAt: noon})
}

func newTeam() *account.Organization {
	return &account.Organization{
		ID: team, Name: "Team", Slug: "team", Status: account.OrganizationActive, MemberCount: 2, OwnerCount: 1, SeatsUsed: 2,
		Version: 1, CreatedBy: bob, CreatedAt: noon, UpdatedAt: noon,
	}
}

// user returns a copy of ada's record to change and put.
func (w *world) user(t *testing.T) *account.User {
	t.Helper()
	u := w.store.All().User(ada)
	if u == nil {
		t.Fatal("ada has no record")
	}
	c := *u
	return &c
}

// session returns a copy of a session of ada's to change and put.
func (w *world) session(t *testing.T, id string) *account.Session {
	t.Helper()
	s := w.store.All().Session(ada, id)
	if s == nil {
		t.Fatalf("session %s has no record", id)
	}
	c := *s
	return &c
}
