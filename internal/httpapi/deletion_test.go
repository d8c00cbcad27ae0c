package httpapi

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// drawers keep exports that are never opened; a link names the object.
type drawers struct{ account.Exports }

func (drawers) Begin(context.Context, string) (string, error)            { return "upload", nil }
func (drawers) Write(context.Context, string, string, int, []byte) error { return nil }
func (drawers) Finish(context.Context, string, string, int) error        { return nil }
func (drawers) Delete(context.Context, string, string) error             { return nil }

func (drawers) Link(_ context.Context, key string, _ time.Duration) (string, error) {
	return "https://private.example.com/" + key, nil
}

// confirmation is the body of a deletion.
func confirmation(digest, email string) string {
	return `{"digest":"` + digest + `","confirmation":"` + email + `"}`
}

// digest is that of a user's preview.
func (f *teams) digest(tb testing.TB, userID string) string {
	tb.Helper()
	return read[deletionPreview](tb, f.as(tb, userID, "GET", "/me/deletion", ""), http.StatusOK).Digest
}

// The answers as clients count on them, written out by hand.
func TestADeletionIsPreviewedAndAccepted(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.create(t, `{"name":"Alone"}`)
	a := f.as(t, ada, "GET", "/me/deletion", "")
	got := read[map[string]any](t, a, http.StatusOK)
	digest, _ := got["digest"].(string)
	want := map[string]any{
		"blockers": []any{},
		"effects": []any{
			map[string]any{"kind": "organizations_deleted", "count": 1.0, "names": []any{"Alone"}},
			map[string]any{"kind": "personal_organization_preserved", "count": 1.0, "names": []any{"Ada's Organization"}},
			map[string]any{"kind": "profile_erased", "count": 1.0, "names": []any{"ada@example.com"}},
		},
		"digest": digest,
	}
	if diff := cmp.Diff(want, got); diff != "" || digest == "" || a.Headers["x-account-id"] != ada {
		t.Errorf("for %q (-want +got):\n%s", a.Headers["x-account-id"], diff)
	}
	a = f.as(t, ada, "POST", "/me/deletion", confirmation(digest, "Ada@Example.COM"))
	begun := read[map[string]any](t, a, http.StatusAccepted)
	id, _ := begun["deletionId"].(string)
	if diff := cmp.Diff(map[string]any{"deletionId": id, "status": "running"}, begun); diff != "" || id == "" || a.Headers["x-account-id"] != ada {
		t.Errorf("for %q (-want +got):\n%s", a.Headers["x-account-id"], diff)
	}
	if d := f.store.All().Deletion(ada); d == nil || d.ID != id {
		t.Errorf("the deletion is %+v", d)
	}
	for _, path := range []string{"/me/deletion", "/me/export", "/me/sessions"} {
		f.as(t, ada, "GET", path, "").expectProblem(t, http.StatusUnauthorized, account.CodeUserInactive)
	}
}

func TestABlockedDeletionTellsWhatToDo(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	preview := read[deletionPreview](t, f.as(t, ada, "GET", "/me/deletion", ""), http.StatusOK)
	if len(preview.Blockers) != 1 || preview.Blockers[0].Code != account.PolicySoleOwner || preview.Blockers[0].OrganizationID != id || preview.Blockers[0].Remedy == "" {
		t.Fatalf("blockers %+v", preview.Blockers)
	}
	before := f.store.All()
	a := f.as(t, ada, "POST", "/me/deletion", confirmation(preview.Digest, "ada@example.com"))
	a.expectProblem(t, http.StatusConflict, account.CodeDeletionBlocked)
	if diff := cmp.Diff(preview.Blockers, a.problem.Blockers); diff != "" {
		t.Errorf("the refusal lists others (-preview +refusal):\n%s", diff)
	}
	if diff := cmp.Diff(before, f.store.All()); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

func TestADeletionIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, f *teams)
		email     string
		status    int
		code      account.Code
		fields    []string
	}{
		"with another address": {nil, "grace@example.com", http.StatusUnprocessableEntity, account.CodeInvalidRequest, []string{"/confirmation incorrect"}},
		"of what it was not previewed for": {
			func(t *testing.T, f *teams) { t.Helper(); f.create(t, `{"name":"Later"}`) }, "ada@example.com",
			http.StatusConflict, account.CodeDeletionChanged, nil,
		},
		"after a sign-in that is too old": {
			func(_ *testing.T, f *teams) { f.clock.Add(int64(account.FreshSignIn)) }, "ada@example.com",
			http.StatusForbidden, account.CodeReauthentication, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newTeams(t)
			digest := f.digest(t, ada)
			if c.meanwhile != nil {
				c.meanwhile(t, f)
			}
			before := f.store.All()
			a := f.as(t, ada, "POST", "/me/deletion", confirmation(digest, c.email))
			a.expectProblem(t, c.status, c.code)
			if c.fields != nil {
				a.expectFields(t, c.fields...)
			}
			if diff := cmp.Diff(before, f.store.All()); diff != "" {
				t.Errorf("something changed:\n%s", diff)
			}
			if strings.Contains(a.Body, c.email) {
				t.Errorf("what was sent comes back: %s", a.Body)
			}
		})
	}
}

func TestWhatIsWrongWithAConfirmationIsToldByField(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.as(t, ada, "POST", "/me/deletion", `{}`).expectFields(t, "/confirmation required", "/digest required")
	f.as(t, ada, "POST", "/me/deletion", confirmation("", "")).expectFields(t, "/confirmation too_short", "/digest too_short")
}

func TestAnExportIsAskedForAndFetched(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.as(t, ada, "GET", "/me/export", "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	pending := map[string]any{"status": "pending", "url": nil, "expiresAt": nil}
	for range 2 {
		got := read[map[string]any](t, f.as(t, ada, "POST", "/me/export", ""), http.StatusAccepted)
		if diff := cmp.Diff(pending, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	for range 5 {
		if _, err := f.service.WriteExport(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
	}
	a := f.as(t, ada, "GET", "/me/export", "")
	e := f.store.All().Export(ada)
	want := map[string]any{
		"status": "ready", "url": "https://private.example.com/exports/" + ada + "/" + e.ID + ".json",
		"expiresAt": noon.Add(account.ExportLink).Format(time.RFC3339),
	}
	if diff := cmp.Diff(want, read[map[string]any](t, a, http.StatusOK)); diff != "" || a.Headers["cache-control"] != "no-store" {
		t.Errorf("cache-control %q (-want +got):\n%s", a.Headers["cache-control"], diff)
	}
	if strings.Contains(f.log.String(), "private.example.com") {
		t.Errorf("the link stands in the log: %s", f.log.String())
	}
	f.as(t, grace, "GET", "/me/export", "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	f.clock.Add(int64(account.ExportValidity))
	f.as(t, ada, "GET", "/me/export", "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
}
