package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// securityObject is how a person signs in. None of it is a secret.
type securityObject struct {
	Email             string          `json:"email"`
	EmailVerified     bool            `json:"emailVerified"`
	PendingEmail      *string         `json:"pendingEmail" doc:"The address that waits for its code; null without one."`
	PasswordChangedAt *time.Time      `json:"passwordChangedAt" doc:"Null if it never was."`
	MFA               mfaObject       `json:"mfa"`
	RecoveryCodesLeft int             `json:"recoveryCodesLeft"`
	Passkeys          []passkeyObject `json:"passkeys" nullable:"false"`
}

type securityOutput struct{ Body securityObject }

func registerSecurity(a *API, d SecurityDependencies) {
	Handle(a, getSecurity, func(ctx context.Context, c account.Caller, _ *struct{}) (*securityOutput, error) {
		s, err := d.Service.Security(ctx, c)
		if err != nil {
			return nil, err
		}
		object := securityObject{
			Email: s.Email, EmailVerified: s.EmailVerified, PendingEmail: nonEmpty(s.User.PendingEmail),
			MFA:               mfaObject{Enabled: s.MFA, DeviceName: nonEmpty(s.User.MFA.DeviceName)},
			RecoveryCodesLeft: s.RecoveryCodesLeft, Passkeys: newPasskeyObjects(s.Passkeys),
		}
		if changed := s.User.PasswordChangedAt; !changed.IsZero() {
			object.PasswordChangedAt = &changed
		}
		return &securityOutput{Body: object}, nil
	})
}
