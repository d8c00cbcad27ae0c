package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

const (
	// keyLifetime is how long fetched keys are used: API Gateway "can cache the
	// public key for two hours".
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
	keyLifetime = 2 * time.Hour
	// At most unknownKeyFetches fetches in unknownKeyWindow look for a key id
	// that is not among the cached ones, so that made-up ids cannot make the
	// gateway hammer the issuer.
	unknownKeyFetches = 5
	unknownKeyWindow  = time.Minute
	// fetchTimeout bounds one fetch of the keys.
	fetchTimeout = 5 * time.Second
)

// keyCache holds the issuer's public keys.
type keyCache struct {
	load func(context.Context) (jwk.Set, error)
	now  func() time.Time
	log  *slog.Logger

	mu          sync.Mutex
	keys        jwk.Set
	fetchedAt   time.Time
	windowStart time.Time
	fetches     int
}

// find returns the key of an id, nil if the issuer has none with it. The error
// means that no keys could be had at all.
func (k *keyCache) find(ctx context.Context, id string) (jwk.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	fresh := k.keys != nil && now.Sub(k.fetchedAt) < keyLifetime
	if fresh {
		if key, ok := k.keys.LookupKeyID(id); ok {
			return key, nil
		}
		if !k.allow(now) {
			return nil, nil
		}
	}
	if err := k.fetch(ctx, now); err != nil {
		k.log.Warn("signing keys not fetched", "error", err)
		if k.keys == nil {
			return nil, err
		}
		// Old keys are better than none; try again in a while.
		k.fetchedAt = now.Add(unknownKeyWindow - keyLifetime)
	}
	key, _ := k.keys.LookupKeyID(id)
	return key, nil
}

// allow counts a fetch for an unknown key id.
func (k *keyCache) allow(now time.Time) bool {
	if now.Sub(k.windowStart) >= unknownKeyWindow {
		k.windowStart, k.fetches = now, 0
	}
	k.fetches++
	return k.fetches <= unknownKeyFetches
}

// fetch replaces the cached keys. It does not depend on the request that needed
// them first: one client that goes away must not fail the others.
func (k *keyCache) fetch(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	keys, err := k.load(ctx)
	if err != nil {
		return fmt.Errorf("gateway: fetch signing keys: %w", err)
	}
	if keys == nil {
		return errors.New("gateway: fetch signing keys: none returned")
	}
	k.keys, k.fetchedAt = keys, now
	return nil
}

// fetchKeys returns a loader of a key set by its URL. It keeps no connection.
func fetchKeys(url string) func(context.Context) (jwk.Set, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) (jwk.Set, error) {
		keys, err := jwk.Fetch(ctx, url, jwk.WithHTTPClient(client))
		if err != nil {
			return nil, fmt.Errorf("gateway: fetch %s: %w", url, err)
		}
		return keys, nil
	}
}
