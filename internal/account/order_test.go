package account_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// What could not be done is never answered as done: while other commits are in
// the way, every order that writes says so, and access is as it was.
func TestOrdersInTheWayAreConflicts(t *testing.T) {
	t.Parallel()
	for _, do := range []account.Operation{
		account.OperationShow, account.OperationSignOut, account.OperationDisable, account.OperationDelete,
	} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t)
			o.enroll(t)
			o.store.onCommit = func(int) error { return account.ErrContended }
			_, err := o.order(t, do)
			o.store.onCommit = nil
			if !errors.Is(err, account.ErrConflict) {
				t.Errorf("%s: %v", do, err)
			}
			if _, err := o.Authorize(t.Context(), signedIn(laptop), account.Target{}); err != nil {
				t.Errorf("%s was done in part: %v", do, err)
			}
			if len(o.noted(t)) > 0 {
				t.Errorf("%s was noted", do)
			}
		})
	}
}

// Access ends also where the personal organization is missing, in whose log it
// would be noted. A deletion mends it first.
func TestOrdersAboutWhoHasNoPersonalOrganization(t *testing.T) {
	t.Parallel()
	for do, want := range map[account.Operation]*account.Error{
		account.OperationShow: nil, account.OperationSignOut: account.ErrSessionRevoked,
		account.OperationDisable: account.ErrUserInactive, account.OperationDelete: account.ErrUserInactive,
	} {
		o := newOffice(t)
		o.enroll(t)
		o.owns(t)
		if err := o.store.Model.Commit(t.Context(), account.Change{
			Premises: []account.Premise{account.Exists{Of: account.OrganizationKey(ada)}}, Deletes: []account.Key{account.OrganizationKey(ada)},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.order(t, do); err != nil {
			t.Errorf("%s: %v", do, err)
		}
		_, err := o.Authorize(t.Context(), signedIn(laptop), account.Target{AccountID: team})
		if want == nil && err != nil || want != nil && !errors.Is(err, want) {
			t.Errorf("in the team after %s: %v", do, err)
		}
		if noted := len(o.noted(t)) > 0; noted != (o.store.All().Organization(ada) != nil) {
			t.Errorf("%s is noted: %t", do, noted)
		}
	}
}

// Somebody whose address changed at the pool alone, or whom the pool does not
// find by it, is found by the table's record of it, and acted on at both sides.
func TestOrdersByAnAddressThatThePoolDoesNotKnow(t *testing.T) {
	t.Parallel()
	federated := adaPerson()
	federated.Username = "google_1"
	for name, start := range map[string]func(*testing.T, *office){
		"changed at the pool": func(t *testing.T, o *office) {
			o.enroll(t)
			if err := o.pool.Edit(ada, func(p *account.Resident) { p.Email = "moved@example.com" }); err != nil {
				t.Fatal(err)
			}
		},
		"federated": func(t *testing.T, o *office) {
			o.pool.Remove(ada)
			if _, err := o.Enroll(t.Context(), federated); err != nil {
				t.Fatal(err)
			}
			o.pool.Add(federated)
			if err := o.pool.Edit(federated.Username, func(p *account.Resident) { p.Email = "" }); err != nil {
				t.Fatal(err)
			}
		},
		"of another name in the table": func(t *testing.T, o *office) {
			o.enroll(t)
			u := o.user(t)
			u.Username, u.Version = "another", u.Version+1
			o.put(t, u)
			if err := o.pool.Edit(ada, func(p *account.Resident) { p.Email = "moved@example.com" }); err != nil {
				t.Fatal(err)
			}
		},
	} {
		o := newOffice(t)
		start(t, o)
		d, err := o.order(t, account.OperationDisable)
		if err != nil || d.ID != ada || !d.InPool || d.Enabled || d.Status != account.UserInactive {
			t.Errorf("%s: disabled %+v, %v", name, d, err)
		}
		if p, err := o.pool.Find(t.Context(), d.Username); err != nil || p.ID != ada || p.Enabled {
			t.Errorf("%s: at the pool %+v, %v", name, p, err)
		}
		if d, err = o.order(t, account.OperationEnable); err != nil || !d.Enabled || d.Status != account.UserActive {
			t.Errorf("%s: enabled %+v, %v", name, d, err)
		}
	}
}

// A user name that somebody else has at the pool now is nobody's whom the order
// is about.
func TestOrdersLeaveWhoHasTheUsernameNow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.enroll(t)
	o.pool.Remove(ada)
	o.pool.Add(account.Person{ID: bob, Username: ada, Email: "bob@example.com", EmailVerified: true, Name: "Bob"})
	d, err := o.order(t, account.OperationDisable)
	if err != nil || d.ID != ada || d.InPool || d.Status != account.UserInactive {
		t.Errorf("%+v, %v", d, err)
	}
	if p, err := o.pool.Find(t.Context(), ada); err != nil || !p.Enabled {
		t.Errorf("somebody else at the pool: %+v, %v", p, err)
	}
}

// A pool that does not answer is no pool without the person.
func TestOrdersWantAnAnswerOfThePool(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.enroll(t)
	if err := o.pool.Edit(ada, func(p *account.Resident) { p.Email = "moved@example.com" }); err != nil {
		t.Fatal(err)
	}
	jobs := account.NewMaintenance(o.Service, o.store, deaf{o.pool}, func() (read, write float64) { return 0, 0 })
	if _, err := jobs.Operate(t.Context(), account.Order{Do: account.OperationDisable, Email: email}); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if o.store.All().User(ada).Status != account.UserActive {
		t.Error("it was done in part")
	}
}

// What did not happen is not noted, nor is what somebody else did as the
// operator's.
func TestOnlyWhatHappenedIsNoted(t *testing.T) {
	t.Parallel()
	grace := func(c *account.Config) { c.GraceDays = 7 }
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, grace)
		o.enroll(t)
		if _, err := o.order(t, account.OperationDelete); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.Add(8 * 24 * time.Hour)
		if _, err := o.order(t, account.OperationRestore); !errors.Is(err, account.ErrConflict) {
			t.Errorf("restored too late: %v", err)
		}
		if want := []account.AuditAction{account.UserDeleted}; !slices.Equal(o.noted(t), want) {
			t.Errorf("restored too late: noted %v", o.noted(t))
		}

		o = newOffice(t, grace)
		o.enroll(t)
		preview, err := o.PreviewDeletion(t.Context(), signedIn(laptop))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.DeleteAccount(t.Context(), signedIn(laptop), preview.Digest, email); err != nil {
			t.Fatal(err)
		}
		if d, err := o.order(t, account.OperationDelete); err != nil || d.Deletion == nil {
			t.Errorf("deleted again: %+v, %v", d, err)
		}
		if len(o.noted(t)) > 0 {
			t.Errorf("deleted by the person: noted %v", o.noted(t))
		}
	})
}

// Deleting and restoring are noted with what they do: once, whenever they are
// killed and done again.
func TestDeleteAndRestoreKilledAtAnyCall(t *testing.T) {
	t.Parallel()
	for do, want := range map[account.Operation][]account.AuditAction{
		account.OperationDelete: {account.UserDeleted}, account.OperationRestore: {account.UserDeleted, account.UserRestored},
	} {
		for call := 1; ; call++ {
			o := newOffice(t, func(c *account.Config) { c.GraceDays = 7 })
			o.enroll(t)
			o.owns(t)
			if do == account.OperationRestore {
				if _, err := o.order(t, account.OperationDelete); err != nil {
					t.Fatal(err)
				}
				o.now = o.now.Add(time.Hour)
			}
			err := o.store.killedAt(call, func() error {
				_, err := o.order(t, do)
				return err
			})
			if done := o.store.All().Deletion(ada) != nil == (do == account.OperationDelete); done != slices.Equal(o.noted(t), want) {
				t.Errorf("%s killed at call %d: done %t, noted %v", do, call, done, o.noted(t))
			}
			if err == nil {
				break
			}
			if _, err := o.order(t, do); err != nil {
				t.Fatalf("%s killed at call %d and done again: %v", do, call, err)
			}
			if !slices.Equal(o.noted(t), want) {
				t.Errorf("%s killed at call %d and done again: noted %v", do, call, o.noted(t))
			}
		}
	}
}

// deaf answers about nobody by a user name, as a provider that is down.
type deaf struct{ *accounttest.Directory }

func (d deaf) Find(ctx context.Context, name string) (account.Resident, error) {
	if name != email {
		return account.Resident{}, account.ErrUnavailable
	}
	return d.Directory.Find(ctx, name)
}
