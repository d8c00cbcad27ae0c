package account_test

import (
	"testing"

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
