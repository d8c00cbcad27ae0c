package accounttest

import (
	"context"
	"slices"
	"strings"
	"time"

	"hearth/internal/account"
)

// The lists of the model show every commit at once; those of the real engine
// that come from an index may lag.

// Memberships returns a page of the user's memberships.
func (m *Model) Memberships(_ context.Context, userID, after string, limit int) ([]*account.Membership, string, error) {
	return list(m, after, limit, false, func(r *account.Membership) (position, bool) {
		return position{r.OrganizationID}, r.UserID == userID
	})
}

// Sessions returns a page of the user's sessions.
func (m *Model) Sessions(_ context.Context, userID, after string, limit int) ([]*account.Session, string, error) {
	return list(m, after, limit, false, func(r *account.Session) (position, bool) {
		return position{r.ID}, r.UserID == userID
	})
}

// Members returns a page of an organization's memberships.
func (m *Model) Members(_ context.Context, organizationID, prefix, after string, limit int) ([]*account.Membership, string, error) {
	prefix = account.FoldAddress(prefix)
	return list(m, after, limit, false, func(r *account.Membership) (position, bool) {
		name := account.FoldAddress(r.UserName)
		return position{name, r.UserID}, r.OrganizationID == organizationID && strings.HasPrefix(name, prefix)
	})
}

// Invitations returns a page of an organization's invitations.
func (m *Model) Invitations(_ context.Context, organizationID, after string, limit int) ([]*account.Invitation, string, error) {
	return list(m, after, limit, true, func(r *account.Invitation) (position, bool) {
		return position{r.ID}, r.OrganizationID == organizationID
	})
}

// InvitationsTo returns a page of an address's pending invitations.
func (m *Model) InvitationsTo(_ context.Context, email, after string, limit int) ([]*account.Invitation, string, error) {
	email = account.FoldAddress(email)
	return list(m, after, limit, true, func(r *account.Invitation) (position, bool) {
		return position{r.ID, r.OrganizationID}, r.Status == account.InvitationPending && account.FoldAddress(r.Email) == email
	})
}

// AuditLog returns a page of an organization's entries.
func (m *Model) AuditLog(_ context.Context, organizationID, after string, limit int) ([]*account.AuditEntry, string, error) {
	return list(m, after, limit, true, func(r *account.AuditEntry) (position, bool) {
		return position{r.ID}, r.OrganizationID == organizationID
	})
}

// Due names a page of the records of a shard whose work is due.
func (m *Model) Due(_ context.Context, shard int, until time.Time, after string, limit int) ([]account.Key, string, error) {
	records, next, err := list(m, after, limit, false, func(r account.Record) (position, bool) {
		at := dueAt(r)
		due := !at.IsZero() && !at.Truncate(time.Second).After(until)
		k := r.Key()
		return position{at.UTC().Format(time.RFC3339), k.Owner, string(k.Kind)}, due && account.DueShard(k.Owner) == shard
	})
	var page []account.Key
	for _, r := range records {
		page = append(page, r.Key())
	}
	return page, next, err
}

func dueAt(r account.Record) time.Time {
	switch r := r.(type) {
	case *account.Organization:
		return r.DueAt
	case *account.Deletion:
		return r.DueAt
	case *account.Export:
		return r.DueAt
	}
	return time.Time{}
}

// position is a place in a list: what it is sorted by, first things first.
type position []string

// positionEnd stands between the parts of a position in text. No name has it,
// and it sorts before all that a name has.
const positionEnd = "\x00"

func (p position) String() string { return strings.Join(p, positionEnd) }

// list returns at most limit of the records that belong, behind the position
// after in the order of the list. It fails with account.ErrBroken if one of them
// cannot be read.
func list[R account.Record](m *Model, after string, limit int, newestFirst bool, place func(R) (at position, belongs bool)) (page []R, next string, err error) {
	page, next = listAny(m, after, limit, newestFirst, place)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range page {
		if m.damaged[r.Key()] {
			return nil, "", account.ErrBroken
		}
	}
	return page, next, nil
}

// listAny is list of whatever there is.
func listAny[R account.Record](m *Model, after string, limit int, newestFirst bool, place func(R) (at position, belongs bool)) (page []R, next string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	order := slices.Compare[position]
	if newestFirst {
		order = func(a, b position) int { return slices.Compare(b, a) }
	}
	type entry struct {
		at     position
		record R
	}
	var entries []entry
	for _, r := range m.records {
		record, ok := r.(R)
		if !ok {
			continue
		}
		at, belongs := place(record)
		if belongs && (after == "" || order(at, strings.Split(after, positionEnd)) > 0) {
			entries = append(entries, entry{at, record})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return order(a.at, b.at) })
	for _, e := range entries[:min(limit, len(entries))] {
		page = append(page, e.record)
	}
	if len(entries) > limit {
		next = entries[limit-1].at.String()
	}
	return page, next
}
