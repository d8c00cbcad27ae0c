package userpool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"hearth/internal/cognito"
)

// Trigger sources of the post-confirmation trigger.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html
const (
	sourceConfirmSignUp         = "PostConfirmation_ConfirmSignUp"
	sourceConfirmForgotPassword = "PostConfirmation_ConfirmForgotPassword"
)

const (
	// triggerPatience and triggerAttempts are Cognito's own: it waits five
	// seconds for an answer and asks three times.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
	triggerPatience = 5 * time.Second
	triggerAttempts = 3
)

var errTriggerTimeout = errors.New("no answer in time")

// triggerEvent is the JSON that a trigger gets.
type triggerEvent struct {
	Version       string         `json:"version"`
	Region        string         `json:"region"`
	UserPoolID    string         `json:"userPoolId"`
	UserName      string         `json:"userName"`
	CallerContext triggerCaller  `json:"callerContext"`
	TriggerSource string         `json:"triggerSource"`
	Request       triggerRequest `json:"request"`
	Response      struct{}       `json:"response"`
}

type triggerCaller struct {
	SDKVersion string `json:"awsSdkVersion"`
	ClientID   string `json:"clientId"`
}

type triggerRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// postConfirmation calls the trigger and waits for it. The user is confirmed
// by then and stays so, whatever comes back. As at Cognito an attempt that
// timed out goes on by itself while the next one begins, and what a function
// answers, be it an error, is not asked again.
func (p *Pool) postConfirmation(ctx context.Context, source, clientID string, u *user, metadata map[string]string) error {
	if p.options.Triggers.PostConfirmation == nil {
		return nil
	}
	attributes := maps.Clone(u.Attributes)
	attributes[cognito.AttributeSub] = u.Sub
	attributes["cognito:user_status"] = string(u.Status)
	event, err := json.Marshal(triggerEvent{
		Version: "1", Region: p.options.Region, UserPoolID: p.options.PoolID, UserName: u.Sub,
		CallerContext: triggerCaller{SDKVersion: "aws-sdk-unknown-unknown", ClientID: clientID},
		TriggerSource: source,
		Request:       triggerRequest{UserAttributes: attributes, ClientMetadata: metadata},
	})
	if err != nil {
		return fmt.Errorf("user pool: trigger event: %w", err)
	}
	answer, err := p.askTrigger(ctx, source, event)
	switch {
	case errors.Is(err, errTriggerTimeout):
		return fail(codeUnexpectedLambda, "PostConfirmation invocation failed due to error Socket timeout while invoking Lambda function.")
	case errors.Is(err, errClosed):
		return err
	case err != nil:
		return fail(codeUserLambdaValidation, "PostConfirmation failed with error "+err.Error()+".")
	}
	return checkTriggerAnswer(answer)
}

func (p *Pool) askTrigger(ctx context.Context, source string, event []byte) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		answer, err := p.attemptTrigger(ctx, source, event)
		if err == nil || !errors.Is(err, errTriggerTimeout) {
			return answer, err
		}
		p.options.Log.LogAttrs(ctx, slog.LevelWarn, "user pool trigger timed out",
			slog.String("source", source), slog.Int("attempt", attempt))
		if attempt == triggerAttempts {
			return nil, err
		}
	}
}

func (p *Pool) attemptTrigger(ctx context.Context, source string, event []byte) ([]byte, error) {
	if p.options.Faults.takeTriggerTimeout(source) {
		return nil, errTriggerTimeout
	}
	if !p.beginTrigger() {
		return nil, errClosed
	}
	type outcome struct {
		answer []byte
		err    error
	}
	attempt, cancel := context.WithTimeout(ctx, triggerPatience)
	stop := context.AfterFunc(p.background, cancel)
	done := make(chan outcome, 1)
	go func() {
		defer p.triggers.Done()
		defer cancel()
		defer stop()
		answer, err := callTrigger(attempt, p.options.Triggers.PostConfirmation, event)
		done <- outcome{answer, err}
	}()
	select {
	case o := <-done:
		if o.err != nil && errors.Is(attempt.Err(), context.DeadlineExceeded) {
			return nil, errTriggerTimeout
		}
		return o.answer, o.err
	case <-attempt.Done():
		if p.background.Err() != nil {
			return nil, errClosed
		}
		return nil, errTriggerTimeout
	}
}

// beginTrigger counts a trigger as running unless the pool is closed.
func (p *Pool) beginTrigger() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.triggers.Add(1)
	return true
}

// callTrigger turns a panic of the function into its error, as Lambda does.
func callTrigger(ctx context.Context, f func(context.Context, []byte) ([]byte, error), event []byte) (answer []byte, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("%v", recovered)
		}
	}()
	return f(ctx, event)
}

// checkTriggerAnswer wants the event back. Its response is empty for this
// trigger, so nothing in it can change the user.
func checkTriggerAnswer(answer []byte) error {
	var event struct {
		Response map[string]json.RawMessage `json:"response"`
	}
	if err := json.Unmarshal(answer, &event); err != nil || !bytes.HasPrefix(bytes.TrimSpace(answer), []byte("{")) {
		return fail(codeInvalidLambdaResponse, "Unrecognizable lambda output")
	}
	return nil
}
