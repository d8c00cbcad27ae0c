// Package docs serves the page on which a developer reads the API's OpenAPI
// document and tries its routes. Swagger UI comes from the npm package
// swagger-ui-dist (`make setup`), never from another host.
package docs

import (
	"bytes"
	_ "embed"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// package swagger-ui-dist's files that the page uses; nothing else is served.
var assets = []string{"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}

// policy lets the page load from this host alone and call any API that a
// developer points the document at. Swagger UI writes inline styles and draws
// its icons from data: addresses.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self' data:; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed page.html
var page []byte

//go:embed start.js
var start []byte

// New returns the page and its files as a handler for GET /docs and below.
// nodeModules is the folder that holds swagger-ui-dist; it is an error if the
// package is not there.
func New(nodeModules string) (http.Handler, error) {
	dist := filepath.Join(nodeModules, "swagger-ui-dist")
	mux := http.NewServeMux()
	for _, name := range assets {
		path := filepath.Join(dist, name)
		if _, err := os.Stat(path); err != nil {
			return nil, errors.New("the API page is not installed: run `make setup`")
		}
		mux.HandleFunc("GET /docs/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, path)
		})
	}
	mux.HandleFunc("GET /docs/start.js", embedded("start.js", start))
	mux.HandleFunc("GET /docs", embedded("page.html", page))
	mux.HandleFunc("GET /docs/{$}", embedded("page.html", page))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		mux.ServeHTTP(w, r)
	}), nil
}

func embedded(name string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	}
}
