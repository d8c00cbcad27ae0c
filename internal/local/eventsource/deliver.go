package eventsource

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// batch is records of one shard that are delivered together.
type batch struct {
	records []events.DynamoDBEventRecord
	// through is the position once the batch is handled; it is behind the last
	// record if a filter left out those after it.
	through string
	// attempts is how often the function has failed with it.
	attempts int
	// notBefore is when the next attempt is due.
	notBefore time.Time
}

// maxPayload is Lambda's limit for an event; a batch that is larger is split,
// which counts as no attempt.
const maxPayload = 6 << 20

// deliver calls the function with the first batch of a shard and decides what
// becomes of it, as Lambda does:
//   - handled: the position moves behind it;
//   - failed in part (ReportBatchItemFailures): the position moves up to the
//     first failed record, and the rest is tried again;
//   - failed: with BisectBatchOnFunctionError it is split in two, which counts
//     as no retry (assumed); else it is tried again as it is;
//   - tried too often, or its records too old: discarded, and the position moves
//     behind it all the same.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
func (w *worker) deliver(ctx context.Context, r *reader) error {
	b := &r.queue[0]
	w.discardOld(r, b)
	if len(b.records) == 0 {
		return w.handled(r)
	}
	payload, err := encode(b.records)
	if err != nil {
		return err
	}
	if len(payload) > maxPayload && len(b.records) > 1 {
		w.split(r)
		return nil
	}

	failed, err := w.call(ctx, b.records, payload)
	if err == nil && w.DeliverTwice && failed == len(b.records) {
		failed, err = w.call(ctx, b.records, payload)
	}
	if ctx.Err() != nil && err != nil {
		return nil //nolint:nilerr // the host stops; the next one delivers it again
	}
	if failed == len(b.records) {
		return w.handled(r)
	}
	w.log.Warn("batch failed", "shard", r.id, "records", len(b.records), "failed_at", failed,
		"attempt", b.attempts+1, "error", err)
	switch {
	case failed > 0:
		if err := w.positions.handled(r.id, b.records[failed-1].Change.SequenceNumber); err != nil {
			return errors.Join(errSave, err)
		}
		b.records, b.attempts = b.records[failed:], 1
	case w.BisectBatchOnFunctionError && len(b.records) > 1:
		b.notBefore = time.Now().Add(backoff(1))
		w.split(r)
		return nil
	default:
		b.attempts++
	}
	if w.MaximumRetryAttempts != nil && b.attempts > *w.MaximumRetryAttempts {
		w.logDiscarded(r, b.records, "too many attempts")
		return w.handled(r)
	}
	b.notBefore = time.Now().Add(backoff(b.attempts))
	return nil
}

// encode returns the event with some records, in JSON.
func encode(records []events.DynamoDBEventRecord) ([]byte, error) {
	payload, err := json.Marshal(events.DynamoDBEvent{Records: records})
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return payload, nil
}

// handled moves the position behind the first batch of a shard.
func (w *worker) handled(r *reader) error {
	if err := w.positions.handled(r.id, r.queue[0].through); err != nil {
		return errors.Join(errSave, err)
	}
	r.queue = r.queue[1:]
	return nil
}

// split makes two batches of the first one.
func (w *worker) split(r *reader) {
	b := r.queue[0]
	half := len(b.records) / 2
	first, second := b, b
	first.records, first.through = b.records[:half], b.records[half-1].Change.SequenceNumber
	second.records = b.records[half:]
	r.queue = append([]batch{first, second}, r.queue[1:]...)
}

func (w *worker) discardOld(r *reader, b *batch) {
	if w.MaximumRecordAge == 0 {
		return
	}
	oldest := w.now().Add(-w.MaximumRecordAge)
	var young, old []events.DynamoDBEventRecord
	for _, record := range b.records {
		if record.Change.ApproximateCreationDateTime.Before(oldest) {
			old = append(old, record)
		} else {
			young = append(young, record)
		}
	}
	if len(old) > 0 {
		w.logDiscarded(r, old, "too old")
		b.records = young
	}
}

func (w *worker) logDiscarded(r *reader, records []events.DynamoDBEventRecord, reason string) {
	w.log.Error("records discarded", "shard", r.id, "reason", reason, "records", len(records),
		"first", records[0].Change.SequenceNumber, "last", records[len(records)-1].Change.SequenceNumber)
}

// backoff is the pause before an attempt, from 0.1 to 10 seconds.
func backoff(attempts int) time.Duration {
	return min(50*time.Millisecond<<min(attempts, 10), 10*time.Second)
}

// call calls the function. It returns the index of the first record that failed,
// the number of records if none did.
func (w *worker) call(ctx context.Context, records []events.DynamoDBEventRecord, payload []byte) (failed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       newRequestID(),
		InvokedFunctionArn: "arn:aws:lambda:local:000000000000:function:" + w.Name,
	})
	defer func() {
		if p := recover(); p != nil {
			failed, err = 0, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	output, err := w.Handler.Invoke(ctx, payload)
	if err != nil {
		return 0, fmt.Errorf("the function failed: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("the function did not answer in time: %w", err)
	}
	if !w.ReportBatchItemFailures {
		return len(records), nil
	}
	return firstFailure(output, records)
}

// firstFailure reads a partial batch response. "Lambda treats a batch as a
// complete success" for an empty or null list or answer, and as a complete
// failure for an itemIdentifier that is empty, null or under a wrong name; an
// answer that is no such object and an identifier of no record in the batch are
// taken for a complete failure too (assumed). Of several failures the lowest
// counts.
func firstFailure(output []byte, records []events.DynamoDBEventRecord) (int, error) {
	var answer struct {
		BatchItemFailures []struct {
			ItemIdentifier *string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if len(output) == 0 || string(output) == `""` {
		return len(records), nil
	}
	if err := json.Unmarshal(output, &answer); err != nil {
		return 0, fmt.Errorf("the answer is no batch response: %w", err)
	}
	index := make(map[string]int, len(records))
	for i, record := range records {
		index[record.Change.SequenceNumber] = i
	}
	first := len(records)
	for _, failure := range answer.BatchItemFailures {
		if failure.ItemIdentifier == nil {
			return 0, errors.New("the answer has a batch item failure without an itemIdentifier")
		}
		i, ok := index[*failure.ItemIdentifier]
		if !ok {
			return 0, errors.New("the answer has an itemIdentifier that is no sequence number of the batch")
		}
		first = min(first, i)
	}
	return first, nil
}

// newRequestID returns a request id in the form of Lambda, a random UUID.
func newRequestID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, as its documentation says
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:])
}
