package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// tableItems are the items of a host's table, as text by their keys, but
// counts of what somebody did: a refusal may add to those.
func tableItems(t *testing.T, h *host) map[string]string {
	t.Helper()
	items := map[string]string{}
	pages := dynamodb.NewScanPaginator(dynamoClient(h.Config.DynamoDBEndpoint), &dynamodb.ScanInput{
		TableName: aws.String(h.Config.TableName), ConsistentRead: aws.Bool(true),
	})
	text := func(v types.AttributeValue) string {
		s, _ := v.(*types.AttributeValueMemberS)
		return s.Value
	}
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			key := text(item[dynamo.PartitionKey]) + " " + text(item[dynamo.SortKey])
			if strings.Contains(key, " LIMIT#") {
				continue
			}
			content, err := json.Marshal(item) // maps are written in the order of their keys
			if err != nil {
				t.Fatal(err)
			}
			items[key] = string(content)
		}
	}
	return items
}

// A thousand requests at once, most of them bad, are each answered for what
// they are within seconds, and the one thing that they may change is changed
// once. It runs alone: the others would wait behind it.
func TestAThousandRequestsAtOnce(t *testing.T) { //nolint:paralleltest // see above
	const requests, patience = 1_000, time.Minute
	h := newHost(t, nil)
	ada, grace, alan, stranger := newPerson(t, h, nil), newPerson(t, h, nil), newPerson(t, h, nil), newPerson(t, h, nil)
	for _, p := range []*person{ada, grace, alan, stranger} { // the records of their sessions
		p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
		p.http.Timeout = patience
	}
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	grace.takeIn(t, h, team.ID, account.Admin)
	alan.takeIn(t, h, team.ID, account.Member)
	made, address := ada.invite(t, team.ID, alan.Email+".example", account.Member), newAddress()
	token := ada.mailedTokens(t, made.Email, 1)[0]
	path := "/organizations/" + team.ID

	// A secret that it could have, and has not.
	guess := token[:strings.LastIndex(token, ".")+1] + strings.Repeat("A", 43)
	const guessing, inviting = "a guess at the token of an invitation", "an address that is invited once"
	kinds := []struct {
		name string
		send func() answer
		want []account.Code // "" is an answer that is no refusal
	}{
		{"the only owner demotes herself", func() answer {
			return ada.call(t, http.MethodPatch, path+"/members/"+ada.ID, map[string]string{"role": "ORG_MEMBER"})
		}, []account.Code{account.CodeLastOwner}},
		{"the only owner leaves", func() answer { return ada.call(t, http.MethodPost, path+"/leave", nil) }, []account.Code{account.CodeLastOwner}},
		{"a member removes the owner", func() answer { return alan.call(t, http.MethodDelete, path+"/members/"+ada.ID, nil) }, []account.Code{account.CodeForbidden}},
		{"a stranger deletes the team", func() answer { return stranger.call(t, http.MethodDelete, path, nil) }, []account.Code{account.CodeNotFound}},
		{"an unknown role", func() answer { return grace.tryInvite(t, team.ID, newAddress(), "ORG_KING") }, []account.Code{account.CodeInvalidRequest}},
		{"one's own address", func() answer { return ada.tryInvite(t, team.ID, ada.Email, account.Member) }, []account.Code{account.CodeAlreadyMember}},
		{"no token", func() answer { return ada.with("").call(t, http.MethodGet, path, nil) }, []account.Code{gatewayRefusal}},
		{guessing, func() answer { return alan.accept(t, "token", guess) }, []account.Code{account.CodeNotFound, account.CodeRateLimited}},
		{"a good read", func() answer { return alan.call(t, http.MethodGet, path, nil) }, []account.Code{""}},
		{inviting, func() answer { return grace.tryInvite(t, team.ID, address, account.Member) }, []account.Code{"", account.CodeAlreadyInvited, account.CodeConflict}},
	}
	before := tableItems(t, h)
	answers := make([]answer, requests)
	var group, start sync.WaitGroup
	start.Add(1)
	for n := range answers {
		group.Go(func() {
			start.Wait()
			answers[n] = kinds[n%len(kinds)].send()
		})
	}
	began := time.Now()
	start.Done()
	group.Wait()
	took := time.Since(began)
	if took > patience {
		t.Errorf("it took %s", took)
	}

	told := map[string]map[account.Code]int{}
	for n, a := range answers {
		kind, code := kinds[n%len(kinds)], refusalCode(t, a)
		if told[kind.name] == nil {
			told[kind.name] = map[account.Code]int{}
		}
		told[kind.name][code]++
		// Whoever is turned away because too many came may try again.
		if busy := a.Status == http.StatusServiceUnavailable; !busy && !slices.Contains(kind.want, code) {
			t.Errorf("%s: %d %s", kind.name, a.Status, a.Body)
		}
	}
	// The one who invited may be among those whose answer came too late.
	late := func(kind string) bool { return told[kind][account.CodeUnavailable] > 0 }
	if once := told[inviting][""]; once > 1 || once == 0 && !late(inviting) {
		t.Errorf("the address was invited %d times", once)
	}
	if guesses := told[guessing][account.CodeNotFound]; guesses > account.TokenRate.Max || guesses == 0 && !late(guessing) {
		t.Errorf("%d guesses were answered, %d may be", guesses, account.TokenRate.Max)
	}
	expectOneInvitation(t, team.ID, before, tableItems(t, h))
	t.Logf("%d requests in %s: %v", requests, took.Round(time.Millisecond), told)
}

// gatewayRefusal stands for what API Gateway refuses itself, without a code.
const gatewayRefusal account.Code = "(API Gateway)"

// refusalCode is the code of a problem, gatewayRefusal, or "" for an answer that
// is no refusal. That a body is as documented, the contract checks.
func refusalCode(t *testing.T, a answer) account.Code {
	t.Helper()
	if a.Status < http.StatusBadRequest {
		return ""
	}
	var body struct {
		Code    account.Code
		Message string
	}
	a.JSON(t, &body)
	if body.Code == "" && body.Message != "" {
		return gatewayRefusal
	}
	return body.Code
}

// expectOneInvitation fails the test unless a team got an invitation, and
// nothing else of the table changed.
func expectOneInvitation(t *testing.T, organizationID string, before, after map[string]string) {
	t.Helper()
	organization := "ORG#" + organizationID
	if before[organization+" ORG"] == after[organization+" ORG"] {
		t.Error("no seat was taken")
	}
	delete(before, organization+" ORG")
	delete(after, organization+" ORG")
	added := map[string]int{}
	for key := range maps.Clone(after) {
		if _, old := before[key]; !old {
			kind, _, _ := strings.Cut(strings.TrimPrefix(key, organization+" "), "#")
			added[kind]++
			delete(after, key)
		}
	}
	if want := map[string]int{"INVITE": 1, "INVITED": 1, "AUDIT": 1}; !maps.Equal(added, want) {
		t.Errorf("added %v, want %v", added, want)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("changed:\n%s", diff)
	}
}
