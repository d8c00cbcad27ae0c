package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/account"
)

// exportAnswer is an export as the API answers it.
type exportAnswer struct {
	Status    account.ExportStatus
	URL       *string
	ExpiresAt *time.Time
}

func (p *person) export(t *testing.T) (e exportAnswer) {
	t.Helper()
	p.call(t, http.MethodGet, "/me/export", nil).want(t, http.StatusOK).JSON(t, &e)
	return e
}

// exported asks for an export, waits for it and returns its link.
func (p *person) exported(t *testing.T) string {
	t.Helper()
	p.call(t, http.MethodGet, "/me/export", nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	var e exportAnswer
	p.call(t, http.MethodPost, "/me/export", nil).want(t, http.StatusAccepted).JSON(t, &e)
	if e.Status != account.ExportPending || e.URL != nil || e.ExpiresAt != nil {
		t.Errorf("asked for, it is %+v", e)
	}
	eventually(t, "an export", func() bool {
		e = p.export(t)
		return e.Status == account.ExportReady
	})
	if left := time.Until(*e.ExpiresAt); left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("the link ends in %s", left)
	}
	return *e.URL
}

// fetch opens a link as a browser does, with nothing but the link.
func (p *person) fetch(t *testing.T, link string) (status int, content []byte) {
	t.Helper()
	status, _, content = p.read(t, link)
	return status, content
}

// Everything held on somebody stands in one file behind a link, which is good
// for a quarter of an hour; the file goes after a day, or with the account.
func TestEverythingIsExported(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // the clock of S3, not that of the functions
	h := newHost(t, func(o *options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		o.RedriveEvery = 100 * time.Millisecond
	})
	l := newLeaver(t, h)
	putNew(t, h, &account.Datum{AccountID: l.ID, ID: "PROJECT#1", Type: "project", Fields: map[string]any{"name": "Difference engine"}, Version: 1})
	link := l.exported(t)
	status, content := l.fetch(t, link)
	var got map[string][]map[string]any
	if err := json.Unmarshal(content, &got); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v: %s", status, err, content)
	}
	if u := got["user"][0]; u["id"] != l.ID || u["email"] != l.Email || u["name"] != l.name {
		t.Errorf("user %v", u)
	}
	var teams []string
	for _, m := range got["memberships"] {
		if name, _ := m["organizationName"].(string); m["organizationId"] != l.ID {
			teams = append(teams, name+" "+m["role"].(string))
		}
	}
	slices.Sort(teams)
	if want := []string{"Alan's ORG_MEMBER", "Alone ORG_OWNER", "Shared ORG_OWNER"}; !slices.Equal(teams, want) {
		t.Errorf("memberships %q, want %q", teams, want)
	}
	if i := got["invitations"]; len(i) != 1 || i[0]["id"] != l.received.ID || len(got["endedInvitations"]) != 1 {
		t.Errorf("invitations %v, %v", i, got["endedInvitations"])
	}
	if i := got["sentInvitations"]; !slices.ContainsFunc(i, func(f map[string]any) bool { return f["id"] == l.sent.ID }) {
		t.Errorf("invitations that they sent: %v", i)
	}
	if len(got["records"]) == 0 || len(got["account"]) != 1 || len(got["data"]) != 1 || !strings.Contains(string(content), "Difference engine") {
		t.Errorf("export %s", content)
	}
	if strings.Contains(string(content), l.grace.Email) || strings.Contains(string(content), l.grace.ID) {
		t.Errorf("it tells of others: %s", content)
	}

	// The link is its bearer's and ends; without one nobody reads the file.
	plain, _, _ := strings.Cut(link, "?")
	if status, _ := l.fetch(t, plain); status != http.StatusForbidden {
		t.Errorf("without a signature: %d", status)
	}
	ahead.Store(int64(account.ExportLink + time.Minute))
	if status, content := l.fetch(t, link); status != http.StatusForbidden || !strings.Contains(string(content), "Request has expired") {
		t.Errorf("a link that has ended: %d %s", status, content)
	}
	ahead.Store(0)

	// A day later.
	past := time.Now().Add(-time.Minute)
	h.amend(t, account.ChangeExport{UserID: l.ID, ExpiresAt: &past, DueAt: &past})
	l.call(t, http.MethodGet, "/me/export", nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	eventually(t, "the file gone", func() bool { status, _ := l.fetch(t, link); return status == http.StatusNotFound })

	link = l.exported(t)
	h.isErased(t, l.leave(t, account.DeletionRunning))
	if status, _ := l.fetch(t, link); status != http.StatusNotFound {
		t.Errorf("after the deletion: %d", status)
	}
}
