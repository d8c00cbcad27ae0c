package s3_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/image"
	"hearth/internal/local/s3"
)

// fieldOf is the one field that an error names, with its code.
func fieldOf(t *testing.T, err error) string {
	t.Helper()
	var refused *account.Error
	if !errors.As(err, &refused) || refused.Code != account.CodeInvalidRequest || len(refused.Fields) != 1 {
		t.Fatalf("error %v, want one field of an invalid request", err)
	}
	return refused.Fields[0].Field + " " + string(refused.Fields[0].Code)
}

func TestAnUploadedImageIsAttachedServedAndReplaced(t *testing.T) {
	t.Parallel()
	e := open(t)
	key := e.uploaded(t, "ada", png(1000))
	if err := e.images.Check(t.Context(), "ada", key); err != nil {
		t.Fatal(err)
	}
	for range 2 { // repeated, as the stream may
		if err := e.images.Keep(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	e.Add(365 * 24 * time.Hour)
	got := send(t, newRequest(t, http.MethodGet, e.images.URL(key), nil)).want(t, http.StatusOK, "")
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": image.CacheControl, "X-Content-Type-Options": "nosniff", "Content-Length": "1000",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if !bytes.Equal(got.Body, png(1000)) {
		t.Error("other bytes are served")
	}
	if fieldOf(t, e.images.Check(t.Context(), "ada", key)) != "/key not_allowed" {
		t.Error("an image can be attached twice")
	}
	for range 2 {
		if err := e.images.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.images.Keep(t.Context(), key); err != nil {
		t.Errorf("keep what is gone: %v", err)
	}
	send(t, newRequest(t, http.MethodGet, e.images.URL(key), nil)).want(t, http.StatusForbidden, "AccessDenied")
}

func TestOnlyOnesOwnGoodUploadsCanBeAttached(t *testing.T) {
	t.Parallel()
	e := open(t)
	good := e.uploaded(t, "ada", png(100))
	html := e.uploaded(t, "ada", []byte("<html><script>alert(1)</script></html>"))
	jpeg := e.uploaded(t, "ada", append([]byte("\xff\xd8\xff\xe0"), make([]byte, 50)...))
	short := e.uploaded(t, "ada", []byte("\x89PNG"))
	for name, test := range map[string]struct{ owner, key, want string }{
		"somebody else's":     {"bob", good, "/key unknown_value"},
		"never uploaded":      {"ada", "images/ada/none", "/key unknown_value"},
		"HTML as PNG":         {"ada", html, "/key malformed"},
		"JPEG as PNG":         {"ada", jpeg, "/key malformed"},
		"half a signature":    {"ada", short, "/key malformed"},
		"empty":               {"ada", "", "/key unknown_value"},
		"a path":              {"ada", "images/ada/../bob/one", "/key unknown_value"},
		"a URL":               {"ada", e.images.URL(good), "/key unknown_value"},
		"a longer key":        {"ada", good + "/more", "/key unknown_value"},
		"another prefix":      {"ada", strings.Replace(good, "images", "exports", 1), "/key unknown_value"},
		"an owner as a start": {"ad", good, "/key unknown_value"},
	} {
		if got := fieldOf(t, e.images.Check(t.Context(), test.owner, test.key)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if err := e.images.Check(t.Context(), "ada", good); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotAttachedInTimeGoesAway(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), &clock{now: time.Date(2030, 1, 1, 13, 0, 0, 0, time.UTC)}
	e := openIn(t, dir, c)
	pending, kept := e.uploaded(t, "ada", png(10)), e.uploaded(t, "ada", png(10))
	if err := e.images.Keep(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	c.Add(image.AttachWithin)
	if err := e.images.Check(t.Context(), "ada", pending); err != nil {
		t.Errorf("refused in time: %v", err)
	}
	c.Add(time.Second)
	if got := fieldOf(t, e.images.Check(t.Context(), "ada", pending)); got != "/key unknown_value" {
		t.Errorf("attached too late: %s", got)
	}
	c.Add(time.Date(2030, 1, 2, 23, 59, 59, 0, time.UTC).Sub(c.Now()))
	if !e.exists(t, pending) {
		t.Error("gone before the midnight after a day")
	}
	c.Add(time.Second)
	if e.exists(t, pending) || !e.exists(t, kept) {
		t.Errorf("pending there %v, kept there %v", e.exists(t, pending), e.exists(t, kept))
	}
	again := openIn(t, dir, c)
	if again.exists(t, pending) || !again.exists(t, kept) {
		t.Error("another outcome after a restart")
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 1 {
		t.Errorf("files %v: %v", files, err)
	}
}

// All images of an owner go, whatever became of them, and nobody else's.
func TestAllImagesOfAnOwnerAreDeleted(t *testing.T) {
	t.Parallel()
	e := open(t)
	kept := e.uploaded(t, "ada", png(10))
	if err := e.images.Keep(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	for range image.DeleteChunk + 3 {
		e.uploaded(t, "ada", png(10))
	}
	others := []string{e.uploaded(t, "ada2", png(10)), e.uploaded(t, "ad", png(10))}
	if n, err := e.images.Count(t.Context(), "ada"); n != image.DeleteChunk+4 || err != nil {
		t.Errorf("%d counted, %v", n, err)
	}
	for call, want := range []bool{true, false, false} { // the last time there is nothing
		if left, err := e.images.DeleteAll(t.Context(), "ada"); left != want || err != nil {
			t.Errorf("call %d: %t, %v", call+1, left, err)
		}
	}
	if n, err := e.images.Count(t.Context(), "ada"); n != 0 || err != nil {
		t.Errorf("%d left, %v", n, err)
	}
	for _, key := range others {
		if !e.exists(t, key) {
			t.Errorf("%s went too", key)
		}
	}
}

func TestAGrantEndsAfterTenMinutes(t *testing.T) {
	t.Parallel()
	e := open(t)
	granted := e.grant(t, "ada", 10)
	if want := e.Now().Add(10 * time.Minute); !granted.ExpiresAt.Equal(want) {
		t.Errorf("expires at %v, want %v", granted.ExpiresAt, want)
	}
	e.Add(10*time.Minute - time.Second)
	upload(t, granted.URL, granted.Fields, png(10)).want(t, http.StatusNoContent, "")
	e.Add(time.Second)
	upload(t, granted.URL, granted.Fields, png(10)).want(t, http.StatusForbidden, "AccessDenied")
}

// A request that is repeated with its idempotency key gets the key again.
func TestAKeyGrantedAgainIsTheSameKey(t *testing.T) {
	t.Parallel()
	e := open(t)
	first := e.grant(t, "ada", 10)
	again, err := e.images.GrantKey(t.Context(), first.Key, "image/png", 10)
	if err != nil || again.Key != first.Key {
		t.Fatalf("key %q: %v", again.Key, err)
	}
	upload(t, again.URL, again.Fields, png(10)).want(t, http.StatusNoContent, "")
}

func TestObjectsOutliveARestartAndAKill(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), &clock{now: time.Now()}
	first := openIn(t, dir, c)
	key := first.uploaded(t, "ada", png(50))
	// What a kill while writing leaves.
	if err := os.WriteFile(filepath.Join(dir, "half.object.new"), []byte(`{"buc`), 0o600); err != nil {
		t.Fatal(err)
	}
	second := openIn(t, dir, c)
	if err := second.images.Check(t.Context(), "ada", key); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "half.object.new")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the half file is still there")
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.object"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s3.Open(s3.Options{
		Dir: dir, Region: region, Buckets: []string{bucket}, Secret: func(string) (string, bool) { return "", false },
	})
	if err == nil || !strings.Contains(err.Error(), "bad.object is damaged") {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestEverybodyReadsImagesAndNothingElse(t *testing.T) {
	t.Parallel()
	e := open(t)
	key := e.uploaded(t, "ada", png(50))
	url := e.images.URL(key)
	for name, test := range map[string]struct {
		method, url string
		status      int
		code        string
	}{
		"read":             {http.MethodGet, url, 200, ""},
		"head":             {http.MethodHead, url, 200, ""},
		"missing":          {http.MethodGet, e.url + "/" + bucket + "/images/ada/none", 403, "AccessDenied"},
		"outside":          {http.MethodGet, e.url + "/" + bucket + "/exports/ada", 403, "AccessDenied"},
		"the list":         {http.MethodGet, e.url + "/" + bucket + "/", 501, "NotImplemented"},
		"the tags":         {http.MethodGet, url + "?tagging", 403, "AccessDenied"},
		"remove":           {http.MethodDelete, url, 403, "AccessDenied"},
		"remove the tags":  {http.MethodDelete, url + "?tagging", 403, "AccessDenied"},
		"put":              {http.MethodPut, url, 403, "AccessDenied"},
		"a presigned URL":  {http.MethodGet, url + "?X-Amz-Signature=00", 501, "NotImplemented"},
		"another bucket":   {http.MethodGet, e.url + "/other/" + key, 404, "NoSuchBucket"},
		"the list of all":  {http.MethodGet, e.url + "/", 501, "NotImplemented"},
		"a malformed path": {http.MethodGet, e.url + "/" + bucket + "/" + strings.Repeat("k", 1025), 400, "KeyTooLongError"},
	} {
		if got := send(t, newRequest(t, test.method, test.url, nil)); got.Status != test.status || got.Failure.Code != test.code {
			t.Errorf("%s: %d %s, want %d %s", name, got.Status, got.Failure.Code, test.status, test.code)
		}
	}
	got := send(t, newRequest(t, http.MethodGet, url, nil))
	request := newRequest(t, http.MethodGet, url, nil)
	request.Header.Set("If-None-Match", got.Header.Get("ETag"))
	send(t, request).want(t, http.StatusNotModified, "")
	forged := newRequest(t, http.MethodDelete, url, nil)
	forged.Header.Set("Authorization", "Bearer abc")
	send(t, forged).want(t, http.StatusBadRequest, "AuthorizationHeaderMalformed")
	if !e.exists(t, key) {
		t.Error("the image is gone")
	}
}

func TestBrowsersOfTheProductMayPost(t *testing.T) {
	t.Parallel()
	e := open(t)
	for name, test := range map[string]struct {
		origin, method string
		status         int
	}{
		"the product":       {origin, http.MethodPost, 200},
		"another origin":    {"https://evil.example", http.MethodPost, 403},
		"another method":    {origin, http.MethodPut, 403},
		"no origin":         {"", http.MethodPost, 400},
		"no method":         {origin, "", 400},
		"a longer origin":   {origin + ".evil", http.MethodPost, 403},
		"the null origin":   {"null", http.MethodPost, 403},
		"a read of a frame": {origin, http.MethodGet, 403},
	} {
		request := newRequest(t, http.MethodOptions, e.url+"/"+bucket, nil)
		request.Header.Set("Origin", test.origin)
		request.Header.Set("Access-Control-Request-Method", test.method)
		request.Header.Set("Access-Control-Request-Headers", "x-custom")
		got := send(t, request)
		allowed := got.Header.Get("Access-Control-Allow-Origin") == test.origin && got.Header.Get("Access-Control-Allow-Headers") == "x-custom"
		if got.Status != test.status || allowed != (test.status == 200) {
			t.Errorf("%s: %d, %v", name, got.Status, got.Header)
		}
	}
}

func TestWithoutS3AnImageIsUnavailable(t *testing.T) {
	t.Parallel()
	e := open(t)
	key := e.uploaded(t, "ada", png(10))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, counted := e.images.Count(ctx, "ada")
	_, cleared := e.images.DeleteAll(ctx, "ada")
	for name, err := range map[string]error{
		"check": e.images.Check(ctx, "ada", key), "keep": e.images.Keep(ctx, key), "delete": e.images.Delete(ctx, key),
		"count": counted, "delete all": cleared,
	} {
		if !errors.Is(err, account.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
