package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

const (
	grace    = "5c1d4b1e-6f0e-4a38-9d42-000000000002"
	alan     = "5c1d4b1e-6f0e-4a38-9d42-000000000003"
	stranger = "5c1d4b1e-6f0e-4a38-9d42-000000000009"
)

// counted is the store in memory, with its calls counted.
type counted struct {
	*accounttest.Model
	calls atomic.Int64
}

func (c *counted) Read(ctx context.Context, keys ...account.Key) (account.Records, error) {
	c.calls.Add(1)
	return c.Model.Read(ctx, keys...)
}

func (c *counted) Commit(ctx context.Context, change account.Change) error {
	c.calls.Add(1)
	return c.Model.Commit(ctx, change)
}

func (c *counted) Members(ctx context.Context, organizationID, prefix, after string, limit int) ([]*account.Membership, string, error) {
	c.calls.Add(1)
	return c.Model.Members(ctx, organizationID, prefix, after, limit)
}

func (c *counted) AuditLog(ctx context.Context, organizationID, after string, limit int) ([]*account.AuditEntry, string, error) {
	c.calls.Add(1)
	return c.Model.AuditLog(ctx, organizationID, after, limit)
}

// pictures are images of which each owner's key "<owner>/good" was uploaded.
type pictures struct{ checked atomic.Int64 }

func (*pictures) NewKey(owner string) string { return owner + "/good" }

func (*pictures) GrantKey(_ context.Context, key, _ string, _ int64) (account.Upload, error) {
	return account.Upload{URL: "https://s3.example.com", Fields: map[string]string{"key": key}, Key: key, ExpiresAt: noon}, nil
}

func (p *pictures) Check(_ context.Context, owner, key string) error {
	p.checked.Add(1)
	if key != owner+"/good" {
		return account.Invalid("/key", account.FieldUnknownValue)
	}
	return nil
}

func (*pictures) URL(key string) string { return "https://images.example.com/" + key }

func (c *counted) Invitations(ctx context.Context, organizationID, after string, limit int) ([]*account.Invitation, string, error) {
	c.calls.Add(1)
	return c.Model.Invitations(ctx, organizationID, after, limit)
}

func (c *counted) InvitationsTo(ctx context.Context, email, after string, limit int) ([]*account.Invitation, string, error) {
	c.calls.Add(1)
	return c.Model.InvitationsTo(ctx, email, after, limit)
}

// directory is the pool: what it knows of each person, who is their own token.
type directory struct {
	mu     sync.Mutex
	people map[string]account.Person
}

func (d *directory) Person(_ context.Context, token string) (account.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.people[token]; ok {
		return p, nil
	}
	return account.Person{}, account.ErrUnauthenticated
}

func (*directory) Rename(context.Context, string, string) error { return nil }

// change has the pool know something else of a person.
func (d *directory) change(userID string, change func(*account.Person)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.people[userID]
	change(&p)
	d.people[userID] = p
}

// key makes codes as KMS does, by a key of the test's.
type key struct{}

func (key) Sign(_ context.Context, message []byte) ([]byte, error) {
	code := hmac.New(sha256.New, []byte("a key of the test's"))
	code.Write(message)
	return code.Sum(nil), nil
}

func (k key) Verify(ctx context.Context, message, mac []byte) (bool, error) {
	want, err := k.Sign(ctx, message)
	return hmac.Equal(want, mac), err
}

// teams is the organizations function over the domain and the store in memory,
// with ada, grace, alan and a stranger signed in.
type teams struct {
	*fixture
	counted *counted
	images  *pictures
	pool    *directory
	logins  *provider
	exports drawers
	clock   atomic.Int64
	// signedIn is when everybody did.
	signedIn time.Time
}

func newTeams(tb testing.TB, change ...func(*account.Config)) *teams {
	tb.Helper()
	return newTeamsWith(tb, nil, change...)
}

// newTeamsWith is newTeams with a product's resources.
func newTeamsWith(tb testing.TB, resources []Resource, change ...func(*account.Config)) *teams {
	tb.Helper()
	f := &teams{
		fixture: &fixture{store: accounttest.NewModel()}, images: &pictures{}, pool: &directory{people: map[string]account.Person{}},
		signedIn: noon.Add(-time.Minute),
	}
	f.counted = &counted{Model: f.store}
	f.logins = newProvider(f.pool, f.now)
	config := account.Config{
		AccountMode: account.Hybrid, AppURL: "https://app.example.com", Languages: []string{"en"}, MaxOrganizationsPerUser: 3,
		WhoMayCreateOrganizations: account.EveryoneCreates, InvitationDays: 7,
	}
	for _, c := range change {
		c(&config)
	}
	var ids atomic.Int64
	newID := func() string { return fmt.Sprintf("018f4e2a-0000-7000-8000-%012d", ids.Add(1)) }
	grants := account.CoreGrants()
	for _, r := range resources {
		grants = grants.With(r.Grants())
	}
	f.service = account.NewService(account.Options{
		Store: f.counted, Pool: f.logins, Credentials: f.logins.credentials(), MAC: key{}, Grants: grants, SessionValidity: 24 * time.Hour, Config: config,
		Exports: f.exports, Now: f.now, NewID: newID,
	})
	f.api = New(f.service, tokens())
	for _, r := range resources {
		r.Register(f.api, account.NewData(accounttest.ModelData{Model: f.store}, f.now, newID))
	}
	RegisterSecurity(f.api, SecurityDependencies{Service: f.service})
	RegisterOrganizations(f.api, OrganizationsDependencies{Service: f.service, Images: f.images})
	RegisterDeletion(f.api, DeletionDependencies{Service: f.service})
	for id, name := range map[string]string{ada: "Ada", grace: "Grace", alan: "Alan", stranger: "Stranger"} {
		person := account.Person{ID: id, Username: id, Email: strings.ToLower(name) + "@example.com", EmailVerified: true, Name: name}
		f.pool.people[id] = person
		if _, err := f.service.Enroll(tb.Context(), person); err != nil {
			tb.Fatal(err)
		}
		f.as(tb, id, "GET", "/audit-log", "") // the session is made
	}
	return f
}

func (f *teams) now() time.Time { return noon.Add(time.Duration(f.clock.Load())) }

// as sends a request of a user's; pairs of headers follow the body.
func (f *teams) as(tb testing.TB, userID, method, path, body string, headers ...string) answer {
	tb.Helper()
	return f.from(tb, "session-of-"+userID, userID, method, path, body, headers...)
}

// from sends a request of one of a user's sessions.
func (f *teams) from(tb testing.TB, sessionID, userID, method, path, body string, headers ...string) answer {
	tb.Helper()
	path, query, _ := strings.Cut(path, "?")
	event := newEvent(method, path, body)
	event.RouteKey, event.RawQueryString = routeKey(method, path), query
	event.Headers["authorization"] = "Bearer " + userID
	for name, claim := range map[string]string{
		"sub": userID, "username": userID, "origin_jti": sessionID, "auth_time": strconv.FormatInt(f.signedIn.Unix(), 10),
	} {
		event.RequestContext.Authorizer.JWT.Claims[name] = claim
	}
	for i := 0; i+1 < len(headers); i += 2 {
		event.Headers[headers[i]] = headers[i+1]
	}
	f.log.Reset()
	return f.send(tb, event)
}

// routeKey is how API Gateway names the route of a request.
func routeKey(method, path string) string {
	for _, route := range Routes() {
		matches := slices.EqualFunc(strings.Split(route.Path, "/"), strings.Split(path, "/"), func(want, got string) bool {
			return want == got || strings.HasPrefix(want, "{")
		})
		if matches && route.Method == method {
			return route.Key()
		}
	}
	return "$default"
}

// asNobody sends a request without a token from an IP address.
func (f *teams) asNobody(tb testing.TB, ip, method, path, body string) answer {
	tb.Helper()
	event := newEvent(method, path, body)
	event.RouteKey = routeKey(method, path)
	delete(event.Headers, "authorization")
	event.RequestContext.Authorizer = nil
	event.RequestContext.HTTP.SourceIP = ip
	f.log.Reset()
	return f.send(tb, event)
}

// read decodes an answer of the status.
func read[T any](tb testing.TB, a answer, status int) T {
	tb.Helper()
	var v T
	if a.StatusCode != status {
		tb.Fatalf("got %d %s, want %d", a.StatusCode, a.Body, status)
	}
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

// create has ada create a team and returns its id.
func (f *teams) create(tb testing.TB, body string) string {
	tb.Helper()
	return read[accountObject](tb, f.as(tb, ada, "POST", "/organizations", body), http.StatusCreated).ID
}

// add makes a user a member of a team.
func (f *teams) add(tb testing.TB, organizationID, userID string, role account.Role) {
	tb.Helper()
	records, err := f.store.Read(tb.Context(), account.UserKey(userID))
	if err != nil {
		tb.Fatal(err)
	}
	u := records.User(userID)
	membership := &account.Membership{
		UserID: userID, OrganizationID: organizationID, Role: role, UserName: u.Name, UserEmail: u.Email, Version: 1, JoinedAt: noon,
	}
	counts := account.ChangeOrganization{OrganizationID: organizationID, Members: 1, Seats: 1, UpdatedAt: noon}
	if role == account.Owner {
		counts.Owners = 1
	}
	err = f.store.Commit(tb.Context(), account.Change{
		Premises: []account.Premise{account.IsAbsent{Of: membership.Key()}},
		Puts:     []account.Record{membership},
		Updates:  []account.Update{counts, account.ChangeUser{UserID: userID, Teams: 1, Accounts: 1, UpdatedAt: noon}},
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// team is a team of ada's with grace as administrator and alan as member.
func (f *teams) team(tb testing.TB) string {
	tb.Helper()
	id := f.create(tb, `{"name":"Team"}`)
	f.add(tb, id, grace, account.Admin)
	f.add(tb, id, alan, account.Member)
	return id
}

// expectFields fails the test unless the answer names exactly these fields, each
// as "/field code".
func (a answer) expectFields(tb testing.TB, want ...string) {
	tb.Helper()
	a.expectProblem(tb, http.StatusUnprocessableEntity, account.CodeInvalidRequest)
	var got []string
	for _, e := range a.problem.Errors {
		got = append(got, e.Field+" "+string(e.Code))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		tb.Errorf("fields %v, want %v", got, want)
	}
}
