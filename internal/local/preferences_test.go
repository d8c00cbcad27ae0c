package main

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/account"
)

type preferences struct {
	Theme    string `json:"theme"`
	Language string `json:"language"`
}

func (p *person) prefer(t *testing.T, body any, header ...string) answer {
	t.Helper()
	return p.call(t, http.MethodPatch, "/me/preferences", body, header...)
}

// wantPreferences holds both places that tell them against what they should be.
func (p *person) wantPreferences(t *testing.T, want preferences) {
	t.Helper()
	var read preferences
	p.call(t, http.MethodGet, "/me/preferences", nil).want(t, http.StatusOK).JSON(t, &read)
	if m := p.me(t).Preferences; read != want || m != want {
		t.Errorf("preferences %+v, in GET /me %+v, want %+v", read, m, want)
	}
}

func TestPreferencesChangeOneByOne(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.wantPreferences(t, preferences{"system", "en"})
	for _, test := range []struct {
		body any
		want preferences
	}{
		{map[string]string{"theme": "dark"}, preferences{"dark", "en"}},
		{map[string]string{"language": "de"}, preferences{"dark", "de"}},
		{map[string]string{"language": "EN"}, preferences{"dark", "en"}},
		{map[string]string{"theme": "light", "language": "De"}, preferences{"light", "de"}},
		{map[string]string{"theme": "system"}, preferences{"system", "de"}},
		{map[string]string{}, preferences{"system", "de"}},
		{map[string]any{"theme": nil, "language": nil}, preferences{"system", "de"}}, // null leaves it
	} {
		var got preferences
		changed := p.prefer(t, test.body).want(t, http.StatusOK)
		if changed.JSON(t, &got); got != test.want {
			t.Errorf("%v: %+v, want %+v", test.body, got, test.want)
		}
		p.wantPreferences(t, test.want)
	}
}

func TestPreferencesOutliveASignIn(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.prefer(t, preferences{"dark", "de"}).want(t, http.StatusOK)
	p.signInAgain(t)
	p.wantPreferences(t, preferences{"dark", "de"})
}

func TestAnEmptyChangeOfPreferencesChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	before, err := storeOf(shared.host).Read(t.Context(), account.UserKey(p.ID))
	if err != nil {
		t.Fatal(err)
	}
	read := p.call(t, http.MethodGet, "/me/preferences", nil).want(t, http.StatusOK)
	for _, body := range []any{map[string]string{}, preferences{"system", "en"}} { // nothing, and what is so
		got := p.prefer(t, body).want(t, http.StatusOK)
		if got.Header.Get("Etag") != read.Header.Get("Etag") || string(got.Body) != string(read.Body) {
			t.Errorf("%v: %s", body, got.Body)
		}
	}
	after, err := storeOf(shared.host).Read(t.Context(), account.UserKey(p.ID))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := before.User(p.ID).Version, after.User(p.ID).Version; a != b {
		t.Errorf("the user was written: version %d became %d", a, b)
	}
}

func TestAStaleChangeOfPreferencesIsRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	stale := p.call(t, http.MethodGet, "/me/preferences", nil).want(t, http.StatusOK).Header.Get("Etag")
	current := p.prefer(t, map[string]string{"theme": "dark"}, "If-Match", stale).want(t, http.StatusOK).Header.Get("Etag")
	p.prefer(t, map[string]string{"theme": "light"}, "If-Match", stale).
		refused(t, http.StatusPreconditionFailed, account.CodePreconditionFailed)
	p.wantPreferences(t, preferences{"dark", "en"})
	p.rename(t, "Somebody Else").want(t, http.StatusOK) // another part of the user
	p.prefer(t, map[string]string{"theme": "light"}, "If-Match", current).want(t, http.StatusOK)
	p.wantPreferences(t, preferences{"light", "en"})
}

func TestPreferencesThatThereAreNotAreRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for name, test := range map[string]struct {
		body   map[string]any
		fields []string
	}{
		"a theme that there is not":         {map[string]any{"theme": "pink"}, []string{"/theme unknown_value"}},
		"a theme in capitals":               {map[string]any{"theme": "DARK"}, []string{"/theme unknown_value"}},
		"an empty theme":                    {map[string]any{"theme": ""}, []string{"/theme unknown_value"}},
		"a language that is not configured": {map[string]any{"language": "fr"}, []string{"/language unknown_value"}},
		"a region that is not configured":   {map[string]any{"language": "de-AT"}, []string{"/language unknown_value"}},
		"a language that nobody speaks":     {map[string]any{"language": "xq"}, []string{"/language unknown_value"}},
		"no tag":                            {map[string]any{"language": "not a tag!"}, []string{"/language malformed"}},
		"an empty tag":                      {map[string]any{"language": ""}, []string{"/language malformed"}},
		"an endless tag":                    {map[string]any{"language": strings.Repeat("a", 65)}, []string{"/language too_long"}},
		"a language as a list":              {map[string]any{"language": []string{"de"}}, []string{"/language malformed"}},
		"one good and one bad":              {map[string]any{"theme": "dark", "language": "fr"}, []string{"/language unknown_value"}},
		"both bad":                          {map[string]any{"theme": 1, "language": 2}, []string{"/theme malformed", "/language malformed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.prefer(t, test.body).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, test.fields...)
			p.wantPreferences(t, preferences{"system", "en"})
		})
	}
}
