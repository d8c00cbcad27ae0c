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
	ETag string `header:"ETag"`
	Body meObject
}

func newMeOutput(c account.Caller, mode account.Mode) *meOutput {
	me := meObject{
		User: userObject{
			ID: c.User.ID, Email: c.User.Email, EmailVerified: c.User.EmailVerified, Name: c.User.Name,
			ImageURL: nonEmpty(c.User.ImageURL), CreatedAt: c.User.CreatedAt,
		},
		ActiveOrganizationID: nonEmpty(c.ActiveOrganizationID()),
		AccountMode:          mode,
		Preferences:          preferences{Theme: c.User.Preferences.Theme, Language: c.User.Preferences.Language},
	}
	tagged := []any{me}
	if c.Organization != nil {
		object := newAccountObject(c)
		me.Account = optionalAccount{&object}
		tagged = append(tagged, object.changeable())
	}
	return &meOutput{ETag: entityTag(tagged...), Body: me}
}

func registerMe(a *API, mode account.Mode) {
	Handle(a, getMe, func(_ context.Context, c account.Caller, _ *struct{}) (*meOutput, error) {
		return newMeOutput(c, mode), nil
	})
}
