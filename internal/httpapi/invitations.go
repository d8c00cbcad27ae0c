package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// invitationObject is an invitation as those see it who sent it or got it. Its
// secret is in the mail alone.
type invitationObject struct {
	ID               string                   `json:"id" doc:"Opaque."`
	OrganizationID   string                   `json:"organizationId"`
	OrganizationName string                   `json:"organizationName"`
	Email            string                   `json:"email" doc:"As it was typed."`
	Role             account.Role             `json:"role" enum:"ORG_OWNER,ORG_ADMIN,ORG_MEMBER"`
	Status           account.InvitationStatus `json:"status" enum:"pending,accepted,declined,revoked,expired"`
	InvitedBy        actorObject              `json:"invitedBy"`
	CreatedAt        time.Time                `json:"createdAt"`
	LastSentAt       time.Time                `json:"lastSentAt"`
	ExpiresAt        time.Time                `json:"expiresAt" doc:"Until then it can be accepted."`
}

func newInvitationObject(o account.Offer) invitationObject {
	return invitationObject{
		ID: o.PublicID(), OrganizationID: o.OrganizationID, OrganizationName: o.OrganizationName, Email: o.Email, Role: o.Role,
		Status: o.Now, InvitedBy: actorObject{UserID: o.InvitedBy, Name: o.InviterName},
		CreatedAt: o.CreatedAt, LastSentAt: o.LastSentAt, ExpiresAt: o.ExpiresAt,
	}
}

type postInvitationInput struct {
	OrganizationPath
	Repeatable
	Body struct {
		Email string       `json:"email" maxLength:"256" doc:"An address of at most 254 bytes."`
		Role  account.Role `json:"role" enum:"ORG_OWNER,ORG_ADMIN,ORG_MEMBER" doc:"Only owners invite owners."`
	}
}

type postInvitationOutput struct {
	Location string `header:"Location"`
	Body     invitationObject
}

type invitationOutput struct{ Body invitationObject }

type listInvitationsInput struct {
	OrganizationPath
	Page
	Status account.InvitationStatus `query:"status" default:"pending" enum:"pending,accepted,declined,revoked,expired" doc:"What has become of them by now. A page may have fewer items than its limit though more follow."`
}

type invitationList struct {
	Items      []invitationObject `json:"items" nullable:"false"`
	NextCursor *string            `json:"nextCursor" doc:"Null at the end."`
}

func newInvitationList(offers []account.Offer, nextCursor *string) invitationList {
	list := invitationList{Items: make([]invitationObject, len(offers)), NextCursor: nextCursor}
	for i, o := range offers {
		list.Items[i] = newInvitationObject(o)
	}
	return list
}

type listInvitationsOutput struct{ Body invitationList }

// InvitationPath is the path of an invitation; exported for the same reason as
// Precondition. What cannot be an id is an invitation that does not exist.
type InvitationPath struct {
	InvitationID string `path:"invitationId"`
}

type organizationInvitationInput struct {
	OrganizationPath
	InvitationPath
}

func registerInvitations(a *API, d OrganizationsDependencies) {
	HandleIdentity(a, postInvitation, func(ctx context.Context, r Request, in *postInvitationInput) (*postInvitationOutput, error) {
		repeat := in.Repeat(postInvitation, in.OrganizationID)
		c, made, err := d.Service.Invite(ctx, r.Identity, in.OrganizationID, in.Body.Email, in.Body.Role, repeat)
		if err != nil {
			return nil, err
		}
		offer, err := d.Service.Offered(ctx, c, made)
		if err != nil {
			return nil, err
		}
		object := newInvitationObject(offer)
		return &postInvitationOutput{
			Location: "/organizations/" + object.OrganizationID + "/invitations/" + object.ID, Body: object,
		}, nil
	})
	Handle(a, listInvitations, func(ctx context.Context, c account.Caller, in *listInvitationsInput) (*listInvitationsOutput, error) {
		list := []string{listInvitations.Name, c.Organization.ID, string(in.Status)}
		after, err := DecodeCursor(in.Cursor, list...)
		if err != nil {
			return nil, err
		}
		offers, next, err := d.Service.Invitations(ctx, c, in.Status, after, in.Limit)
		if err != nil {
			return nil, err
		}
		return &listInvitationsOutput{Body: newInvitationList(offers, EncodeCursor(next, list...))}, nil
	})
	HandleIdentity(a, resendInvitation, func(ctx context.Context, r Request, in *organizationInvitationInput) (*invitationOutput, error) {
		c, sent, err := d.Service.Resend(ctx, r.Identity, in.OrganizationID, in.InvitationID)
		if err != nil {
			return nil, err
		}
		offer, err := d.Service.Offered(ctx, c, sent)
		if err != nil {
			return nil, err
		}
		return &invitationOutput{Body: newInvitationObject(offer)}, nil
	})
	HandleIdentity(a, deleteInvitation, func(ctx context.Context, r Request, in *organizationInvitationInput) (*struct{}, error) {
		_, err := d.Service.Revoke(ctx, r.Identity, in.OrganizationID, in.InvitationID)
		return nil, err
	})
}
