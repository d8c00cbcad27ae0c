// Package accounttest has the suite that every store of package account
// passes, and the store in memory: a fake for tests and the model that the
// real engine is compared with.
package accounttest

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"hearth/internal/account"
)

// Model is an account.Store in memory. Its commits are serial, so it never
// answers ErrContended by itself.
type Model struct {
	mu      sync.Mutex
	records account.Records
	// damaged are records that cannot be read.
	damaged map[account.Key]bool
}

// NewModel returns an empty store.
func NewModel() *Model { return &Model{records: account.Records{}, damaged: map[account.Key]bool{}} }

// Read returns the records that exist.
func (m *Model) Read(ctx context.Context, keys ...account.Key) (account.Records, error) {
	found, err := m.Inspect(ctx, keys...)
	for _, r := range found {
		if _, broken := r.(*account.Broken); broken {
			return nil, account.ErrBroken
		}
	}
	return found, err
}

// Commit checks every premise, then makes the whole change.
func (m *Model) Commit(_ context.Context, change account.Change) error {
	if err := change.Check(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	failure := account.PremiseError{Found: account.Records{}}
	for _, p := range change.AllPremises() {
		record, ok := m.records[p.Key()]
		if p.Holds(record) {
			continue
		}
		if m.damaged[p.Key()] {
			return account.ErrBroken
		}
		failure.Failed = append(failure.Failed, p)
		if ok {
			failure.Found[p.Key()] = record
		}
	}
	if len(failure.Failed) > 0 {
		return &failure
	}
	for _, r := range change.Puts {
		m.records[r.Key()] = r
		delete(m.damaged, r.Key())
	}
	for _, u := range change.Updates {
		m.records[u.Key()] = u.Apply(m.records[u.Key()])
	}
	for _, k := range change.Deletes {
		delete(m.records, k)
		delete(m.damaged, k)
	}
	return nil
}

// All returns every record, for invariants to be checked on.
func (m *Model) All() account.Records {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.records)
}
