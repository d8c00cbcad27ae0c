package httpapi

import (
	"context"

	"hearth/internal/account"
)

type preferencesOutput struct {
	ETag string `header:"ETag"`
	Body preferences
}

type patchPreferencesInput struct {
	Precondition
	Body struct {
		Theme    *string `json:"theme,omitempty" enum:"light,dark,system"`
		Language *string `json:"language,omitempty" maxLength:"64" doc:"A BCP 47 tag, one of those in GET /config."`
	}
}

func newPreferencesOutput(u account.User) *preferencesOutput {
	object := preferences{Theme: u.Preferences.Theme, Language: u.Preferences.Language}
	return &preferencesOutput{ETag: EntityTag(object), Body: object}
}

func registerPreferences(a *API, d ProfileDependencies) {
	Handle(a, getPreferences, func(_ context.Context, c account.Caller, _ *struct{}) (*preferencesOutput, error) {
		return newPreferencesOutput(c.User), nil
	})
	Handle(a, patchPreferences, func(ctx context.Context, c account.Caller, in *patchPreferencesInput) (*preferencesOutput, error) {
		unchanged := func(u account.User) error { return in.Check(newPreferencesOutput(u).ETag) }
		user, err := d.Service.SetPreferences(ctx, c, in.Body.Theme, in.Body.Language, unchanged)
		if err != nil {
			return nil, err
		}
		return newPreferencesOutput(user), nil
	})
}
