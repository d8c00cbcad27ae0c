package httpapi

import "context"

type transferInput struct {
	OrganizationPath
	Body struct {
		UserID string `json:"userId" minLength:"1" maxLength:"64" doc:"The member who becomes an owner."`
	}
}

func registerOwnership(a *API, d OrganizationsDependencies) {
	HandleIdentity(a, transferOwnership, func(ctx context.Context, r Request, in *transferInput) (*organizationOutput, error) {
		return d.team(d.Service.TransferOwnership(ctx, r.Identity, in.OrganizationID, in.Body.UserID))
	})
}
