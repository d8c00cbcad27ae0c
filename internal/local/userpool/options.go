package userpool

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hearth/internal/cognito"
)

// Options are what Open needs. Settings, Region, PoolID, WebClientID,
// ServerClientID and Issuer are required.
type Options struct {
	// Settings is the pool's behaviour: the value from which the CDK app makes
	// the real pool.
	Settings cognito.Pool
	// Region is the AWS region that the pool pretends to be in.
	Region string
	// PoolID is "<region>_<name>"; the name takes part in SRP, so a client must
	// be configured with the same id.
	PoolID string
	// WebClientID and ServerClientID are the ids of Settings.Web and
	// Settings.Server: 1 to 128 characters of [\w+].
	WebClientID    string
	ServerClientID string
	// Issuer is the `iss` of every token, without a trailing slash. The
	// documents of OpenID discovery name it, so it should be the URL at which
	// ServeHTTP answers, followed by "/" and PoolID.
	Issuer string
	// Dir is the folder of the journal; it is made if it is missing and can be
	// open in one process only. Empty: memory only.
	Dir string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Deliver hands over a mail and is called while the request waits. An error
	// makes the operation answer CodeDeliveryFailureException. Nil throws mails
	// away.
	Deliver func(context.Context, Message) error
	// Triggers are the pool's Lambda triggers.
	Triggers Triggers
	// Faults is a plan of failures for tests; nil means none.
	Faults *Faults
	// Log takes what went wrong inside the pool, never a secret or an address;
	// nil throws it away.
	Log *slog.Logger

	// signingKey saves this package's tests the making of a key for each pool.
	signingKey *rsa.PrivateKey
}

// MessageKind says why a mail is sent.
type MessageKind string

// The mails that a pool sends.
const (
	// MessageConfirmation carries the code that ConfirmSignUp takes.
	MessageConfirmation MessageKind = "confirmation"
	// MessageReset carries the code that ConfirmForgotPassword takes.
	MessageReset MessageKind = "reset"
	// MessageInvitation carries the temporary password of AdminCreateUser.
	MessageInvitation MessageKind = "invitation"
	// MessageVerification carries the code that proves a changed address.
	MessageVerification MessageKind = "verification"
)

// Message is one mail, with the pool's mail text filled in.
type Message struct {
	// To is the address, as its owner wrote it.
	To string
	// Kind says why it is sent.
	Kind MessageKind
	// Subject is plain text and HTML the body.
	Subject, HTML string
	// Code is the code or temporary password that the text holds.
	Code string
	// SentAt is the time by the pool's clock.
	SentAt time.Time
}

// Triggers are the Lambda functions that the pool calls. Event and answer are
// the JSON of Cognito's own trigger events.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
type Triggers struct {
	// PostConfirmation is called after a user is confirmed and after a
	// forgotten password was set anew. Its context ends after the five seconds
	// that Cognito waits. An error is the function's failure.
	PostConfirmation func(ctx context.Context, event []byte) ([]byte, error)
}

// withDefaults returns o with every optional field set, or says what is wrong.
func (o Options) withDefaults() (Options, error) {
	for name, value := range map[string]string{
		"Region": o.Region, "PoolID": o.PoolID, "WebClientID": o.WebClientID,
		"ServerClientID": o.ServerClientID, "Issuer": o.Issuer,
	} {
		if value == "" {
			return o, fmt.Errorf("user pool: option %s is missing", name)
		}
	}
	region, name, found := strings.Cut(o.PoolID, "_")
	if !found || region != o.Region || name == "" {
		return o, errors.New(`user pool: PoolID must be "<region>_<name>" in the given region`)
	}
	if o.WebClientID == o.ServerClientID {
		return o, errors.New("user pool: the two clients must have different ids")
	}
	if err := errors.Join(checkMFA(o.Settings), checkPasskeys(o.Settings)); err != nil {
		return o, err
	}
	if strings.HasSuffix(o.Issuer, "/") {
		return o, errors.New("user pool: Issuer must not end with a slash")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Deliver == nil {
		o.Deliver = func(context.Context, Message) error { return nil }
	}
	if o.Faults == nil {
		o.Faults = new(Faults)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
