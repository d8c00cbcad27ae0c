package account

import (
	"context"
	"errors"
	"time"
)

// Mailer sends Hearth's mails; internal/mail is the real one. A mail may be sent
// twice: what asks for it comes at least once.
type Mailer interface {
	// SendInvitation fails with ErrUnavailable when it may be tried again. An
	// address that takes no mail is no error.
	SendInvitation(ctx context.Context, m InvitationMail) error
	// SendOwnershipReceived fails as SendInvitation does.
	SendOwnershipReceived(ctx context.Context, m OwnershipMail) error
	Farewells
	// SendSecurityNotice fails as SendInvitation does.
	SendSecurityNotice(ctx context.Context, m SecurityMail) error
}

// InvitationMail is what the mail of an invitation says.
type InvitationMail struct {
	To               string
	OrganizationName string
	InviterName      string
	Role             Role
	// Token goes into the link, and nowhere else.
	Token     string
	ExpiresAt time.Time
	// Language is the inviter's.
	Language string
}

// OwnershipMail is what the mail to a new owner says.
type OwnershipMail struct {
	To               string
	OrganizationName string
	GiverName        string
	// Language is the new owner's.
	Language string
}

// SecurityMail tells somebody what happened to the security of their account.
type SecurityMail struct {
	To string
	// Action is one of SecurityActions.
	Action AuditAction
	At     time.Time
	// Language is the person's.
	Language string
}

// MailSecurity tells a person of what was done to their security, at the
// address that they have or, after a change of it, had. The table's stream
// calls it with what was noted.
func (s *Service) MailSecurity(ctx context.Context, userID string, action AuditAction, at time.Time) error {
	records, err := s.store.Read(ctx, UserKey(userID))
	if err != nil {
		return err
	}
	u := records.User(userID)
	if u == nil || u.Status != UserActive {
		return nil
	}
	to := u.Email
	if last := len(u.FormerEmails) - 1; action == EmailChanged && last >= 0 {
		to = u.FormerEmails[last]
	}
	if to == "" {
		return nil
	}
	return s.mailer.SendSecurityNotice(ctx, SecurityMail{To: to, Action: action, At: at, Language: u.Preferences.Language})
}

// MailInvitation sends the mail of an invitation. The table's stream calls it
// with the count of the sending that it saw: one that was sent again since, or
// is not pending any more, is left out.
func (s *Service) MailInvitation(ctx context.Context, organizationID, invitationID string, sendCount int) error {
	i, err := s.invitation(ctx, organizationID, invitationID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if i.StatusAt(s.clock()) != InvitationPending || i.SendCount != sendCount {
		return nil
	}
	records, err := s.store.Read(ctx, OrganizationKey(organizationID), UserKey(i.InvitedBy))
	if err != nil {
		return err
	}
	o, inviter := records.Organization(organizationID), records.User(i.InvitedBy)
	if o == nil || o.Status != OrganizationActive || inviter == nil || inviter.Status != UserActive {
		return nil
	}
	token, err := s.InvitationToken(ctx, i)
	if err != nil {
		return err
	}
	return s.mailer.SendInvitation(ctx, InvitationMail{
		To: i.Email, OrganizationName: o.Name, InviterName: inviter.Name, Role: i.Role, Token: token,
		ExpiresAt: i.ExpiresAt, Language: inviter.Preferences.Language,
	})
}

// MailNewOwner tells somebody that they own an organization now, if they still
// do. The table's stream calls it.
func (s *Service) MailNewOwner(ctx context.Context, organizationID, userID, giverID string) error {
	records, err := s.store.Read(ctx, OrganizationKey(organizationID), MembershipKey(userID, organizationID), UserKey(userID), UserKey(giverID))
	if err != nil {
		return err
	}
	o, m, u, giver := records.Organization(organizationID), records.Membership(userID, organizationID), records.User(userID), records.User(giverID)
	if o == nil || o.Status != OrganizationActive || m == nil || m.Role != Owner || u == nil || u.Status != UserActive {
		return nil
	}
	mail := OwnershipMail{To: u.Email, OrganizationName: o.Name, Language: u.Preferences.Language}
	if giver != nil {
		mail.GiverName = giver.Name
	}
	return s.mailer.SendOwnershipReceived(ctx, mail)
}
