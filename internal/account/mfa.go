package account

import (
	"context"
	"errors"
	"net/url"
	"unicode/utf8"
)

// TOTPSetup is what an authenticator app needs.
type TOTPSetup struct {
	// Secret is in base32, for typing.
	Secret string
	// URI is the same for a QR code.
	// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
	URI string
}

// StartTOTP gives the caller a new secret for an authenticator app, of no effect
// until VerifyTOTP. It fails with ErrReauthenticate, ErrMFAAlreadyEnabled, and
// as Pool.Person does.
func (s *Service) StartTOTP(ctx context.Context, c Caller) (TOTPSetup, error) {
	person, err := s.freshPerson(ctx, c)
	switch {
	case err != nil:
		return TOTPSetup{}, err
	case person.MFA: // a new secret could replace the one that is asked for
		return TOTPSetup{}, ErrMFAAlreadyEnabled
	}
	secret, err := s.credentials.TOTP.AssociateTOTP(ctx, c.token)
	if err != nil {
		return TOTPSetup{}, err
	}
	// By this mark EnableMFA knows a secret that was proven and no more.
	if _, err := s.secure(ctx, c, func(u User, change *Change) error {
		change.Updates = append(change.Updates, ChangeUser{UserID: u.ID, MFA: &MFA{Pending: true}, UpdatedAt: s.clock()})
		return nil
	}); err != nil {
		return TOTPSetup{}, err
	}
	issuer := s.config.AppURL
	if app, err := url.Parse(s.config.AppURL); err == nil {
		issuer = app.Hostname()
	}
	uri := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + person.Email,
		RawQuery: url.Values{"secret": {secret}, "issuer": {issuer}}.Encode(),
	}
	return TOTPSetup{Secret: secret, URI: uri.String()}, nil
}

// freshPerson returns the provider's word on a caller who signed in lately.
func (s *Service) freshPerson(ctx context.Context, c Caller) (Person, error) {
	if err := s.fresh(c); err != nil {
		return Person{}, err
	}
	return s.pool.Person(ctx, c.token)
}

// EnableMFA proves by a code that the caller's device has the secret, has
// sign-ins ask for one from now on, and ends the caller's other sessions.
// Killed in between, the same request finishes it.
//
// It fails with ErrReauthenticate, ErrMFAAlreadyEnabled, CodeInvalidRequest on
// /code (incorrect) or /deviceName (too_long), and as secure does.
func (s *Service) EnableMFA(ctx context.Context, c Caller, code, deviceName string) (User, error) {
	deviceName = CleanName(deviceName)
	switch {
	case code == "":
		return User{}, Invalid("/code", FieldRequired)
	case utf8.RuneCountInString(deviceName) > MaxNameLength:
		return User{}, Invalid("/deviceName", FieldTooLong)
	}
	person, err := s.freshPerson(ctx, c)
	switch {
	case err != nil:
		return User{}, err
	case person.MFA && c.User.MFA.Enabled: // else it was turned on there, and not noted here
		return User{}, ErrMFAAlreadyEnabled
	}
	err = s.credentials.TOTP.VerifyTOTP(ctx, c.token, code, deviceName)
	// Of a secret that was given out and waits no more, the proof was given:
	// what came after it was cut off.
	proven := c.User.MFA.Pending && (errors.Is(err, ErrUsedCode) || errors.Is(err, ErrNoSecret))
	if err != nil && !proven {
		return User{}, fieldOf(err, "/code")
	}
	if err := s.credentials.TOTP.PreferTOTP(ctx, c.token, true); err != nil {
		return User{}, err
	}
	return s.secure(ctx, c, func(_ User, change *Change) error {
		s.note(change, c.User.ID, MFAEnabled)
		update := s.endOthers(c)
		update.MFA = &MFA{Enabled: true, DeviceName: deviceName}
		change.Updates = append(change.Updates, update)
		return nil
	})
}

// DisableMFA proves the caller's password and a code of the device, has
// sign-ins ask for no code any more, forgets the recovery codes and ends the
// caller's other sessions. No call of Cognito checks the code of an enrolled
// device but the challenge of a sign-in, so that is what proves it.
// Killed in between, the same request, with a new code, finishes it.
//
// It fails with ErrReauthenticate, ErrMFANotEnabled, CodeInvalidRequest on
// /password (incorrect) or /code (incorrect, reused), ErrRateLimited after too
// many tries, and as secure does.
func (s *Service) DisableMFA(ctx context.Context, c Caller, password, code string) (User, error) {
	switch {
	case s.fresh(c) != nil:
		return User{}, ErrReauthenticate
	case password == "":
		return User{}, Invalid("/password", FieldRequired)
	case utf8.RuneCountInString(password) > maxPasswordLength:
		return User{}, Invalid("/password", FieldTooLong)
	case code == "":
		return User{}, Invalid("/code", FieldRequired)
	}
	proof, err := s.credentials.Proofs.ProvePassword(ctx, c.User.Username, password)
	if err != nil {
		return User{}, fieldOf(err, "/password")
	}
	switch {
	case proof.Challenged:
		if err := s.credentials.Proofs.ProveCode(ctx, proof, code); err != nil {
			return User{}, fieldOf(err, "/code")
		}
		if err := s.credentials.TOTP.PreferTOTP(ctx, c.token, false); err != nil {
			return User{}, err
		}
	case !c.User.MFA.Enabled: // else it was turned off there, and not noted here
		return User{}, ErrMFANotEnabled
	}
	return s.secure(ctx, c, func(u User, change *Change) error {
		s.note(change, c.User.ID, MFADisabled)
		update := s.endOthers(c)
		update.MFA = &MFA{}
		change.Updates = append(change.Updates, update)
		return s.forgetRecovery(ctx, u.ID, change)
	})
}
