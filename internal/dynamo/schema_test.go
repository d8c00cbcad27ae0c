package dynamo_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// layout is where an item stands, and until when.
type layout struct {
	PK     string `dynamodbav:"PK"`
	SK     string `dynamodbav:"SK"`
	GSI1PK string `dynamodbav:"GSI1PK"`
	GSI1SK string `dynamodbav:"GSI1SK"`
	Type   string `dynamodbav:"type"`
	Expiry int64  `dynamodbav:"expiresAt"`
}

// layouts scans a table, ordered by key.
func layouts(t *testing.T, table string) []layout {
	t.Helper()
	output, err := dynamotest.Client(t, nil).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var items []layout
	if err := attributevalue.UnmarshalListOfMaps(output.Items, &items); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(items, func(a, b layout) int { return slices.Compare([]string{a.PK, a.SK}, []string{b.PK, b.SK}) })
	return items
}

func put(t *testing.T, s account.Store, records ...account.Record) {
	t.Helper()
	change := account.Change{Puts: records}
	for _, r := range records {
		change.Premises = append(change.Premises, account.IsAbsent{Of: r.Key()})
	}
	if err := s.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// The layout is what other tools, policies and old data go by.
func TestWhereTeamsStand(t *testing.T) {
	t.Parallel()
	table := dynamotest.Table(t)
	s := dynamo.New(dynamotest.Client(t, nil), table)
	until := time.Unix(1_800_000_000, 0).UTC()
	due := time.Date(2026, 11, 23, 9, 30, 0, 5_000_000, time.FixedZone("CET", 3600))
	closing := account.OrganizationClosing
	put(t, s,
		&account.Organization{ID: "o1", Status: account.OrganizationActive, Version: 1},
		&account.Organization{ID: "o2", Status: closing, DueAt: due, Version: 1},
		&account.Slug{Slug: "acme", OrganizationID: "o1", Version: 1},
		&account.Invitation{OrganizationID: "o1", ID: "i1", Email: "Ada@X.example", Status: account.InvitationPending, ExpiresAt: until, Version: 1},
		&account.Invitation{OrganizationID: "o1", ID: "i2", Email: "Ada@X.example", Status: account.InvitationRevoked, ExpiresAt: until, Version: 1},
		&account.Invited{OrganizationID: "o1", Email: "ada@x.example", InvitationID: "i1", Version: 1},
		&account.Membership{UserID: "u", OrganizationID: "o1", UserName: "ADA É", Version: 1},
		&account.AuditEntry{OrganizationID: "o1", ID: "a1", Version: 1},
		&account.Limit{Who: "u", Kind: "invitation", ExpiresAt: until, Version: 1},
		&account.Limit{Who: "hash:9f", Kind: "token", ExpiresAt: until, Version: 1},
		&account.Deletion{UserID: "u", ID: "d", Status: account.DeletionRunning, DueAt: due, Version: 1},
		&account.Deletion{UserID: "v", ID: "d", Status: account.DeletionCompleted, ExpiresAt: until, Version: 1},
		&account.Export{UserID: "u", Status: account.ExportReady, ExpiresAt: until, DueAt: due, Version: 1},
		&account.Certificate{DeletionID: "d", Version: 1},
		&account.Datum{AccountID: "u", ID: "PROJECT#p", Type: "project", Version: 1},
	)
	want := []layout{
		{PK: "CERTIFICATE#d", SK: "CERTIFICATE", Type: "certificate"},
		{PK: "DATA#u", SK: "PROJECT#p", Type: "project"},
		{PK: "LIMIT#9f", SK: "LIMIT#token", Type: "limit", Expiry: until.Unix()},
		{PK: "ORG#o1", SK: "AUDIT#a1", Type: "audit"},
		{PK: "ORG#o1", SK: "INVITE#i1", GSI1PK: "EMAIL#ada@x.example", GSI1SK: "INVITE#i1", Type: "invitation"},
		{PK: "ORG#o1", SK: "INVITE#i2", GSI1PK: "EMAIL#ada@x.example", GSI1SK: "ENDED#i2", Type: "invitation"},
		{PK: "ORG#o1", SK: "INVITED#ada@x.example", Type: "invited"},
		{PK: "ORG#o1", SK: "ORG", Type: "organization"},
		{PK: "ORG#o2", SK: "ORG", GSI1PK: "DUE#3", GSI1SK: "2026-11-23T08:30:00Z#o2", Type: "organization"},
		{PK: "SLUG#acme", SK: "SLUG", Type: "slug"},
		{PK: "USER#u", SK: "DELETION", GSI1PK: "DUE#2", GSI1SK: "2026-11-23T08:30:00Z#u", Type: "deletion"},
		{PK: "USER#u", SK: "EXPORT", GSI1PK: "DUE#2", GSI1SK: "2026-11-23T08:30:00Z#u", Type: "export"},
		{PK: "USER#u", SK: "LIMIT#invitation", Type: "limit", Expiry: until.Unix()},
		{PK: "USER#u", SK: "MEMBER#o1", GSI1PK: "ORG#o1", GSI1SK: "MEMBER#ada é\tu", Type: "membership"},
		{PK: "USER#v", SK: "DELETION", Type: "deletion", Expiry: until.Unix()},
	}
	if diff := cmp.Diff(want, layouts(t, table)); diff != "" {
		t.Fatalf("as put (-want +got):\n%s", diff)
	}

	// Updates move items in and out of the index.
	accepted, later := account.InvitationAccepted, due.Add(time.Hour)
	if err := s.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeOrganization{OrganizationID: "o1", Status: &closing, DueAt: &later},
		account.ChangeOrganization{OrganizationID: "o2", DueAt: &time.Time{}},
		account.ChangeInvitation{OrganizationID: "o1", InvitationID: "i1", Status: &accepted},
		account.ChangeRole{UserID: "u", OrganizationID: "o1", Role: account.Admin},
	}}); err != nil {
		t.Fatal(err)
	}
	want[4].GSI1SK = "ENDED#i1"
	want[7].GSI1PK, want[7].GSI1SK = "DUE#1", "2026-11-23T09:30:00Z#o1"
	want[8].GSI1PK, want[8].GSI1SK = "", ""
	if diff := cmp.Diff(want, layouts(t, table)); diff != "" {
		t.Errorf("as updated (-want +got):\n%s", diff)
	}
}

// Every page of every list is one Query, the last one too.
func TestListsAreOneCallAPage(t *testing.T) {
	t.Parallel()
	s, wire := overWire(t)
	for i := range 6 {
		id := fmt.Sprint(i)
		put(t, s,
			&account.Membership{UserID: "u" + id, OrganizationID: "o", UserName: "Ada", Version: 1},
			&account.Membership{UserID: "u", OrganizationID: "o" + id, UserName: "Ada", Version: 1},
			&account.Invitation{OrganizationID: "o", ID: id, Email: "a@x.example", Status: account.InvitationPending, Version: 1},
			&account.AuditEntry{OrganizationID: "o", ID: id, Version: 1},
		)
	}
	for name, list := range map[string]func(ctx context.Context, after string) (int, string, error){
		"memberships": func(ctx context.Context, after string) (int, string, error) {
			page, next, err := s.Memberships(ctx, "u", after, 3)
			return len(page), next, err
		},
		"members": func(ctx context.Context, after string) (int, string, error) {
			page, next, err := s.Members(ctx, "o", "ad", after, 3)
			return len(page), next, err
		},
		"invitations": func(ctx context.Context, after string) (int, string, error) {
			page, next, err := s.Invitations(ctx, "o", after, 3)
			return len(page), next, err
		},
		"invitations to an address": func(ctx context.Context, after string) (int, string, error) {
			page, next, err := s.InvitationsTo(ctx, "a@x.example", after, 3)
			return len(page), next, err
		},
		"audit log": func(ctx context.Context, after string) (int, string, error) {
			page, next, err := s.AuditLog(ctx, "o", after, 3)
			return len(page), next, err
		},
	} {
		wire.Reset()
		first, next, err := list(t.Context(), "")
		if err != nil || first != 3 || next == "" {
			t.Fatalf("%s: %d records, next %q, %v", name, first, next, err)
		}
		second, end, err := list(t.Context(), next)
		if err != nil || second != 3 || end != "" {
			t.Errorf("%s, last page: %d records, next %q, %v", name, second, end, err)
		}
		if got := wire.Calls(); !slices.Equal(got, []string{"Query", "Query"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A place that no list has is a fault of the caller's, told before the engine
// is asked; what cannot be a name's beginning finds nobody, without a call.
func TestPlacesThatNoListHas(t *testing.T) {
	t.Parallel()
	s, wire := overWire(t)
	for _, after := range []string{"x", "MEMBER#ada", "ADA\tu"} {
		if _, _, err := s.Members(t.Context(), "o", "", after, 3); err == nil {
			t.Errorf("members behind %q were listed", after)
		}
	}
	if _, _, err := s.InvitationsTo(t.Context(), "a@x.example", "1", 3); err == nil {
		t.Error("invitations behind an id alone were listed")
	}
	if page, next, err := s.Members(t.Context(), "o", "ada\tu", "", 3); len(page) != 0 || next != "" || err != nil {
		t.Errorf("members by what is no name: %v, %q, %v", page, next, err)
	}
	if got := wire.Calls(); len(got) != 0 {
		t.Errorf("calls: %v", got)
	}
}
