package httpapi

import (
	"context"

	"hearth/internal/account"
)

// deletionPreview is what deleting the account means now.
type deletionPreview struct {
	Blockers []account.Blocker `json:"blockers" nullable:"false" doc:"Why the account cannot be deleted, each with what to do about it; none if it can."`
	Effects  []deletionEffect  `json:"effects" nullable:"false" doc:"What goes, what is given up, what stays."`
	Digest   string            `json:"digest" doc:"Send it back to have exactly this done."`
}

type deletionEffect struct {
	Kind  account.EffectKind `json:"kind" enum:"organizations_deleted,ownerships_given_up,organizations_left,invitations_declined,invitations_revoked,account_data_erased,personal_organization_preserved,personal_organization_erased,profile_erased"`
	Count int                `json:"count" minimum:"1" doc:"Of account data, 10000 stands for as many or more."`
	Names []string           `json:"names" nullable:"false" doc:"Sorted; empty where what is counted has none."`
}

type deletionPreviewOutput struct {
	AccountID string `header:"X-Account-Id"`
	Body      deletionPreview
}

type postDeletionInput struct {
	Body struct {
		Digest       string `json:"digest" minLength:"1" maxLength:"256" doc:"That of the preview which the person saw."`
		Confirmation string `json:"confirmation" minLength:"1" maxLength:"512" doc:"The person's own e-mail address, typed."`
	}
}

type deletionObject struct {
	DeletionID string                 `json:"deletionId" doc:"What to name to the product's support."`
	Status     account.DeletionStatus `json:"status" enum:"pending,running,completed" doc:"Pending: it can be restored until the grace period ends."`
}

type deletionOutput struct {
	AccountID string `header:"X-Account-Id"`
	Body      deletionObject
}

// account is the id of the account in whose context a request about the caller
// themselves is made, empty without one. It fails as Authorize does.
func (d DeletionDependencies) account(ctx context.Context, r Request) (string, error) {
	c, err := d.Service.Authorize(ctx, r.Identity, r.Target)
	if err != nil || c.Organization == nil {
		return "", err
	}
	return c.Organization.ID, nil
}

func registerDeletion(a *API, d DeletionDependencies) {
	HandleIdentity(a, getDeletion, func(ctx context.Context, r Request, _ *struct{}) (*deletionPreviewOutput, error) {
		accountID, err := d.account(ctx, r)
		if err != nil {
			return nil, err
		}
		preview, err := d.Service.PreviewDeletion(ctx, r.Identity)
		if err != nil {
			return nil, err
		}
		out := &deletionPreviewOutput{AccountID: accountID, Body: deletionPreview{Blockers: preview.Blockers, Digest: preview.Digest}}
		out.Body.Effects = make([]deletionEffect, len(preview.Effects))
		for i, e := range preview.Effects {
			out.Body.Effects[i] = deletionEffect(e)
		}
		return out, nil
	})
	HandleIdentity(a, postDeletion, func(ctx context.Context, r Request, in *postDeletionInput) (*deletionOutput, error) {
		accountID, err := d.account(ctx, r)
		if err != nil {
			return nil, err
		}
		begun, err := d.Service.DeleteAccount(ctx, r.Identity, in.Body.Digest, in.Body.Confirmation)
		if err != nil {
			return nil, err
		}
		return &deletionOutput{AccountID: accountID, Body: deletionObject{DeletionID: begun.ID, Status: begun.Status}}, nil
	})
}
