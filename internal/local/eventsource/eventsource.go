// Package eventsource does on a developer's machine what a Lambda event source
// mapping on a DynamoDB stream does: it polls the table's stream at DynamoDB
// Local and hands the records to the functions that consume them, in batches,
// in the event's own JSON, at least once and in order for each item.
//
// What a mapping has and this does not: a batching window, tumbling windows,
// more than one batch of a shard at a time, the starting position LATEST, and a
// destination for discarded records (they are logged by sequence number).
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
package eventsource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"golang.org/x/sync/errgroup"
)

// The defaults of the settings.
const (
	// DefaultBatchSize is Lambda's.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
	DefaultBatchSize = 100
	// DefaultPollInterval is that of Lambda's pollers, which ask each shard four
	// times a second.
	DefaultPollInterval = 250 * time.Millisecond
	// DefaultTimeout bounds one call of a function.
	DefaultTimeout = time.Minute
)

// maxBatchSize is Lambda's limit for a stream of DynamoDB.
const maxBatchSize = 10000

// Options are what the mappings have in common.
type Options struct {
	// Client reads the stream.
	Client *dynamodbstreams.Client
	// StreamARN names the stream, the table's LatestStreamArn.
	StreamARN string
	// Consumers are the functions, each with its own position in the stream, so
	// that one that fails does not stop another.
	Consumers []Consumer
	// Dir holds one file of positions for each consumer; it must exist. A host
	// that is started again goes on where it stopped.
	Dir string
	// PollInterval is the pause after a round without records; 0 is
	// DefaultPollInterval.
	PollInterval time.Duration
	// Now is the clock that MaximumRecordAge goes by; nil is time.Now.
	Now func() time.Time
	// Log gets failures and discarded records by sequence number, never what is
	// in a record; nil discards it.
	Log *slog.Logger
}

// Consumer is one event source mapping. Its settings are those of
// CreateEventSourceMapping, by their names.
type Consumer struct {
	// Name tells the consumer from others and names the file of its positions:
	// letters, digits, - and _.
	Name string
	// Handler is the function's own Lambda handler.
	Handler lambda.Handler
	// BatchSize is the largest number of records in one call, 1 to 10,000; 0 is
	// DefaultBatchSize. One GetRecords brings at most 1,000, and so does a batch.
	BatchSize int
	// BisectBatchOnFunctionError splits a batch that failed in two, which does
	// not count as a retry.
	BisectBatchOnFunctionError bool
	// ReportBatchItemFailures heeds the batchItemFailures that the function
	// returns; without it the answer is not looked at.
	ReportBatchItemFailures bool
	// MaximumRetryAttempts is how often a failed batch is tried again before it
	// is discarded, 0 to 10,000; nil is without end.
	MaximumRetryAttempts *int
	// MaximumRecordAge discards older records; 0 keeps them as long as the stream
	// does (24 hours).
	MaximumRecordAge time.Duration
	// FilterCriteria are event filter patterns in JSON; a record is delivered if
	// it matches one of them. None delivers all. See filter.go for the operators.
	FilterCriteria []string
	// Timeout bounds one call; 0 is DefaultTimeout.
	Timeout time.Duration
	// DeliverTwice calls the function a second time with every batch that it
	// handled, as Lambda may do ("at least once"). For tests.
	DeliverTwice bool
}

// Mappings are event source mappings that can be run.
type Mappings struct {
	workers []*worker
}

// New returns the mappings of the consumers. It reports every setting that is
// wrong, and a file of positions that cannot be read.
func New(o Options) (*Mappings, error) {
	if o.Client == nil || o.StreamARN == "" {
		return nil, errors.New("eventsource: Client and StreamARN must be set")
	}
	return newMappings(o, &stream{client: o.Client, arn: o.StreamARN})
}

// consumerName is what can be the name of a file everywhere.
var consumerName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func newMappings(o Options, s source) (*Mappings, error) {
	if o.PollInterval == 0 {
		o.PollInterval = DefaultPollInterval
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var wrong []error
	var m Mappings
	seen := map[string]bool{}
	for _, c := range o.Consumers {
		w, err := newWorker(o, c, s)
		if seen[c.Name] {
			err = errors.Join(err, errors.New("two consumers have this name"))
		}
		seen[c.Name] = true
		if err != nil {
			wrong = append(wrong, fmt.Errorf("eventsource: consumer %q: %w", c.Name, err))
			continue
		}
		m.workers = append(m.workers, w)
	}
	if o.PollInterval < 0 {
		wrong = append(wrong, errors.New("eventsource: PollInterval must not be negative"))
	}
	return &m, errors.Join(wrong...)
}

func newWorker(o Options, c Consumer, s source) (*worker, error) {
	if c.BatchSize == 0 {
		c.BatchSize = DefaultBatchSize
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	switch {
	case !consumerName.MatchString(c.Name):
		return nil, errors.New("the name must be 1 to 64 letters, digits, - and _")
	case c.Handler == nil:
		return nil, errors.New("there is no handler")
	case c.BatchSize < 1 || c.BatchSize > maxBatchSize:
		return nil, fmt.Errorf("BatchSize must be 1 to %d", maxBatchSize)
	case c.MaximumRetryAttempts != nil && *c.MaximumRetryAttempts < 0:
		return nil, errors.New("MaximumRetryAttempts must not be negative")
	case c.MaximumRecordAge < 0 || c.Timeout < 0:
		return nil, errors.New("MaximumRecordAge and Timeout must not be negative")
	}
	filters, err := parseFilters(c.FilterCriteria)
	if err != nil {
		return nil, err
	}
	positions, err := openPositions(filepath.Join(o.Dir, c.Name+".json"), o.StreamARN)
	if err != nil {
		return nil, err
	}
	return &worker{
		Consumer: c, source: s, positions: positions, filters: filters, streamARN: o.StreamARN,
		pollInterval: o.PollInterval, now: o.Now, log: o.Log.With("consumer", c.Name), readers: map[string]*reader{},
	}, nil
}

// Run polls until the context ends, which is no error. It returns an error if
// the stream does not exist or a position cannot be saved. A call of a function
// that the context's end cuts short is made again by the next Run. Run must not
// be called twice at a time.
func (m *Mappings) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, w := range m.workers {
		group.Go(func() error {
			if err := w.run(ctx); err != nil {
				return fmt.Errorf("eventsource: consumer %q: %w", w.Name, err)
			}
			return nil
		})
	}
	return group.Wait() //nolint:wrapcheck // wrapped above
}
