package httpapi

import (
	"context"

	"hearth/internal/account"
)

type postOrganizationImageInput struct {
	OrganizationPath
	Repeatable
	Body wantedUpload
}

type putOrganizationImageInput struct {
	OrganizationPath
	Precondition
	Body attachedUpload
}

type deleteOrganizationImageInput struct {
	OrganizationPath
	Precondition
}

func registerOrganizationImage(a *API, d OrganizationsDependencies) {
	Handle(a, postOrganizationImage, func(ctx context.Context, c account.Caller, in *postOrganizationImageInput) (*postImageOutput, error) {
		o := c.Organization
		if o.IsPersonal { // it shows its user's image
			return nil, account.ErrPersonalOrganization
		}
		key, err := d.Service.Once(ctx, c, in.Repeat(postOrganizationImage, o.ID), d.Images.NewKey(o.ID))
		if err != nil {
			return nil, err
		}
		upload, err := d.Images.GrantKey(ctx, key, in.Body.ContentType, in.Body.Size)
		if err != nil {
			return nil, err
		}
		return &postImageOutput{Location: "/organizations/" + o.ID + "/image", Body: uploadObject(upload)}, nil
	})
	HandleIdentity(a, putOrganizationImage, func(ctx context.Context, r Request, in *putOrganizationImageInput) (*organizationOutput, error) {
		unchanged := d.unchanged(in.Precondition)
		// The upload is looked at where the team is as read, so that a stranger
		// learns nothing of it and one that is attached already is not asked for.
		attachable := func(seen account.Account) error {
			if err := unchanged(seen); err != nil || in.Body.Key == seen.Organization.ImageKey {
				return err
			}
			return d.Images.Check(ctx, in.OrganizationID, in.Body.Key)
		}
		return d.team(d.Service.SetOrganizationImage(ctx, r.Identity, in.OrganizationID, in.Body.Key, attachable))
	})
	HandleIdentity(a, deleteOrganizationImage, func(ctx context.Context, r Request, in *deleteOrganizationImageInput) (*struct{}, error) {
		_, err := d.Service.SetOrganizationImage(ctx, r.Identity, in.OrganizationID, "", d.unchanged(in.Precondition))
		return nil, err
	})
}
