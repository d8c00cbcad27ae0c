package main

import (
	"net/http"
	"testing"

	"hearth/internal/local/awsapi"
)

// Projects are reached by sessions of the role for account data, each taken
// once: while STS has trouble, what needs a new one is unavailable and what was
// taken before goes on.
func TestAccountDataIsReachedBySessions(t *testing.T) {
	t.Parallel()
	var roles awsapi.Faults
	h := newHost(t, func(o *options) { o.STSFaults = &roles })
	known, unknown := newPerson(t, h, nil), newPerson(t, h, nil)
	for _, p := range []*person{known, unknown} {
		p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	}
	known.call(t, http.MethodPost, "/projects", map[string]any{"name": "Engine"}, "Idempotency-Key", "one").want(t, http.StatusCreated)
	roles.Throttle("AssumeRole", "Throttling", 3)
	known.call(t, http.MethodGet, "/projects", nil).want(t, http.StatusOK)
	refused := unknown.call(t, http.MethodGet, "/projects", nil).want(t, http.StatusServiceUnavailable)
	if refused.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	unknown.call(t, http.MethodGet, "/projects", nil).want(t, http.StatusOK)
}
