package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// Event is a request as API Gateway's HTTP API gives it to a function (payload
// format 2.0).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
type Event = events.APIGatewayV2HTTPRequest

// Lambda returns the function's handler over an http.Handler. It recovers a
// panic into a 500 problem and writes one line a request into the log.
func Lambda(handler http.Handler, log *slog.Logger) lambda.Handler {
	return lambda.NewHandler(func(ctx context.Context, event Event) (events.APIGatewayV2HTTPResponse, error) {
		started := time.Now()
		noted := &notes{requestID: event.RequestContext.RequestID}
		ctx = context.WithValue(context.WithValue(ctx, eventKey, &event), noteKey, noted)
		answer := &recorder{header: http.Header{}}
		if request, err := newRequest(ctx, &event); err != nil {
			writeProblem(answer, newProblem(ctx, err))
		} else {
			serve(handler, answer, request)
		}
		noted.log(ctx, log, &event, answer.status(), time.Since(started))
		return answer.response(), nil
	})
}

// serve calls the handler and turns a panic into a problem.
func serve(handler http.Handler, answer *recorder, request *http.Request) {
	defer func() {
		if r := recover(); r != nil {
			answer.reset()
			err := fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			writeProblem(answer, newProblem(request.Context(), err))
		}
	}()
	handler.ServeHTTP(answer, request)
}

// newRequest is the event as net/http has it.
func newRequest(ctx context.Context, event *Event) (*http.Request, error) {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return nil, fmt.Errorf("event body: %w", err)
		}
		body = decoded
	}
	about := event.RequestContext.HTTP
	request, err := http.NewRequestWithContext(ctx, about.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("event request: %w", err)
	}
	request.URL.Path = event.RawPath
	request.URL.RawQuery = event.RawQueryString
	request.RemoteAddr = about.SourceIP
	request.Host = event.RequestContext.DomainName
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	if len(event.Cookies) > 0 {
		request.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	return request, nil
}
