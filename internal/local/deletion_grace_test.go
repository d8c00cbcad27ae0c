package main

import (
	"crypto/rand"
	"log/slog"
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

// What the stream gave up, with the host that it ran on gone over it, stays due,
// and the schedule of the next one finishes it.
func TestADeletionThatTheStreamGaveUpIsFinished(t *testing.T) {
	t.Parallel()
	var log lines
	o := testOptions(t.TempDir(), "host-"+rand.Text())
	o.StreamAttempts, o.RedriveEvery, o.Faults = 1, time.Hour, &userpool.Faults{}
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	first, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, first, map[string]string{"name": "Lost " + rand.Text()})
	p.createTeam(t, map[string]string{"name": "Alone"})
	o.Faults.Fail("AdminDeleteUser", "TooManyRequestsException", 1000)
	id := p.leave(t, account.DeletionRunning)
	at := func(h *host) *account.Deletion { return h.records(t, account.DeletionKey(p.ID)).Deletion(p.ID) }
	eventually(t, "the stream gives up", func() bool { return len(told(t, &log, "records discarded")) == 1 })
	past := time.Now().Add(-time.Minute)
	first.amend(t, account.ChangeDeletion{UserID: p.ID, DueAt: &past}) // a quarter of an hour later
	eventually(t, "the stream gives that up, too", func() bool { return len(told(t, &log, "records discarded")) == 2 })
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
