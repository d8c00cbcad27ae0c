package main

import (
	"context"

	"hearth/internal/local/mailbox"
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
