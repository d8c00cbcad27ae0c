package userpool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go"

	"hearth/internal/local/userpool"
)

// together calls f n times at once and returns the error codes that came back;
// "" stands for success.
func together(n int, f func(i int) error) map[string]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	codes := make(map[string]int)
	for i := range n {
		all.Go(func() {
			err := f(i)
			code := ""
			var e smithy.APIError
			if errors.As(err, &e) {
				code = e.ErrorCode()
			} else if err != nil {
				code = err.Error()
			}
			mu.Lock()
			codes[code]++
			mu.Unlock()
		})
	}
	all.Wait()
	return codes
}

func TestParallelGuessesOfACodeAreLimited(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.signUp(t, "ada@example.com")
	sent := h.mailbox.last(t).Code
	codes := together(40, func(i int) error {
		guess := fmt.Sprintf("%06d", i)
		if guess == sent {
			guess = "999999"
		}
		return h.confirm(t, "ada@example.com", guess)
	})
	if codes["CodeMismatchException"] != 15 || codes["LimitExceededException"] != 25 {
		t.Fatalf("got %v, want 15 mismatches and 25 refusals", codes)
	}
	wantCode(t, h.confirm(t, "ada@example.com", sent), "LimitExceededException", "Attempt limit exceeded, please try after some time.")
	h.clock.advance(time.Hour)
	noError(t, h.confirm(t, "ada@example.com", sent))
}

func TestACodeIsGoodOnceHoweverManyUseItAtOnce(t *testing.T) {
	t.Parallel()
	var called atomic.Int32
	h := start(t, func(o *userpool.Options) {
		o.Triggers.PostConfirmation = func(_ context.Context, event []byte) ([]byte, error) {
			called.Add(1)
			return event, nil
		}
	})
	h.signUp(t, "ada@example.com")
	sent := h.mailbox.last(t).Code
	codes := together(12, func(int) error { return h.confirm(t, "ada@example.com", sent) })
	if codes[""] != 1 || codes["NotAuthorizedException"] != 11 || called.Load() != 1 {
		t.Fatalf("got %v and %d trigger calls, want one success and one call", codes, called.Load())
	}

	_, err := h.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: aws.String(webClient), Username: aws.String("ada@example.com")})
	noError(t, err)
	reset := h.mailbox.last(t).Code
	codes = together(12, func(i int) error {
		_, err := h.ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{
			ClientId: aws.String(webClient), Username: aws.String("ada@example.com"),
			ConfirmationCode: &reset, Password: aws.String(fmt.Sprintf("a new password %d", i)),
		})
		return err
	})
	if codes[""] != 1 || codes["ExpiredCodeException"] != 11 || called.Load() != 2 {
		t.Fatalf("got %v and %d trigger calls, want one success more", codes, called.Load())
	}
}

func TestOneAddressIsSignedUpOnceHoweverManyTryAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t)
	spellings := []string{"ada@example.com", "ADA@example.com", "Ada@Example.Com"}
	codes := together(9, func(i int) error {
		_, err := h.SignUp(t.Context(), &cip.SignUpInput{
			ClientId: aws.String(webClient), Username: &spellings[i%3], Password: aws.String(password),
		})
		return err
	})
	if codes[""] != 1 || codes["UsernameExistsException"] != 8 {
		t.Fatalf("got %v, want one success", codes)
	}
}

func TestCodesAskedForTooOften(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.signUp(t, "ada@example.com")
	h.join(t, "bob@example.com")
	ask := map[string]func(name string) error{
		"ResendConfirmationCode": func(name string) error {
			_, err := h.ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{ClientId: aws.String(webClient), Username: &name})
			return err
		},
		"ForgotPassword": func(name string) error {
			_, err := h.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: aws.String(webClient), Username: &name})
			return err
		},
	}
	for operation, name := range map[string]string{"ResendConfirmationCode": "ada@example.com", "ForgotPassword": "bob@example.com"} {
		// A name without a user is limited in the same way, so that the limit
		// tells nothing.
		for _, name := range []string{name, "nobody@example.com"} {
			for range 5 {
				noError(t, ask[operation](name))
			}
			wantCode(t, ask[operation](name), "LimitExceededException", "Attempt limit exceeded")
		}
	}
	h.clock.advance(time.Hour)
	noError(t, ask["ForgotPassword"]("bob@example.com"))
}
