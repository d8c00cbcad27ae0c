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
// nothing else back. It returns how many organizations it took up, and the
// failures joined.
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
			for _, o := range page {
				if nearlyOver(ctx) {
					break
				}
				taken++
				if err := s.redrive(ctx, o.ID); err != nil {
					fail(fmt.Errorf("purge of %s: %w", o.ID, err))
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

// redrive purges one organization until it is gone, the time is nearly over, or
// somebody else is at it. Of premises that do not hold though nobody changed
// the organization it tells: its records contradict each other, and without
// help it would stay.
func (s *Service) redrive(ctx context.Context, organizationID string) error {
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
