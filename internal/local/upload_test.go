package main

import (
	"bytes"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/account"
)

// askFor asks for leave to upload a file of a type and a size.
func (p *person) askFor(t *testing.T, contentType string, size int, header ...string) answer {
	t.Helper()
	return p.call(t, http.MethodPost, "/me/profile/image", map[string]any{"contentType": contentType, "size": size}, header...)
}

func (a answer) grant(t *testing.T) grant {
	t.Helper()
	var g grant
	a.want(t, http.StatusCreated).JSON(t, &g)
	return g
}

// file is one of a size that begins as its type does.
func file(contentType string, size int) []byte {
	content := make([]byte, size)
	copy(content, map[string]string{
		"image/png": "\x89PNG\r\n\x1a\n", "image/jpeg": "\xff\xd8\xff\xe0", "image/webp": "RIFF\x00\x00\x00\x00WEBPVP8 ",
	}[contentType])
	return content
}

func TestEveryFormatOfAnImageIsServedAsItself(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for _, test := range []struct {
		contentType string
		size        int
	}{{"image/png", 2 << 20}, {"image/jpeg", 20}, {"image/webp", 1000}} {
		created := p.askFor(t, test.contentType, test.size)
		if got := created.Header.Get("Location"); got != "/me/profile/image" {
			t.Errorf("Location %q", got)
		}
		g := created.grant(t)
		if left := time.Until(g.ExpiresAt); left < 9*time.Minute || left > 10*time.Minute {
			t.Errorf("the grant ends in %s", left)
		}
		content := file(test.contentType, test.size)
		if status := p.upload(t, g, content); status != http.StatusNoContent {
			t.Fatalf("%s: upload %d", test.contentType, status)
		}
		if url := p.imageURL(t); strings.Contains(url, g.Key) {
			t.Error("the image is shown before it is attached")
		}
		p.attach(t, g.Key).want(t, http.StatusOK)
		url := p.imageURL(t)
		status, header, read := p.read(t, url)
		if status != http.StatusOK || header.Get("Content-Type") != test.contentType || !bytes.Equal(read, content) {
			t.Errorf("%s: %d, %s, %d bytes", test.contentType, status, header.Get("Content-Type"), len(read))
		}
		m := p.me(t)
		if m.User.ImageURL == nil || *m.User.ImageURL != url || strings.ContainsAny(url, "?&") {
			t.Errorf("GET /me shows %v, the profile %q", m.User.ImageURL, url)
		}
	}
}

func TestAnImageFollowsIntoEveryTeam(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	team := join(t, shared.host, p, 1)[0]
	g := p.askUpload(t, png(100))
	if status := p.upload(t, g, png(100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	p.attach(t, g.Key).want(t, http.StatusOK)
	copied := func() string {
		records, err := storeOf(shared.host).Read(t.Context(), account.MembershipKey(p.ID, team))
		if err != nil {
			t.Fatal(err)
		}
		return records.Membership(p.ID, team).UserImageKey
	}
	eventually(t, "the membership has the image", func() bool { return copied() == g.Key })
	p.call(t, http.MethodDelete, "/me/profile/image", nil).want(t, http.StatusNoContent)
	eventually(t, "the membership has no image", func() bool { return copied() == "" })
}

func TestWhatIsNoImageGetsNoGrant(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for name, test := range map[string]struct {
		body   map[string]any
		fields []string
	}{
		"SVG, which has scripts":  {map[string]any{"contentType": "image/svg+xml", "size": 1}, []string{"/contentType unknown_value"}},
		"GIF":                     {map[string]any{"contentType": "image/gif", "size": 1}, []string{"/contentType unknown_value"}},
		"HTML":                    {map[string]any{"contentType": "text/html", "size": 1}, []string{"/contentType unknown_value"}},
		"a type with a parameter": {map[string]any{"contentType": "image/png; x=y", "size": 1}, []string{"/contentType unknown_value"}},
		"nothing":                 {map[string]any{"contentType": "image/png", "size": 0}, []string{"/size not_allowed"}},
		"less than nothing":       {map[string]any{"contentType": "image/png", "size": -1}, []string{"/size not_allowed"}},
		"more than 2 MiB":         {map[string]any{"contentType": "image/png", "size": 2<<20 + 1}, []string{"/size not_allowed"}},
		"half a byte":             {map[string]any{"contentType": "image/png", "size": 1.5}, []string{"/size malformed"}},
		"a size in words":         {map[string]any{"contentType": "image/png", "size": "1"}, []string{"/size malformed"}},
		"null":                    {map[string]any{"contentType": nil, "size": nil}, []string{"/contentType malformed", "/size malformed"}},
		"neither":                 {map[string]any{}, []string{"/contentType required", "/size required"}},
		"a key of one's choice":   {map[string]any{"contentType": "image/png", "size": 1, "key": "x"}, []string{"/key unknown_field"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.call(t, http.MethodPost, "/me/profile/image", test.body).
				refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, test.fields...)
		})
	}
}

// Of each of these S3 stores nothing.
func TestAFormThatIsNotTheGrantedOneStoresNothing(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	foreign := other.askUpload(t, png(100))
	for name, test := range map[string]struct {
		change func(grant)
		file   []byte
		status int
	}{
		"a byte more":              {func(grant) {}, png(101), http.StatusBadRequest},
		"a byte less":              {func(grant) {}, png(99), http.StatusBadRequest},
		"another type":             {func(g grant) { g.Fields["Content-Type"] = "text/html" }, png(100), http.StatusForbidden},
		"another's key":            {func(g grant) { g.Fields["key"] = foreign.Key }, png(100), http.StatusForbidden},
		"without its tag":          {func(g grant) { delete(g.Fields, "tagging") }, png(100), http.StatusForbidden},
		"with a field more":        {func(g grant) { g.Fields["x-amz-meta-a"] = "b" }, png(100), http.StatusForbidden},
		"with another's policy":    {func(g grant) { g.Fields["policy"] = foreign.Fields["policy"] }, png(100), http.StatusForbidden},
		"without a signature":      {func(g grant) { delete(g.Fields, "x-amz-signature") }, png(100), http.StatusForbidden},
		"with a signature altered": {func(g grant) { g.Fields["x-amz-signature"] = strings.Repeat("0", 64) }, png(100), http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := p.askUpload(t, png(100))
			sent := g
			sent.Fields = maps.Clone(g.Fields)
			test.change(sent)
			if status := p.upload(t, sent, test.file); status != test.status {
				t.Errorf("S3 answered %d, want %d", status, test.status)
			}
			for _, key := range []string{g.Key, foreign.Key} {
				if status, _, _ := p.read(t, shared.host.Config.imageURL()+"/"+key); status != http.StatusForbidden {
					t.Errorf("something is stored: %d", status)
				}
			}
			p.attach(t, g.Key).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/key unknown_value")
		})
	}
}

func TestOnlyAnUploadOfOnesOwnCanBeAttached(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	mine, theirs := p.askUpload(t, png(100)), other.askUpload(t, png(100))
	for _, g := range []grant{mine, theirs} {
		if status := p.upload(t, g, png(100)); status != http.StatusNoContent {
			t.Fatalf("upload: %d", status)
		}
	}
	p.attach(t, mine.Key).want(t, http.StatusOK)
	before := p.imageURL(t)
	for name, test := range map[string]struct{ key, field string }{
		"another's":               {theirs.Key, "/key unknown_value"},
		"never uploaded":          {p.askUpload(t, png(100)).Key, "/key unknown_value"},
		"never granted":           {"images/" + p.ID + "/abcdefghijklmnopqrstuvwxyz", "/key unknown_value"},
		"no key":                  {"good morning", "/key unknown_value"},
		"a path out of one's own": {"images/" + p.ID + "/../" + strings.TrimPrefix(theirs.Key, "images/"), "/key unknown_value"},
		"a whole URL":             {before, "/key unknown_value"},
		"empty":                   {"", "/key too_short"},
		"an endless key":          {strings.Repeat("a", 257), "/key too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.attach(t, test.key).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, test.field)
			if url := p.imageURL(t); url != before {
				t.Errorf("the image became %s", url)
			}
		})
	}
}

func TestAnUploadOfAnotherTypeThanAnnouncedIsNotAttached(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for name, content := range map[string][]byte{
		"JPEG as PNG": file("image/jpeg", 100), "HTML as PNG": append([]byte("<html><script>"), make([]byte, 86)...),
		"zeros as PNG": make([]byte, 100), "almost PNG": append([]byte("\x89PNG\r\n"), make([]byte, 94)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := p.askFor(t, "image/png", 100).grant(t)
			if status := p.upload(t, g, content); status != http.StatusNoContent {
				t.Fatalf("upload: %d", status)
			}
			p.attach(t, g.Key).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/key malformed")
			if url := p.imageURL(t); url != "" {
				t.Errorf("attached: %s", url)
			}
		})
	}
}

func TestAGrantAndAnUploadExpire(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	h := newHost(t, func(o *options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	p := newPerson(t, h, nil)
	late, early := p.askUpload(t, png(100)), p.askUpload(t, png(100))
	ahead.Store(int64(-13 * time.Hour)) // uploaded thirteen hours ago
	if status := p.upload(t, early, png(100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	ahead.Store(int64(11 * time.Minute))
	if status := p.upload(t, late, png(100)); status != http.StatusForbidden {
		t.Errorf("an upload eleven minutes after its grant: %d", status)
	}
	ahead.Store(0)
	for _, g := range []grant{late, early} {
		p.attach(t, g.Key).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/key unknown_value")
	}
}

func TestAStaleChangeOfTheImageIsRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	_, stale := p.profile(t)
	var keys []string
	for range 2 {
		g := p.askUpload(t, png(100))
		if status := p.upload(t, g, png(100)); status != http.StatusNoContent {
			t.Fatalf("upload: %d", status)
		}
		keys = append(keys, g.Key)
	}
	put := func(key, condition string) answer {
		return p.call(t, http.MethodPut, "/me/profile/image", map[string]string{"key": key}, "If-Match", condition)
	}
	current := put(keys[0], stale).want(t, http.StatusOK).Header.Get("Etag")
	url := p.imageURL(t)
	put(keys[1], stale).refused(t, http.StatusPreconditionFailed, account.CodePreconditionFailed)
	p.call(t, http.MethodDelete, "/me/profile/image", nil, "If-Match", stale).
		refused(t, http.StatusPreconditionFailed, account.CodePreconditionFailed)
	if got := p.imageURL(t); got != url {
		t.Errorf("the image became %s", got)
	}
	if status, _, _ := p.read(t, url); status != http.StatusOK {
		t.Errorf("the image is gone: %d", status)
	}
	put(keys[1], current).want(t, http.StatusOK)
	p.call(t, http.MethodDelete, "/me/profile/image", nil, "If-Match", "*").want(t, http.StatusNoContent)
	p.call(t, http.MethodDelete, "/me/profile/image", nil).want(t, http.StatusNoContent) // again is no error
}
