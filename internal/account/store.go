package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// Store keeps the records. internal/dynamo is the real one, accounttest has
// the model; both pass the same suite.
type Store interface {
	// Read returns those of at most MaxRead records that exist, each as the
	// last commit left it, in one call to the engine. Fails with
	// ErrUnavailable if the engine does not answer, and with ErrBroken if one
	// of them cannot be read.
	Read(ctx context.Context, keys ...Key) (Records, error)
	// Commit makes the whole change if every premise holds, else nothing. It
	// fails with a *PremiseError that lists the premises that did not hold,
	// with ErrContended if another commit was in the way, and with
	// ErrUnavailable if the engine does not answer. An answer lost after the
	// commit is asked for again, so that a change is never made twice.
	Commit(ctx context.Context, change Change) error
	Lists
	Remains
}

// Lists are the runs of records that a store reads in pages. next is empty on
// the last page. All fail with ErrUnavailable if the engine does not answer, and
// with ErrBroken if a record of the page cannot be read.
type Lists interface {
	// Memberships returns at most limit of a user's memberships, personal and
	// team, strongly consistent and ordered by organization id, beginning
	// behind the organization id after.
	Memberships(ctx context.Context, userID, after string, limit int) (page []*Membership, next string, err error)
	// Sessions returns at most limit of a user's sessions, in no order that
	// means anything, strongly consistent, behind the session id after.
	Sessions(ctx context.Context, userID, after string, limit int) (page []*Session, next string, err error)
	// Members returns at most limit memberships of an organization whose
	// folded user name begins with prefix, folded, ordered by name, beginning
	// behind the position after. The list may lag behind commits for a moment.
	Members(ctx context.Context, organizationID, prefix, after string, limit int) (page []*Membership, next string, err error)
	// Invitations returns at most limit invitations of an organization, the
	// newest first, beginning behind the invitation id after.
	Invitations(ctx context.Context, organizationID, after string, limit int) (page []*Invitation, next string, err error)
	// InvitationsTo returns at most limit pending invitations of an address,
	// the newest first, behind the position after. It may lag as Members does.
	InvitationsTo(ctx context.Context, email, after string, limit int) (page []*Invitation, next string, err error)
	// AuditLog returns at most limit entries of an organization, the newest
	// first, beginning behind the entry id after.
	AuditLog(ctx context.Context, organizationID, after string, limit int) (page []*AuditEntry, next string, err error)
	// Due names at most limit records of a shard, from 0 below DueShards, whose
	// work is due at until or before, in whole seconds: what waits longest
	// first, beginning behind the position after. They are organizations,
	// deletions and exports. It may lag as Members does.
	Due(ctx context.Context, shard int, until time.Time, after string, limit int) (page []Key, next string, err error)
}

// MaxRead is the number of records that one Read may name: DynamoDB's limit
// for a batch.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const MaxRead = 100

// MaxActions is the number of records that one Change may touch or check:
// DynamoDB's limit for a transaction.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const MaxActions = 100

// ErrContended is a store's answer when another commit on the same record was
// in the way: nothing was changed, and the same change may be tried again.
var ErrContended = errors.New("another commit is in the way")

// Change is what one commit does, and on which premises.
type Change struct {
	Premises []Premise
	// Puts write whole records. A premise must speak of each, since a blind
	// write could undo somebody else's.
	Puts []Record
	// Updates change records that must be there.
	Updates []Update
	// Deletes remove records. A premise must speak of each, as of a put.
	Deletes []Key
}

// Update changes a part of one record: ChangeUser, ChangeSession,
// ChangeOrganization, ChangeMembership, ChangeRole, ChangeInvitation,
// ChangeDeletion or ChangeExport.
type Update interface {
	// Key names the record.
	Key() Key
	// Apply returns the record as the change makes it, its version one higher.
	Apply(record Record) Record
}

// AllPremises returns the premises of the change with those that its updates
// bring along, in the order in which a failure is told.
func (c Change) AllPremises() []Premise {
	all := append([]Premise(nil), c.Premises...)
	for _, u := range c.Updates {
		all = append(all, Exists{Of: u.Key()})
	}
	return all
}

// Check reports a change that no store may take: a blind put, two writes of
// one record, or more records than a transaction holds.
func (c Change) Check() error {
	touched, premised := map[Key]bool{}, map[Key]bool{}
	for _, p := range c.Premises {
		premised[p.Key()] = true
	}
	written := func(k Key) error {
		if touched[k] {
			return fmt.Errorf("change writes one %s twice", k.Kind)
		}
		touched[k] = true
		return nil
	}
	for _, r := range c.Puts {
		if !premised[r.Key()] {
			return fmt.Errorf("change puts a %s without a premise on it", r.Key().Kind)
		}
		if err := written(r.Key()); err != nil {
			return err
		}
	}
	for _, u := range c.Updates {
		if err := written(u.Key()); err != nil {
			return err
		}
	}
	for _, k := range c.Deletes {
		if !premised[k] {
			return fmt.Errorf("change deletes a %s without a premise on it", k.Kind)
		}
		if err := written(k); err != nil {
			return err
		}
	}
	if len(touched) == 0 {
		return errors.New("change writes nothing")
	}
	for k := range premised {
		touched[k] = true
	}
	if len(touched) > MaxActions {
		return fmt.Errorf("change names %d records, at most %d fit", len(touched), MaxActions)
	}
	return nil
}

// inBatches reads any number of records, in as many calls as they need.
func inBatches(ctx context.Context, keys []Key, read func(context.Context, ...Key) (Records, error)) (Records, error) {
	found := Records{}
	for batch := range slices.Chunk(keys, MaxRead) {
		records, err := read(ctx, batch...)
		if err != nil {
			return nil, err
		}
		maps.Copy(found, records)
	}
	return found, nil
}

// Contention is waited out with growing, jittered pauses: five tries within a
// second, then the caller hears of it.
const (
	commitTries = 5
	commitPause = 20 * time.Millisecond
)

// decideTries bounds how often a decision is made again on what others changed.
const decideTries = 4

// commit makes a change, trying again while other commits are in the way. It
// fails with ErrConflict when they stay there.
func (s *Service) commit(ctx context.Context, change Change) error {
	return waitOut(ctx, func() error { return s.store.Commit(ctx, change) })
}

// waitOut commits again while other commits are in the way. It fails with
// ErrConflict when they stay there.
func waitOut(ctx context.Context, commit func() error) error {
	for try := 1; ; try++ {
		err := commit()
		if !errors.Is(err, ErrContended) {
			return err
		}
		if try == commitTries {
			return ErrConflict.Because(err)
		}
		pause := rand.N(commitPause << try) //nolint:gosec // jitter is no secret
		select {
		case <-ctx.Done():
			return ErrUnavailable.Because(ctx.Err())
		case <-time.After(pause):
		}
	}
}
