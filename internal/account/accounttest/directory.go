package accounttest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"hearth/internal/account"
)

// Directory is an account.Directory in memory, whose people a test changes as it
// likes. The zero Directory is empty.
type Directory struct {
	// PageSize is how many people a page has; 0 is account.MaxPeople.
	PageSize int

	mu     sync.Mutex
	people map[string]account.Resident
}

var _ account.Directory = (*Directory)(nil)

// Add makes people, confirmed and enabled, or replaces those of the same user
// name.
func (d *Directory) Add(people ...account.Person) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.people == nil {
		d.people = map[string]account.Resident{}
	}
	for _, p := range people {
		d.people[p.Username] = account.Resident{Person: p, Confirmed: true, Enabled: true}
	}
}

// Remove takes somebody away.
func (d *Directory) Remove(username string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.people, username)
}

// Edit changes somebody. It fails with account.ErrNotFound.
func (d *Directory) Edit(username string, change func(*account.Resident)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.people[username]
	if !ok {
		return account.ErrNotFound
	}
	change(&p)
	d.people[username] = p
	return nil
}

// People returns a page, ordered by user name.
func (d *Directory) People(_ context.Context, after string) (page []account.Resident, next string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	size := cmp.Or(d.PageSize, account.MaxPeople)
	for _, name := range slices.Sorted(maps.Keys(d.people)) {
		if name <= after {
			continue
		}
		if len(page) == size {
			return page, page[size-1].Username, nil
		}
		page = append(page, d.people[name])
	}
	return page, "", nil
}

// Find returns who has a user name or an address.
func (d *Directory) Find(_ context.Context, name string) (account.Resident, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.people[name]; ok {
		return p, nil
	}
	for _, p := range d.people {
		if account.FoldAddress(p.Email) == account.FoldAddress(name) {
			return p, nil
		}
	}
	return account.Resident{}, account.ErrNotFound
}

// FindByID returns who has an id.
func (d *Directory) FindByID(_ context.Context, id string) (account.Resident, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if p.ID == id {
			return p, nil
		}
	}
	return account.Resident{}, account.ErrNotFound
}

// Disable has somebody not enabled.
func (d *Directory) Disable(_ context.Context, username string) error {
	return d.Edit(username, func(p *account.Resident) { p.Enabled = false })
}

// Enable has somebody enabled.
func (d *Directory) Enable(_ context.Context, username string) error {
	return d.Edit(username, func(p *account.Resident) { p.Enabled = true })
}

// SignOut fails for who is not there.
func (d *Directory) SignOut(_ context.Context, username string) error {
	return d.Edit(username, func(*account.Resident) {})
}
