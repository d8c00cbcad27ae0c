package dynamo_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// personOf is somebody of a town as the pool has them.
func personOf(name string) account.Person {
	p, _ := tokens{}.Person(context.Background(), name)
	return p
}

// free is the use of a table that nobody pays for.
func free() (read, write float64) { return 0, 0 }

// village is a town with a bit of everything in its table: ada owns a team in
// which bob is a member and to which eve is invited, kim is alone.
type village struct {
	*town
	jobs *account.Maintenance
	pool *accounttest.Directory
	id   string
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{town: newTown(t), pool: &accounttest.Directory{PageSize: 3}}
	v.jobs = account.NewMaintenance(v.Service, v.store, v.pool, free)
	for _, name := range townspeople {
		v.pool.Add(personOf(name))
		if _, err := v.Authorize(t.Context(), identity(name, "1"), account.Target{}); err != nil {
			t.Fatal(err)
		}
	}
	v.id = v.team(t, "team", "ada", "bob")
	if _, _, err := v.Invite(t.Context(), identity("ada", "1"), v.id, addressOf("eve"), account.Member, account.Repeat{}); err != nil {
		t.Fatal(err)
	}
	return v
}

// run does a job and returns what it found and repaired, "<rule> <item>" each.
func (v *village) run(t *testing.T, name account.JobName) (findings, repairs []string) {
	t.Helper()
	return jobOf(t, v.jobs, name)
}

func jobOf(t *testing.T, m *account.Maintenance, name account.JobName) (findings, repairs []string) {
	t.Helper()
	job := account.Job{Name: name}
	for {
		s := m.Run(t.Context(), job, func(account.Summary) {})
		if s.Failure != "" {
			t.Fatalf("%s: %s", name, s.Failure)
		}
		for _, f := range s.Findings {
			findings = append(findings, string(f.Rule)+" "+f.Item)
		}
		for _, f := range s.Repairs {
			repairs = append(repairs, string(f.Rule)+" "+f.Item)
		}
		if job.After = s.Next; job.After == "" {
			slices.Sort(findings)
			slices.Sort(repairs)
			return slices.Compact(findings), slices.Compact(repairs)
		}
	}
}

// record reads one record of the table.
func record[R account.Record](t *testing.T, s account.Store, key account.Key) R {
	t.Helper()
	records, err := s.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	r, ok := records[key].(R)
	if !ok {
		t.Fatalf("there is no %v", key)
	}
	return r
}

// change writes a record over the one of its key, whatever rule that breaks.
func change[R account.Record](t *testing.T, s account.Store, key account.Key, edit func(R)) {
	t.Helper()
	r := record[R](t, s, key)
	version := r.Revision()
	edit(r)
	commit(t, s, account.Change{Premises: []account.Premise{account.VersionIs{Of: key, Version: version}}, Puts: []account.Record{r}})
}

func commit(t *testing.T, s account.Store, c account.Change) {
	t.Helper()
	if err := s.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func drop(t *testing.T, s account.Store, key account.Key) {
	t.Helper()
	commit(t, s, account.Change{Premises: []account.Premise{account.Exists{Of: key}}, Deletes: []account.Key{key}})
}

func insert(t *testing.T, s account.Store, records ...account.Record) {
	t.Helper()
	c := account.Change{Puts: records}
	for _, r := range records {
		c.Premises = append(c.Premises, account.IsAbsent{Of: r.Key()})
	}
	commit(t, s, c)
}

// setText writes an attribute of an item past the store.
func (v *village) setText(t *testing.T, pk, sk, name, value string) {
	t.Helper()
	if err := setText(t.Context(), dynamotest.Client(t, nil), v.table, pk, sk, name, value); err != nil {
		t.Fatal(err)
	}
}

func setText(ctx context.Context, client *dynamodb.Client, table, pk, sk, name, value string) error {
	return edit(ctx, client, table, pk, sk, "SET #n = :v", name, map[string]types.AttributeValue{":v": &types.AttributeValueMemberS{Value: value}})
}

// forget removes an attribute of an item past the store.
func (v *village) forget(t *testing.T, pk, sk, name string) {
	t.Helper()
	if err := edit(t.Context(), dynamotest.Client(t, nil), v.table, pk, sk, "REMOVE #n", name, nil); err != nil {
		t.Fatal(err)
	}
}

func edit(ctx context.Context, client *dynamodb.Client, table, pk, sk, update, name string, values map[string]types.AttributeValue) error {
	_, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &table, UpdateExpression: &update, ExpressionAttributeNames: map[string]string{"#n": name}, ExpressionAttributeValues: values,
		Key: map[string]types.AttributeValue{
			dynamo.PartitionKey: &types.AttributeValueMemberS{Value: pk}, dynamo.SortKey: &types.AttributeValueMemberS{Value: sk},
		},
	})
	return err
}

// A table in which all is well has nothing to tell, whatever asks.
func TestNothingIsFoundWhereNothingIsBroken(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for _, job := range []account.JobName{account.JobCheck, account.JobVerify, account.JobEnsure, account.JobCheck} {
		if findings, repairs := v.run(t, job); len(findings)+len(repairs) > 0 {
			t.Errorf("%s: %v, %v", job, findings, repairs)
		}
	}
}

// Whatever people did and however it went on, the table is as it must be.
func TestNothingIsFoundAfterDeletions(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	other := v.team(t, "other", "kim", "eve", "bob")
	if err := v.DeleteOrganization(t.Context(), identity("kim", "1"), other); err != nil {
		t.Fatal(err)
	}
	if findings, _ := v.run(t, account.JobCheck); len(findings) > 0 {
		t.Errorf("while it closes: %v", findings)
	}
	for done := false; !done; {
		var err error
		if done, err = v.Purge(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	if findings, _ := v.run(t, account.JobCheck); len(findings) > 0 {
		t.Errorf("afterwards: %v", findings)
	}
}

// expectNothingBroken has check look at a history's table. Nothing takes closing
// teams apart there by itself, so that they can be overdue.
func expectNothingBroken(t *testing.T, r *rapid.T, s *side) {
	t.Helper()
	scanner, ok := s.store.(account.Scanner)
	if !ok {
		r.Fatal("the store cannot be scanned")
	}
	sum := account.NewMaintenance(s.Service, scanner, &accounttest.Directory{}, free).
		Run(t.Context(), account.Job{Name: account.JobCheck}, func(account.Summary) {})
	for _, f := range sum.Findings {
		if f.Rule != account.RuleOverdue {
			r.Errorf("check: %+v", f)
		}
	}
	if sum.Failure != "" || sum.Items["user"] != len(townspeople) {
		r.Errorf("check: %+v", sum)
	}
}

// A job that stops in between goes on where it was, and one that is asked for
// nonsense says so.
func TestJobGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	whole := v.jobs.Run(t.Context(), account.Job{Name: account.JobVerify}, func(account.Summary) {})
	people, items := 0, map[string]int{}
	for after, n := "", 0; n == 0 || after != ""; n++ {
		ctx, stop := context.WithCancel(t.Context())
		s := v.jobs.Run(ctx, account.Job{Name: account.JobVerify, After: after}, func(account.Summary) { stop() }) // one page
		people += s.People
		for kind, n := range s.Items {
			items[kind] += n
		}
		if s.Failure != "" || s.Pages != 1 || strings.Contains(s.Next, "@") {
			t.Fatalf("a page: %+v", s)
		}
		after = s.Next
	}
	if people != whole.People || !maps.Equal(items, whole.Items) || people != len(townspeople) || items["user"] != people {
		t.Errorf("in pages %d, %v; at once %d, %v", people, items, whole.People, whole.Items)
	}
	for _, job := range []account.Job{{}, {Name: "clean"}, {Name: account.JobCheck, After: "people:"}, {Name: account.JobCheck, After: "table:!"}} {
		if s := v.jobs.Run(t.Context(), job, func(account.Summary) {}); s.Failure == "" {
			t.Errorf("%+v: %+v", job, s)
		}
	}
}

// The capacity that a job uses is measured, and bounded.
func TestJobKeepsToItsCapacity(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	const runs = 15
	for _, perSecond := range []float64{0, 20} {
		meter := dynamo.NewMeter(perSecond, time.Now)
		store := dynamo.New(dynamotest.Client(t, nil, meter.Install), v.table)
		service := account.NewService(account.Options{Store: store, Pool: tokens{}, Grants: account.CoreGrants(), Now: time.Now, NewID: newRequestID})
		m := account.NewMaintenance(service, store, v.pool, func() (float64, float64) { return meter.Used().Read, meter.Used().Write })
		var units, seconds float64
		for range runs {
			s := m.Run(t.Context(), account.Job{Name: account.JobCheck}, func(account.Summary) {})
			if s.Failure != "" || s.ReadUnits < 1 || s.ReadUnits > 100 || s.WriteUnits != 0 {
				t.Fatalf("%+v", s)
			}
			units, seconds = units+s.ReadUnits, seconds+s.Seconds
		}
		// A second's units are saved up, and the last call is not waited for.
		if least := (units - perSecond - units/runs) / perSecond; perSecond > 0 && (least < 0.5 || seconds < least) {
			t.Errorf("%.0f units in %.1f s, want at least %.1f s", units, seconds, least)
		}
	}
}

func newRequestID() string {
	return fmt.Sprintf("018f4e2a-0000-7000-8000-%012d", time.Now().UnixNano()%1e12)
}
