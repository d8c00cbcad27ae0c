package cognito

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
)

// The roads by which Cognito calls the trigger.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html
const (
	SourceConfirmSignUp         = "PostConfirmation_ConfirmSignUp"
	SourceConfirmForgotPassword = "PostConfirmation_ConfirmForgotPassword"
)

// Enroller makes and changes the records of a user; it is account.Service.
type Enroller interface {
	// Enroll gives a confirmed person their records, once.
	Enroll(ctx context.Context, p account.Person) (created bool, err error)
	// EndSessions ends every sign-in of a user before now.
	EndSessions(ctx context.Context, userID string) error
	// AcceptAtSignUp makes somebody a member by the token of an invitation; one
	// that is not good is no error.
	AcceptAtSignUp(ctx context.Context, p account.Person, token string) (joined bool, err error)
}

// MetadataInvitationToken is the key under which a client gives the token of an
// invitation in ConfirmSignUp's ClientMetadata.
const MetadataInvitationToken = "invitationToken"

// TriggerFailed is the message of the log line that the alarm on the trigger
// counts.
const TriggerFailed = "post-confirmation failed"

// triggerMargin is what is left of the 5 seconds that Cognito waits, so that an
// answer arrives before it gives up.
const triggerMargin = 500 * time.Millisecond

// PostConfirmation is the handler of the pool's trigger. Cognito confirmed the
// user before it calls, and the person cannot repeat that, so a failure here
// must not fail their sign-up: it is logged and counted, and the first request
// of the person makes up for it.
func PostConfirmation(enroller Enroller, pool *UserPool, log *slog.Logger) lambda.Handler {
	// The event goes back as it came: Cognito may send more than Hearth knows of.
	return lambda.NewHandler(func(ctx context.Context, payload json.RawMessage) (json.RawMessage, error) {
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-triggerMargin))
			defer cancel()
		}
		var event events.CognitoEventUserPoolsPostConfirmation
		err := json.Unmarshal(payload, &event)
		if err == nil {
			err = confirm(ctx, enroller, pool, event)
		}
		userID := event.Request.UserAttributes[AttributeSub]
		if err != nil {
			log.ErrorContext(ctx, TriggerFailed, slog.String("source", event.TriggerSource),
				slog.String("userId", userID), slog.String("cause", err.Error()))
		} else {
			log.InfoContext(ctx, "post-confirmation", slog.String("source", event.TriggerSource), slog.String("userId", userID))
		}
		return payload, nil
	})
}

func confirm(ctx context.Context, enroller Enroller, pool *UserPool, event events.CognitoEventUserPoolsPostConfirmation) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	p := person(event.UserName, event.Request.UserAttributes)
	switch event.TriggerSource {
	case SourceConfirmSignUp:
		_, err := enroller.Enroll(ctx, p)
		if token := event.Request.ClientMetadata[MetadataInvitationToken]; err == nil && token != "" {
			_, err = enroller.AcceptAtSignUp(ctx, p, token)
		}
		return err
	case SourceConfirmForgotPassword:
		// Here first: it is what ends the access tokens that are out.
		if err := enroller.EndSessions(ctx, p.ID); err != nil {
			return err
		}
		return pool.SignOutEverywhere(ctx, event.UserPoolID, event.UserName)
	}
	return nil
}
