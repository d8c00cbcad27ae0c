package httpapi

import (
	"context"

	"hearth/internal/account"
)

// OrganizationPath is the path of what belongs to an organization; exported for
// the same reason as Precondition. What cannot be an id is an organization that
// does not exist.
type OrganizationPath struct {
	OrganizationID string `path:"organizationId" doc:"The organization's id. One that the caller is not a member of answers as one that does not exist."`
}

type postOrganizationInput struct {
	Repeatable
	Body struct {
		Name string  `json:"name" minLength:"1" maxLength:"256" doc:"1 to 64 characters after trimming and cleaning."`
		Slug *string `json:"slug,omitempty" minLength:"3" maxLength:"48" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" doc:"Without it one is made of the name. Some words are reserved."`
	}
}

type postOrganizationOutput struct {
	AccountID string `header:"X-Account-Id"`
	Location  string `header:"Location"`
	ETag      string `header:"ETag"`
	Body      accountObject
}

type patchOrganizationInput struct {
	OrganizationPath
	Precondition
	Body struct {
		Name *string `json:"name,omitempty" minLength:"1" maxLength:"256" doc:"1 to 64 characters after trimming and cleaning."`
		Slug *string `json:"slug,omitempty" minLength:"3" maxLength:"48" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" doc:"Some words are reserved."`
	}
}

type organizationOutput struct {
	ETag string `header:"ETag"`
	Body accountObject
}

// organization is an organization as the caller sees it. Only a personal one
// needs its user.
func (d OrganizationsDependencies) organization(a account.Account, u account.User) *organizationOutput {
	object := newAccountObject(d.Images, a, u)
	return &organizationOutput{ETag: EntityTag(object.changeable()), Body: object}
}

// team is a team as the caller sees it after a change of theirs.
func (d OrganizationsDependencies) team(a account.Account, err error) (*organizationOutput, error) {
	if err != nil {
		return nil, err
	}
	return d.organization(a, account.User{}), nil
}

// unchanged is a client's condition on the team that it saw.
func (d OrganizationsDependencies) unchanged(m Precondition) func(account.Account) error {
	return func(a account.Account) error { return m.Check(d.organization(a, account.User{}).ETag) }
}

func registerOrganization(a *API, d OrganizationsDependencies) {
	HandleIdentity(a, postOrganization, func(ctx context.Context, r Request, in *postOrganizationInput) (*postOrganizationOutput, error) {
		c, err := d.Service.Authorize(ctx, r.Identity, r.Target)
		if err != nil {
			return nil, err
		}
		wanted := account.NewOrganization{Name: in.Body.Name}
		if in.Body.Slug != nil {
			wanted.Slug = *in.Body.Slug
		}
		// A team is made by a person, whatever account they are in: a repeat
		// after a switch is one still.
		made, err := d.Service.CreateOrganization(ctx, r.Identity, c, wanted, in.Repeat(postOrganization, c.User.ID))
		if err != nil {
			return nil, err
		}
		object := d.organization(made, c.User)
		out := &postOrganizationOutput{Location: "/organizations/" + object.Body.ID, ETag: object.ETag, Body: object.Body}
		if c.Organization != nil {
			out.AccountID = c.Organization.ID
		}
		return out, nil
	})
	Handle(a, getOrganization, func(_ context.Context, c account.Caller, _ *struct{ OrganizationPath }) (*organizationOutput, error) {
		return d.organization(c.Account, c.User), nil
	})
	HandleIdentity(a, patchOrganization, func(ctx context.Context, r Request, in *patchOrganizationInput) (*organizationOutput, error) {
		edit := account.EditOrganization{Name: in.Body.Name, Slug: in.Body.Slug}
		return d.team(d.Service.UpdateOrganization(ctx, r.Identity, in.OrganizationID, edit, d.unchanged(in.Precondition)))
	})
	HandleIdentity(a, deleteOrganization, func(ctx context.Context, r Request, in *struct{ OrganizationPath }) (*struct{}, error) {
		return nil, d.Service.DeleteOrganization(ctx, r.Identity, in.OrganizationID)
	})
}
