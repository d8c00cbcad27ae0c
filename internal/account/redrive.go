package account

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// redriveReserve is what Redrive leaves of its context's time: enough for the
// commit that it is at.
const redriveReserve = 2 * time.Second

// maxTold bounds how many failures of a redrive are told one by one.
const maxTold = 20

// Redrive takes up the work that is due and that the table's stream lost, as
// far as its context's deadline allows; the rest stays due. What fails holds
// nothing else back. It returns how much it took up, and the failures
// joined.
func (s *Service) Redrive(ctx context.Context) (taken int, err error) {
	var told []error
	failures := 0
	fail := func(err error) {
		if failures++; failures <= maxTold {
			told = append(told, err)
		}
	}
	now := s.clock()
	// Each run begins with another shard, so that none waits behind a long one.
	first := int(now.Unix()/60) % DueShards
	for n := range DueShards {
		shard := (first + n) % DueShards
		for after, more := "", true; more && !nearlyOver(ctx); {
			page, next, err := s.store.Due(ctx, shard, now, after, MaxRead)
			if err != nil {
				fail(fmt.Errorf("due work of shard %d: %w", shard, err))
				break
			}
			for _, due := range page {
				if nearlyOver(ctx) {
					break
				}
				taken++
				if err := s.redrive(ctx, due); err != nil {
					fail(fmt.Errorf("%s of %s: %w", due.Kind, due.Owner, err))
				}
			}
			after, more = next, next != ""
		}
	}
	if failures > maxTold {
		told = append(told, fmt.Errorf("%d more", failures-maxTold))
	}
	return taken, errors.Join(told...)
}

// redrive takes one piece of work up.
func (s *Service) redrive(ctx context.Context, due Key) error {
	switch due.Kind {
	case KindOrganization:
		return s.redrivePurge(ctx, due.Owner)
	case KindDeletion:
		return s.redriveSteps(ctx, due, s.Erase)
	case KindExport:
		return s.redriveSteps(ctx, due, s.WriteExport)
	default:
		return fmt.Errorf("nobody works on a %s", due.Kind)
	}
}

// errStuck says that work is due and nothing of it can be done.
var errStuck = errors.New("nothing of it can be done")

// redriveSteps does a record's work step by step until it is done or the time is
// nearly over. A step that changes nothing and does not fail is one that waits
// for something: it is told, since it has waited for longer than it may.
func (s *Service) redriveSteps(ctx context.Context, due Key, step func(ctx context.Context, userID string) (done bool, err error)) error {
	revision := func() (int, error) {
		records, err := s.store.Read(ctx, due)
		if err != nil || records[due] == nil {
			return 0, err
		}
		return records[due].Revision(), nil
	}
	before, err := revision()
	for err == nil && !nearlyOver(ctx) {
		done, stepErr := step(ctx, due.Owner)
		if done || stepErr != nil {
			return stepErr
		}
		after, readErr := revision()
		if readErr == nil && after == before {
			return errStuck
		}
		before, err = after, readErr
	}
	return err
}

// redrivePurge purges one organization until it is gone, the time is nearly
// over, or somebody else is at it. Of premises that do not hold though nobody
// changed the organization it tells: its records contradict each other, and
// without help it would stay.
func (s *Service) redrivePurge(ctx context.Context, organizationID string) error {
	var failed *PremiseError
	failedAt := 0
	for !nearlyOver(ctx) {
		o, err := s.closing(ctx, organizationID)
		if err != nil || o == nil {
			return err
		}
		if failed != nil {
			if o.Version == failedAt {
				return failed
			}
			return nil
		}
		if _, err := s.takeApart(ctx, o); errors.As(err, &failed) {
			failedAt = o.Version
		} else if err != nil {
			return err
		}
	}
	return nil
}

// nearlyOver reports whether a context has no time left to begin something.
func nearlyOver(ctx context.Context) bool {
	end, bounded := ctx.Deadline()
	return ctx.Err() != nil || bounded && time.Until(end) < redriveReserve
}
