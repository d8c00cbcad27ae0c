package httpapi

import (
	"context"

	"hearth/internal/account"
)

// profileObject is what a person says of themselves.
type profileObject struct {
	Name          string  `json:"name"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"emailVerified"`
	ImageURL      *string `json:"imageUrl"`
}

type profileOutput struct {
	ETag string `header:"ETag"`
	Body profileObject
}

type patchProfileInput struct {
	Precondition
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"256" doc:"1 to 64 characters after trimming and cleaning."`
	}
}

func (d ProfileDependencies) profile(u account.User) *profileOutput {
	object := profileObject{Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, ImageURL: imageURL(d.Images, u.ImageKey)}
	return &profileOutput{ETag: EntityTag(object), Body: object}
}

// unchanged is a client's condition on the profile that it saw.
func (d ProfileDependencies) unchanged(m Precondition) account.Unchanged {
	return func(u account.User) error { return m.Check(d.profile(u).ETag) }
}

func registerProfile(a *API, d ProfileDependencies) {
	Handle(a, getProfile, func(_ context.Context, c account.Caller, _ *struct{}) (*profileOutput, error) {
		return d.profile(c.User), nil
	})
	Handle(a, patchProfile, func(ctx context.Context, c account.Caller, in *patchProfileInput) (*profileOutput, error) {
		user, err := d.Service.Rename(ctx, c, in.Body.Name, d.unchanged(in.Precondition))
		if err != nil {
			return nil, err
		}
		return d.profile(user), nil
	})
}
