package account

import (
	"context"
	"errors"
	"time"
)

// Security is what a person sees of their security settings.
type Security struct {
	User User
	// Email and EmailVerified are the provider's word at this moment.
	Email         string
	EmailVerified bool
	// MFA says whether sign-ins ask for a code, by the provider.
	MFA bool
	// RecoveryCodesLeft counts the codes that were not used.
	RecoveryCodesLeft int
	Passkeys          []Passkey
}

// Security returns the caller's settings. The provider is the truth: where the
// table's copy of the address or of MFA differs, because somebody called the
// provider around Hearth, it is repaired.
func (s *Service) Security(ctx context.Context, c Caller) (Security, error) {
	person, err := s.pool.Person(ctx, c.token)
	if err != nil {
		return Security{}, err
	}
	user, err := s.repair(ctx, c.User, person)
	if err != nil {
		return Security{}, err
	}
	passkeys, records, err := s.passkeys(ctx, c, RecoveryKey(c.User.ID))
	if err != nil {
		return Security{}, err
	}
	return Security{
		User: user, Email: person.Email, EmailVerified: person.EmailVerified, MFA: person.MFA,
		RecoveryCodesLeft: records.Recovery(c.User.ID).left(), Passkeys: passkeys,
	}, nil
}

// fresh fails with ErrReauthenticate unless the caller signed in within
// FreshSignIn.
func (s *Service) fresh(c Caller) error {
	if s.clock().Sub(c.authTime) > FreshSignIn {
		return ErrReauthenticate
	}
	return nil
}

// secure commits what decide wants for the caller's user, on condition that the
// user is active and as decided on. If the user changed meanwhile, decide is
// asked again, unless the change ended the caller's own session.
func (s *Service) secure(ctx context.Context, c Caller, decide func(u User, change *Change) error) (User, error) {
	user := c.User
	for range decideTries {
		change := Change{Premises: []Premise{UserIsActive{UserID: user.ID}, VersionIs{Of: user.Key(), Version: user.Version}}}
		if err := decide(user, &change); err != nil {
			return User{}, err
		}
		err := s.commit(ctx, change)
		if err == nil {
			return applied(user, change)
		}
		var failed *PremiseError
		if errors.Is(err, ErrUserInactive) || !errors.As(err, &failed) {
			return User{}, err
		}
		again, err := s.readAgain(ctx, c)
		if err != nil {
			return User{}, err
		}
		user = again
	}
	return User{}, ErrConflict
}

// note adds to a change that it is told in the log of the personal organization,
// by which the person is mailed.
func (s *Service) note(change *Change, userID string, action AuditAction) {
	s.audit(change, userID, userID, action, userID, "")
}

// notedAlready reports whether something is the repetition of what was done a
// moment ago and whose answer was lost: nobody is told of it twice.
func (s *Service) notedAlready(at time.Time) bool { return s.clock().Sub(at) < time.Minute }

// readAgain returns the caller's user as it is now, if the session still counts.
func (s *Service) readAgain(ctx context.Context, c Caller) (User, error) {
	records, err := s.store.Read(ctx, c.User.Key(), c.Session.Key())
	if err != nil {
		return User{}, err
	}
	user := records.User(c.User.ID)
	switch {
	case user == nil || user.Status != UserActive:
		return User{}, ErrUserInactive
	case !records.Session(c.User.ID, c.Session.ID).good(user, c.authTime):
		return User{}, ErrSessionRevoked
	}
	return *user, nil
}

// endOthers is the change that ends every session of the caller's but this one.
// auth_time has whole seconds: those who signed in during the second that runs
// are ended too, and have to sign in again.
func (s *Service) endOthers(c Caller) ChangeUser {
	now := s.clock()
	from, kept := now.Truncate(time.Second), c.Session.ID
	if from.Before(now) {
		from = from.Add(time.Second)
	}
	return ChangeUser{UserID: c.User.ID, SessionsValidFrom: &from, KeptSession: &kept, UpdatedAt: now}
}

// fieldOf turns the provider's word on a proof into the field that it concerns;
// any other error stays.
func fieldOf(err error, field string) error {
	var weak *WeakPasswordError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &weak):
		refusal := Invalid(field, weak.Code)
		refusal.Fields[0].Detail = weak.Detail
		return refusal
	case errors.Is(err, ErrWrongPassword), errors.Is(err, ErrWrongCode), errors.Is(err, ErrNoSecret):
		return Invalid(field, FieldIncorrect).Because(err)
	case errors.Is(err, ErrExpiredCode):
		return Invalid(field, FieldExpired).Because(err)
	case errors.Is(err, ErrUsedCode):
		return Invalid(field, FieldReused).Because(err)
	case errors.Is(err, ErrBadPasskey):
		return Invalid(field, FieldMalformed).Because(err)
	}
	return err
}
