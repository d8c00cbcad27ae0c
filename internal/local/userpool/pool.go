package userpool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hearth/internal/cognito"
)

var errClosed = errors.New("user pool: closed")

// Pool is one user pool. It is safe for concurrent use.
type Pool struct {
	options Options
	signer  *signer
	// background ends with the pool; triggers run in it.
	background context.Context
	stop       context.CancelFunc
	triggers   sync.WaitGroup

	mu         sync.Mutex
	state      *state
	journal    *journal
	closed     bool
	challenges challenges
	// registrations are of passkeys.
	registrations registrations
	attempts      attempts
}

// Open opens the user pool that is kept in o.Dir, or makes a new one. It fails
// if an option is missing, if the folder is open elsewhere, belongs to another
// pool or cannot be read.
func Open(o Options) (*Pool, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Pool{options: o, state: newState(), challenges: make(challenges), registrations: make(registrations), attempts: make(attempts)}
	if o.Dir != "" {
		if p.journal, err = openJournal(o.Dir, p.state); err != nil {
			return nil, err
		}
	}
	if err := p.prepare(); err != nil {
		return nil, errors.Join(err, p.journal.close())
	}
	p.background, p.stop = context.WithCancel(context.Background())
	return p, nil
}

// prepare makes the pool's secrets if it has none and compacts the journal.
func (p *Pool) prepare() error {
	if p.state.poolID != "" && p.state.poolID != p.options.PoolID {
		return fmt.Errorf("user pool: %s holds the pool %s, not %s", p.options.Dir, p.state.poolID, p.options.PoolID)
	}
	if p.state.secrets == nil {
		made, err := newSecrets(p.options.signingKey)
		if err != nil {
			return err
		}
		p.state.apply(change{PoolID: p.options.PoolID, Secrets: made})
	}
	var err error
	if p.signer, err = newSigner(p.state.secrets.SigningKey); err != nil {
		return err
	}
	p.state.forgetExpired(p.options.Now(), p.options.Settings)
	return p.journal.compact(p.state)
}

// Close ends the pool and frees its folder: requests fail from then on, and
// triggers that still run are told to end and waited for. It is safe to call it
// again.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	err := p.journal.close()
	p.mu.Unlock()
	p.stop()
	p.triggers.Wait()
	return err
}

// now is the time to the millisecond, as Cognito stores it.
func (p *Pool) now() time.Time { return p.options.Now().UTC().Truncate(time.Millisecond) }

// commit makes a change durable and then visible. The caller holds p.mu. After
// an error nothing has changed.
func (p *Pool) commit(c change) error {
	if p.closed {
		return errClosed
	}
	if err := p.journal.append(c); err != nil {
		return err
	}
	p.state.apply(c)
	return nil
}

// lookUp returns the user of a name (sub or e-mail address), or nil.
func (p *Pool) lookUp(name string) *user {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.find(name)
}

// edit changes one user: f gets a copy, which is committed unless f fails. It
// answers UserNotFoundException for an unknown sub. The pool is locked while f
// runs.
func (p *Pool) edit(sub string, f func(*user) error) (*user, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.editLocked(sub, f)
}

func (p *Pool) editLocked(sub string, f func(*user) error) (*user, error) {
	old := p.state.users[sub]
	if old == nil {
		return nil, errUserNotFound
	}
	edited := old.clone()
	edited.Modified = p.now()
	if err := f(edited); err != nil {
		return nil, err
	}
	if err := p.commit(change{Users: []*user{edited}}); err != nil {
		return nil, err
	}
	return edited, nil
}

// client returns the settings of an app client.
func (p *Pool) client(id string) (cognito.Client, error) {
	if err := member("clientId", id, 1, 128, clientPattern); err != nil {
		return cognito.Client{}, err
	}
	switch id {
	case p.options.WebClientID:
		return p.options.Settings.Web, nil
	case p.options.ServerClientID:
		return p.options.Settings.Server, nil
	}
	return cognito.Client{}, fail(codeResourceNotFound, "User pool client "+id+" does not exist.")
}

// checkPool refuses the id of another user pool.
func (p *Pool) checkPool(id string) error {
	if err := member("userPoolId", id, 1, 55, nil); err != nil {
		return err
	}
	if id != p.options.PoolID {
		return fail(codeResourceNotFound, "User pool "+id+" does not exist.")
	}
	return nil
}

// existing returns the user that an administrator names, or
// UserNotFoundException.
func (p *Pool) existing(poolID, name string) (*user, error) {
	if err := firstError(p.checkPool(poolID), validUsername(name)); err != nil {
		return nil, err
	}
	u := p.lookUp(name)
	if u == nil {
		return nil, errUserNotFound
	}
	return u, nil
}
