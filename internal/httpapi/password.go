package httpapi

import (
	"context"

	"hearth/internal/account"
)

type postPasswordInput struct {
	Body struct {
		CurrentPassword string `json:"currentPassword" minLength:"1" maxLength:"256" format:"password"`
		NewPassword     string `json:"newPassword" minLength:"1" maxLength:"256" format:"password" doc:"By the passwordPolicy of GET /config."`
	}
}

func registerPassword(a *API, d SecurityDependencies) {
	Handle(a, postPassword, func(ctx context.Context, c account.Caller, in *postPasswordInput) (*struct{}, error) {
		return nil, d.Service.ChangePassword(ctx, c, in.Body.CurrentPassword, in.Body.NewPassword)
	})
}
