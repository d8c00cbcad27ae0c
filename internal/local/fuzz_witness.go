package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"hearth/internal/httpapi"
)

// witness is a proxy before a host that sees whether any answer gives away what
// belongs to a person who is not the one who asks.
type witness struct {
	// URL is where it serves.
	URL    string
	server *http.Server
	other  *fuzzPerson

	mu   sync.Mutex
	seen testimony
}

// testimony is what a witness saw.
type testimony struct {
	requests int
	statuses map[int]int
	// leaks names each answer that gave something away.
	leaks []string
}

// byStatus is the number of answers of each status, as text.
func (t testimony) byStatus() string {
	var text []string
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		text = append(text, fmt.Sprintf("%d×%d", t.statuses[status], status))
	}
	return strings.Join(text, " ")
}

// startWitness serves a proxy of the API until it is closed.
func startWitness(ctx context.Context, api string, other *fuzzPerson) (*witness, error) {
	target, err := url.Parse(api)
	if err != nil {
		return nil, fmt.Errorf("the address of the API: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for schemathesis: %w", err)
	}
	w := &witness{URL: "http://" + listener.Addr().String(), other: other, seen: testimony{statuses: map[int]int{}}}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: w.look,
		ErrorLog:       log.New(io.Discard, "", 0), // the 502 is a finding by itself
	}
	w.server = &http.Server{Handler: proxy, ReadHeaderTimeout: requestTimeout}
	go func() { _ = w.server.Serve(listener) }() // ends with close
	return w, nil
}

// close ends the proxy and tells what was seen.
func (w *witness) close() testimony {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = w.server.Shutdown(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// look sees one answer and passes it on as it is.
func (w *witness) look(answer *http.Response) error {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	leak := w.leak(answer, string(body))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.requests++
	w.seen.statuses[answer.StatusCode]++
	if leak != "" {
		w.seen.leaks = append(w.seen.leaks, fmt.Sprintf("%s %s answered %d %s", answer.Request.Method, answer.Request.URL.Path, answer.StatusCode, leak))
	}
	return nil
}

// leak says what an answer gives away of the other person, or nothing.
func (w *witness) leak(answer *http.Response, body string) string {
	for _, secret := range w.other.secrets() {
		if strings.Contains(body, secret) {
			return "with " + secret
		}
	}
	for _, id := range w.other.ids() {
		if answer.Header.Get(httpapi.HeaderAccountID) == id {
			return "acting for " + id
		}
		if answer.StatusCode < http.StatusBadRequest && slices.Contains(strings.Split(answer.Request.URL.Path, "/"), id) {
			return "for a path of " + id
		}
	}
	return ""
}
