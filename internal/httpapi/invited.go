package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

type listMyInvitationsInput struct {
	Limit  int    `query:"limit" default:"48" minimum:"1" maximum:"48" doc:"The largest number of items. A page may have fewer though more follow."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"nextCursor of the page before."`
}

type listMyInvitationsOutput struct {
	AccountID string `header:"X-Account-Id"`
	Body      invitationList
}

type acceptInvitationInput struct {
	Body struct {
		Token        *string `json:"token,omitempty" minLength:"1" maxLength:"512" doc:"That of the mail. Give it or the invitationId."`
		InvitationID *string `json:"invitationId,omitempty" minLength:"1" maxLength:"512" doc:"The id of one of the user's own list."`
	}
}

// invitation is what the body names. It fails with CodeInvalidRequest unless
// that is one thing, and with ErrNotFound for what cannot name any: an id is no
// token, so that a link which was cut behind the id leads nowhere.
func (in *acceptInvitationInput) invitation() (string, error) {
	token, id := in.Body.Token, in.Body.InvitationID
	switch {
	case token == nil && id == nil:
		return "", account.Invalid("/token", account.FieldRequired)
	case token != nil && id != nil:
		return "", account.Invalid("/invitationId", account.FieldNotAllowed)
	case token != nil && account.IsInvitationToken(*token):
		return *token, nil
	case id != nil && account.IsInvitationID(*id):
		return *id, nil
	}
	return "", account.ErrNotFound
}

type acceptInvitationOutput struct {
	AccountID string `header:"X-Account-Id"`
	ETag      string `header:"ETag"`
	Body      accountObject
}

type previewInvitationInput struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"512" doc:"That of the mail."`
	}
}

type previewObject struct {
	OrganizationName     string                   `json:"organizationName"`
	OrganizationImageURL *string                  `json:"organizationImageUrl"`
	InvitedBy            inviterObject            `json:"invitedBy"`
	Email                string                   `json:"email" doc:"Whom it is for: sign up or in with this address."`
	Role                 account.Role             `json:"role" enum:"ORG_OWNER,ORG_ADMIN,ORG_MEMBER"`
	Status               account.InvitationStatus `json:"status" enum:"pending,accepted,declined,revoked,expired"`
	ExpiresAt            time.Time                `json:"expiresAt"`
}

type inviterObject struct {
	Name string `json:"name"`
}

type previewInvitationOutput struct{ Body previewObject }

func registerInvited(a *API, d OrganizationsDependencies) {
	HandleIdentity(a, listMyInvitations, func(ctx context.Context, r Request, in *listMyInvitationsInput) (*listMyInvitationsOutput, error) {
		list := []string{listMyInvitations.Name, r.Identity.UserID}
		after, err := DecodeCursor(in.Cursor, list...)
		if err != nil {
			return nil, err
		}
		c, offers, next, err := d.Service.MyInvitations(ctx, r.Identity, r.Target, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &listMyInvitationsOutput{Body: newInvitationList(offers, EncodeCursor(next, list...))}
		if c.Organization != nil {
			out.AccountID = c.Organization.ID
		}
		return out, nil
	})
	HandleIdentity(a, acceptInvitation, func(ctx context.Context, r Request, in *acceptInvitationInput) (*acceptInvitationOutput, error) {
		invitation, err := in.invitation()
		if err != nil {
			return nil, err
		}
		joined, err := d.Service.Accept(ctx, r.Identity, invitation)
		if err != nil {
			return nil, err
		}
		object := d.organization(joined, account.User{})
		return &acceptInvitationOutput{AccountID: object.Body.ID, ETag: object.ETag, Body: object.Body}, nil
	})
	HandleIdentity(a, declineInvitation, func(ctx context.Context, r Request, in *InvitationPath) (*struct{}, error) {
		if !account.IsInvitationID(in.InvitationID) {
			return nil, account.ErrNotFound
		}
		return nil, d.Service.Decline(ctx, r.Identity, in.InvitationID)
	})
	HandleOpen(a, previewInvitation, func(ctx context.Context, in *previewInvitationInput) (*previewInvitationOutput, error) {
		o, err := d.Service.Preview(ctx, in.Body.Token, source(ctx))
		if err != nil {
			return nil, err
		}
		return &previewInvitationOutput{Body: previewObject{
			OrganizationName: o.OrganizationName, OrganizationImageURL: imageURL(d.Images, o.OrganizationImageKey),
			InvitedBy: inviterObject{Name: o.InviterName}, Email: o.Email, Role: o.Role, Status: o.Now, ExpiresAt: o.ExpiresAt,
		}}, nil
	})
}
