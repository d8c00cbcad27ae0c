package main

import (
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/local/userpool"
)

// Within the grace period an account is off and comes back as it was; after it,
// it goes as any other, here with its personal organization.
func TestAGracePeriod(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *options) {
		o.Config = `{"graceDays":7,"personalOrganization":"erase"}`
		o.RedriveEvery = 100 * time.Millisecond
	})
	l := newLeaver(t, h)
	l.leave(t, account.DeletionPending)
	l.call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeUserInactive)
	l.mailed(t, "Your account will be deleted")
	l.grace.call(t, http.MethodPost, "/organizations/"+l.shared.ID+"/leave", nil).refused(t, http.StatusConflict, account.CodeLastOwner)

	waitASecond() // the sign-in is older than the restore
	if code, _, stderr := support(t, l.person, h, "restore"); code != 0 {
		t.Fatalf("restore: %d, %q", code, stderr)
	}
	l.call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	waitASecond()
	l.signInAgain(t)
	var accounts teamList[teamAnswer]
	l.call(t, http.MethodGet, "/me/accounts", nil).want(t, http.StatusOK).JSON(t, &accounts)
	roles := map[string]account.Role{}
	for _, a := range accounts.Items {
		roles[a.ID] = a.Role
	}
	if len(roles) != 4 || roles[l.ID] != account.Owner || roles[l.solo.ID] != account.Owner || roles[l.shared.ID] != account.Owner || roles[l.alans.ID] != account.Member {
		t.Errorf("restored with %v", roles)
	}

	id := l.leave(t, account.DeletionPending)
	h.endGrace(t, l.ID)
	h.isErased(t, id)
	if code, _, _ := support(t, l.person, h, "restore"); code != 1 {
		t.Error("restored after the end")
	}
	h.wantNoTrace(t, l.ID, l.Email, l.name)
	if left := h.records(t, account.OrganizationKey(l.ID)); len(left) != 0 {
		t.Errorf("the personal organization is %v", left)
	}
	l.mailed(t, "Your account has been deleted")
	if _, err := l.signIn(t.Context(), l.Email, l.Password); err == nil {
		t.Error("signed in after the deletion")
	}
}

// What the stream could not finish, with the host that it ran on gone over it,
// stays due, and the schedule of the next one finishes it.
func TestADeletionThatTheStreamLeftIsFinished(t *testing.T) {
	t.Parallel()
	const planned = 1000
	o := testOptions(t.TempDir(), "host-"+rand.Text())
	o.RedriveEvery, o.Faults = time.Hour, &userpool.Faults{}
	first, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, first, map[string]string{"name": "Lost " + rand.Text()})
	p.createTeam(t, map[string]string{"name": "Alone"})
	o.Faults.Fail("AdminDeleteUser", "TooManyRequestsException", planned)
	id := p.leave(t, account.DeletionRunning)
	at := func(h *host) *account.Deletion { return h.records(t, account.DeletionKey(p.ID)).Deletion(p.ID) }
	const tries = 2 // of a call, as the functions are set up
	tried := func(times int) func() bool {
		return func() bool { return o.Faults.Planned("AdminDeleteUser") <= planned-times*tries }
	}
	eventually(t, "the stream leaves it", tried(1))
	past := time.Now().Add(-time.Minute)
	first.amend(t, account.ChangeDeletion{UserID: p.ID, DueAt: &past}) // a quarter of an hour later
	eventually(t, "the stream leaves it again", tried(2))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	o.Faults = nil
	second, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
	if d := at(second); d.Status != account.DeletionRunning || d.Stage != account.StageProvider {
		t.Fatalf("before the schedule's call the deletion is %+v", d)
	}
	second.redrive(t.Context())
	if d := at(second); d == nil || d.Status != account.DeletionCompleted || d.Username != "" || d.Digest != "" {
		t.Errorf("the marker is %+v", d)
	}
	if c, code, stderr := second.certificate(t, id); code != 0 || !c.Valid {
		t.Errorf("certificate: %d, %q, %+v", code, stderr, c)
	}
	second.wantNoTrace(t, p.ID, p.Email)
}
