package dynamo_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// leave is a whole deletion, as the client and then the stream do it: two teams
// stand against it and get another owner, then it runs to its end.
func (w *leavingTown) leave(ctx context.Context, blocking []string) error {
	err := w.delete(ctx, leaver)
	if errors.Is(err, account.ErrDeletionBlocked) {
		for _, id := range blocking {
			_, err := w.TransferOwnership(ctx, identity(leaver, "1"), id, idOf("eve"))
			if err != nil && !errors.Is(err, account.ErrForbidden) && !errors.Is(err, account.ErrConflict) {
				return err
			}
		}
		err = w.delete(ctx, leaver)
	}
	if err != nil && !errors.Is(err, account.ErrUserInactive) { // accepted before
		return err
	}
	return w.erase(ctx, leaver)
}

// A deletion, killed before or after any of its writes, wherever they go, and
// then done again, leaves everything as one that ran through.
func TestDeletionKilledAnywhereAndDoneAgain(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{account.PreservePersonal, account.ErasePersonal} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := newLeavingTown(t, func(c *account.Config) { c.PersonalOrganization = policy })
			blocking := w.settled(t)
			settled, images, exports := w.items(t), maps.Clone(w.images), maps.Clone(w.exports)
			w.revive()
			w.wire.Spoil(w.spoil)
			if err := w.leave(t.Context(), blocking); err != nil {
				t.Fatal(err)
			}
			writes := w.writes
			w.expectNoTrace(t, leaver)
			want := w.dump(t)
			step := 1
			if policy == account.ErasePersonal && os.Getenv("HEARTH_SOAK") == "" {
				step = 4 // all but the last writes are those of the other policy
			}
			for kill := 1; kill <= writes; kill += step {
				for _, answered := range []bool{false, true} {
					w.wire.Spoil(nil)
					w.restore(t, settled)
					w.revive()
					w.users, w.images, w.mails = map[string]bool{idOf(leaver): true}, maps.Clone(images), nil
					w.exports = maps.Clone(exports)
					w.kill, w.answered = kill, answered
					w.wire.Spoil(w.spoil)
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					err := w.leave(ctx, blocking)
					cancel()
					if err == nil {
						t.Fatalf("killed at write %d of %d, it says that all went well", kill, writes)
					}
					w.revive()
					if err := w.leave(t.Context(), blocking); err != nil {
						t.Fatalf("killed at write %d of %d (%t), then done again: %v", kill, writes, answered, err)
					}
					w.expectNoTrace(t, leaver)
					if diff := cmp.Diff(want, w.dump(t)); diff != "" {
						t.Fatalf("killed at write %d of %d (%t), then done again (-once +again):\n%s", kill, writes, answered, diff)
					}
					w.expectCertificate(t)
				}
			}
			t.Logf("%d writes, each killed before and after", writes)
			w.expectNewPerson(t)
		})
	}
}

// expectNewPerson holds that the old id never comes back, and that who signs up
// with the same address is somebody new.
func (w *leavingTown) expectNewPerson(t *testing.T) {
	t.Helper()
	person := account.Person{ID: idOf(leaver), Username: idOf(leaver), Email: addressOf(leaver), EmailVerified: true, Name: leaver}
	if _, err := w.Enroll(t.Context(), person); !errors.Is(err, account.ErrUserInactive) {
		t.Errorf("the trigger again: %v", err)
	}
	person.ID = idOf("somebody else")
	if created, err := w.Enroll(t.Context(), person); err != nil || !created {
		t.Errorf("a sign-up with the same address: %t, %v", created, err)
	}
	page, _, err := w.store.Memberships(t.Context(), person.ID, "", 10)
	if err != nil || len(page) != 1 {
		t.Errorf("who signed up anew has memberships %v, %v", page, err)
	}
}

// expectCertificate holds that one certificate says what was erased, and that
// nobody else could have written it.
func (w *leavingTown) expectCertificate(t *testing.T) {
	t.Helper()
	d, err := w.FindDeletion(t.Context(), idOf(leaver))
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.Certificate(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if good, err := w.VerifyCertificate(t.Context(), c); !good || err != nil {
		t.Errorf("the certificate: %t, %v", good, err)
	}
	forged := *c
	forged.Erased.Data++
	if good, err := w.VerifyCertificate(t.Context(), &forged); good || err != nil {
		t.Errorf("a certificate with another count: %t, %v", good, err)
	}
	soloTeams, sharedTeams, blockingTeams := leaverSize()
	want := account.Erased{
		Memberships: soloTeams + sharedTeams + blockingTeams, Organizations: soloTeams, Data: 3, Images: 3, Users: 1, Addresses: 1,
		// Sent to shared teams; received: accepted in those, pending, declined, to the former address.
		Invitations: sharedTeams + sharedTeams + 3,
		Records:     c.Erased.Records,
	}
	if diff := cmp.Diff(want, c.Erased); diff != "" || c.Erased.Records < 6 {
		t.Errorf("erased (-want +got):\n%s", diff)
	}
}
