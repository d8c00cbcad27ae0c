package docs

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// installed is a folder that looks like node_modules with swagger-ui-dist.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	dist := filepath.Join(dir, "swagger-ui-dist")
	if err := os.Mkdir(dist, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"package.json"}, assets...) {
		if err := os.WriteFile(filepath.Join(dist, name), []byte("content of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func get(t *testing.T, handler http.Handler, path string) (int, string, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body), w.Header()
}

func TestEveryFileOfThePageIsServedByThisHost(t *testing.T) {
	t.Parallel()
	handler, err := New(installed(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/docs", "/docs/"} {
		status, body, header := get(t, handler, path)
		if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			t.Fatalf("%s: %d %s", path, status, header.Get("Content-Type"))
		}
		references := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(body, -1)
		if len(references) < 4 {
			t.Errorf("%s names %d files", path, len(references))
		}
		for _, reference := range references {
			if !strings.HasPrefix(reference[1], "/docs/") {
				if !strings.HasPrefix(reference[1], "/") {
					t.Errorf("%s is not on this host", reference[1])
				}
				continue
			}
			if status, _, _ := get(t, handler, reference[1]); status != http.StatusOK {
				t.Errorf("%s: %d", reference[1], status)
			}
		}
	}
}

func TestOnlyThePagesOwnFilesAreServed(t *testing.T) {
	t.Parallel()
	handler, err := New(installed(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/docs/package.json", "/docs/other", "/docs/swagger-ui.css/x"} {
		if status, _, _ := get(t, handler, path); status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, status)
		}
	}
}

func TestAMissingPackageIsOneClearLine(t *testing.T) {
	t.Parallel()
	_, err := New(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "make setup") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
