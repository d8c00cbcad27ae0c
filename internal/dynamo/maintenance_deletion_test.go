package dynamo_test

import (
	"testing"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

// A deletion breaks no rule, whichever chunk of it was done last, with either
// policy; ensure and verify leave whom it holds to it.
func TestNothingIsFoundDuringADeletion(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{account.PreservePersonal, account.ErasePersonal} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := newLeavingTown(t, func(c *account.Config) { c.PersonalOrganization = policy })
			blocking := w.settled(t)
			for _, id := range blocking {
				w.promote(t, id, leaver, "eve", account.Owner)
			}
			m := account.NewMaintenance(w.Service, w.store, &accounttest.Directory{}, free)
			before, _ := jobOf(t, m, account.JobCheck)
			if err := w.delete(t.Context(), leaver); err != nil {
				t.Fatal(err)
			}
			for chunk, done := 0, false; !done; chunk++ {
				var err error
				if done, err = w.Erase(t.Context(), idOf(leaver)); err != nil {
					t.Fatal(err)
				}
				known := map[string]bool{}
				for _, f := range before {
					known[f] = true
				}
				findings, _ := jobOf(t, m, account.JobCheck)
				for _, f := range findings {
					if !known[f] {
						t.Errorf("after chunk %d: %s", chunk, f)
					}
				}
			}
		})
	}
}
