package eventsource

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

func TestWhatBecomesOfAFailedBatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		consumer Consumer
		answer   func([]string) (string, error)
		want     []string // the first calls
		position string
	}{
		{
			"tried again as it is, without end",
			Consumer{},
			failOn("a2"),
			[]string{"a1 a2 a3 a4", "a1 a2 a3 a4", "a1 a2 a3 a4", "a1 a2 a3 a4"},
			"",
		},
		{
			"discarded after the last attempt",
			Consumer{MaximumRetryAttempts: aws.Int(2)},
			failOn("a2"),
			[]string{"a1 a2 a3 a4", "a1 a2 a3 a4", "a1 a2 a3 a4"},
			"a:a4",
		},
		{
			"discarded at once",
			Consumer{MaximumRetryAttempts: aws.Int(0)},
			failOn("a2"),
			[]string{"a1 a2 a3 a4"},
			"a:a4",
		},
		{
			"and the next batch is delivered",
			Consumer{MaximumRetryAttempts: aws.Int(0), BatchSize: 2},
			failOn("a2"),
			[]string{"a1 a2", "a3 a4"},
			"a:a4",
		},
		{
			"split until one record is left",
			Consumer{BisectBatchOnFunctionError: true, MaximumRetryAttempts: aws.Int(1)},
			failOn("a2"),
			[]string{"a1 a2 a3 a4", "a1 a2", "a1", "a2", "a2", "a3 a4"},
			"a:a4",
		},
		{
			"split, which is no retry",
			Consumer{BisectBatchOnFunctionError: true, MaximumRetryAttempts: aws.Int(0)},
			failOn("a1", "a4"),
			[]string{"a1 a2 a3 a4", "a1 a2", "a1", "a2", "a3 a4", "a3", "a4"},
			"a:a4",
		},
		{
			"reported: tried again from the first failure",
			Consumer{ReportBatchItemFailures: true, MaximumRetryAttempts: aws.Int(1)},
			reportOn("a3", "a2"),
			[]string{"a1 a2 a3 a4", "a2 a3 a4"},
			"a:a4",
		},
		{
			"reported without end: the position is at the failure",
			Consumer{ReportBatchItemFailures: true},
			reportOn("a3"),
			[]string{"a1 a2 a3 a4", "a3 a4", "a3 a4"},
			"a:a2",
		},
		{
			"reported and split: only the rest is",
			Consumer{ReportBatchItemFailures: true, BisectBatchOnFunctionError: true, MaximumRetryAttempts: aws.Int(1)},
			reportOn("a3"),
			[]string{"a1 a2 a3 a4", "a3 a4", "a3", "a4"},
			"a:a4",
		},
		{
			"reported, but not enabled",
			Consumer{},
			reportOn("a3"),
			[]string{"a1 a2 a3 a4"},
			"a:a4",
		},
		{
			"delivered twice",
			Consumer{DeliverTwice: true, BatchSize: 2},
			nil,
			[]string{"a1 a2", "a1 a2", "a3 a4", "a3 a4"},
			"a:a4",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, fn, dir := newFake(shard{id: "a"}), &recorder{answer: c.answer}, t.TempDir()
				s.put("a", 4)
				c.consumer.Name, c.consumer.Handler = "fn", fn
				if err := runFor(t, s, dir, 10*time.Second, c.consumer); err != nil {
					t.Fatal(err)
				}
				got := fn.batches[:min(len(fn.batches), len(c.want))]
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("calls:\n%s", diff)
				}
				if c.position == "a:a4" && len(fn.batches) > len(c.want) {
					t.Errorf("more calls: %v", fn.batches[len(c.want):])
				}
				if got := saved(t, dir, "fn"); got != c.position {
					t.Errorf("positions %q, want %q", got, c.position)
				}
			})
		})
	}
}

func TestBatchResponse(t *testing.T) {
	t.Parallel()
	records := make([]events.DynamoDBEventRecord, 3)
	for i := range records {
		records[i].Change.SequenceNumber = fmt.Sprint(100 + i)
	}
	for _, c := range []struct {
		answer string
		failed int // 3 is complete success
	}{
		{``, 3},
		{`null`, 3},
		{`""`, 3},
		{`{}`, 3},
		{`{"batchItemFailures":[]}`, 3},
		{`{"batchItemFailures":null}`, 3},
		{`{"batchItemFailures":[{"itemIdentifier":"101"}]}`, 1},
		{`{"batchItemFailures":[{"itemIdentifier":"102"},{"itemIdentifier":"101"}]}`, 1},
		{`{"batchItemFailures":[{"itemIdentifier":"101"},{"itemIdentifier":"102"}]}`, 1},
		{`{"batchItemFailures":[{"itemIdentifier":"100"}]}`, 0},
		{`{"batchItemFailures":[{"itemIdentifier":""}]}`, 0},
		{`{"batchItemFailures":[{"itemIdentifier":null}]}`, 0},
		{`{"batchItemFailures":[{"itemId":"102"}]}`, 0},
		{`{"batchItemFailures":[{"itemIdentifier":"102"},{"itemIdentifier":""}]}`, 0},
		{`{"batchItemFailures":[{"itemIdentifier":"999"}]}`, 0},
		{`{"batchItemFailures":"102"}`, 0},
		{`"ok"`, 0},
		{`not json`, 0},
	} {
		failed, _ := firstFailure([]byte(c.answer), records)
		if failed != c.failed {
			t.Errorf("%s: first failure %d, want %d", c.answer, failed, c.failed)
		}
	}
}

func TestRetriesBackOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn := newFake(shard{id: "a"}), &recorder{answer: failOn("a1")}
		s.put("a", 1)
		if err := runFor(t, s, t.TempDir(), time.Minute, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond, 1500 * time.Millisecond} {
			if got := fn.at[i].Round(10 * time.Millisecond); got != want {
				t.Errorf("call %d after %s, want %s", i+1, got, want)
			}
		}
		last := len(fn.at) - 1
		if pause := fn.at[last] - fn.at[last-1]; pause.Round(time.Second) != 10*time.Second {
			t.Errorf("the pauses grow to %s", pause)
		}
	})
}

func TestOldRecordsAreDiscarded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, dir := newFake(shard{id: "a"}), t.TempDir()
		s.put("a", 2)
		time.Sleep(90 * time.Second)
		s.put("a", 1)
		fn := &recorder{answer: failOn("a3")}
		err := runFor(t, s, dir, 5*time.Minute, Consumer{Name: "fn", Handler: fn, MaximumRecordAge: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		for i, batch := range fn.batches {
			if batch != "a3" || fn.at[i] > time.Minute+2*time.Second {
				t.Errorf("call with %s after %s", batch, fn.at[i])
			}
		}
		if got := saved(t, dir, "fn"); got != "a:a3" || len(fn.batches) < 2 {
			t.Errorf("positions %s after %d calls", got, len(fn.batches))
		}
	})
}

func TestBatchBeyondLambdasPayloadIsSplit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn := newFake(shard{id: "a"}), &recorder{}
		s.put("a", 4)
		for i := range s.content["a"] {
			id := strings.Repeat("x", 2<<20)
			s.content["a"][i].EventID = &id
		}
		err := runFor(t, s, t.TempDir(), time.Second, Consumer{Name: "fn", Handler: fn, MaximumRetryAttempts: aws.Int(0)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a1 a2", "a3 a4"}, fn.batches); diff != "" {
			t.Error(diff)
		}
	})
}

// function lets a Go function be a Lambda handler.
type function func(context.Context, []byte) ([]byte, error)

func (f function) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }

func TestFunctionThatPanicsOrHangsFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for name, body := range map[string]function{
			"panics": func(context.Context, []byte) ([]byte, error) { panic("oops") },
			"hangs": func(ctx context.Context, _ []byte) ([]byte, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
			"answers too late": func(ctx context.Context, _ []byte) ([]byte, error) {
				<-ctx.Done()
				return nil, nil
			},
			"errs": func(context.Context, []byte) ([]byte, error) { return nil, errors.New("oops") },
		} {
			s, calls := newFake(shard{id: "a"}), 0
			s.put("a", 1)
			fn := function(func(ctx context.Context, payload []byte) ([]byte, error) {
				if calls++; calls == 1 {
					return body(ctx, payload)
				}
				if lc, ok := lambdacontext.FromContext(ctx); !ok || len(lc.AwsRequestID) != 36 {
					t.Errorf("%s: lambdacontext %+v", name, lc)
				}
				return nil, nil
			})
			dir := t.TempDir()
			if err := runFor(t, s, dir, 30*time.Second, Consumer{Name: "fn", Handler: fn, Timeout: 10 * time.Second}); err != nil {
				t.Fatal(err)
			}
			if got := saved(t, dir, "fn"); calls != 2 || got != "a:a1" {
				t.Errorf("%s: %d calls, positions %s", name, calls, got)
			}
		}
	})
}
