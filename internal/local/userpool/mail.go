package userpool

import (
	"context"
	"html"
	"log/slog"
	"strings"
	"unicode/utf8"

	"hearth/internal/cognito"
)

// codeDelivery tells where a code went.
type codeDelivery struct {
	AttributeName  string
	DeliveryMedium string
	Destination    string
}

// delivery describes a mail to an address. Of an address that no user has it
// describes the mail that would have been sent.
func delivery(address string) codeDelivery {
	return codeDelivery{
		AttributeName: cognito.AttributeEmail, DeliveryMedium: "EMAIL", Destination: mask(address),
	}
}

// mask shortens an address to the first letters of its two parts, as
// "j***@e***".
func mask(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	return firstLetter(local) + "***@" + firstLetter(domain) + "***"
}

func firstLetter(s string) string {
	if s == "" {
		return ""
	}
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

// send fills the pool's mail text and hands the mail over. Cognito uses the
// verification text for resets, too.
func (p *Pool) send(ctx context.Context, to string, kind MessageKind, secret string) error {
	texts := p.options.Settings.Mail
	subject, body := texts.VerificationSubject, texts.VerificationMessage
	if kind == MessageInvitation {
		subject, body = texts.InvitationSubject, texts.InvitationMessage
	}
	message := Message{
		To: to, Kind: kind, Code: secret, SentAt: p.now(),
		Subject: strings.NewReplacer("{####}", secret, "{username}", to).Replace(subject),
		HTML: strings.NewReplacer("{####}", html.EscapeString(secret),
			"{username}", html.EscapeString(to)).Replace(body),
	}
	if err := p.options.Deliver(ctx, message); err != nil {
		p.options.Log.LogAttrs(ctx, slog.LevelWarn, "user pool mail not delivered", slog.String("kind", string(kind)))
		return errDelivery
	}
	return nil
}
