package main

import (
	"context"

	"hearth/internal/local/mailbox"
	"hearth/internal/local/ses"
	"hearth/internal/local/userpool"
)

// deliver puts the user pool's mails into the mailbox.
func deliver(box *mailbox.Mailbox) func(context.Context, userpool.Message) error {
	return func(_ context.Context, message userpool.Message) error {
		mail := mailbox.Mail{To: message.To, Subject: message.Subject, HTML: message.HTML, SentAt: message.SentAt}
		if message.Code != "" {
			mail.Code = &message.Code
		}
		return box.Add(mail)
	}
}

// deliverSES puts the mails that Hearth sends into the mailbox, one for each
// address. They have no codes; links are found in their content.
func deliverSES(box *mailbox.Mailbox) func(context.Context, ses.Message) error {
	return func(_ context.Context, message ses.Message) error {
		for _, to := range message.To {
			mail := mailbox.Mail{To: to, Subject: message.Subject, Text: message.Text, HTML: message.HTML, SentAt: message.SentAt}
			if err := box.Add(mail); err != nil {
				return err
			}
		}
		return nil
	}
}
