package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"hearth/internal/httpapi"
	"hearth/internal/local/gateway"
)

// FuzzAuthorization checks that only what the issuer signed opens a route: any
// header that does is the good token, whose signature covers all of it.
func FuzzAuthorization(f *testing.F) {
	s := newSigner(f, "k1")
	good := s.token(f, accessClaims(nil))
	api := newAPI(f, echo, s, nil)
	parts := strings.Split(good, ".")
	for _, seed := range []string{
		"", "Bearer", "Bearer ", "bearer " + good, "Bearer " + good, good, "Basic dXNlcjpwYXNz", "..", "a.b.c",
		parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[2], good + ".", "Bearer Bearer " + good,
		"eyJhbGciOiJub25lIn0." + parts[1] + ".", "Bearer " + strings.Repeat("A", 10000), "\x00", "Bearer \xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequestWithContext(context.Background(), "GET", "/me", nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusUnauthorized:
			if challenge := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer") || strings.ContainsAny(challenge, "\r\n") {
				t.Errorf("challenge %q", challenge)
			}
		case http.StatusOK:
			token := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(header), "Bearer "))
			if _, err := jws.Verify([]byte(token), jws.WithKey(jwa.RS256(), s.private.Public())); err != nil {
				t.Errorf("%q was let in: %v", header, err)
			}
		default:
			t.Errorf("status %d", w.Code)
		}
	})
}

// FuzzPath checks that whatever path reaches a function is the one that its
// route matches, decoded once.
func FuzzPath(f *testing.F) {
	api := newAPI(f, echo, nil, func(o *gateway.Options) {
		o.Routes = []httpapi.Route{open("GET", "/a/{id}"), open("GET", "/a/b"), open("GET", "/files/{path+}")}
	})
	for _, seed := range []string{
		"/", "/a/b", "/a/%62", "/a/c%2Fd", "/a/%3F", "/a/..", "/files/", "/files//x", "/files/a/b/c", "//", "/a/%00", "/a/%ff", "/a/é", "*", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		target, err := url.Parse("http://localhost")
		if err != nil {
			t.Fatal(err)
		}
		if target.Path, err = url.PathUnescape(path); err != nil {
			return
		}
		r := httptest.NewRequestWithContext(context.Background(), "GET", "/", nil)
		r.URL = target
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code == http.StatusNotFound {
			return
		}
		var e struct {
			RouteKey, RawPath string
			PathParameters    map[string]string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d: %v", w.Code, err)
		}
		want := strings.NewReplacer("GET ", "", "{id}", e.PathParameters["id"], "{path+}", e.PathParameters["path"]).Replace(e.RouteKey)
		if utf8.ValidString(target.Path) && (e.RawPath != want || !strings.HasPrefix(target.Path, want)) {
			t.Errorf("%q: rawPath %q, route %q with %v", path, e.RawPath, e.RouteKey, e.PathParameters)
		}
		if strings.Contains(e.PathParameters["id"], "/") {
			t.Errorf("%q: a variable holds a slash: %q", path, e.PathParameters["id"])
		}
	})
}
