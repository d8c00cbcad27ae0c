package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
	"hearth/internal/httpapi"
)

// mixedRequests is how many are sent: the design's 100,000 at length.
func mixedRequests() int {
	if os.Getenv("HEARTH_SOAK") != "" {
		return 100_000
	}
	return 2_000
}

const mixedUsers = 50

// mark stands in the name of every project: the number of its account, which no
// answer for another account may show.
var mark = regexp.MustCompile(`mark-(\d+)-`)

// crowdAccount is an account of the crowd's, with what its members know of it.
type crowdAccount struct {
	id      string
	number  int
	mu      sync.Mutex
	ids     []string
	cursors []string
}

func (a *crowdAccount) learn(id string, cursor *string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id != "" && len(a.ids) < 500 {
		a.ids = append(a.ids, id)
	}
	if cursor != nil && len(a.cursors) < 100 {
		a.cursors = append(a.cursors, *cursor)
	}
}

// pick is one of the ids and cursors that are known.
func (a *crowdAccount) pick(r *rand.Rand) (id, cursor string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, cursor = newID(), ""
	if len(a.ids) > 0 {
		id = a.ids[r.IntN(len(a.ids))]
	}
	if len(a.cursors) > 0 {
		cursor = a.cursors[r.IntN(len(a.cursors))]
	}
	return id, cursor
}

// mixedCrowd is 50 users, each with an account of their own and in three teams, and
// the one warm function that serves them all.
type mixedCrowd struct {
	host     *host
	function lambda.Handler
	users    []string
	accounts []*crowdAccount
	members  map[string][]*crowdAccount // by user

	served, refused, foreign, unavailable atomic.Int64
}

func newMixedCrowd(t *testing.T) *mixedCrowd {
	t.Helper()
	h := newHost(t, nil)
	built, err := newFunctions(environment(h.options, h.id, h.Config))
	if err != nil {
		t.Fatal(err)
	}
	c := &mixedCrowd{host: h, function: built.api[httpapi.Projects], members: map[string][]*crowdAccount{}}
	service := account.NewService(account.Options{
		Store: storeOf(h), Now: time.Now, NewID: newID, Config: account.Config{Languages: []string{"en"}}, SessionValidity: time.Hour,
	})
	enter := func(userID, accountID string) {
		for _, a := range c.accounts {
			if a.id == accountID {
				c.members[userID] = append(c.members[userID], a)
			}
		}
	}
	var teams []string
	for i := range mixedUsers {
		id := newID()
		if _, err := service.Enroll(t.Context(), account.Person{ID: id, Username: id, Email: fmt.Sprintf("u%d@example.com", i), Name: "U"}); err != nil {
			t.Fatal(err)
		}
		c.users = append(c.users, id)
		teams = append(teams, join(t, h, &person{ID: id}, 1)[0])
		c.accounts = append(c.accounts, &crowdAccount{id: id, number: 2 * i}, &crowdAccount{id: teams[i], number: 2*i + 1})
	}
	for i, id := range c.users {
		enter(id, id)
		enter(id, teams[i])
		for _, n := range []int{1, 7} {
			other := teams[(i+n)%mixedUsers]
			(&person{ID: id}).takeIn(t, h, other, account.Member)
			enter(id, other)
		}
	}
	return c
}

// ask has the function answer one request of a user's for an account.
func (c *mixedCrowd) ask(t *testing.T, userID, accountID, method, path, query, body, key string) events.APIGatewayV2HTTPResponse {
	now := time.Now().Unix()
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: method + " " + path, RawPath: path, RawQueryString: query, Body: body,
		Headers: map[string]string{"x-account-id": accountID, "content-type": "application/json", "authorization": "Bearer x"},
	}
	if key != "" {
		event.Headers["idempotency-key"] = key
	}
	event.RequestContext.RequestID = newID()
	event.RequestContext.HTTP.Method, event.RequestContext.HTTP.Path = method, path
	event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{
			"sub": userID, "username": userID, "origin_jti": "session-of-" + userID, "token_use": "access",
			"iss": c.host.Config.Issuer, "client_id": c.host.id.WebClientID,
			"auth_time": strconv.FormatInt(now, 10), "exp": strconv.FormatInt(now+600, 10),
		}},
	}
	payload, err := json.Marshal(event)
	if err != nil {
		t.Error(err)
	}
	text, err := c.function.Invoke(t.Context(), payload)
	if err != nil {
		t.Error(err)
	}
	var answer events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Errorf("%v: %s", err, text)
	}
	return answer
}

// one sends a request drawn at random, three in ten of them with something of
// another account's, and holds the answer against the account that it is for.
func (c *mixedCrowd) one(t *testing.T, r *rand.Rand) {
	userID := c.users[r.IntN(len(c.users))]
	own := c.members[userID]
	a := own[r.IntN(len(own))]
	from := a // whose ids, cursors and keys are sent
	if r.IntN(10) < 3 {
		from = c.accounts[r.IntN(len(c.accounts))]
	}
	target := a
	if from != a && r.IntN(4) == 0 {
		target = from // the header, too
	}
	id, cursor := from.pick(r)
	name := fmt.Sprintf(`{"name":"mark-%d-%d"}`, target.number, r.IntN(1000))
	method, path, query, body, key := http.MethodGet, "/projects", "", "", ""
	foreign := false
	switch r.IntN(10) {
	case 0, 1, 2:
		method, body, key = http.MethodPost, name, fmt.Sprintf("key-%d", r.IntN(40)) // shared by all
	case 3:
		method, body = http.MethodPost, name
	case 4, 5:
		query, foreign = "limit=3&cursor="+url.QueryEscape(cursor), cursor != ""
	case 6:
		query = "limit=100"
	case 7:
		path += "/" + id
	case 8:
		method, path, body = http.MethodPatch, path+"/"+id, name
	case 9:
		method, path = http.MethodDelete, path+"/"+id
	}
	answer := c.ask(t, userID, target.id, method, path, query, body, key)
	c.check(t, answer, method+" "+path, target, slices.Contains(own, target), from != target && (foreign || path != "/projects"))
}

func (c *mixedCrowd) check(t *testing.T, answer events.APIGatewayV2HTTPResponse, what string, target *crowdAccount, member, foreign bool) {
	switch {
	case answer.StatusCode == http.StatusServiceUnavailable: // the engine of a busy machine is slow at times
		c.unavailable.Add(1)
	case answer.StatusCode >= http.StatusInternalServerError:
		t.Errorf("%s: %d %s", what, answer.StatusCode, answer.Body)
	}
	success := answer.StatusCode < http.StatusBadRequest
	if success && (!member || answer.Headers["x-account-id"] != target.id) {
		t.Errorf("%s answers %d for %q, asked for %s, a member: %t", what, answer.StatusCode, answer.Headers["x-account-id"], target.id, member)
	}
	for _, found := range mark.FindAllStringSubmatch(answer.Body, -1) {
		if !member || found[1] != strconv.Itoa(target.number) {
			t.Errorf("%s for account %d shows data of %s: %s", what, target.number, found[1], answer.Body)
		}
	}
	if foreign {
		c.foreign.Add(1)
		if success {
			t.Errorf("%s: what another account has leads to %d %s", what, answer.StatusCode, answer.Body)
		}
	}
	if !success {
		c.refused.Add(1)
		return
	}
	c.served.Add(1)
	var known struct {
		ID         string
		Items      []struct{ ID string }
		NextCursor *string
	}
	if answer.Body != "" {
		if err := json.Unmarshal([]byte(answer.Body), &known); err != nil {
			t.Error(err)
		}
	}
	target.learn(known.ID, known.NextCursor)
}

// Many users at once through one function that stays warm: whatever they send
// of each other's, no answer holds another account's data.
func TestMixedRequestsThroughOneFunction(t *testing.T) {
	t.Parallel()
	c := newMixedCrowd(t)
	requests := mixedRequests()
	const workers = 8
	var group sync.WaitGroup
	for n := range workers {
		group.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(n)))
			for range requests / workers {
				if t.Failed() {
					return
				}
				c.one(t, r)
			}
		})
	}
	group.Wait()
	t.Logf("%d served, %d refused, %d of them for want of the engine; %d used what another account has",
		c.served.Load(), c.refused.Load(), c.unavailable.Load(), c.foreign.Load())
	if c.unavailable.Load() > int64(requests)/1000 || c.served.Load() < int64(requests)/3 || c.foreign.Load() < int64(requests)/20 {
		t.Errorf("of %d requests %d were served, %d used what another account has", requests, c.served.Load(), c.foreign.Load())
	}
}
