package httpapi

import (
	"context"

	"hearth/internal/account"
)

// mfaObject is whether sign-ins ask for a code, and of which device.
type mfaObject struct {
	Enabled    bool    `json:"enabled"`
	DeviceName *string `json:"deviceName" doc:"What the user calls the device; null if it has no name."`
}

type mfaOutput struct{ Body mfaObject }

// totpObject is what an authenticator app needs.
type totpObject struct {
	Secret     string `json:"secret" doc:"In base32, for typing."`
	OTPAuthURI string `json:"otpauthUri" doc:"The same for a QR code."`
}

type totpOutput struct{ Body totpObject }

type verifyTOTPInput struct {
	Body struct {
		Code       string `json:"code" minLength:"1" maxLength:"64" doc:"The six digits of the app."`
		DeviceName string `json:"deviceName,omitempty" maxLength:"256" doc:"At most 64 characters after trimming and cleaning."`
	}
}

type disableTOTPInput struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"256" format:"password"`
		Code     string `json:"code" minLength:"1" maxLength:"64" doc:"The six digits of the app, not used before."`
	}
}

// mfa answers with a user's second factor.
func (SecurityDependencies) mfa(u account.User, err error) (*mfaOutput, error) {
	if err != nil {
		return nil, err
	}
	return &mfaOutput{Body: mfaObject{Enabled: u.MFA.Enabled, DeviceName: nonEmpty(u.MFA.DeviceName)}}, nil
}

func registerMFA(a *API, d SecurityDependencies) {
	Handle(a, postTOTP, func(ctx context.Context, c account.Caller, _ *struct{}) (*totpOutput, error) {
		setup, err := d.Service.StartTOTP(ctx, c)
		if err != nil {
			return nil, err
		}
		return &totpOutput{Body: totpObject{Secret: setup.Secret, OTPAuthURI: setup.URI}}, nil
	})
	Handle(a, verifyTOTP, func(ctx context.Context, c account.Caller, in *verifyTOTPInput) (*mfaOutput, error) {
		return d.mfa(d.Service.EnableMFA(ctx, c, in.Body.Code, in.Body.DeviceName))
	})
	Handle(a, disableTOTP, func(ctx context.Context, c account.Caller, in *disableTOTPInput) (*mfaOutput, error) {
		return d.mfa(d.Service.DisableMFA(ctx, c, in.Body.Password, in.Body.Code))
	})
}
