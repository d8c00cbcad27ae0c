package account_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"hearth/internal/account"
)

// An operator deletes whom the pool has: by the address that they have there by
// now, and also who has no records yet, whom else nobody could delete.
func TestAnOperatorDeletesWhomThePoolHas(t *testing.T) {
	t.Parallel()
	for name, enrolled := range map[string]bool{"with records": true, "without": false} {
		o := newOffice(t)
		if enrolled {
			o.enroll(t)
		}
		if err := o.pool.Edit(ada, func(r *account.Resident) { r.Email = "new@example.com" }); err != nil {
			t.Fatal(err)
		}
		o.invites(t, "new@example.com")
		d, err := o.jobs.Operate(t.Context(), account.Order{Do: account.OperationDelete, Email: "new@example.com"})
		if err != nil || d.Deletion == nil {
			t.Fatalf("%s: %+v, %v", name, d, err)
		}
		if u := o.user(t); u.Email != "new@example.com" || u.Status != account.UserInactive {
			t.Errorf("%s: the user is %+v", name, u)
		}
	}
}

// Where the records cannot be brought up to the pool, nothing is deleted by what
// they said before.
func TestAnOperatorDeletesNobodyByAnOldAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.enroll(t)
		if err := o.pool.Edit(ada, func(r *account.Resident) { r.Email = "new@example.com" }); err != nil {
			t.Fatal(err)
		}
		o.store.calls()
		o.store.onCommit = func(int) error { return account.ErrContended }
		_, err := o.jobs.Operate(t.Context(), account.Order{Do: account.OperationDelete, Email: "new@example.com"})
		o.store.onCommit = nil
		if !errors.Is(err, account.ErrConflict) || o.deletions() > 0 {
			t.Errorf("%v, %d deletions", err, o.deletions())
		}
	})
}
