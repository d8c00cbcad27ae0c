package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"hearth/internal/local/gateway"
)

// keySource is an issuer whose keys a test changes, with a clock.
type keySource struct {
	keys  jwk.Set
	err   error
	loads int
	now   time.Time
}

func (k *keySource) options(o *gateway.Options) {
	o.Keys = func(context.Context) (jwk.Set, error) { k.loads++; return k.keys, k.err }
	o.Now = func() time.Time { return k.now }
}

func status(t *testing.T, api http.Handler, token string) int {
	t.Helper()
	answer, _ := call(t, api, "GET", "/me", "", "Authorization: Bearer "+token)
	return answer.StatusCode
}

func TestRotatedKeyIsFetchedOnce(t *testing.T) {
	t.Parallel()
	before, after := newSigner(t, "k1"), newSigner(t, "k2")
	source := &keySource{keys: set(t, before), now: testTime}
	api := newAPI(t, echo, nil, source.options)
	for range 3 {
		if got := status(t, api, before.token(t, accessClaims(nil))); got != http.StatusOK {
			t.Fatalf("first key: %d", got)
		}
	}
	if source.loads != 1 {
		t.Errorf("%d fetches for one key, want 1", source.loads)
	}
	source.keys = set(t, before, after)
	for range 3 {
		if got := status(t, api, after.token(t, accessClaims(nil))); got != http.StatusOK {
			t.Fatalf("rotated key: %d", got)
		}
	}
	if source.loads != 2 {
		t.Errorf("%d fetches after the rotation, want 2", source.loads)
	}
}

func TestUnknownKeyIDsFetchAtABoundedRate(t *testing.T) {
	t.Parallel()
	known, unknown := newSigner(t, "k1"), newSigner(t, "made-up")
	source := &keySource{keys: set(t, known), now: testTime}
	api := newAPI(t, echo, nil, source.options)
	for range 50 {
		if got := status(t, api, unknown.token(t, accessClaims(nil))); got != http.StatusUnauthorized {
			t.Fatalf("unknown key: %d", got)
		}
	}
	if source.loads > 6 {
		t.Errorf("%d fetches in one minute", source.loads)
	}
	if got := status(t, api, known.token(t, accessClaims(nil))); got != http.StatusOK {
		t.Errorf("the known key is shut out: %d", got)
	}
	// A minute later the rate is open again.
	source.now, source.keys = source.now.Add(time.Minute), set(t, unknown)
	if got := status(t, api, unknown.token(t, accessClaims(nil))); got != http.StatusOK {
		t.Errorf("a minute later: %d", got)
	}
}

func TestRemovedKeyIsGoodForTwoHoursAtMost(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	source := &keySource{keys: set(t, s), now: testTime}
	api := newAPI(t, echo, nil, source.options)
	token := s.token(t, accessClaims(map[string]any{"exp": testTime.Add(24 * time.Hour).Unix()}))
	if got := status(t, api, token); got != http.StatusOK {
		t.Fatalf("at first: %d", got)
	}
	source.keys = jwk.NewSet()
	source.now = testTime.Add(2*time.Hour - time.Second)
	if got := status(t, api, token); got != http.StatusOK {
		t.Errorf("cached: %d", got)
	}
	source.now = testTime.Add(2 * time.Hour)
	if got := status(t, api, token); got != http.StatusUnauthorized {
		t.Errorf("after two hours: %d", got)
	}
}

func TestUnreachableIssuer(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	source := &keySource{err: errors.New("connection refused"), now: testTime}
	api := newAPI(t, echo, nil, source.options)
	token := s.token(t, accessClaims(map[string]any{"exp": testTime.Add(24 * time.Hour).Unix()}))
	answer, body := call(t, api, "GET", "/me", "", "Authorization: "+token)
	assertChallenge(t, answer, body, invalid("JWKS communication error"))

	source.keys, source.err = set(t, s), nil
	if got := status(t, api, token); got != http.StatusOK {
		t.Errorf("issuer back: %d", got)
	}
	source.err, source.now = errors.New("connection refused"), testTime.Add(3*time.Hour)
	if got := status(t, api, token); got != http.StatusOK {
		t.Errorf("old keys while the issuer is away: %d", got)
	}
	loads := source.loads
	if status(t, api, token); source.loads != loads {
		t.Error("an issuer that is away is asked with every request")
	}
}

func TestKeysAreFetchedThoughTheClientGoesAway(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	ctx, leave := context.WithCancel(context.Background())
	keys := set(t, s)
	api := newAPI(t, echo, nil, func(o *gateway.Options) {
		o.Keys = func(ctx context.Context) (jwk.Set, error) {
			leave()
			return keys, ctx.Err()
		}
	})
	r := httptest.NewRequestWithContext(ctx, "GET", "/me", nil)
	r.Header.Set("Authorization", s.token(t, accessClaims(nil)))
	w := httptest.NewRecorder()
	if api.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}

func TestKeysAreFetchedByURL(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	var fetches atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetches.Add(1)
		if err := json.NewEncoder(w).Encode(set(t, s)); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	api := newAPI(t, echo, nil, func(o *gateway.Options) { o.Keys, o.JWKSURL = nil, server.URL })
	token := s.token(t, accessClaims(nil))
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if got := status(t, api, token); got != http.StatusOK {
				t.Errorf("status %d", got)
			}
		})
	}
	wait.Wait()
	if got := fetches.Load(); got != 1 {
		t.Errorf("%d fetches for 20 concurrent requests, want 1", got)
	}
}
