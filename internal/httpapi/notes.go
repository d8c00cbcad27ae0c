package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// notes is what a request leaves for its line in the log: ids and the cause of
// a failure, never a token, a code, a body or an address.
type notes struct {
	requestID string
	userID    string
	accountID string
	cause     error
}

// note returns the notes of a request; outside one they go nowhere.
func note(ctx context.Context) *notes {
	if n, ok := ctx.Value(noteKey).(*notes); ok {
		return n
	}
	return &notes{}
}

// log writes the request's one line: an error where the fault is ours.
func (n *notes) log(ctx context.Context, log *slog.Logger, event *Event, status int, took time.Duration) {
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("route", event.RouteKey), slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("requestId", n.requestID),
	}
	if n.userID != "" {
		attributes = append(attributes, slog.String("userId", n.userID))
	}
	if n.accountID != "" {
		attributes = append(attributes, slog.String("accountId", n.accountID))
	}
	if n.cause != nil {
		attributes = append(attributes, slog.String("cause", n.cause.Error()))
	}
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	log.LogAttrs(ctx, level, "request", attributes...)
}
