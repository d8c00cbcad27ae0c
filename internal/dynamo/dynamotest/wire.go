package dynamotest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Wire stands between a client and the engine: it counts the calls and can
// spoil them.
type Wire struct {
	mu    sync.Mutex
	calls []string
	spoil func(call int, operation string) Fault
}

// Fault is what happens to one call.
type Fault int

// The faults.
const (
	// None lets the call pass.
	None Fault = iota
	// Cut loses the call before it reaches the engine.
	Cut
	// CutAnswer loses the answer after the engine made the change: the SDK
	// reports an unexpected EOF and does not send the call again by itself.
	CutAnswer
	// Throttle has the engine refuse the call for its rate.
	Throttle
	// Break has the engine fail with a 500.
	Break
	// Conflict has the engine cancel a transaction because another one is in
	// the way, which DynamoDB Local never does.
	Conflict
)

// Spoil has f decide on every call from now on; calls count from 1. nil lets
// every call pass.
func (w *Wire) Spoil(f func(call int, operation string) Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spoil, w.calls = f, nil
}

// Calls returns the operations called since the last Reset or Spoil.
func (w *Wire) Calls() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.calls...)
}

// Reset forgets the calls.
func (w *Wire) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

var errCut = errors.New("the wire is cut")

// RoundTrip makes one call.
func (w *Wire) RoundTrip(request *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	w.mu.Lock()
	w.calls = append(w.calls, operation)
	fault := None
	if w.spoil != nil {
		fault = w.spoil(len(w.calls), operation)
	}
	w.mu.Unlock()
	switch fault {
	case Cut:
		return nil, errCut
	case Throttle:
		return answer(request, http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}`), nil
	case Break:
		return answer(request, http.StatusInternalServerError, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}`), nil
	case Conflict:
		return conflict(request)
	case None, CutAnswer:
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil && fault == CutAnswer {
		_, _ = io.Copy(io.Discard, response.Body) // the change is made for sure
		response.Body = lost{response.Body}
	}
	return response, err
}

// lost is a body of which nothing arrives.
type lost struct{ io.Closer }

// Read fails as a connection does that ends in the middle.
func (lost) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// conflict cancels a transaction for its first item.
func conflict(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	reasons := []string{`{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}`}
	for range bytes.Count(body, []byte(`"TableName"`)) - 1 {
		reasons = append(reasons, `{"Code":"None"}`)
	}
	return answer(request, http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",`+
		`"message":"Transaction cancelled","CancellationReasons":[`+strings.Join(reasons, ",")+`]}`), nil
}

func answer(request *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)), Request: request,
	}
}
