package eventsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testARN = "arn:aws:dynamodb:eu-central-1:000000000000:table/T/stream/1"

// fakeSource is a stream in memory. Sequence numbers are "<shard><n>", from 1.
type fakeSource struct {
	mu      sync.Mutex
	listed  []shard
	content map[string][]types.Record
	closed  map[string]bool
	trimmed map[string]int // records trimmed from a shard's start
	fail    func(operation string) error
	calls   []string
}

func newFake(shards ...shard) *fakeSource {
	return &fakeSource{
		listed: shards, content: map[string][]types.Record{}, closed: map[string]bool{}, trimmed: map[string]int{},
		fail: func(string) error { return nil },
	}
}

// put appends n records to a shard, made now.
func (f *fakeSource) put(shardID string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		sequence := shardID + strconv.Itoa(len(f.content[shardID])+1)
		created := time.Now()
		f.content[shardID] = append(f.content[shardID], types.Record{
			EventID: aws.String("event-" + sequence), EventName: types.OperationTypeInsert,
			Dynamodb: &types.StreamRecord{
				SequenceNumber: &sequence, ApproximateCreationDateTime: &created,
				Keys: map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: sequence}},
			},
		})
	}
}

func (f *fakeSource) enter(operation, detail string) error {
	f.calls = append(f.calls, strings.TrimSpace(operation+" "+detail))
	return f.fail(operation)
}

func (f *fakeSource) shards(context.Context) ([]shard, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.listed), f.enter("shards", "")
}

func (f *fakeSource) iterator(_ context.Context, shardID, after string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter("iterator", shardID+" "+after); err != nil {
		return "", err
	}
	next := f.trimmed[shardID]
	if after != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(after, shardID))
		if err != nil {
			return "", fmt.Errorf("foreign sequence number %q", after)
		}
		if n < next {
			return "", errTrimmed
		}
		next = n
	}
	return shardID + "@" + strconv.Itoa(next), nil
}

func (f *fakeSource) records(_ context.Context, iterator string, limit int) (page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter("records", iterator); err != nil {
		return page{}, err
	}
	shardID, offset, _ := strings.Cut(iterator, "@")
	from, err := strconv.Atoi(offset)
	if err != nil {
		return page{}, fmt.Errorf("iterator %q: %w", iterator, err)
	}
	to := min(from+limit, len(f.content[shardID]))
	p := page{records: f.content[shardID][from:to], next: shardID + "@" + strconv.Itoa(to)}
	if f.closed[shardID] && to == len(f.content[shardID]) {
		p.next = ""
	}
	return p, nil
}

// recorder is a function that notes the sequence numbers of each call.
type recorder struct {
	mu      sync.Mutex
	batches []string
	at      []time.Duration
	start   time.Time
	// answer decides what a call returns; nil is success.
	answer func(sequences []string) (string, error)
}

func (r *recorder) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var event events.DynamoDBEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	sequences := make([]string, len(event.Records))
	for i, record := range event.Records {
		sequences[i] = record.Change.SequenceNumber
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.start.IsZero() {
		r.start = time.Now()
	}
	r.batches, r.at = append(r.batches, strings.Join(sequences, " ")), append(r.at, time.Since(r.start))
	if r.answer == nil {
		return []byte("null"), nil
	}
	answer, err := r.answer(sequences)
	return []byte(answer), err
}

// failOn lets every batch with one of some records fail.
func failOn(sequences ...string) func([]string) (string, error) {
	return func(batch []string) (string, error) {
		for _, sequence := range sequences {
			if slices.Contains(batch, sequence) {
				return "", errors.New("cannot handle " + sequence)
			}
		}
		return "", nil
	}
}

// reportOn lets it report these records as failed.
func reportOn(sequences ...string) func([]string) (string, error) {
	return func(batch []string) (string, error) {
		var failures []map[string]string
		for _, sequence := range sequences {
			if slices.Contains(batch, sequence) {
				failures = append(failures, map[string]string{"itemIdentifier": sequence})
			}
		}
		raw, err := json.Marshal(map[string]any{"batchItemFailures": failures})
		return string(raw), err
	}
}

// runFor runs mappings for some time of the bubble's clock.
func runFor(t *testing.T, s source, dir string, d time.Duration, consumers ...Consumer) error {
	t.Helper()
	m, err := newMappings(Options{StreamARN: testARN, Dir: dir, Consumers: consumers}, s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return m.Run(ctx)
}

// bubble runs a test on a clock of its own.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// saved are the positions in a consumer's file.
func saved(t *testing.T, dir, name string) string {
	t.Helper()
	p, err := openPositions(dir+"/"+name+".json", testARN)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, id := range slices.Sorted(maps.Keys(p.file.Shards)) {
		at := p.file.Shards[id]
		all = append(all, id+":"+at.After)
		if at.Finished {
			all[len(all)-1] += "!"
		}
	}
	return strings.Join(all, " ")
}
