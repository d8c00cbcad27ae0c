package dynamo_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// actor is one of those who make a person's records: a delivery of the trigger
// (Cognito calls it up to three times) or a first request.
type actor struct {
	trigger bool
	// patience ends the actor early, as Cognito gives up on a trigger.
	patience time.Duration
	session  string
}

// However deliveries of the trigger and first requests come, and whatever the
// wire does to them, there is one personal organization in the end.
func TestManyEnrollOnePerson(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t, nil)
	rapid.Check(t, func(r *rapid.T) {
		actors := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) actor {
			return actor{
				trigger:  rapid.Bool().Draw(r, "trigger"),
				patience: time.Duration(rapid.SampledFrom([]int{1, 3, 10, 5000}).Draw(r, "patience in ms")) * time.Millisecond,
				session:  rapid.SampledFrom([]string{"s1", "s2"}).Draw(r, "session"),
			}
		}), 1, 6).Draw(r, "actors")
		faults := rapid.SliceOfN(rapid.SampledFrom([]dynamotest.Fault{
			dynamotest.None, dynamotest.None, dynamotest.Cut, dynamotest.CutAnswer, dynamotest.Conflict,
		}), 0, 12).Draw(r, "faults")

		wire := &dynamotest.Wire{}
		table := dynamotest.Table(t)
		store := dynamo.New(dynamotest.Client(t, wire), table)
		wire.Spoil(func(call int, operation string) dynamotest.Fault {
			if call > len(faults) || faults[call-1] == dynamotest.Conflict && operation != "TransactWriteItems" {
				return dynamotest.None
			}
			return faults[call-1]
		})
		var group sync.WaitGroup
		for _, a := range actors {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), a.patience)
				defer cancel()
				time.Sleep(rand.N(2 * time.Millisecond))
				if a.trigger {
					_, _ = service(store).Enroll(ctx, ada) // a trigger never fails a sign-up
				} else {
					_, _ = service(store).Authorize(ctx, signIn(a.session), account.Target{}) // the client asks again
				}
			})
		}
		group.Wait()

		calm := dynamo.New(client, table)
		caller, err := service(calm).Authorize(t.Context(), signIn("s1"), account.Target{})
		if err != nil {
			r.Fatalf("the next request: %v", err)
		}
		if caller.Organization.ID != ada.ID || caller.Role != account.Owner {
			r.Fatalf("the next request acts for %+v", caller.Organization)
		}
		expectOneOfEverything(t, calm, "Ada")
		if t.Failed() {
			r.FailNow()
		}
	})
}

// A preserved organization or the marker of a deletion keeps an id from coming
// back, whoever comes first.
func TestIDIsNeverGivenOutAgain(t *testing.T) {
	t.Parallel()
	for name, held := range map[string]account.Record{
		"preserved organization": &account.Organization{ID: ada.ID, IsPersonal: true, Status: account.OrganizationPreserved, Version: 1},
		"deletion":               &account.Deletion{UserID: ada.ID, Version: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := dynamotest.Store(t)
			if err := store.Commit(t.Context(), account.Change{
				Premises: []account.Premise{account.IsAbsent{Of: held.Key()}}, Puts: []account.Record{held},
			}); err != nil {
				t.Fatal(err)
			}
			_, enroll := service(store).Enroll(t.Context(), ada)
			_, request := service(store).Authorize(t.Context(), signIn("s1"), account.Target{})
			for _, err := range []error{enroll, request} {
				if code := codeOf(err); code != account.CodeUserInactive {
					t.Errorf("got %v, want user_inactive", err)
				}
			}
			records, err := store.Read(t.Context(), account.UserKey(ada.ID), account.AddressKey(ada.Email), account.MembershipKey(ada.ID, ada.ID))
			if err != nil || len(records) != 0 {
				t.Errorf("left behind: %v, %v", records, err)
			}
		})
	}
}

func codeOf(err error) account.Code {
	var refusal *account.Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}
