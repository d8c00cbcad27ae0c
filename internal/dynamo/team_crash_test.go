package dynamo_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// teamOperations are what people do with a team that ada owns, bob is an
// administrator and eve a member of, and kim and lou are invited to. A request
// that makes something carries a key, as a client that may have to repeat it
// does.
var teamOperations = map[string]func(ctx context.Context, w *town, team, kims string) error{
	"create": func(ctx context.Context, w *town, _, _ string) error {
		c, err := w.Authorize(ctx, identity("eve", "1"), account.Target{})
		if err == nil {
			_, err = w.CreateOrganization(ctx, identity("eve", "1"), c, account.NewOrganization{Name: "Another"}, account.Repeat{Key: "k", Request: "r"})
		}
		return err
	},
	"update": func(ctx context.Context, w *town, team, _ string) error {
		name, slug := "Renamed", "renamed"
		_, err := w.UpdateOrganization(ctx, identity("bob", "1"), team, account.EditOrganization{Name: &name, Slug: &slug},
			func(account.Account) error { return nil })
		return err
	},
	"delete": func(ctx context.Context, w *town, team, _ string) error {
		return w.DeleteOrganization(ctx, identity("ada", "1"), team)
	},
	"promote": func(ctx context.Context, w *town, team, _ string) error {
		_, err := w.ChangeMemberRole(ctx, identity("ada", "1"), team, idOf("eve"), account.Owner)
		return err
	},
	"remove": func(ctx context.Context, w *town, team, _ string) error {
		return w.RemoveMember(ctx, identity("bob", "1"), team, idOf("eve"))
	},
	"leave": func(ctx context.Context, w *town, team, _ string) error {
		return w.Leave(ctx, identity("eve", "1"), team)
	},
	"transfer": func(ctx context.Context, w *town, team, _ string) error {
		_, err := w.TransferOwnership(ctx, identity("ada", "1"), team, idOf("eve"))
		return err
	},
	"invite": func(ctx context.Context, w *town, team, _ string) error {
		_, _, err := w.Invite(ctx, identity("bob", "1"), team, addressOf("max"), account.Member, account.Repeat{Key: "k", Request: "r"})
		return err
	},
	"revoke": func(ctx context.Context, w *town, team, kims string) error {
		_, err := w.Revoke(ctx, identity("bob", "1"), team, kims)
		return err
	},
	"accept": func(ctx context.Context, w *town, _, kims string) error {
		_, err := w.Accept(ctx, identity("kim", "1"), kims)
		return err
	},
	"decline": func(ctx context.Context, w *town, _, kims string) error {
		return w.Decline(ctx, identity("kim", "1"), kims)
	},
	"purge": func(ctx context.Context, w *town, team, _ string) error {
		if err := w.DeleteOrganization(ctx, identity("ada", "1"), team); err != nil && codeOf(err) != account.CodeNotFound {
			return err
		}
		for {
			if done, err := w.Purge(ctx, team); done || err != nil {
				return err
			}
		}
	},
}

// What people do with a team, killed before or after any call and then done
// again, leaves the table as doing it once.
func TestTeamsKilledAnywhereAndDoneAgain(t *testing.T) {
	t.Parallel()
	for name, do := range teamOperations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, team, kims := staffedTeam(t)
			staffed := w.items(t)
			if err := do(t.Context(), w, team, kims); err != nil {
				t.Fatal(err)
			}
			want := w.dump(t)
			for _, fault := range []dynamotest.Fault{dynamotest.Cut, dynamotest.CutAnswer} {
				for call, reached := 1, true; reached; call++ {
					w.restore(t, staffed)
					w.wire.Spoil(func(n int, _ string) dynamotest.Fault {
						switch {
						case n < call:
							return dynamotest.None
						case n == call:
							return fault
						}
						return dynamotest.Cut
					})
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					killed := do(ctx, w, team, kims)
					cancel()
					reached = len(w.wire.Calls()) >= call
					if reached && killed == nil {
						t.Fatalf("killed at call %d, it says that all went well", call)
					}
					w.wire.Spoil(nil)
					// Done already, it may be refused; what counts is the state.
					_ = do(t.Context(), w, team, kims)
					if diff := cmp.Diff(want, w.dump(t)); diff != "" {
						t.Fatalf("killed at call %d with fault %d, then done again (-once +again):\n%s", call, fault, diff)
					}
				}
			}
		})
	}
}

func staffedTeam(t *testing.T) (w *town, team, kims string) {
	t.Helper()
	w = newTown(t)
	team = w.team(t, "the-team", "ada", "bob", "eve")
	w.promote(t, team, "ada", "bob", account.Admin)
	invitation := w.invited(t, team, "ada", "kim", account.Member)
	w.invited(t, team, "ada", "lou", account.Member)
	if _, err := w.Authorize(t.Context(), identity("kim", "1"), account.Target{}); err != nil {
		t.Fatal(err)
	}
	return w, team, invitation.PublicID()
}

// dump is the whole table, each item a line, without what two runs of the same
// never share: generated ids, times, versions.
func (w *town) dump(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, item := range w.items(t) {
		var values map[string]any
		if err := attributevalue.UnmarshalMap(item, &values); err != nil {
			t.Fatal(err)
		}
		line := []string{fmt.Sprint(values["type"])}
		for _, name := range []string{
			"name", "slug", "status", "role", "email", "userName", "memberCount", "ownerCount", "seatsUsed",
			"teamCount", "accountsVersion", "sendCount", "action", "count",
		} {
			if value, ok := values[name]; ok {
				line = append(line, fmt.Sprintf("%s=%v", name, value))
			}
		}
		_, listed := values[dynamo.IndexPartitionKey]
		lines = append(lines, strings.Join(append(line, fmt.Sprintf("listed=%t", listed)), " "))
	}
	slices.Sort(lines)
	return lines
}

// items is the whole table.
func (w *town) items(t *testing.T) []map[string]types.AttributeValue {
	t.Helper()
	var items []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(dynamotest.Client(t, nil), &dynamodb.ScanInput{TableName: &w.table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// restore makes the table what it was: quicker than to do it all again.
func (w *town) restore(t *testing.T, before []map[string]types.AttributeValue) {
	t.Helper()
	key := func(item map[string]types.AttributeValue) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{dynamo.PartitionKey: item[dynamo.PartitionKey], dynamo.SortKey: item[dynamo.SortKey]}
	}
	var writes []types.WriteRequest
	for _, item := range before {
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	for _, item := range w.items(t) {
		if !slices.ContainsFunc(before, func(b map[string]types.AttributeValue) bool { return reflect.DeepEqual(key(b), key(item)) }) {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key(item)}})
		}
	}
	for chunk := range slices.Chunk(writes, 25) {
		if _, err := dynamotest.Client(t, nil).BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{w.table: chunk},
		}); err != nil {
			t.Fatal(err)
		}
	}
}
