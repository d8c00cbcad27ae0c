package main

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// A position moves on only behind records that the stream function has handled.
func TestChangesReachTheStreamFunction(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	handled := func() (shards int) {
		content, err := os.ReadFile(filepath.Join(h.options.Dir, "stream", "stream.json"))
		if err != nil {
			return 0 // none handled yet
		}
		var file struct {
			Shards map[string]struct{ After string }
		}
		if err := json.Unmarshal(content, &file); err != nil {
			t.Fatal(err)
		}
		for _, shard := range file.Shards {
			if shard.After != "" {
				shards++
			}
		}
		return shards
	}
	if handled() != 0 {
		t.Fatal("records before anything was written")
	}
	newPerson(t, h, nil)
	for deadline := time.Now().Add(20 * time.Second); handled() == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no record was handled")
		}
	}
}

// A deletion that the stream lost, as one that never was in it, is taken up by
// the schedule.
func TestScheduleTakesUpLostDeletions(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *options) { o.RedriveEvery = 100 * time.Millisecond })
	store := dynamo.New(dynamoClient(h.Config.DynamoDBEndpoint), h.Config.TableName)
	id, now := "lost-"+rand.Text(), time.Now().UTC()
	organization := func(id string, dueAt time.Time) []account.Record {
		return []account.Record{
			&account.Organization{ID: id, Name: "Lost", Slug: id, Status: account.OrganizationClosing, DueAt: dueAt, Version: 1},
			&account.Slug{Slug: id, OrganizationID: id, Version: 1},
			&account.AuditEntry{OrganizationID: id, ID: "1", Actor: "u", Action: account.OrganizationDeleted, Version: 1},
		}
	}
	change := account.Change{Puts: append(organization(id, now.Add(-time.Minute)), organization(id+"-later", now.Add(time.Hour))...)}
	for _, r := range change.Puts {
		change.Premises = append(change.Premises, account.IsAbsent{Of: r.Key()})
	}
	if err := store.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	gone := []account.Key{account.OrganizationKey(id), account.SlugKey(id), account.AuditKey(id, "1")}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		records, err := store.Read(t.Context(), gone...)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v", records)
		}
	}
	records, err := store.Read(t.Context(), account.OrganizationKey(id+"-later"))
	if err != nil || len(records) != 1 {
		t.Errorf("what is not due: %v, %v", records, err)
	}
}
