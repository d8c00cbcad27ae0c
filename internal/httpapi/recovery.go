package httpapi

import (
	"context"

	"hearth/internal/account"
)

type recoveryCodesObject struct {
	Codes []string `json:"codes" nullable:"false" minItems:"10" maxItems:"10" doc:"Each is good once. They are not shown again."`
}

type recoveryCodesOutput struct {
	Location string `header:"Location"`
	Body     recoveryCodesObject
}

type recoveryInput struct {
	Body struct {
		Email        string `json:"email" minLength:"1" maxLength:"256"`
		Password     string `json:"password" minLength:"1" maxLength:"256" format:"password"`
		RecoveryCode string `json:"recoveryCode" minLength:"1" maxLength:"64" doc:"With or without its hyphens, in any case."`
	}
}

func registerRecovery(a *API, d SecurityDependencies) {
	// No Idempotency-Key: a repeated request could answer the same codes only if
	// they were kept somewhere. It makes new ones, and those shown last count.
	Handle(a, postRecoveryCodes, func(ctx context.Context, c account.Caller, _ *struct{}) (*recoveryCodesOutput, error) {
		codes, err := d.Service.MakeRecoveryCodes(ctx, c)
		if err != nil {
			return nil, err
		}
		// The location says how many are left.
		return &recoveryCodesOutput{Location: getSecurity.Path, Body: recoveryCodesObject{Codes: codes}}, nil
	})
	HandleOpen(a, postRecovery, func(ctx context.Context, in *recoveryInput) (*struct{}, error) {
		return nil, d.Service.Recover(ctx, in.Body.Email, in.Body.Password, in.Body.RecoveryCode, source(ctx))
	})
}
