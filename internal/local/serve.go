package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// shutdownGrace is how long requests under way may still take when the host
// stops; a watcher waits for the host as long as it does.
const shutdownGrace = 2 * time.Second

// serve answers on the listeners until the host closes; the end of ctx does not
// stop it.
func (h *host) serve(ctx context.Context, handler http.Handler, listeners []net.Listener, name string) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(h.options.Log.Handler(), slog.LevelWarn),
	}
	h.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			if err := server.Close(); err != nil {
				return fmt.Errorf("stop %s: %w", name, err)
			}
		}
		return nil
	})
	for _, listener := range listeners {
		go func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				h.failed <- fmt.Errorf("%s ended by itself: %w", name, err)
			}
		}()
	}
}

// logRequests writes one line for each request, of its path alone: queries and
// headers can hold secrets.
func logRequests(out io.Writer, next http.Handler) http.Handler {
	if out == io.Discard {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		path := r.URL.EscapedPath() // a handler may change the URL
		next.ServeHTTP(seen, r)
		_, _ = fmt.Fprintf(out, "%s  %d %-6s %s  %s\n",
			begun.Format(time.TimeOnly), seen.status, r.Method, path, time.Since(begun).Round(100*time.Microsecond))
	})
}

// statusWriter remembers the status that was written.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers and passes on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the real one.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
