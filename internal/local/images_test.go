package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// grant is the answer to a request for an upload.
type grant struct {
	URL, Key  string
	Fields    map[string]string
	ExpiresAt time.Time
}

// png is a file of a size that begins as a PNG does.
func png(size int) []byte {
	file := make([]byte, size)
	copy(file, "\x89PNG\r\n\x1a\n")
	return file
}

func (p *person) askUpload(t *testing.T, file []byte) grant {
	t.Helper()
	var g grant
	p.call(t, http.MethodPost, "/me/profile/image", map[string]any{"contentType": "image/png", "size": len(file)}).
		want(t, http.StatusCreated).JSON(t, &g)
	return g
}

// upload sends a form to S3 itself, as a browser does, and returns the status.
func (p *person) upload(t *testing.T, g grant, file []byte) int {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, name := range slices.Sorted(maps.Keys(g.Fields)) {
		if err := form.WriteField(name, g.Fields[name]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", "me.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.URL, &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Origin", "http://localhost:5173")
	response, err := p.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Access-Control-Allow-Origin") != "http://localhost:5173" {
		t.Error("a browser cannot read the answer of S3")
	}
	return response.StatusCode
}

func (p *person) attach(t *testing.T, key string) answer {
	t.Helper()
	return p.call(t, http.MethodPut, "/me/profile/image", map[string]string{"key": key})
}

// imageURL is where the person's image is, empty without one.
func (p *person) imageURL(t *testing.T) string {
	t.Helper()
	var profile struct {
		ImageURL *string `json:"imageUrl"`
	}
	p.call(t, http.MethodGet, "/me/profile", nil).want(t, http.StatusOK).JSON(t, &profile)
	if profile.ImageURL == nil {
		return ""
	}
	return *profile.ImageURL
}

// read gets what everybody sees at a URL.
func (p *person) read(t *testing.T, url string) (int, http.Header, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := p.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, content
}

// eventually waits for what the table's stream brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestAnImageIsUploadedAttachedReplacedAndTakenAway(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	h := newHost(t, func(o *options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	p := newPerson(t, h, nil)
	var urls []string
	for _, file := range [][]byte{png(100), png(200)} {
		g := p.askUpload(t, file)
		if status := p.upload(t, g, file); status != http.StatusNoContent {
			t.Fatalf("upload: %d", status)
		}
		for range 2 { // a client that lost the answer asks again
			p.attach(t, g.Key).want(t, http.StatusOK)
		}
		url := p.imageURL(t)
		status, header, content := p.read(t, url)
		if status != http.StatusOK || !bytes.Equal(content, file) || header.Get("Content-Type") != "image/png" ||
			header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") == "" {
			t.Errorf("image: %d, %d bytes, %v", status, len(content), header)
		}
		urls = append(urls, url)
	}
	eventually(t, "the replaced image is deleted", func() bool {
		status, _, _ := p.read(t, urls[0])
		return status == http.StatusForbidden
	})
	never := p.askUpload(t, png(50))
	if status := p.upload(t, never, png(50)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	// Two files: the one in use and the one never attached.
	if files, err := filepath.Glob(filepath.Join(h.options.Dir, "s3", "*")); err != nil || len(files) != 2 {
		t.Errorf("files %v: %v", files, err)
	}
	before := h.Config.imageURL() + "/" + never.Key
	if status, _, _ := p.read(t, before); status != http.StatusOK {
		t.Fatalf("the upload is not there: %d", status)
	}
	ahead.Store(int64(48 * time.Hour))
	if status, _, _ := p.read(t, before); status != http.StatusForbidden {
		t.Errorf("what was never attached is still there: %d", status)
	}
	if status, _, _ := p.read(t, urls[1]); status != http.StatusOK {
		t.Errorf("the image in use is gone: %d", status)
	}
	ahead.Store(0)
	p.call(t, http.MethodDelete, "/me/profile/image", nil).want(t, http.StatusNoContent)
	if url := p.imageURL(t); url != "" {
		t.Errorf("image %s after its end", url)
	}
	eventually(t, "the image is deleted", func() bool {
		status, _, _ := p.read(t, urls[1])
		return status == http.StatusForbidden
	})
}

func TestUploadsThatAreNotGoodImagesAreRefused(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	g := p.askUpload(t, png(100))
	for _, size := range []int{0, 99, 101, 3 << 20} {
		if status := p.upload(t, g, make([]byte, size)); status != http.StatusBadRequest {
			t.Errorf("%d bytes instead of 100: %d", size, status)
		}
	}
	asHTML := g
	asHTML.Fields = maps.Clone(g.Fields)
	asHTML.Fields["Content-Type"] = "text/html"
	if status := p.upload(t, asHTML, png(100)); status != http.StatusForbidden {
		t.Errorf("another type: %d", status)
	}
	refused := func(who *person, key, code string) {
		t.Helper()
		var problem struct {
			Code   string
			Errors []struct{ Field, Code string }
		}
		who.attach(t, key).want(t, http.StatusUnprocessableEntity).JSON(t, &problem)
		if got := fmt.Sprint(problem.Code, problem.Errors); got != fmt.Sprintf("invalid_request[{/key %s}]", code) {
			t.Errorf("attach %s: %s", key, got)
		}
	}
	refused(p, g.Key, "unknown_value") // nothing was stored
	if status := p.upload(t, g, bytes.Repeat([]byte("<"), 100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	refused(p, g.Key, "malformed")
	good := p.askUpload(t, png(100))
	if status := p.upload(t, good, png(100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	refused(other, good.Key, "unknown_value")
	if url := p.imageURL(t) + other.imageURL(t); url != "" {
		t.Errorf("an image was attached: %s", url)
	}
}
