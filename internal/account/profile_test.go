package account_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"hearth/internal/account"
)

// caller authorizes ada's laptop.
func (w *world) caller(t *testing.T) account.Caller {
	t.Helper()
	c, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
	if err != nil {
		t.Fatal(err)
	}
	w.store.calls()
	return c
}

func always(account.User) error { return nil }

func TestRename(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	user, err := w.Rename(t.Context(), w.caller(t), "  Ada\tKing ", always)
	if err != nil || user.Name != "Ada King" {
		t.Fatalf("got %q, %v", user.Name, err)
	}
	if reads, commits := w.store.calls(); reads != 0 || commits != 1 {
		t.Errorf("%d reads, %d commits, want one commit behind authorize", reads, commits)
	}
	records := w.store.All()
	if !reflect.DeepEqual(*records.User(ada), user) || records.Organization(ada).Name != "Ada King's Organization" ||
		records.Membership(ada, ada).UserName != "Ada King" || records.Membership(ada, ada).UserVersion != user.Version {
		t.Errorf("records: %+v, %+v, %+v", records.User(ada), records.Organization(ada), records.Membership(ada, ada))
	}
	if got := w.pool.people[tokenOf(ada)].Name; got != "Ada King" {
		t.Errorf("the pool knows %q", got)
	}
	if _, err := w.Rename(t.Context(), w.caller(t), "Ada King", always); err != nil {
		t.Fatal(err)
	}
	if _, commits := w.store.calls(); commits != 0 {
		t.Error("the same name was written again")
	}
}

func TestRenameRefuses(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		name string
		want account.FieldCode
	}{
		"nothing":          {"", account.FieldTooShort},
		"spaces":           {" \t\n", account.FieldTooShort},
		"what is not seen": {"\u200B\u202E", account.FieldTooShort},
		"65 characters":    {strings.Repeat("a", 65), account.FieldTooLong},
		"65 emoji":         {strings.Repeat("🦊", 65), account.FieldTooLong},
		"64 with a tail":   {strings.Repeat("é", 64) + "x", account.FieldTooLong},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.enroll(t)
			before := w.user(t)
			_, err := w.Rename(t.Context(), w.caller(t), c.name, always)
			var refusal *account.Error
			if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Field != "/name" || refusal.Fields[0].Code != c.want {
				t.Errorf("got %v", err)
			}
			if !reflect.DeepEqual(w.user(t), before) || w.pool.people[tokenOf(ada)].Name != "Ada" {
				t.Error("something changed")
			}
		})
	}
}

// The pool comes first: if it refuses, nothing changes here.
func TestRenameWithoutThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	c := w.caller(t)
	w.pool.err = account.ErrUnavailable
	if _, err := w.Rename(t.Context(), c, "Ada King", always); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if w.user(t).Name != "Ada" {
		t.Error("the table is ahead of the pool")
	}
}

// Killed between the pool and the table, a change of name is finished by the
// next sign-in.
func TestTheNextSignInFinishesARename(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	c := w.caller(t)
	w.store.onCommit = func(int) error { return account.ErrUnavailable }
	if _, err := w.Rename(t.Context(), c, "Ada King", always); !errors.Is(err, account.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	w.store.onCommit = nil
	if w.user(t).Name != "Ada" {
		t.Fatal("the table has the name already")
	}
	next, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
	if err != nil {
		t.Fatal(err)
	}
	if next.User.Name != "Ada King" || next.Organization.Name != "Ada King's Organization" {
		t.Errorf("after the sign-in: %q in %q", next.User.Name, next.Organization.Name)
	}
}

// A sign-in does not wait for a provider that does not answer.
func TestASignInWithoutThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.pool.err = account.ErrUnavailable
	if _, err := w.Authorize(t.Context(), signedIn(phone), account.Target{}); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestSetPreferences(t *testing.T) {
	t.Parallel()
	dark, german, brazilian := account.ThemeDark, "DE", "pt-br"
	for rule, c := range map[string]struct {
		theme, language *string
		want            account.Preferences
	}{
		"nothing":               {nil, nil, account.Preferences{Theme: "system", Language: "en"}},
		"a theme":               {&dark, nil, account.Preferences{Theme: "dark", Language: "en"}},
		"a language":            {nil, &german, account.Preferences{Theme: "system", Language: "de"}},
		"a language and region": {&dark, &brazilian, account.Preferences{Theme: "dark", Language: "pt-BR"}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.enroll(t)
			user, err := w.SetPreferences(t.Context(), w.caller(t), c.theme, c.language, always)
			if err != nil || user.Preferences != c.want || w.user(t).Preferences != c.want {
				t.Errorf("got %+v, %v", user.Preferences, err)
			}
		})
	}
	for rule, c := range map[string]struct {
		theme, language, field string
		code                   account.FieldCode
	}{
		"an unknown theme":      {"pink", "en", "/theme", account.FieldUnknownValue},
		"an unknown language":   {"dark", "fr", "/language", account.FieldUnknownValue},
		"no language":           {"dark", "", "/language", account.FieldMalformed},
		"what is no tag":        {"dark", "english!", "/language", account.FieldMalformed},
		"one with an extension": {"dark", "en-u-ca-gregory", "/language", account.FieldUnknownValue},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.enroll(t)
			_, err := w.SetPreferences(t.Context(), w.caller(t), &c.theme, &c.language, always)
			var refusal *account.Error
			if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Field != c.field || refusal.Fields[0].Code != c.code {
				t.Errorf("got %v", err)
			}
			if w.user(t).Preferences.Theme != account.ThemeSystem {
				t.Error("half of it was written")
			}
		})
	}
}

// A change meets a user that somebody else changed since it was read: it is
// decided again on what is there now, the client's condition included.
func TestAChangeIsDecidedAgain(t *testing.T) {
	t.Parallel()
	dark := account.ThemeDark
	t.Run("without a condition it is made", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.enroll(t)
		c := w.caller(t)
		other := w.user(t)
		other.Name, other.Version = "Other", other.Version+1
		w.put(t, other)
		user, err := w.SetPreferences(t.Context(), c, &dark, nil, always)
		if err != nil || user.Name != "Other" || user.Preferences.Theme != dark {
			t.Errorf("got %+v, %v", user, err)
		}
	})
	t.Run("a condition that fails meanwhile refuses it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.enroll(t)
		c := w.caller(t)
		other := w.user(t)
		other.Name, other.Version = "Other", other.Version+1
		w.put(t, other)
		_, err := w.SetPreferences(t.Context(), c, &dark, nil, func(u account.User) error {
			if u.Name != "Ada" {
				return account.ErrPrecondition
			}
			return nil
		})
		if !errors.Is(err, account.ErrPrecondition) || w.user(t).Preferences.Theme == dark {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a user turned off meanwhile changes nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.enroll(t)
		c := w.caller(t)
		off := w.user(t)
		off.Status, off.Version = account.UserInactive, off.Version+1
		w.put(t, off)
		if _, err := w.SetImage(t.Context(), c, "images/x/y", always); !errors.Is(err, account.ErrUserInactive) {
			t.Errorf("got %v", err)
		}
		if w.user(t).ImageKey != "" {
			t.Error("the image was set")
		}
	})
}

func TestSetImage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	for _, key := range []string{"images/a/1", "images/a/2", "images/a/2", ""} {
		user, err := w.SetImage(t.Context(), w.caller(t), key, always)
		if err != nil || user.ImageKey != key || w.user(t).ImageKey != key || w.store.All().Membership(ada, ada).UserImageKey != key {
			t.Errorf("%q: got %q, %v", key, user.ImageKey, err)
		}
	}
}
