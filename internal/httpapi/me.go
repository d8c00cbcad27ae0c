package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// meObject is the answer of GET /me.
type meObject struct {
	User                 userObject      `json:"user"`
	Account              optionalAccount `json:"account" doc:"The account that the request acts for; null in organizations-only without a team."`
	ActiveOrganizationID *string         `json:"activeOrganizationId" doc:"The team in context; null in personal context."`
	AccountMode          account.Mode    `json:"accountMode" enum:"hybrid,personal-only,organizations-only"`
	Preferences          preferences     `json:"preferences"`
}

type userObject struct {
	ID            string    `json:"id" doc:"The Cognito sub."`
	Email         string    `json:"email"`
	EmailVerified bool      `json:"emailVerified"`
	Name          string    `json:"name"`
	ImageURL      *string   `json:"imageUrl"`
	CreatedAt     time.Time `json:"createdAt"`
}

type preferences struct {
	Theme    string `json:"theme" enum:"light,dark,system"`
	Language string `json:"language" doc:"A BCP 47 tag."`
}

type meOutput struct {
	AccountID string `header:"X-Account-Id"`
	ETag      string `header:"ETag"`
	Body      meObject
}

// me is who the caller is and what the request acts for.
func (d ProfileDependencies) me(c account.Caller) *meOutput {
	me := meObject{
		User: userObject{
			ID: c.User.ID, Email: c.User.Email, EmailVerified: c.User.EmailVerified, Name: c.User.Name,
			ImageURL: imageURL(d.Images, c.User.ImageKey), CreatedAt: c.User.CreatedAt,
		},
		ActiveOrganizationID: nonEmpty(c.ActiveOrganizationID()),
		AccountMode:          d.Service.Config().AccountMode,
		Preferences:          preferences{Theme: c.User.Preferences.Theme, Language: c.User.Preferences.Language},
	}
	out := &meOutput{}
	tagged := []any{me}
	if c.Organization != nil {
		object := newAccountObject(d.Images, c.Account, c.User)
		tagged = append(tagged, object.changeable())
		me.Account = optionalAccount{&object}
		out.AccountID = c.Organization.ID
	}
	out.ETag, out.Body = EntityTag(tagged...), me
	return out
}

func registerMe(a *API, d ProfileDependencies) {
	Handle(a, getMe, func(_ context.Context, c account.Caller, _ *struct{}) (*meOutput, error) {
		return d.me(c), nil
	})
}
