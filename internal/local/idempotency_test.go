package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"hearth/internal/account"
)

const idempotencyKey = "Idempotency-Key"

func TestARepeatedRequestMakesNothingTwice(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	key := "k-" + newID()
	first := p.askFor(t, "image/png", 100, idempotencyKey, key).grant(t)
	for range 2 {
		again := p.askFor(t, "image/png", 100, idempotencyKey, key).grant(t)
		if again.Key != first.Key {
			t.Errorf("the repeated request made %s, the first %s", again.Key, first.Key)
		}
		if status := p.upload(t, again, png(100)); status != http.StatusNoContent {
			t.Errorf("the repeated grant is no good: %d", status)
		}
	}
	p.attach(t, first.Key).want(t, http.StatusOK)

	for name, got := range map[string]grant{
		"without a key":    p.askFor(t, "image/png", 100).grant(t),
		"with another key": p.askFor(t, "image/png", 100, idempotencyKey, key+"!").grant(t),
		"of another user":  other.askFor(t, "image/png", 100, idempotencyKey, key).grant(t),
	} {
		if got.Key == first.Key {
			t.Errorf("a request %s is taken for the first", name)
		}
	}
	p.signInAgain(t) // a key is its user's, not its session's
	if again := p.askFor(t, "image/png", 100, idempotencyKey, key).grant(t); again.Key != first.Key {
		t.Errorf("another session made %s", again.Key)
	}
}

func TestAKeyOfAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	key := newID()
	p.askFor(t, "image/png", 100, idempotencyKey, key).want(t, http.StatusCreated)
	p.askFor(t, "image/png", 101, idempotencyKey, key).
		refused(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
	p.askFor(t, "image/jpeg", 100, idempotencyKey, key).
		refused(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
	p.askFor(t, "image/png", 100, idempotencyKey, key).want(t, http.StatusCreated)
}

// What was refused is no request that a key stands for.
func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	key := newID()
	p.askFor(t, "image/gif", 100, idempotencyKey, key).
		refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/contentType unknown_value")
	p.askFor(t, "image/png", 100, idempotencyKey, key).want(t, http.StatusCreated)
}

func TestRepeatedAtOnceOneIsMade(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	key := newID()
	var group sync.WaitGroup
	answers := make([]answer, 6)
	for i := range answers {
		group.Go(func() { answers[i] = p.askFor(t, "image/png", 100, idempotencyKey, key) })
	}
	group.Wait()
	made := map[string]bool{}
	for _, a := range answers {
		made[a.grant(t).Key] = true
	}
	if len(made) != 1 {
		t.Errorf("made %d", len(made))
	}
}

func TestAMalformedKeyIsRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.askFor(t, "image/png", 100, idempotencyKey, strings.Repeat("k", 128)).want(t, http.StatusCreated)
	for name, test := range map[string]struct {
		key    string
		fields []string
	}{
		"too long":        {strings.Repeat("k", 129), []string{"/Idempotency-Key too_long"}},
		"with a space":    {"two words", []string{"/Idempotency-Key malformed"}},
		"not ASCII":       {"schlüssel", []string{"/Idempotency-Key malformed"}},
		"with a tab":      {"a\tb", []string{"/Idempotency-Key malformed"}},
		"wrong both ways": {strings.Repeat("ü", 129), []string{"/Idempotency-Key malformed", "/Idempotency-Key too_long"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := p.askFor(t, "image/png", 100, idempotencyKey, test.key)
			got.refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, test.fields...)
			if strings.Contains(string(got.Body), test.key) {
				t.Errorf("repeats the key: %s", got.Body)
			}
		})
	}
}

// A client that sends an empty key believes that it may send the request again.
func TestAnEmptyKeyIsRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for _, key := range []string{"", " "} {
		p.askFor(t, "image/png", 100, idempotencyKey, key).
			refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/Idempotency-Key malformed")
	}
}
