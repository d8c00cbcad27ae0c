package main

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// putUnreadable writes an invitation that cannot be read: its time is none.
// What the stream does with it, once it is asked for a mail, and every list
// that it is in, fails.
func putUnreadable(t *testing.T, h *host, organizationID, id string, sendCount string) (remove func()) {
	t.Helper()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	key := map[string]types.AttributeValue{dynamo.PartitionKey: text("ORG#" + organizationID), dynamo.SortKey: text("INVITE#" + id)}
	item := map[string]types.AttributeValue{
		"type": text("invitation"), "createdAt": text("never"), "sendCount": &types.AttributeValueMemberN{Value: sendCount},
	}
	for name, value := range key {
		item[name] = value
	}
	client := dynamoClient(h.Config.DynamoDBEndpoint)
	if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(h.Config.TableName), Item: item}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(h.Config.TableName), Key: key}); err != nil {
			t.Fatal(err)
		}
	}
}

// putNew writes records that are not there yet, in one commit.
func putNew(t *testing.T, h *host, records ...account.Record) {
	t.Helper()
	change := account.Change{Puts: records}
	for _, r := range records {
		change.Premises = append(change.Premises, account.IsAbsent{Of: r.Key()})
	}
	if err := storeOf(h).Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// offer writes an invitation, of which the stream makes a mail.
func offer(t *testing.T, h *host, organizationID, by, address string) {
	t.Helper()
	now, id := time.Now().UTC().Truncate(time.Millisecond), newID()
	putNew(t, h,
		&account.Invitation{
			OrganizationID: organizationID, ID: id, Email: address, Role: account.Member, Status: account.InvitationPending,
			SendCount: 1, InvitedBy: by, CreatedAt: now, LastSentAt: now, ExpiresAt: now.Add(time.Hour), Version: 1,
		},
		&account.Invited{OrganizationID: organizationID, Email: address, InvitationID: id, Version: 1})
}

// closeEmpty makes a team without members, and has it begin to close.
func closeEmpty(t *testing.T, h *host) (id string, keys []account.Key) {
	t.Helper()
	id = newID()
	organization := &account.Organization{ID: id, Name: "Closing", Slug: "slug-" + id, Status: account.OrganizationActive, Version: 1}
	slug := &account.Slug{Slug: "slug-" + id, OrganizationID: id, Version: 1}
	putNew(t, h, organization, slug)
	closing, due, now := account.OrganizationClosing, time.Now().Add(-time.Minute), time.Now()
	if err := storeOf(h).Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeOrganization{OrganizationID: id, Status: &closing, DueAt: &due, UpdatedAt: now},
	}}); err != nil {
		t.Fatal(err)
	}
	return id, []account.Key{organization.Key(), slug.Key()}
}

// told are the lines that a host's event source logged with a message.
func told(t *testing.T, log *lines, message string) (records []int) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var entry struct {
			Msg     string
			Records int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Msg == message {
			records = append(records, entry.Records)
		}
	}
	return records
}

// Records of the stream that fail for good are set apart from the others of
// their batch, tried again, and given up; those before and behind them are
// followed. (On AWS what is given up goes to a queue, here its sequence number
// to the log.) A purge that fails is no such record: it is left to the schedule.
func TestPoisonedStreamRecordsBlockNothingElse(t *testing.T) {
	t.Parallel()
	var log lines
	o := testOptions(t.TempDir(), "host-"+rand.Text())
	o.StreamAttempts, o.RedriveEvery = 2, time.Hour
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	first, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ada := newPerson(t, first, nil)
	ada.me(t)
	team := ada.createTeam(t, map[string]string{"name": "Team"}).ID
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	first.Config.DynamoDBEndpoint = shared.engine.Endpoint // its own ended with it

	// While no host runs, all of this comes together in one batch.
	before, behind := newAddress(), newAddress()
	offer(t, first, team, ada.ID, before)
	putUnreadable(t, first, team, newID(), "1")
	stuck, stuckKeys := closeEmpty(t, first)
	repair := putUnreadable(t, first, stuck, newID(), "0")
	_, otherKeys := closeEmpty(t, first)
	offer(t, first, team, ada.ID, behind)

	second, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
	left := func(keys []account.Key) int {
		records, err := storeOf(second).Read(t.Context(), keys...)
		if err != nil {
			t.Fatal(err)
		}
		return len(records)
	}
	for _, address := range []string{before, behind} {
		eventually(t, "the mail of an invitation beside a poisoned record", func() bool { return len(second.Mail.List(address)) == 1 })
	}
	eventually(t, "the end of a team beside a poisoned record", func() bool { return left(otherKeys) == 0 })

	if given := told(t, &log, "records discarded"); len(given) != 1 || given[0] != 1 {
		t.Errorf("given up: %v records, want 1", given)
	}
	failed := told(t, &log, "batch failed") // their sizes: all that had come, then halves, at last the record alone
	alone := slices.DeleteFunc(slices.Clone(failed), func(records int) bool { return records > 1 })
	if slices.Max(failed) < 6 || len(alone) < o.StreamAttempts {
		t.Errorf("batches that failed: %v", failed)
	}

	// What the stream left is still there, and waits for its cause to be mended.
	second.redrive(t.Context())
	if left(stuckKeys) != 2 {
		t.Fatal("the team that cannot be taken apart is gone")
	}
	repair()
	second.redrive(t.Context())
	if n := left(stuckKeys); n != 0 {
		t.Errorf("after the schedule's call %d records are left", n)
	}
}
