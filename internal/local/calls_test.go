package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/httpapi"
	"hearth/internal/local/gateway"
	"hearth/internal/product"
)

// What the calls to DynamoDB are named in the tables of this file.
const (
	read  = "BatchGetItem"
	query = "Query"
	write = "TransactWriteItems"
)

// counter passes calls to DynamoDB on and notes their operations, but for those
// that the SDK sends again to an engine that is slow on a busy machine.
type counter struct {
	proxy *httputil.ReverseProxy
	mu    sync.Mutex
	calls []string
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if strings.HasPrefix(r.Header.Get("Amz-Sdk-Request"), "attempt=1;") {
		c.mu.Lock()
		c.calls = append(c.calls, operation)
		c.mu.Unlock()
	}
	c.proxy.ServeHTTP(w, r)
}

// take returns the calls since it was last asked.
func (c *counter) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}

// countCalls starts a second API of a host, whose functions alone reach
// DynamoDB through a counter: the host's own stream function is not counted.
func countCalls(t *testing.T, h *host) (api string, c *counter) {
	t.Helper()
	engine, err := url.Parse(h.Config.DynamoDBEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	c = &counter{proxy: httputil.NewSingleHostReverseProxy(engine)}
	dynamoDB := httptest.NewServer(c)
	t.Cleanup(dynamoDB.Close)
	config := h.Config
	config.DynamoDBEndpoint = dynamoDB.URL
	counted, err := newFunctions(environment(h.options, h.id, config))
	if err != nil {
		t.Fatal(err)
	}
	served, err := gateway.New(gateway.Options{
		Routes: product.Routes(), Functions: counted.api, Issuer: h.Config.Issuer, Audience: h.id.WebClientID,
		Scope: cognito.Scope, JWKSURL: h.Config.Issuer + "/.well-known/jwks.json", Now: h.options.Now, Log: h.options.Log,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(served)
	t.Cleanup(server.Close)
	return server.URL, c
}

// at returns the person at another address of the API.
func (p *person) at(api string) *person {
	other, place := *p, *p.remote
	place.API = api
	other.remote = &place
	return &other
}

// crowd puts members into a team, each with a record of their own, and returns
// their ids.
func crowd(t *testing.T, h *host, organizationID string, count int) []string {
	t.Helper()
	store, now := storeOf(h), time.Now().UTC().Truncate(time.Millisecond)
	ids := make([]string, count)
	for i := range ids {
		ids[i] = newID()
	}
	for chunk := range slices.Chunk(ids, 45) { // two records each, and the team
		change := account.Change{Updates: []account.Update{account.ChangeOrganization{
			OrganizationID: organizationID, Members: len(chunk), Seats: len(chunk), UpdatedAt: now,
		}}}
		for _, id := range chunk {
			for _, record := range []account.Record{
				&account.User{
					ID: id, Username: id, Email: id + "@example.com", Name: "Member " + id, Status: account.UserActive,
					TeamCount: 1, Version: 1, CreatedAt: now, UpdatedAt: now,
				},
				&account.Membership{
					UserID: id, OrganizationID: organizationID, Role: account.Member, UserName: "Member " + id,
					UserEmail: id + "@example.com", UserVersion: 1, Version: 1, JoinedAt: now,
				},
			} {
				change.Premises = append(change.Premises, account.IsAbsent{Of: record.Key()})
				change.Puts = append(change.Puts, record)
			}
		}
		if err := store.Commit(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// most are the memberships and the members that are many: in the short run more
// than any page or batch takes.
func most() (memberships, members int) {
	if os.Getenv("HEARTH_SOAK") != "" {
		return 1_000, 10_000
	}
	return 250, 250
}

// Every route of people and their teams makes the calls that the design allows
// it, as many for somebody with 1,000 memberships, which is all that a user may
// have, and in a team of 10,000, as for somebody in one team of 10.
func TestCallsOfEveryRoute(t *testing.T) {
	t.Parallel()
	memberships, members := most()
	for _, size := range []struct{ memberships, members int }{{1, 10}, {memberships, 10}, {1, members}} {
		t.Run(fmt.Sprintf("%d memberships, %d members", size.memberships, size.members), func(t *testing.T) {
			t.Parallel()
			// With a host of its own, nobody else waits for a team of this size
			// to be taken apart.
			h := newHost(t, func(o *options) { o.Config = `{"maxOrganizationsPerUser":1000}` })
			api, wire := countCalls(t, h)
			newCallScene(t, h, api, wire, size.memberships, size.members).run(t)
		})
	}
}

// callScene is ada, who owns a team together with grace.
type callScene struct {
	host       *host
	wire       *counter
	ada, grace *person
	// team is what paths call {organizationId}, the others are the other
	// variables.
	team, userID, invitationID, projectID string
	members                               []string
	counted                               map[string]bool
}

func newCallScene(t *testing.T, h *host, api string, wire *counter, memberships, members int) *callScene {
	t.Helper()
	s := &callScene{host: h, wire: wire, ada: newPerson(t, h, nil).at(api), grace: newPerson(t, h, nil).at(api), counted: map[string]bool{}}
	for _, p := range []*person{s.ada, s.grace} { // the records of their sessions
		p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	}
	s.team = s.ada.createTeam(t, map[string]string{"name": "Team"}).ID
	s.grace.takeIn(t, h, s.team, account.Admin)
	s.userID = s.grace.ID
	s.members = crowd(t, h, s.team, members-2)
	if others := memberships - 2; others > 0 { // the team itself, and one that is made later
		join(t, h, s.ada, others)
	}
	wire.take()
	return s
}

// calls sends a person's request of a route and fails the test unless it is
// served with these calls.
func (s *callScene) calls(t *testing.T, p *person, route string, body any, want ...string) answer {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	known, _, _ := strings.Cut(route, "?")
	s.counted[known] = true
	path = strings.NewReplacer("{organizationId}", s.team, "{userId}", s.userID, "{invitationId}", s.invitationID, "{projectId}", s.projectID).Replace(path)
	s.wire.take()
	got := p.call(t, method, path, body)
	if got.Status/100 != 2 {
		t.Fatalf("%s: %d %s", route, got.Status, got.Body)
	}
	if calls := s.wire.take(); !slices.Equal(calls, want) {
		t.Errorf("%s: %v, want %v", route, calls, want)
	}
	return got
}

func (s *callScene) run(t *testing.T) {
	s.profile(t)
	s.organization(t)
	s.invitations(t)
	s.projects(t)
	s.memberships(t)
	for _, route := range product.Routes() {
		ofTable := slices.Contains([]httpapi.Function{httpapi.Profile, httpapi.Organizations, httpapi.Projects}, route.Function)
		if ofTable && !s.counted[route.Key()] {
			t.Errorf("the calls of %s are not counted", route.Key())
		}
	}
}

// profile is what a person does for themselves.
func (s *callScene) profile(t *testing.T) {
	t.Helper()
	ada := s.ada
	s.calls(t, ada.with(""), "GET /config", nil)
	s.calls(t, ada, "GET /me", nil, read)
	s.calls(t, ada, "GET /me/accounts", nil, query, read)
	s.calls(t, ada, "GET /me/accounts?limit=1", nil, query, read)
	s.calls(t, ada, "GET /me/accounts?limit=90", nil, query, read)
	s.calls(t, ada, "PUT /me/active-account", map[string]string{"accountId": s.team}, read, write)
	s.calls(t, ada, "GET /me", nil, read, read) // the session names a team
	s.calls(t, ada, "GET /audit-log", nil, read, read, query, read)
	s.calls(t, ada, "PUT /me/active-account", map[string]any{"accountId": nil}, read, write)
	s.calls(t, ada, "GET /audit-log", nil, read, query)

	s.calls(t, ada, "GET /me/profile", nil, read)
	s.calls(t, ada, "PATCH /me/profile", map[string]string{"name": "Augusta"}, read, write)
	s.image(t, "/me/profile/image")
	s.calls(t, ada, "GET /me/preferences", nil, read)
	s.calls(t, ada, "PATCH /me/preferences", map[string]string{"theme": "dark"}, read, write)
	s.calls(t, ada, "GET /me/dashboard", nil, read)
}

// image has an image uploaded, attached and taken away.
func (s *callScene) image(t *testing.T, path string) {
	t.Helper()
	var g grant
	s.calls(t, s.ada, "POST "+path, map[string]any{"contentType": "image/png", "size": 100}, read).JSON(t, &g)
	if status := s.ada.upload(t, g, png(100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	s.calls(t, s.ada, "PUT "+path, map[string]string{"key": g.Key}, read, write)
	s.calls(t, s.ada, "DELETE "+path, nil, read, write)
}

// organization is what is done with a team and read of it.
func (s *callScene) organization(t *testing.T) {
	t.Helper()
	ada := s.ada
	s.calls(t, ada, "POST /organizations", map[string]string{"name": "Another"}, read, write)
	s.calls(t, ada, "GET /organizations/{organizationId}", nil, read)
	s.calls(t, ada, "PATCH /organizations/{organizationId}", map[string]string{"name": "Engines", "slug": "slug-" + s.team}, read, write)
	s.image(t, "/organizations/{organizationId}/image")
	for _, page := range []string{"", "?limit=2", "?limit=100", "?q=member"} {
		s.calls(t, ada, "GET /organizations/{organizationId}/members"+page, nil, read, query)
	}
	var first teamList[struct{}]
	s.calls(t, ada, "GET /organizations/{organizationId}/members?limit=2", nil, read, query).JSON(t, &first)
	if first.NextCursor == nil {
		t.Fatal("no second page")
	}
	s.calls(t, ada, "GET /organizations/{organizationId}/members?limit=2&cursor="+url.QueryEscape(*first.NextCursor), nil, read, query)
	s.calls(t, ada, "GET /organizations/{organizationId}/audit-log", nil, read, query, read)
}

// invitations is what is done with them, by those who send and those who get them.
func (s *callScene) invitations(t *testing.T) {
	t.Helper()
	const list = "/organizations/{organizationId}/invitations"
	invite := func(p *person, address string) {
		var made invitationAnswer
		s.calls(t, p, "POST "+list, map[string]string{"email": address, "role": "ORG_MEMBER"}, read, write).JSON(t, &made)
		s.invitationID = made.ID
	}
	address := newAddress()
	invite(s.ada, address)
	s.calls(t, s.ada, "GET "+list, nil, read, query, read)
	token := s.ada.at(s.host.Config.API).mailedTokens(t, address, 1)[0]
	s.calls(t, s.ada.with(""), "POST /invitations/preview", map[string]string{"token": token}, read, read)
	s.calls(t, s.ada, "POST "+list+"/{invitationId}/resend", nil, read, write)
	s.calls(t, s.ada, "DELETE "+list+"/{invitationId}", nil, read, write)

	// Ada leaves the team, and comes back.
	s.calls(t, s.ada, "PATCH /organizations/{organizationId}/members/{userId}", map[string]string{"role": "ORG_OWNER"}, read, write)
	s.calls(t, s.ada, "POST /organizations/{organizationId}/leave", nil, read, write)
	invite(s.grace, s.ada.Email)
	s.calls(t, s.ada, "GET /me/invitations", nil, query, read)
	s.calls(t, s.ada, "POST /invitations/{invitationId}/decline", nil, read, write)
	invite(s.grace, s.ada.Email)
	s.calls(t, s.ada, "POST /invitations/accept", map[string]string{"invitationId": s.invitationID}, read, write)
}

// projects is what is done with data of a team and at home. A change is read
// first, since it is answered with all that it left.
func (s *callScene) projects(t *testing.T) {
	t.Helper()
	for _, p := range []*person{s.ada, s.ada.in(s.team)} {
		var made projectAnswer
		s.calls(t, p, "POST /projects", map[string]string{"name": "Engine"}, read, write).JSON(t, &made)
		s.projectID = made.ID
		s.calls(t, p, "GET /projects", nil, read, query)
		s.calls(t, p, "GET /projects/{projectId}", nil, read, read)
		s.calls(t, p, "PATCH /projects/{projectId}", map[string]string{"name": "Mill"}, read, read, write)
		s.calls(t, p, "DELETE /projects/{projectId}", nil, read, write)
	}
}

// memberships is what is done with those of a team, and its end.
func (s *callScene) memberships(t *testing.T) {
	t.Helper()
	s.userID = s.members[0]
	s.calls(t, s.grace, "PATCH /organizations/{organizationId}/members/{userId}", map[string]string{"role": "ORG_ADMIN"}, read, write)
	s.calls(t, s.grace, "DELETE /organizations/{organizationId}/members/{userId}", nil, read, write)
	s.calls(t, s.grace, "POST /organizations/{organizationId}/transfer-ownership", map[string]string{"userId": s.ada.ID}, read, write)
	s.calls(t, s.ada, "DELETE /organizations/{organizationId}", nil, read, write)
}
