package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// storeOf is the store of a host's table. Teams are made through it.
func storeOf(h *host) *dynamo.Store {
	return dynamo.New(dynamoClient(h.Config.DynamoDBEndpoint), h.Config.TableName)
}

// newID returns a random UUID, so that teams stand before and behind a person's
// own id in a list.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, as its documentation says
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// teamsACommit is how many teams fit one transaction of 100 items.
const teamsACommit = 40

// join makes a person the owner of count new teams and returns their ids, sorted.
func join(t *testing.T, h *host, p *person, count int) []string {
	t.Helper()
	store, now := storeOf(h), time.Now().UTC().Truncate(time.Millisecond)
	ids := make([]string, count)
	for i := range ids {
		ids[i] = newID()
	}
	for chunk := range slices.Chunk(ids, teamsACommit) {
		records, err := store.Read(t.Context(), account.UserKey(p.ID))
		if err != nil {
			t.Fatal(err)
		}
		user := records.User(p.ID)
		if user == nil {
			t.Fatal("the person has no records yet")
		}
		change := account.Change{Updates: []account.Update{
			account.ChangeUser{UserID: p.ID, Teams: len(chunk), UpdatedAt: now},
		}}
		for _, id := range chunk {
			team := &account.Organization{
				ID: id, Name: "Team " + id[:8], Slug: "team-" + id, Status: account.OrganizationActive,
				MemberCount: 1, OwnerCount: 1, SeatsUsed: 1, Version: 1, CreatedBy: p.ID, CreatedAt: now, UpdatedAt: now,
			}
			member := &account.Membership{
				UserID: p.ID, OrganizationID: id, Role: account.Owner, UserName: user.Name, UserEmail: user.Email,
				UserImageKey: user.ImageKey, UserVersion: user.Version, Version: 1, JoinedAt: now,
			}
			for _, record := range []account.Record{team, member} {
				change.Premises = append(change.Premises, account.IsAbsent{Of: record.Key()})
				change.Puts = append(change.Puts, record)
			}
		}
		if err := store.Commit(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(ids)
	return ids
}

// leave takes a membership away.
func leave(t *testing.T, h *host, p *person, organizationID string) {
	t.Helper()
	key := func(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
	gone, err := dynamoClient(h.Config.DynamoDBEndpoint).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName:    aws.String(h.Config.TableName),
		Key:          map[string]types.AttributeValue{dynamo.PartitionKey: key("USER#" + p.ID), dynamo.SortKey: key("MEMBER#" + organizationID)},
		ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(gone.Attributes) == 0 {
		t.Fatal("there was no such membership")
	}
}

// closeTeam has a team begin to close; the stream takes it apart at once.
func closeTeam(t *testing.T, h *host, organizationID string) {
	t.Helper()
	setStatus(t, h, organizationID, account.OrganizationClosing)
}

// setStatus has a team be in a state, by a write of its own.
func setStatus(t *testing.T, h *host, organizationID string, status account.OrganizationStatus) {
	t.Helper()
	err := storeOf(h).Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeOrganization{OrganizationID: organizationID, Status: &status, UpdatedAt: time.Now()},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// problem is what a function answers with when it refuses.
type problem struct {
	Code   account.Code         `json:"code"`
	Status int                  `json:"status"`
	Errors []account.FieldError `json:"errors"`
}

// refused fails the test unless the answer is the problem of a code, naming the
// fields, each as "/pointer code", in any order.
func (a answer) refused(t *testing.T, status int, code account.Code, fields ...string) {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q of %d: %s", got, a.Status, a.Body)
		return
	}
	var p problem
	if err := json.Unmarshal(a.Body, &p); err != nil {
		t.Errorf("no problem: %v: %s", err, a.Body)
		return
	}
	var named []string
	for _, e := range p.Errors {
		named = append(named, e.Field+" "+string(e.Code))
	}
	slices.Sort(named)
	slices.Sort(fields)
	if a.Status != status || p.Status != status || p.Code != code || !slices.Equal(named, fields) {
		t.Errorf("%d %s %q, want %d %s %q", a.Status, p.Code, named, status, code, fields)
	}
	if status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
