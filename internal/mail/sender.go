package mail

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"hearth/internal/fault"
)

// Sender sends mails through Amazon SES.
type Sender struct {
	client *sesv2.Client
	from   string
}

// NewSender returns the sender of mails from one address, with or without a
// name, such as "Hearth <hello@example.com>". SES must have verified the address
// or its domain.
func NewSender(client *sesv2.Client, from string) (*Sender, error) {
	parsed, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, errors.New("mail: the sender is not an address")
	}
	if parsed.Address, err = addressOf(parsed.Address); err != nil {
		return nil, fmt.Errorf("mail: the sender is %w", err)
	}
	// String encodes a name in other letters (RFC 2047), as SES wants it.
	return &Sender{client: client, from: parsed.String()}, nil
}

// Send hands a mail to SES. A nil error says that SES took it, not that it
// arrives: SES takes mail to addresses on its suppression list too, and drops it.
// https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
//
// A RejectedError is final for this mail. account.ErrUnavailable asks to try
// again later; anything else is account.ErrInternal, a fault of ours that may be
// mended meanwhile. SES knows no idempotency: a mail whose answer was lost is
// sent twice if it is tried again.
func (s *Sender) Send(ctx context.Context, m Message) error {
	to, err := addressOf(m.To)
	if err != nil {
		return &RejectedError{Reason: err.Error()}
	}
	_, err = s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(s.from),
		Destination:      &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(words(m.Subject)),
			Body:    &types.Body{Text: content(m.Text), Html: content(m.HTML)},
			// Keeps absence notes from being sent back (RFC 3834).
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
		// Whatever the account tracks by default: a link carries a secret, which
		// click tracking would send through another server.
		// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
		ConfigurationOverrides: &types.ConfigurationOverrides{Tracking: &types.TrackingConfigurationOverrides{
			ClickTrackingEnabled: types.FeatureStatusDisabled, OpenTrackingEnabled: types.FeatureStatusDisabled,
		}},
	})
	return failure(err)
}

func content(data string) *types.Content {
	return &types.Content{Data: aws.String(data), Charset: aws.String("UTF-8")}
}

// RejectedError says that a mail can never be sent as it is: its address or its
// content is refused. Trying again is no use.
type RejectedError struct {
	// Reason is the name of the error that SES answered, or what is wrong with
	// the address; never the address.
	Reason string
}

// Error tells the reason.
func (e *RejectedError) Error() string { return "mail: rejected: " + e.Reason }

// failure turns the errors of SES into Hearth's, in this one place; nil stays
// nil. Of an error that SES answered only its name stays: its text names
// addresses.
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
func failure(err error) error {
	if err == nil {
		return nil
	}
	switch code := fault.Name(err); code {
	case "BadRequestException", "MessageRejected":
		return &RejectedError{Reason: code}
	}
	return fault.Of(err, "InternalFailure", "InternalServiceErrorException", "LimitExceededException", "RequestLimitExceeded",
		"SendingPausedException", "ServiceUnavailable", "ThrottlingException", "TooManyRequestsException").
		Because(fault.Named("ses: SendEmail", err))
}
