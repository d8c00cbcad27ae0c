package dynamo_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	accounttest.Run(t, func(t *testing.T) account.Store {
		client, table := dynamotest.Client(t, nil), dynamotest.Table(t)
		return damageable{dynamo.New(client, table), client, table}
	})
}

// damageable is a store whose items can be damaged.
type damageable struct {
	*dynamo.Store
	client *dynamodb.Client
	table  string
}

// Damage writes a text where a number must be.
func (d damageable) Damage(ctx context.Context, key account.Key) error {
	pk, sk := "USER#"+key.Owner, "USER"
	switch key.Kind {
	case account.KindMembership:
		sk = "MEMBER#" + key.ID
	case account.KindInvitation:
		pk, sk = "ORG#"+key.Owner, "INVITE#"+key.ID
	default:
	}
	return setText(ctx, d.client, d.table, pk, sk, "version", "one")
}

func TestData(t *testing.T) {
	t.Parallel()
	accounttest.RunData(t, func(t *testing.T) (account.Store, account.DataStore) {
		client, table := dynamotest.Client(t, nil), dynamotest.Table(t)
		return dynamo.New(client, table), dynamo.NewData(dynamo.OneClient(client), table)
	})
}

func address(email string) *account.Address {
	return &account.Address{Email: email, UserID: "u", Version: 1}
}

func putAddress(email string) account.Change {
	a := address(email)
	return account.Change{Premises: []account.Premise{account.IsAbsent{Of: a.Key()}}, Puts: []account.Record{a}}
}

func overWire(t *testing.T) (*dynamo.Store, *dynamotest.Wire) {
	t.Helper()
	wire := &dynamotest.Wire{}
	return dynamo.New(dynamotest.Client(t, wire), dynamotest.Table(t)), wire
}

// A commit whose answer is lost happened; asked again, the engine says so
// instead of finding the record in the way.
func TestCommitLosesItsAnswer(t *testing.T) {
	t.Parallel()
	s, wire := overWire(t)
	wire.Spoil(func(call int, _ string) dynamotest.Fault {
		if call < 3 {
			return dynamotest.CutAnswer
		}
		return dynamotest.None
	})
	if err := s.Commit(t.Context(), putAddress("a@example.com")); err != nil {
		t.Fatal(err)
	}
	if calls := wire.Calls(); len(calls) != 3 {
		t.Errorf("calls: %v", calls)
	}
	wire.Spoil(nil)
	if err := s.Commit(t.Context(), putAddress("a@example.com")); !errors.Is(err, account.ErrConflict) {
		t.Errorf("the same change by a second commit: %v, want conflict", err)
	}
}

func TestEngineFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault dynamotest.Fault
		want  error
	}{
		"no connection":        {dynamotest.Cut, account.ErrUnavailable},
		"answers always lost":  {dynamotest.CutAnswer, account.ErrUnavailable},
		"throttled":            {dynamotest.Throttle, account.ErrUnavailable},
		"broken":               {dynamotest.Break, account.ErrUnavailable},
		"another commit ahead": {dynamotest.Conflict, account.ErrContended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, wire := overWire(t)
			wire.Spoil(func(int, string) dynamotest.Fault { return c.fault })
			if err := s.Commit(t.Context(), putAddress("a@example.com")); !errors.Is(err, c.want) {
				t.Errorf("commit: %v, want %v", err, c.want)
			}
			if c.fault == dynamotest.Conflict {
				return // a read is never cancelled
			}
			wire.Reset()
			if _, err := s.Read(t.Context(), account.UserKey("u")); !errors.Is(err, c.want) {
				t.Errorf("read: %v, want %v", err, c.want)
			}
		})
	}
}

func TestReadIsOneCallWhateverItNames(t *testing.T) {
	t.Parallel()
	s, wire := overWire(t)
	keys := slices.Repeat([]account.Key{account.UserKey("u")}, 2) // named twice, read once
	for i := range 98 {
		keys = append(keys, account.MembershipKey("u", time.Duration(i).String()))
	}
	if _, err := s.Read(t.Context(), keys...); err != nil {
		t.Fatal(err)
	}
	if got := wire.Calls(); !slices.Equal(got, []string{"BatchGetItem"}) {
		t.Errorf("calls: %v", got)
	}
	if _, err := s.Read(t.Context(), append(keys, account.UserKey("v"))...); err == nil {
		t.Error("a read of 101 records was taken")
	}
}
