package account_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hearth/internal/account"
)

func ids(sessions []account.Session) []string {
	var all []string
	for _, s := range sessions {
		all = append(all, s.ID)
	}
	return all
}

func TestSessionsThatCountAreListedTheCurrentFirst(t *testing.T) {
	t.Parallel()
	w, _ := secured(t)
	signedIn := noon.Add(-time.Minute).Truncate(time.Second)
	for name, change := range map[string]func(*account.Session){
		"aaaa-later":   func(s *account.Session) { s.LastSeenAt = noon.Add(time.Hour) },
		"bbbb-revoked": func(s *account.Session) { s.RevokedAt = noon },
		"cccc-over":    func(s *account.Session) { s.ExpiresAt = noon },
		"dddd-old":     func(s *account.Session) { s.AuthTime = noon.AddDate(0, 0, -2) },
		"eeee-kept":    func(s *account.Session) { s.AuthTime = noon.AddDate(0, 0, -3); s.LastSeenAt = noon.Add(-time.Hour) },
	} {
		s := &account.Session{UserID: ada, ID: name, AuthTime: signedIn, LastSeenAt: noon.Add(-time.Minute), ExpiresAt: noon.AddDate(0, 0, 1), Version: 1}
		change(s)
		w.put(t, s)
	}
	u := w.user(t)
	u.SessionsValidFrom, u.KeptSession = noon.AddDate(0, 0, -1), "eeee-kept"
	w.put(t, u)
	got, err := w.Sessions(t.Context(), w.caller(t))
	if want := []string{laptop, "aaaa-later", phone, "eeee-kept"}; err != nil || !slices.Equal(ids(got), want) {
		t.Errorf("got %v, %v, want %v", ids(got), err, want)
	}
	for n := range account.MaxSessions + 50 {
		w.put(t, &account.Session{UserID: ada, ID: fmt.Sprintf("more-%d", n), AuthTime: signedIn, LastSeenAt: noon, ExpiresAt: noon.AddDate(0, 0, 1), Version: 1})
	}
	if got, err = w.Sessions(t.Context(), w.caller(t)); err != nil || len(got) != account.MaxSessions || got[0].ID != laptop {
		t.Errorf("%d sessions, %v", len(got), err)
	}
}

func TestOneSessionIsRevoked(t *testing.T) {
	t.Parallel()
	w, _ := secured(t)
	for range 2 { // again is no error
		if err := w.RevokeSession(t.Context(), w.caller(t), phone); err != nil {
			t.Fatal(err)
		}
	}
	if !w.ends(t, phone) || w.ends(t, laptop) {
		t.Error("another session ended than the one that was revoked")
	}
	if err := w.RevokeSession(t.Context(), w.caller(t), laptop); err != nil || !w.ends(t, laptop) {
		t.Errorf("one's own: %v", err)
	}
}

// A session that signed in within the same second ends too: auth_time tells no more.
func TestTheOthersAreRevoked(t *testing.T) {
	t.Parallel()
	w, _ := secured(t)
	third := signedIn("5c1d4b1e-6f0e-4a38-9d42-0000000000cc")
	third.AuthTime = noon.Unix()
	if _, err := w.Authorize(t.Context(), third, account.Target{}); err != nil {
		t.Fatal(err)
	}
	if err := w.RevokeOtherSessions(t.Context(), w.caller(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authorize(t.Context(), third, account.Target{}); err == nil {
		t.Error("the third session goes on")
	}
	if !w.ends(t, phone) || w.ends(t, laptop) {
		t.Error("the telephone goes on, or the laptop does not")
	}
	got, err := w.Sessions(t.Context(), w.caller(t))
	if err != nil || !slices.Equal(ids(got), []string{laptop}) {
		t.Errorf("listed %v, %v", ids(got), err)
	}
}

func TestAllAreRevokedAtTheProviderToo(t *testing.T) {
	t.Parallel()
	for n := range 3 { // cut off after the provider's, and after the table's
		w, p := secured(t)
		c := w.caller(t)
		switch n {
		case 1:
			w.store.onCommit = func(int) error { return account.ErrUnavailable }
		case 2:
			w.store.afterCommit = func() error { return account.ErrUnavailable }
		}
		err := w.SignOutEverywhere(t.Context(), c)
		w.store.onCommit, w.store.afterCommit = nil, nil
		if (err == nil) != (n == 0) {
			t.Fatal(err)
		}
		if n == 1 {
			if err := w.SignOutEverywhere(t.Context(), w.caller(t)); err != nil {
				t.Fatal(err)
			}
		}
		if !w.ends(t, laptop) || !w.ends(t, phone) || p.signedOut == 0 {
			t.Errorf("cut %d: a session goes on", n)
		}
		again := signedIn("5c1d4b1e-6f0e-4a38-9d42-0000000000cc")
		again.AuthTime = noon.Unix()
		if _, err := w.Authorize(t.Context(), again, account.Target{}); err != nil {
			t.Errorf("a sign-in right afterwards: %v", err)
		}
	}
}
