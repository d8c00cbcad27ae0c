package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// errTimeout means that a function did not answer in time; API Gateway then
// answers 503 {"message":"Service Unavailable"}.
var errTimeout = errors.New("gateway: the function did not answer in time")

// invoke calls the function with the event. Its context has the deadline, and
// the request id in a lambdacontext, as in Lambda. A client that goes away does
// not end the call, as it does not on AWS.
func (g *gateway) invoke(in incoming, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(in.Context()), g.RequestTimeout)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       newInvocationID(),
		InvokedFunctionArn: "arn:aws:lambda:local:" + g.AccountID + ":function:" + string(in.route.Function),
	})

	type result struct {
		output []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r = result{err: fmt.Errorf("gateway: panic: %v\n%s", p, debug.Stack())}
			}
			done <- r
		}()
		r.output, r.err = g.Functions[in.route.Function].Invoke(ctx, payload)
	}()

	select {
	case <-ctx.Done():
		return nil, errTimeout
	case r := <-done:
		if r.err != nil {
			if errors.Is(r.err, context.DeadlineExceeded) && ctx.Err() != nil {
				return nil, errTimeout
			}
			return nil, describe(r.err)
		}
		if len(r.output) > maxLambdaPayload {
			return nil, fmt.Errorf("gateway: response payload size exceeded maximum allowed payload size (%d bytes)", maxLambdaPayload)
		}
		return r.output, nil
	}
}

// describe names the type of an error that a function reported in Lambda's way.
func describe(err error) error {
	var reported messages.InvokeResponse_Error
	if errors.As(err, &reported) {
		return fmt.Errorf("gateway: %s: %w", reported.Type, err)
	}
	return fmt.Errorf("gateway: %w", err)
}
