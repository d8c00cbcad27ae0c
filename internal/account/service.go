package account

import (
	"context"
	"time"
)

// Pool is the identity provider: the truth for addresses and verification.
type Pool interface {
	// Person returns who holds an access token, asked of the provider at this
	// moment. It fails with ErrUnauthenticated if the provider refuses the
	// token and with ErrUnavailable if it does not answer.
	Person(ctx context.Context, accessToken string) (Person, error)
	// Rename sets the name of who holds an access token. It fails as Person
	// does.
	Rename(ctx context.Context, accessToken, name string) error
}

// Remover ends users at the identity provider.
type Remover interface {
	// DeleteUser removes a user by the provider's own name for them, if it is
	// theirs still. One that is gone already is no error. It fails with
	// ErrUnavailable.
	DeleteUser(ctx context.Context, userID, username string) error
}

// Images keeps pictures until they are deleted. internal/image is the real one.
type Images interface {
	// Keep has a picture stay that would go away as never attached. One that
	// is kept, or gone, already is no error.
	Keep(ctx context.Context, key string) error
	// Delete removes a picture. One that is gone already is no error.
	Delete(ctx context.Context, key string) error
	// Count returns how many pictures a user or an organization has, attached or
	// not, up to a thousand.
	Count(ctx context.Context, owner string) (int, error)
	// DeleteAll removes the pictures of a user or an organization, attached or
	// not, as many as a worker's chunk may take, and reports whether some are
	// left. Where there are none it does nothing.
	DeleteAll(ctx context.Context, owner string) (left bool, err error)
}

// Service is the domain at work: it decides on what the store holds and
// commits with the premises of the decision.
type Service struct {
	store  Store
	pool   Pool
	images Images
	config Config
	grants Grants
	// sessionValidity is how long one sign-in can last.
	sessionValidity time.Duration
	now             func() time.Time
	newID           func() string
	mac             MAC
	mailer          Mailer
	policies        []Policy
	remover         Remover
	exports         Exports
	credentials     Credentials
	breached        *BreachedPasswords
	readOnly        bool
}

// Options is what a Service works with; every field is needed but Images, which
// only FollowImage, Purge and Erase ask.
type Options struct {
	Store  Store
	Pool   Pool
	Images Images
	Config Config
	Grants Grants
	// SessionValidity is how long one sign-in can last: the pool's validity
	// of a refresh token.
	SessionValidity time.Duration
	// Now is the clock.
	Now func() time.Time
	// MAC makes and checks the tokens of invitations; functions without such
	// routes leave it out.
	MAC MAC
	// Credentials are only for the security settings.
	Credentials Credentials
	// Breached is the product's list of passwords to refuse; nil for none.
	Breached *BreachedPasswords
	// Mailer is only for what the table's stream asks for.
	Mailer Mailer
	// Policies are the product's own, asked behind Hearth's.
	Policies []Policy
	// Remover ends users at the identity provider; only Erase asks it.
	Remover Remover
	// Exports keeps exports; functions that have nothing to do with them leave
	// it out.
	Exports Exports
	// ReadOnly is for functions that may not write users and sessions: see
	// Authorize.
	ReadOnly bool
	// NewID returns a new id, time-ordered: a UUIDv7.
	NewID func() string
}

// NewService returns the domain over a store and an identity provider.
func NewService(o Options) *Service {
	return &Service{
		store: o.Store, pool: o.Pool, images: o.Images, config: o.Config, grants: o.Grants,
		sessionValidity: o.SessionValidity, now: o.Now, newID: o.NewID, mac: o.MAC, mailer: o.Mailer,
		policies: append(corePolicies(), o.Policies...), remover: o.Remover, exports: o.Exports,
		credentials: o.Credentials, breached: o.Breached, readOnly: o.ReadOnly,
	}
}

// Config returns the product's configuration.
func (s *Service) Config() Config { return s.config }

// clock is the time that records carry: UTC, in milliseconds, so that a record
// reads back as it was written.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Millisecond) }
