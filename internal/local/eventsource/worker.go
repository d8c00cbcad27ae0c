package eventsource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// shardInterval is how often the list of shards is read again while nothing
// tells that it changed.
const shardInterval = time.Second

// worker runs one consumer: it goes round the shards, reads where nothing waits
// and delivers what is due. One goroutine does it all, so a batch that waits for
// its next attempt holds up its own shard only.
type worker struct {
	Consumer
	source       source
	positions    *positions
	filters      filters
	streamARN    string
	pollInterval time.Duration
	now          func() time.Time
	log          *slog.Logger

	order   []*reader
	readers map[string]*reader
}

// reader is how far a worker is with one shard.
type reader struct {
	shard
	// iterator is where to read on; empty if it must be asked for.
	iterator string
	// queue holds what was read and not handled yet, in order.
	queue []batch
	// drained shards have nothing more to read.
	drained bool
	// trimmed means that the record at the position is no longer in the stream,
	// so that reading goes on at the oldest one.
	trimmed bool
	// retryAt is when to try again after the service failed.
	retryAt time.Time
}

func (w *worker) run(ctx context.Context) error {
	var listedAt time.Time
	known := false
	for ctx.Err() == nil {
		if time.Since(listedAt) >= shardInterval {
			err := w.list(ctx)
			switch {
			case err == nil:
				known = true
			case errors.Is(err, errGone) && !known:
				return err
			case errors.Is(err, errSave):
				return err
			case ctx.Err() == nil:
				w.log.Warn("shards not listed", "error", err)
			}
			listedAt = time.Now()
		}
		progress, err := w.round(ctx)
		if err != nil {
			return err
		}
		if progress {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(w.pause()):
		}
	}
	return nil
}

// errSave means that a position could not be saved: going on would deliver
// everything again with the next start.
var errSave = errors.New("position not saved")

func (w *worker) list(ctx context.Context) error {
	shards, err := w.source.shards(ctx)
	if err != nil {
		return fmt.Errorf("list shards: %w", err)
	}
	if err := w.positions.keep(shards); err != nil {
		return errors.Join(errSave, err)
	}
	before := w.readers
	w.readers, w.order = make(map[string]*reader, len(shards)), nil
	for _, s := range shards {
		r := before[s.id]
		if r == nil {
			r = &reader{shard: s, drained: w.positions.of(s.id).Finished}
		}
		w.readers[s.id] = r
		w.order = append(w.order, r)
	}
	return nil
}

// round does one step with each shard whose parent is finished; progress is
// false if there was nothing to do.
func (w *worker) round(ctx context.Context) (progress bool, err error) {
	for _, r := range w.order {
		if ctx.Err() != nil {
			return progress, nil //nolint:nilerr // the host stops
		}
		if parent := w.readers[r.parent]; parent != nil && !w.positions.of(parent.id).Finished {
			continue
		}
		stepped, err := w.step(ctx, r)
		if err != nil {
			return progress, err
		}
		progress = progress || stepped
	}
	return progress, nil
}

func (w *worker) step(ctx context.Context, r *reader) (progress bool, err error) {
	now := time.Now()
	switch {
	case len(r.queue) > 0:
		if r.queue[0].notBefore.After(now) {
			return false, nil
		}
		return true, w.deliver(ctx, r)
	case r.drained:
		if w.positions.of(r.id).Finished {
			return false, nil
		}
		if err := w.positions.finish(r.id); err != nil {
			return false, errors.Join(errSave, err)
		}
		return true, nil
	case r.retryAt.After(now):
		return false, nil
	}
	progress, err = w.read(ctx, r)
	if err != nil && ctx.Err() == nil {
		w.log.Warn("shard not read", "shard", r.id, "error", err)
		r.iterator, r.retryAt = "", now.Add(max(w.pollInterval, backoff(1)))
	}
	return progress, nil
}

// read brings the next page of a shard into its queue.
func (w *worker) read(ctx context.Context, r *reader) (progress bool, err error) {
	if r.iterator == "" {
		after := w.positions.of(r.id).After
		if r.trimmed {
			w.log.Warn("records were trimmed before they were handled", "shard", r.id, "after", after)
			after = ""
		}
		r.iterator, err = w.source.iterator(ctx, r.id, after)
	}
	var p page
	if err == nil {
		p, err = w.source.records(ctx, r.iterator, w.BatchSize)
	}
	switch {
	case errors.Is(err, errGone):
		// The stream drops a shard when its last record has expired.
		r.drained = true
		return true, nil
	case errors.Is(err, errExpired), errors.Is(err, errTrimmed):
		r.iterator, r.trimmed = "", errors.Is(err, errTrimmed)
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read shard: %w", err)
	}
	r.trimmed = false
	if len(p.records) > 0 {
		b, err := w.batch(p.records)
		if err != nil {
			return false, err
		}
		r.queue = append(r.queue, b)
	}
	r.iterator, r.drained = p.next, p.next == ""
	return len(p.records) > 0 || r.drained, nil
}

// batch converts records and leaves out those that no filter matches.
func (w *worker) batch(records []types.Record) (batch, error) {
	b := batch{records: make([]events.DynamoDBEventRecord, 0, len(records))}
	for _, record := range records {
		converted, err := convert(record, w.streamARN)
		if err != nil {
			return batch{}, fmt.Errorf("convert record: %w", err)
		}
		b.through = converted.Change.SequenceNumber
		matches, err := w.filters.match(converted)
		if err != nil {
			return batch{}, fmt.Errorf("filter record: %w", err)
		}
		if matches {
			b.records = append(b.records, converted)
		}
	}
	return b, nil
}

// pause is how long a round without progress waits: until the next attempt is
// due, at most the poll interval.
func (w *worker) pause() time.Duration {
	pause := w.pollInterval
	for _, r := range w.order {
		if len(r.queue) > 0 {
			pause = min(pause, max(time.Until(r.queue[0].notBefore), time.Millisecond))
		}
	}
	return pause
}
