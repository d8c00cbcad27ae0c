package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
)

// vault is exports in memory.
type vault struct {
	objects map[string][]byte
	parts   map[int][]byte
	largest int
	// upload counts uploads; the last one is open unless it is 0.
	upload, open int
	err          error
}

func (v *vault) Begin(context.Context, string) (string, error) {
	v.upload++
	v.open, v.parts = v.upload, map[int][]byte{}
	return fmt.Sprint(v.upload), v.err
}

func (v *vault) known(upload string) error {
	if v.open == 0 || upload != fmt.Sprint(v.open) {
		return account.ErrNotFound
	}
	return v.err
}

func (v *vault) Write(_ context.Context, _, upload string, n int, part []byte) error {
	if err := v.known(upload); err != nil {
		return err
	}
	v.parts[n] = bytes.Clone(part)
	v.largest = max(v.largest, len(part))
	return nil
}

func (v *vault) Finish(_ context.Context, key, upload string, parts int) error {
	if v.objects[key] != nil {
		return nil
	}
	if err := v.known(upload); err != nil {
		return err
	}
	if len(v.parts) != parts {
		return fmt.Errorf("%d parts of %d", len(v.parts), parts)
	}
	for n := 1; n <= parts; n++ {
		if n < parts && len(v.parts[n]) < account.MinExportPart {
			return fmt.Errorf("part %d has %d bytes", n, len(v.parts[n]))
		}
		v.objects[key] = append(v.objects[key], v.parts[n]...)
	}
	v.open = 0
	return nil
}

func (v *vault) Link(_ context.Context, key string, validity time.Duration) (string, error) {
	return fmt.Sprintf("%s for %s", key, validity), v.err
}

func (v *vault) Delete(_ context.Context, key, _ string) error {
	delete(v.objects, key)
	v.open = 0
	return v.err
}

// withVault is a world of somebody who can ask for an export.
func withVault(t *testing.T) (*world, *vault) {
	t.Helper()
	w, v := newLeavingWorld(t, nil), &vault{objects: map[string][]byte{}}
	ids := 0
	w.Service = account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Config: goodConfig(), Grants: account.CoreGrants(), SessionValidity: validity,
		Now: func() time.Time { return w.now }, MAC: signer{}, Mailer: w.gone, Remover: w.gone, Exports: v, Images: w.album,
		NewID: func() string { ids++; return fmt.Sprintf("id-%04d", ids) },
	})
	w.enroll(t)
	w.owning(t)
	return w, v
}

// write does what the stream would, and returns how many calls it took.
func (w *world) write(t *testing.T) (calls int) {
	t.Helper()
	for ; calls < 100; calls++ {
		done, err := w.WriteExport(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return calls + 1
		}
	}
	t.Fatal("no end")
	return 0
}

const firstExport = "exports/" + ada + "/id-0001.json"

// exported is what an export says, by its sections.
func exported(t *testing.T, content []byte) map[string][]map[string]any {
	t.Helper()
	var sections map[string][]map[string]any
	if err := json.Unmarshal(content, &sections); err != nil {
		t.Fatalf("%v in %.300s", err, content)
	}
	return sections
}

func TestAnExportHasEverything(t *testing.T) {
	t.Parallel()
	w, v := withVault(t)
	w.put(t,
		&account.PasskeyName{UserID: ada, CredentialID: "c", Name: "Phone", Version: 1},
		&account.Recovery{UserID: ada, Codes: []account.RecoveryCode{{Hash: "s3cr3t"}}, CreatedAt: noon, Version: 1},
		&account.Invitation{OrganizationID: team, ID: "1", Email: "ada@example.com", Status: account.InvitationPending, ExpiresAt: noon, Version: 1},
		&account.Invitation{OrganizationID: team, ID: "2", Email: "ada@example.com", Status: account.InvitationAccepted, Version: 1},
		&account.Invitation{OrganizationID: "in", ID: "3", Email: "eve@example.com", InvitedBy: bob, Status: account.InvitationPending, ExpiresAt: noon, Version: 1},
		&account.Invitation{OrganizationID: "shared", ID: "4", Email: "eve@example.com", InvitedBy: bob, Status: account.InvitationPending, ExpiresAt: noon, Version: 1},
		&account.Invitation{OrganizationID: "shared", ID: "5", Email: "eve@example.com", InvitedBy: ada, Status: account.InvitationPending, ExpiresAt: noon, Version: 1},
		&account.Invitation{OrganizationID: "solo", ID: "6", Email: "eve@example.com", InvitedBy: ada, Status: account.InvitationPending, ExpiresAt: noon, Version: 1},
		&account.AuditEntry{OrganizationID: ada, ID: "1", Time: noon, Actor: ada, Action: account.AccountDeleted, Version: 1})
	w.seats(t, "in", 1)
	w.seats(t, "shared", 2)
	w.seats(t, "solo", 1)
	if e, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil || e.Status != account.ExportPending || e.URL != "" {
		t.Fatalf("asked for: %+v, %v", e, err)
	}
	w.write(t)
	got := exported(t, v.objects[firstExport])
	counts := map[string]int{
		"user": 1, "account": 1, "memberships": 4, "invitations": 1, "endedInvitations": 1, "auditLog": 1, "data": 1, "sentInvitations": 2,
		"records": 4, // a session, a passkey, recovery codes, the export itself
	}
	for section, n := range counts {
		if len(got[section]) != n {
			t.Errorf("%s: %v", section, got[section])
		}
	}
	if len(got) != len(counts) || got["user"][0]["email"] != "Ada@Example.com" || got["memberships"][1]["organizationName"] == "" {
		t.Errorf("got %v", got)
	}
	if strings.Contains(string(v.objects[firstExport]), "s3cr3t") {
		t.Error("it has a secret")
	}
	ready, err := w.CurrentExport(t.Context(), signedIn(laptop))
	if err != nil || ready.Status != account.ExportReady || ready.URL != firstExport+" for 15m0s" || !ready.ExpiresAt.Equal(noon.Add(15*time.Minute)) {
		t.Errorf("ready: %+v, %v", ready, err)
	}
	if again, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil || again != ready {
		t.Errorf("asked for again: %+v, %v", again, err)
	}
}

// An export of any size is written in parts that the object store takes, and
// holds one of them in memory at a time.
func TestAnExportAtSize(t *testing.T) {
	t.Parallel()
	w, v := withVault(t)
	const items, size = 150, 200_000 // 30 MB
	for i := range items {
		w.put(t, &account.Datum{
			AccountID: ada, ID: fmt.Sprintf("PROJECT#%04d", i), Type: "project", Version: 1,
			Fields: map[string]any{"text": strings.Repeat("x", size)},
		})
	}
	if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
		t.Fatal(err)
	}
	calls := w.write(t)
	if got := exported(t, v.objects[firstExport]); len(got["data"]) != items+1 {
		t.Errorf("%d items", len(got["data"]))
	}
	if calls < 3 || v.largest > 30<<20 {
		t.Errorf("%d calls, at most %d bytes", calls, v.largest)
	}
}

// Killed before or after any commit, or with the unfinished object lost, an
// export is written again to the same end.
func TestAnExportKilledAnywhere(t *testing.T) {
	t.Parallel()
	for kill := 1; kill <= 3; kill++ {
		for _, answered := range []bool{false, true} {
			w, v := withVault(t)
			if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
				t.Fatal(err)
			}
			w.store.calls()
			w.store.onCommit = func(n int) error {
				if n != kill {
					return nil
				}
				if answered {
					w.store.onCommit = nil
					if _, err := w.WriteExport(t.Context(), ada); err != nil {
						t.Error(err)
					}
				}
				return account.ErrUnavailable
			}
			for range 5 {
				_, _ = w.WriteExport(t.Context(), ada)
			}
			w.store.onCommit = nil
			w.write(t)
			if got := exported(t, v.objects[firstExport]); len(got["user"]) != 1 {
				t.Errorf("killed at commit %d: %v", kill, got)
			}
		}
	}
	w, v := withVault(t)
	if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteExport(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	v.open = 0
	w.write(t)
	if v.upload != 2 || len(exported(t, v.objects[firstExport])["user"]) != 1 {
		t.Errorf("without its upload: %d uploads", v.upload)
	}
}

// What is ready goes after a day, by the schedule, and can be asked for anew.
func TestAnExportExpires(t *testing.T) {
	t.Parallel()
	w, v := withVault(t)
	if _, err := w.CurrentExport(t.Context(), signedIn(laptop)); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("before one was asked for: %v", err)
	}
	if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
		t.Fatal(err)
	}
	w.write(t)
	w.now = noon.Add(account.ExportValidity - time.Minute)
	if e, err := w.CurrentExport(t.Context(), signedIn(laptop)); err != nil || !e.ExpiresAt.Equal(noon.Add(account.ExportValidity)) {
		t.Errorf("a minute before: %+v, %v", e, err)
	}
	w.now = noon.Add(account.ExportValidity)
	if _, err := w.CurrentExport(t.Context(), signedIn(laptop)); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("at its end: %v", err)
	}
	w.now = w.now.Add(time.Second)
	if taken, err := w.Redrive(t.Context()); taken != 1 || err != nil {
		t.Errorf("the schedule: %d, %v", taken, err)
	}
	if e := w.store.All().Export(ada); e != nil || len(v.objects) != 0 {
		t.Errorf("left: %+v, %v", e, v.objects)
	}
	if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
		t.Fatal(err)
	}
	w.write(t)
	w.now = w.now.Add(account.ExportValidity)
	if e, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil || e.Status != account.ExportPending || len(v.objects) != 0 {
		t.Errorf("asked for where the schedule was late: %+v, %v, %v", e, err, v.objects)
	}
}

// A deletion takes an export along, finished or not, and nobody writes on.
func TestADeletionTakesTheExportAlong(t *testing.T) {
	t.Parallel()
	for steps := range 4 {
		w, v := withVault(t)
		if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
			t.Fatal(err)
		}
		for range steps {
			if _, err := w.WriteExport(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
		}
		w.delete(t)
		if done, err := w.WriteExport(t.Context(), ada); !done || err != nil {
			t.Errorf("the writer, after %d steps: %t, %v", steps, done, err)
		}
		w.erase(t)
		if len(v.objects) != 0 || v.open != 0 || w.store.All().Export(ada) != nil {
			t.Errorf("after %d steps: %v, open %d", steps, v.objects, v.open)
		}
		if done, err := w.WriteExport(t.Context(), ada); !done || err != nil {
			t.Errorf("the writer behind it: %t, %v", done, err)
		}
	}
}

// Invitations that somebody sent are found among those of others, whatever page
// of whichever team they stand on.
func TestAnExportHasWhatWasSent(t *testing.T) {
	t.Parallel()
	w, v := withVault(t)
	sent := map[string]bool{}
	for n := range 3*account.MaxRead + 50 {
		for _, organizationID := range []string{"in", "shared", "solo"} {
			i := &account.Invitation{
				OrganizationID: organizationID, ID: fmt.Sprintf("%04d", n), Email: fmt.Sprintf("%s-%d@example.com", organizationID, n),
				InvitedBy: bob, Status: account.InvitationPending, Version: 1,
			}
			if mine := organizationID == "shared" && n%50 == 0 || organizationID == "solo" && n > account.MaxRead; mine {
				i.InvitedBy = ada
				sent[i.PublicID()] = true
			}
			w.put(t, i)
		}
	}
	for _, id := range []string{"in", "shared", "solo"} {
		w.seats(t, id, 3*account.MaxRead+50)
	}
	if _, err := w.RequestExport(t.Context(), signedIn(laptop)); err != nil {
		t.Fatal(err)
	}
	w.write(t)
	got := exported(t, v.objects[firstExport])["sentInvitations"]
	for _, i := range got {
		delete(sent, fmt.Sprint(i["id"]))
		if i["email"] != nil {
			t.Errorf("it tells of others: %v", i)
		}
	}
	if len(sent) > 0 || len(got) != 7+249 {
		t.Errorf("%d are there, %d are missing", len(got), len(sent))
	}
}
