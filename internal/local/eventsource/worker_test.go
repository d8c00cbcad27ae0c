package eventsource

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/google/go-cmp/cmp"
)

func TestRecordsArriveInOrderAndInBatches(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn := newFake(shard{id: "a"}), &recorder{}
		s.put("a", 5)
		go func() {
			time.Sleep(2 * time.Second)
			s.put("a", 1)
		}()
		dir := t.TempDir()
		if err := runFor(t, s, dir, 3*time.Second, Consumer{Name: "fn", Handler: fn, BatchSize: 2}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a1 a2", "a3 a4", "a5", "a6"}, fn.batches); diff != "" {
			t.Errorf("batches:\n%s", diff)
		}
		if got := saved(t, dir, "fn"); got != "a:a6" {
			t.Errorf("positions %s", got)
		}
	})
}

func TestParentIsReadBeforeItsChildren(t *testing.T) {
	bubble(t, func(t *testing.T) {
		// Listed children first, and with a parent that is gone.
		s := newFake(shard{"c", "b"}, shard{"b", "a"}, shard{"a", "gone"}, shard{"x", ""})
		for _, id := range []string{"a", "b", "c", "x"} {
			s.put(id, 2)
		}
		s.closed["a"] = true
		failed := false
		fn := &recorder{answer: func(batch []string) (string, error) {
			if batch[0] == "a1" && !failed {
				failed = true
				return "", errors.New("not yet")
			}
			return "", nil
		}}
		go func() {
			time.Sleep(5 * time.Second)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.closed["b"] = true
		}()
		dir := t.TempDir()
		if err := runFor(t, s, dir, 4*time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a1 a2", "x1 x2", "a1 a2", "b1 b2"}, fn.batches); diff != "" {
			t.Errorf("while b is open:\n%s", diff)
		}
		time.Sleep(2 * time.Second)
		if err := runFor(t, s, dir, 4*time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"c1 c2"}, fn.batches[4:]); diff != "" {
			t.Errorf("when b is closed:\n%s", diff)
		}
		if got := saved(t, dir, "fn"); got != "a:a2! b:b2! c:c2 x:x2" {
			t.Errorf("positions %s", got)
		}
	})
}

func TestNewShardIsNoticed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn := newFake(shard{id: "a"}), &recorder{}
		s.put("a", 1)
		go func() {
			time.Sleep(time.Second)
			s.put("b", 1)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.closed["a"], s.listed = true, append(s.listed, shard{"b", "a"})
		}()
		if err := runFor(t, s, t.TempDir(), 4*time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a1", "b1"}, fn.batches); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFailingConsumerDoesNotStopAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newFake(shard{id: "a"}, shard{id: "b"})
		s.put("a", 3)
		s.put("b", 1)
		good, bad := &recorder{}, &recorder{answer: failOn("a1")}
		dir := t.TempDir()
		err := runFor(t, s, dir, time.Minute,
			Consumer{Name: "bad", Handler: bad, BatchSize: 1}, Consumer{Name: "good", Handler: good, BatchSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := saved(t, dir, "good"); got != "a:a3 b:b1" {
			t.Errorf("good: %s", got)
		}
		// Nor does a shard that is stuck stop the consumer's other shards.
		if got := saved(t, dir, "bad"); got != "b:b1" {
			t.Errorf("bad: %s", got)
		}
		if slices.Contains(bad.batches, "a2") {
			t.Error("bad was given a record before the one that it failed with")
		}
	})
}

func TestRestartGoesOnAtThePosition(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn, dir := newFake(shard{id: "a"}), &recorder{}, t.TempDir()
		run := func() {
			if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
				t.Fatal(err)
			}
		}
		s.put("a", 2)
		run()
		s.put("a", 1)
		run()
		if diff := cmp.Diff([]string{"a1 a2", "a3"}, fn.batches); diff != "" {
			t.Errorf("batches:\n%s", diff)
		}
		// Another stream, as after a reset of the data: from its start.
		m, err := newMappings(Options{StreamARN: testARN + "-other", Dir: dir, Consumers: []Consumer{{Name: "fn", Handler: fn}}}, s)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := m.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if got := fn.batches[len(fn.batches)-1]; got != "a1 a2 a3" {
			t.Errorf("another stream: %s", got)
		}
	})
}

func TestCallCutShortByTheEndIsMadeAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, dir := newFake(shard{id: "a"}), t.TempDir()
		s.put("a", 1)
		stuck := &stuckFunction{}
		if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: stuck, MaximumRetryAttempts: aws.Int(0)}); err != nil {
			t.Fatal(err)
		}
		fn := &recorder{}
		if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		if stuck.calls != 1 || strings.Join(fn.batches, ",") != "a1" {
			t.Errorf("%d calls, then %v", stuck.calls, fn.batches)
		}
	})
}

// stuckFunction waits until its context ends.
type stuckFunction struct{ calls int }

func (s *stuckFunction) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	s.calls++
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestServiceErrorsAreSurvived(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, failing := range []string{"shards", "iterator", "records"} {
			for name, cause := range map[string]error{"fault": errors.New("throttled"), "expired": errExpired, "trimmed": errTrimmed} {
				s, fn, failures := newFake(shard{id: "a"}), &recorder{}, 3
				s.put("a", 2)
				s.fail = func(operation string) error {
					if operation == failing && failures > 0 {
						failures--
						return cause
					}
					return nil
				}
				if err := runFor(t, s, t.TempDir(), 10*time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
					t.Errorf("%s %s: %v", failing, name, err)
				}
				if diff := cmp.Diff([]string{"a1 a2"}, fn.batches); diff != "" {
					t.Errorf("%s %s:\n%s", failing, name, diff)
				}
			}
		}
	})
}

func TestReadingGoesOnBehindTrimmedRecords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn, dir := newFake(shard{id: "a"}), &recorder{}, t.TempDir()
		s.put("a", 1)
		if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		s.put("a", 4)
		s.trimmed["a"] = 3
		if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a1", "a4 a5"}, fn.batches); diff != "" {
			t.Error(diff)
		}
	})
}

func TestExpiredShardIsForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn, dir := newFake(shard{id: "a"}, shard{"b", "a"}), &recorder{}, t.TempDir()
		s.put("a", 1)
		s.put("b", 1)
		s.closed["a"] = true
		if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		s.listed = []shard{{"b", "a"}}
		s.put("b", 1)
		if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		if got := saved(t, dir, "fn"); got != "b:b2" {
			t.Errorf("positions %s", got)
		}
	})
}

func TestShardThatIsGoneDoesNotHoldUpItsChild(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, fn, gone := newFake(shard{id: "a"}, shard{"b", "a"}), &recorder{}, true
		s.put("b", 1)
		s.fail = func(operation string) error {
			if operation == "iterator" && gone {
				gone = false // the first is that of a
				return errGone
			}
			return nil
		}
		dir := t.TempDir()
		if err := runFor(t, s, dir, time.Second, Consumer{Name: "fn", Handler: fn}); err != nil {
			t.Fatal(err)
		}
		if got := saved(t, dir, "fn"); got != "a:! b:b1" {
			t.Errorf("positions %s", got)
		}
	})
}

func TestRunReportsAMissingStreamAndAnUnwritableFolder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newFake(shard{id: "a"})
		s.put("a", 1)
		s.fail = func(string) error { return errGone }
		err := runFor(t, s, t.TempDir(), time.Minute, Consumer{Name: "fn", Handler: &recorder{}})
		if !errors.Is(err, errGone) || !strings.Contains(err.Error(), `consumer "fn"`) {
			t.Errorf("missing stream: %v", err)
		}
		s.fail = func(string) error { return nil }
		err = runFor(t, s, filepath.Join(t.TempDir(), "missing"), time.Minute, Consumer{Name: "fn", Handler: &recorder{}})
		if !errors.Is(err, errSave) {
			t.Errorf("unwritable folder: %v", err)
		}
	})
}

func TestNewReportsEachWrongSetting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "broken.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	fn := &recorder{}
	for want, c := range map[string]Consumer{
		"there is no handler":             {Name: "fn"},
		"the name must be":                {Name: "../fn", Handler: fn},
		"BatchSize must be 1 to 10000":    {Name: "fn", Handler: fn, BatchSize: 10001},
		"MaximumRetryAttempts must not":   {Name: "fn", Handler: fn, MaximumRetryAttempts: aws.Int(-1)},
		"MaximumRecordAge and Timeout":    {Name: "fn", Handler: fn, Timeout: -1},
		"filter pattern":                  {Name: "fn", Handler: fn, FilterCriteria: []string{"["}},
		"read positions":                  {Name: "broken", Handler: fn},
		"two consumers have this name":    {Name: "twice", Handler: fn},
		`eventsource: consumer "../fn": `: {Name: "../fn", Handler: fn},
	} {
		_, err := New(Options{
			Client: dynamodbstreams.New(dynamodbstreams.Options{}), StreamARN: testARN, Dir: dir,
			Consumers: []Consumer{{Name: "twice", Handler: fn}, c},
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	if _, err := New(Options{StreamARN: testARN}); err == nil {
		t.Error("no client: no error")
	}
}
