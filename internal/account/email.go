package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// EmailRate bounds the changes of address that one person asks for, each of
// which sends a mail to somebody.
var EmailRate = Rate{Kind: "email", Max: 10, Window: 24 * time.Hour}

// ErrEmailTaken is told only to whoever proved to have the address.
var ErrEmailTaken = &Error{Code: CodeEmailTaken, Detail: "Another account has this address."}

// ChangeEmail has a code sent to the caller's new address. The old one stays,
// is told, and signs in until the new one is proven. Whether somebody else has
// the new one is not told.
//
// It fails with ErrReauthenticate, with CodeInvalidRequest on /email, with
// ErrRateLimited, and as secure does.
func (s *Service) ChangeEmail(ctx context.Context, c Caller, email string) (User, error) {
	if err := s.fresh(c); err != nil {
		return User{}, err
	}
	email, err := ValidAddress("/email", email)
	if err != nil {
		return User{}, err
	}
	if FoldAddress(email) == FoldAddress(c.User.Email) {
		return User{}, Invalid("/email", FieldNotAllowed)
	}
	user, err := s.secure(ctx, c, func(u User, change *Change) error {
		if u.PendingEmail != email {
			s.note(change, u.ID, EmailChangeRequested)
		}
		records, err := s.store.Read(ctx, LimitKey(u.ID, EmailRate.Kind))
		if err != nil {
			return err
		}
		if err := s.count(change, EmailRate, u.ID, records.Limit(u.ID, EmailRate.Kind)); err != nil {
			return err
		}
		change.Updates = append(change.Updates, ChangeUser{UserID: u.ID, PendingEmail: &email, UpdatedAt: s.clock()})
		return nil
	})
	if err != nil {
		return User{}, err
	}
	return user, s.sendEmailCode(ctx, c, email)
}

// ResendEmailCode sends the code of a pending change again; the one before it
// is good no more. It fails with ErrNotFound where none is pending, and as
// ChangeEmail does.
func (s *Service) ResendEmailCode(ctx context.Context, c Caller) error {
	if err := s.fresh(c); err != nil {
		return err
	}
	if c.User.PendingEmail == "" {
		return ErrNotFound
	}
	_, err := s.secure(ctx, c, func(u User, change *Change) error {
		records, err := s.store.Read(ctx, LimitKey(u.ID, EmailRate.Kind))
		if err != nil {
			return err
		}
		change.Updates = append(change.Updates, ChangeUser{UserID: u.ID, UpdatedAt: s.clock()})
		return s.count(change, EmailRate, u.ID, records.Limit(u.ID, EmailRate.Kind))
	})
	if err != nil {
		return err
	}
	return s.sendEmailCode(ctx, c, c.User.PendingEmail)
}

// sendEmailCode answers for a taken address as for a free one.
func (s *Service) sendEmailCode(ctx context.Context, c Caller, email string) error {
	err := s.credentials.Emails.ChangeEmail(ctx, c.token, email)
	if errors.Is(err, ErrAddressTaken) {
		return nil
	}
	return err
}

// CancelEmailChange forgets a pending change. The code that is on its way is
// refused here from now on; at the provider itself it stays good until it
// expires. It fails with ErrNotFound where none is pending.
func (s *Service) CancelEmailChange(ctx context.Context, c Caller) error {
	_, err := s.secure(ctx, c, func(u User, change *Change) error {
		if u.PendingEmail == "" {
			return ErrNotFound
		}
		none := ""
		change.Updates = append(change.Updates, ChangeUser{UserID: u.ID, PendingEmail: &none, UpdatedAt: s.clock()})
		return nil
	})
	return err
}

// VerifyEmail proves the new address by the code that was sent there, moves the
// address to it and ends the caller's other sessions. Killed between the
// provider and the table, the same request finishes it.
//
// It fails with ErrReauthenticate, ErrNotFound where no change is pending,
// CodeInvalidRequest on /code (incorrect, expired), ErrEmailTaken, and as
// secure does.
func (s *Service) VerifyEmail(ctx context.Context, c Caller, code string) (User, error) {
	switch {
	case s.fresh(c) != nil:
		return User{}, ErrReauthenticate
	case code == "":
		return User{}, Invalid("/code", FieldRequired)
	case c.User.PendingEmail == "":
		return User{}, ErrNotFound
	}
	verifyErr := s.credentials.Emails.VerifyEmail(ctx, c.token, code)
	if errors.Is(verifyErr, ErrAddressTaken) {
		return User{}, ErrEmailTaken.Because(verifyErr)
	}
	person, err := s.pool.Person(ctx, c.token)
	if err != nil {
		return User{}, err
	}
	proven := person.EmailVerified && FoldAddress(person.Email) == FoldAddress(c.User.PendingEmail)
	switch {
	case verifyErr != nil && !proven:
		return User{}, fieldOf(verifyErr, "/code")
	case !proven: // the code was of another change, made around Hearth
		return User{}, Invalid("/code", FieldIncorrect)
	}
	return s.secure(ctx, c, func(u User, change *Change) error {
		s.note(change, c.User.ID, EmailChanged)
		return s.moveAddress(ctx, change, u, person, s.endOthers(c))
	})
}

// moveAddress adds to a change that a user has the address that the provider
// says: its record in the same transaction, and the old one's gone. update is
// what else the user gets. Somebody who has the record by the table's word has
// left the address at the provider, which gives each to one user only.
func (s *Service) moveAddress(ctx context.Context, change *Change, u User, p Person, update ChangeUser) error {
	none, verified := "", p.EmailVerified
	update.Email, update.EmailVerified = &p.Email, &verified
	if FoldAddress(u.PendingEmail) == FoldAddress(p.Email) {
		update.PendingEmail = &none
	}
	was := u.Email
	u.Email = p.Email
	if FoldAddress(was) != FoldAddress(p.Email) {
		update.FormerEmails = u.former(was, p.Email)
		records, err := s.store.Read(ctx, AddressKey(was), AddressKey(p.Email))
		if err != nil {
			return err
		}
		if old := records.Address(was); old != nil && old.UserID == u.ID {
			change.Premises = append(change.Premises, VersionIs{Of: old.Key(), Version: old.Version})
			change.Deletes = append(change.Deletes, old.Key())
		}
		address := &Address{Email: FoldAddress(p.Email), UserID: u.ID, Version: 1}
		if held := records.Address(p.Email); held == nil {
			change.Premises = append(change.Premises, IsAbsent{Of: address.Key()})
		} else {
			address.Version = held.Version + 1
			change.Premises = append(change.Premises, VersionIs{Of: held.Key(), Version: held.Version})
		}
		change.Puts = append(change.Puts, address)
	}
	change.Updates = append(change.Updates, update, copies(u))
	return nil
}

// former is the list of addresses that a user had, each once, folded, without
// the one that they have now. One that they never proved was not theirs.
func (u User) former(was, now string) []string {
	was, now = FoldAddress(was), FoldAddress(now)
	kept := slices.DeleteFunc(slices.Clone(u.FormerEmails), func(a string) bool { return a == was || a == now })
	if was != "" && u.EmailVerified {
		kept = append(kept, was)
	}
	return kept
}

// repair brings the table's copies of what the provider knows up to it: the
// address, its verification, and whether sign-ins ask for a code. Somebody can
// change them there around Hearth, with the same token.
func (s *Service) repair(ctx context.Context, u User, p Person) (User, error) {
	for range decideTries {
		mfa := u.MFA
		if mfa.Enabled = p.MFA; !p.MFA {
			mfa.DeviceName = ""
		}
		if p.ID != u.ID || p.Email == "" || p.Email == u.Email && p.EmailVerified == u.EmailVerified && mfa == u.MFA {
			return u, nil
		}
		change := Change{Premises: []Premise{UserIsActive{UserID: u.ID}, VersionIs{Of: u.Key(), Version: u.Version}}}
		update := ChangeUser{UserID: u.ID, MFA: &mfa, UpdatedAt: s.clock()}
		if err := s.moveAddress(ctx, &change, u, p, update); err != nil {
			return User{}, err
		}
		err := s.commit(ctx, change)
		if err == nil {
			return applied(u, change)
		}
		var failed *PremiseError
		if errors.Is(err, ErrUserInactive) || !errors.As(err, &failed) {
			return User{}, err
		}
		records, err := s.store.Read(ctx, u.Key())
		if err != nil {
			return User{}, err
		}
		again := records.User(u.ID)
		if again == nil {
			return User{}, ErrUserInactive
		}
		u = *again
	}
	return User{}, ErrConflict.Because(fmt.Errorf("user %s changes all the time", u.ID))
}
