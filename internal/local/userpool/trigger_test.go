package userpool_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/local/userpool"
)

// recorder is a trigger that keeps its events and answers as told.
type recorder struct {
	events chan []byte
	answer func(event []byte) ([]byte, error)
}

func newRecorder(answer func([]byte) ([]byte, error)) *recorder {
	return &recorder{events: make(chan []byte, 16), answer: answer}
}

func (r *recorder) call(_ context.Context, event []byte) ([]byte, error) {
	r.events <- event
	return r.answer(event)
}

func echo(event []byte) ([]byte, error) { return event, nil }

func with(r *recorder) func(*userpool.Options) {
	return func(o *userpool.Options) { o.Triggers.PostConfirmation = r.call }
}

func (r *recorder) next(t *testing.T) map[string]any {
	t.Helper()
	select {
	case raw := <-r.events:
		var event map[string]any
		noError(t, json.Unmarshal(raw, &event))
		return event
	default:
		t.Fatal("the trigger was not called")
		return nil
	}
}

func TestPostConfirmationEvents(t *testing.T) {
	t.Parallel()
	trigger := newRecorder(echo)
	h := start(t, with(trigger))
	sub := h.signUp(t, "ada@example.com", "name", "Ada")
	_, err := h.ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{
		ClientId: aws.String(webClient), Username: aws.String("ada@example.com"),
		ConfirmationCode: aws.String(h.mailbox.last(t).Code), ClientMetadata: map[string]string{"invitationToken": "abc"},
	})
	noError(t, err)
	want := map[string]any{
		"version": "1", "region": region, "userPoolId": poolID, "userName": sub,
		"callerContext": map[string]any{"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": webClient},
		"triggerSource": "PostConfirmation_ConfirmSignUp",
		"request": map[string]any{
			"userAttributes": map[string]any{
				"sub": sub, "email": "ada@example.com", "email_verified": "true", "name": "Ada", "cognito:user_status": "CONFIRMED",
			},
			"clientMetadata": map[string]any{"invitationToken": "abc"},
		},
		"response": map[string]any{},
	}
	if diff := cmp.Diff(want, trigger.next(t)); diff != "" {
		t.Errorf("sign-up (-want +got):\n%s", diff)
	}

	noError(t, h.askReset(t, "ada@example.com"))
	noError(t, h.reset(t, "ada@example.com", h.mailbox.last(t).Code, newPassword))
	want["triggerSource"] = "PostConfirmation_ConfirmForgotPassword"
	delete(want["request"].(map[string]any), "clientMetadata")
	if diff := cmp.Diff(want, trigger.next(t)); diff != "" {
		t.Errorf("reset (-want +got):\n%s", diff)
	}

	h.signUp(t, "bob@example.com")
	_, err = h.AdminConfirmSignUp(t.Context(), &cip.AdminConfirmSignUpInput{UserPoolId: aws.String(poolID), Username: aws.String("bob@example.com")})
	noError(t, err)
	event := trigger.next(t)
	if event["triggerSource"] != "PostConfirmation_ConfirmSignUp" ||
		event["callerContext"].(map[string]any)["clientId"] != "CLIENT_ID_NOT_APPLICABLE" {
		t.Errorf("got %v", event)
	}
}

// Whatever the trigger does, the user is confirmed and cannot confirm again.
func TestATriggersFailureIsToldAndTheUserStaysConfirmed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer        func([]byte) ([]byte, error)
		code, message string
	}{
		"an error":   {func([]byte) ([]byte, error) { return nil, errors.New("table is gone") }, "UserLambdaValidationException", "PostConfirmation failed with error table is gone."},
		"two lines":  {func([]byte) ([]byte, error) { return nil, errors.New("one\ntwö") }, "UserLambdaValidationException", "PostConfirmation failed with error one\ntwö."},
		"a panic":    {func([]byte) ([]byte, error) { panic("nil map") }, "UserLambdaValidationException", "PostConfirmation failed with error nil map."},
		"no JSON":    {func([]byte) ([]byte, error) { return []byte("ok"), nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"null":       {func([]byte) ([]byte, error) { return []byte("null"), nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"a response": {func([]byte) ([]byte, error) { return []byte(`{"response":"ok"}`), nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"nothing":    {func([]byte) ([]byte, error) { return nil, nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trigger := newRecorder(test.answer)
			h := start(t, with(trigger))
			h.signUp(t, "ada@example.com")
			sent := h.mailbox.last(t).Code
			wantCode(t, h.confirm(t, "ada@example.com", sent), test.code, test.message)
			if calls := len(trigger.events); calls != 1 {
				t.Errorf("the function was called %d times; what it answers is not asked again", calls)
			}
			if got := h.adminGet(t, "ada@example.com").UserStatus; got != types.UserStatusTypeConfirmed {
				t.Errorf("the user is %s", got)
			}
			wantCode(t, h.confirm(t, "ada@example.com", sent), "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
			h.signIn(t, "ada@example.com")
		})
	}
}

func TestPlannedTriggerTimeouts(t *testing.T) {
	t.Parallel()
	for timeouts, code := range map[int]string{1: "", 2: "", 3: "UnexpectedLambdaException"} {
		trigger := newRecorder(echo)
		h := start(t, with(trigger))
		h.signUp(t, "ada@example.com")
		h.faults.TimeOutTrigger("PostConfirmation_ConfirmSignUp", timeouts)
		err := h.confirm(t, "ada@example.com", h.mailbox.last(t).Code)
		if code != "" {
			wantCode(t, err, code, "PostConfirmation invocation failed due to error Socket timeout while invoking Lambda function.")
		} else if noError(t, err); len(trigger.events) != 1 {
			t.Errorf("after %d timeouts the function was called %d times, want once", timeouts, len(trigger.events))
		}
		h.signIn(t, "ada@example.com")
	}
}

// call sends one request to a pool without a network.
func call(t *testing.T, pool *userpool.Pool, operation string, in map[string]any) (status int, answer map[string]any) {
	t.Helper()
	body, err := json.Marshal(in)
	noError(t, err)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("Authorization", goodSignature)
	response := httptest.NewRecorder()
	pool.ServeHTTP(response, request)
	noError(t, json.Unmarshal(response.Body.Bytes(), &answer))
	return response.Code, answer
}

// A function that takes longer than five seconds is called up to three times,
// at once if the earlier calls go on.
func TestATriggerHasFiveSecondsThreeTimes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// takes is how long each attempt takes.
		takes  []time.Duration
		waited time.Duration
		want   string
	}{
		"in time":                       {[]time.Duration{4 * time.Second}, 4 * time.Second, ""},
		"the second attempt is in time": {[]time.Duration{20 * time.Second, time.Second}, 6 * time.Second, ""},
		"never": {
			[]time.Duration{20 * time.Second, 20 * time.Second, 20 * time.Second}, 15 * time.Second, "UnexpectedLambdaException",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signingKey()
			synctest.Test(t, func(t *testing.T) {
				var calls, running, most atomic.Int32
				mail := new(mailbox)
				pool, err := userpool.Open(options(func(o *userpool.Options) {
					o.Deliver = mail.deliver
					o.Triggers.PostConfirmation = func(_ context.Context, event []byte) ([]byte, error) {
						most.Store(max(most.Load(), running.Add(1)))
						defer running.Add(-1)
						time.Sleep(test.takes[calls.Add(1)-1])
						return event, nil
					}
				}))
				noError(t, err)
				call(t, pool, "SignUp", map[string]any{"ClientId": webClient, "Username": "ada@example.com", "Password": password})
				begun := time.Now()
				_, answer := call(t, pool, "ConfirmSignUp", map[string]any{
					"ClientId": webClient, "Username": "ada@example.com", "ConfirmationCode": mail.last(t).Code,
				})
				if got, _ := answer["__type"].(string); got != test.want || time.Since(begun) != test.waited {
					t.Errorf("got %v after %v, want %q after %v", answer, time.Since(begun), test.want, test.waited)
				}
				if int(calls.Load()) != len(test.takes) || int(most.Load()) != len(test.takes) {
					t.Errorf("%d calls, %d at once, want %d", calls.Load(), most.Load(), len(test.takes))
				}
				noError(t, pool.Close())
				if running.Load() != 0 {
					t.Error("Close left a trigger running")
				}
			})
		})
	}
}

func TestATriggerIsToldWhenItsTimeIsUp(t *testing.T) {
	t.Parallel()
	signingKey()
	synctest.Test(t, func(t *testing.T) {
		mail := new(mailbox)
		var left atomic.Int64
		pool, err := userpool.Open(options(func(o *userpool.Options) {
			o.Deliver = mail.deliver
			o.Triggers.PostConfirmation = func(ctx context.Context, _ []byte) ([]byte, error) {
				deadline, _ := ctx.Deadline()
				left.Store(int64(time.Until(deadline)))
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}))
		noError(t, err)
		call(t, pool, "SignUp", map[string]any{"ClientId": webClient, "Username": "ada@example.com", "Password": password})
		_, answer := call(t, pool, "ConfirmSignUp", map[string]any{
			"ClientId": webClient, "Username": "ada@example.com", "ConfirmationCode": mail.last(t).Code,
		})
		if answer["__type"] != "UnexpectedLambdaException" || time.Duration(left.Load()) != 5*time.Second {
			t.Errorf("got %v with %v left", answer, time.Duration(left.Load()))
		}
		noError(t, pool.Close())
	})
}
