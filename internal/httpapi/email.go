package httpapi

import (
	"context"

	"hearth/internal/account"
)

// emailObject is the address of a person and the one that waits to be proven.
type emailObject struct {
	Email         string  `json:"email" doc:"The address to sign in with."`
	EmailVerified bool    `json:"emailVerified"`
	PendingEmail  *string `json:"pendingEmail" doc:"The address that waits for its code; null without one."`
}

type emailOutput struct{ Body emailObject }

type postEmailInput struct {
	Body struct {
		Email string `json:"email" maxLength:"256" doc:"An address of at most 254 bytes."`
	}
}

type verifyEmailInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"64" doc:"That of the mail to the new address."`
	}
}

// email answers with a user's address.
func (SecurityDependencies) email(u account.User, err error) (*emailOutput, error) {
	if err != nil {
		return nil, err
	}
	return &emailOutput{Body: emailObject{Email: u.Email, EmailVerified: u.EmailVerified, PendingEmail: nonEmpty(u.PendingEmail)}}, nil
}

func registerEmail(a *API, d SecurityDependencies) {
	Handle(a, postEmail, func(ctx context.Context, c account.Caller, in *postEmailInput) (*emailOutput, error) {
		return d.email(d.Service.ChangeEmail(ctx, c, in.Body.Email))
	})
	Handle(a, resendEmail, func(ctx context.Context, c account.Caller, _ *struct{}) (*struct{}, error) {
		return nil, d.Service.ResendEmailCode(ctx, c)
	})
	Handle(a, verifyEmail, func(ctx context.Context, c account.Caller, in *verifyEmailInput) (*emailOutput, error) {
		return d.email(d.Service.VerifyEmail(ctx, c, in.Body.Code))
	})
	Handle(a, deleteEmail, func(ctx context.Context, c account.Caller, _ *struct{}) (*struct{}, error) {
		return nil, d.Service.CancelEmailChange(ctx, c)
	})
}
