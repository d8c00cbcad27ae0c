package dynamo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// Meter measures the capacity that a client's calls consume and keeps them, in
// the mean, below a number of units a second: a call that comes too early
// waits. It has no more than a second's units saved up.
type Meter struct {
	// perSecond is the number of units of either kind; 0 bounds nothing.
	perSecond float64
	now       func() time.Time

	mu   sync.Mutex
	used Used
	// owed is what was consumed and not yet waited for, as of at.
	owed float64
	at   time.Time
}

// Used is consumed capacity in read and write units.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
type Used struct{ Read, Write float64 }

// NewMeter returns a meter that allows a number of units a second, 0 for any.
func NewMeter(perSecond float64, now func() time.Time) *Meter {
	return &Meter{perSecond: perSecond, now: now, at: now()}
}

// Used is what was consumed so far.
func (m *Meter) Used() Used {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}

// Install has the meter measure and pace the calls of a client: add it to the
// client's APIOptions.
func (m *Meter) Install(stack *middleware.Stack) error {
	err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("HearthMeter", m.handle), middleware.Before)
	if err != nil {
		return fmt.Errorf("meter: %w", err)
	}
	return nil
}

func (m *Meter) handle(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	if err := m.wait(ctx); err != nil {
		return middleware.InitializeOutput{}, middleware.Metadata{}, err
	}
	in.Parameters = askCapacity(in.Parameters)
	out, metadata, err := next.HandleInitialize(ctx, in)
	m.note(consumed(out.Result))
	return out, metadata, err //nolint:wrapcheck // the client's own error, passed on
}

// wait returns when nothing is owed, and fails with ErrUnavailable when the
// context ends before.
func (m *Meter) wait(ctx context.Context) error {
	if m.perSecond <= 0 {
		return nil
	}
	for {
		m.mu.Lock()
		now := m.now()
		m.owed = max(m.owed-now.Sub(m.at).Seconds()*m.perSecond, -m.perSecond)
		m.at = now
		left := time.Duration(m.owed / m.perSecond * float64(time.Second))
		m.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if err := pause(ctx, left); err != nil {
			return err
		}
	}
}

func (m *Meter) note(u Used) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used.Read += u.Read
	m.used.Write += u.Write
	m.owed += u.Read + u.Write
}

// askCapacity has a copy of an operation's input ask for what it consumes.
func askCapacity(parameters any) any {
	const total = types.ReturnConsumedCapacityTotal
	switch p := parameters.(type) {
	case *dynamodb.ScanInput:
		asking := *p
		asking.ReturnConsumedCapacity = total
		return &asking
	case *dynamodb.QueryInput:
		asking := *p
		asking.ReturnConsumedCapacity = total
		return &asking
	case *dynamodb.BatchGetItemInput:
		asking := *p
		asking.ReturnConsumedCapacity = total
		return &asking
	case *dynamodb.TransactWriteItemsInput:
		asking := *p
		asking.ReturnConsumedCapacity = total
		return &asking
	}
	return parameters
}

// consumed is what an answer says. Of a transaction and of a scan or query only
// the total is told, which is of the one kind.
func consumed(result any) Used {
	var used Used
	switch r := result.(type) {
	case *dynamodb.ScanOutput:
		used.Read = units(r.ConsumedCapacity)
	case *dynamodb.QueryOutput:
		used.Read = units(r.ConsumedCapacity)
	case *dynamodb.BatchGetItemOutput:
		for i := range r.ConsumedCapacity {
			used.Read += units(&r.ConsumedCapacity[i])
		}
	case *dynamodb.TransactWriteItemsOutput:
		for i := range r.ConsumedCapacity {
			used.Write += units(&r.ConsumedCapacity[i])
		}
	}
	return used
}

func units(c *types.ConsumedCapacity) float64 {
	if c == nil {
		return 0
	}
	return aws.ToFloat64(c.CapacityUnits)
}
