package awsapi

import (
	"net/http"
	"slices"
	"sync"
)

// Faults is a plan of failures for tests. The zero value plans none, and so does
// nil; its methods may be called while a server is serving.
type Faults struct {
	mu      sync.Mutex
	planned map[string][]fault
}

// fault is one failure of one future call.
type fault struct {
	err *Error
	// after is true for a call that does its work and then loses its answer.
	after bool
}

// Fail makes the next times calls of an operation, such as "SendEmail", answer
// an error before they did anything.
func (f *Faults) Fail(operation string, err Error, times int) {
	f.plan(operation, fault{err: &err}, times)
}

// Throttle makes the next times calls of an operation answer that there are too
// many, with the given code, such as "TooManyRequestsException".
func (f *Faults) Throttle(operation, code string, times int) {
	f.Fail(operation, Error{Status: http.StatusTooManyRequests, Code: code, Message: "Planned: rate exceeded."}, times)
}

// LoseAnswer makes the next times calls of an operation do their work and then
// answer status 500, as if the answer had been lost on its way.
func (f *Faults) LoseAnswer(operation string, times int) {
	f.plan(operation, fault{err: &Error{http.StatusInternalServerError, "InternalFailure", "Planned: the answer was lost."}, after: true}, times)
}

func (f *Faults) plan(operation string, planned fault, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.planned == nil {
		f.planned = map[string][]fault{}
	}
	f.planned[operation] = append(f.planned[operation], slices.Repeat([]fault{planned}, max(times, 0))...)
}

// Take returns the failure that is planned for this call of an operation, one
// for before its work and one for after it; nil for none.
func (f *Faults) Take(operation string) (before, after *Error) {
	if f == nil {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	planned := f.planned[operation]
	if len(planned) == 0 {
		return nil, nil
	}
	f.planned[operation] = planned[1:]
	if planned[0].after {
		return nil, planned[0].err
	}
	return planned[0].err, nil
}
