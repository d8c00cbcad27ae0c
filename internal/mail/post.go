package mail

import (
	"context"
	"errors"
	"log/slog"
	"net/url"

	"hearth/internal/account"
)

// Post writes and sends what the domain asks for.
type Post struct {
	writer *Writer
	sender *Sender
	appURL string
	log    *slog.Logger
}

var _ account.Mailer = (*Post)(nil)

// NewPost returns a post whose links begin with appURL, an origin.
func NewPost(writer *Writer, sender *Sender, appURL string, log *slog.Logger) *Post {
	return &Post{writer: writer, sender: sender, appURL: appURL, log: log}
}

// SendInvitation mails an invitation; its link leads to the page
// /invitations/accept of the product, with the token in the query.
func (p *Post) SendInvitation(ctx context.Context, m account.InvitationMail) error {
	return p.send(ctx, m.Language, m.To, Invitation{
		OrganizationName: m.OrganizationName, InviterName: m.InviterName, Role: m.Role, ExpiresAt: m.ExpiresAt,
		Link: p.appURL + "/invitations/accept?token=" + url.QueryEscape(m.Token),
	})
}

// SendOwnershipReceived mails to a new owner.
func (p *Post) SendOwnershipReceived(ctx context.Context, m account.OwnershipMail) error {
	return p.send(ctx, m.Language, m.To, OwnershipReceived{
		OrganizationName: m.OrganizationName, GiverName: m.GiverName, Link: p.appURL,
	})
}

// SendDeletionAccepted mails that a deletion has begun.
func (p *Post) SendDeletionAccepted(ctx context.Context, m account.DeletionMail) error {
	return p.send(ctx, m.Language, m.To, DeletionAccepted{DeletionID: m.DeletionID, GraceEndsAt: m.GraceEndsAt, Link: p.appURL})
}

// SendDeletionCompleted mails that everything is erased.
func (p *Post) SendDeletionCompleted(ctx context.Context, m account.DeletionMail) error {
	return p.send(ctx, m.Language, m.To, DeletionCompleted{DeletionID: m.DeletionID, Link: p.appURL})
}

// SendSecurityNotice mails about the security of an account; its link leads to
// the page /security of the product.
func (p *Post) SendSecurityNotice(ctx context.Context, m account.SecurityMail) error {
	return p.send(ctx, m.Language, m.To, SecurityNotice{Action: m.Action, At: m.At, Link: p.appURL + "/security"})
}

// send writes and sends a mail. An address that takes none is noted and left
// alone: trying again would not help, and would hold up the mails behind it.
func (p *Post) send(ctx context.Context, language, to string, content Content) error {
	message, err := p.writer.Write(language, to, content)
	if err == nil {
		err = p.sender.Send(ctx, message)
	}
	var rejected *RejectedError
	if errors.As(err, &rejected) {
		p.log.WarnContext(ctx, "mail rejected", slog.String("kind", string(content.kind())), slog.String("reason", rejected.Reason))
		return nil
	}
	return err
}
