package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/text/language"
)

// Person is what the identity provider knows of somebody.
type Person struct {
	// ID is the sub, Username the provider's own name for the user.
	ID            string
	Username      string
	Email         string
	EmailVerified bool
	Name          string
	GivenName     string
	FamilyName    string
	// MFA says whether sign-ins ask for a code of the person's device.
	MFA bool
	// Locale is a BCP 47 tag that the person's client named; it may be anything.
	Locale string
}

// Enroll gives a confirmed person their records: the user, the address and the
// personal organization with its one membership, all in one transaction, so
// that there is never a half of it. It reports whether it made them; a person
// who has them already keeps them untouched. It fails with ErrUserInactive
// while a deletion or a preserved organization holds the id, which is never
// given out again.
func (s *Service) Enroll(ctx context.Context, p Person) (created bool, err error) {
	if p.ID == "" {
		return false, ErrInternal.Because(errors.New("a person without an id"))
	}
	now := s.clock()
	user := s.newUser(p, now)
	organization := personalOrganization(p.ID, user.Name, now)
	membership := newMembership(user, p.ID, Owner, now)
	change := Change{
		Premises: []Premise{
			IsAbsent{Of: user.Key()},
			IsAbsent{Of: DeletionKey(p.ID), Else: ErrUserInactive},
			IsAbsent{Of: organization.Key(), Else: ErrUserInactive},
			IsAbsent{Of: membership.Key(), Else: ErrUserInactive},
		},
		Puts: []Record{user, organization, membership},
	}
	if p.Email == "" { // a provider that is not ours may know none
		return s.enroll(ctx, user, change)
	}
	address := &Address{Email: FoldAddress(p.Email), UserID: p.ID, Version: 1}
	free := Premise(IsAbsent{Of: address.Key()})
	for range decideTries {
		with := Change{Premises: append(slices.Clone(change.Premises), free), Puts: append(slices.Clone(change.Puts), address)}
		created, err = s.enroll(ctx, user, with)
		if errors.Is(err, ErrUserInactive) || !premiseFailed(err, address.Key()) {
			return created, err
		}
		// The pool gives an address to one of its own users only. If the table
		// says that somebody else has it, that user has left or changed it there.
		if free, err = s.takeOver(ctx, address); err != nil {
			return false, err
		}
	}
	return false, ErrConflict
}

// newUser is the user that a person begins as.
func (s *Service) newUser(p Person, now time.Time) *User {
	return &User{
		ID: p.ID, Username: p.Username, Email: p.Email, EmailVerified: p.EmailVerified,
		Name: signUpName(p), Preferences: Preferences{Theme: ThemeSystem, Language: s.language(p.Locale)},
		Status: UserActive, AccountsVersion: 1, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
}

// enroll commits the records of a person; that they are there is no error.
func (s *Service) enroll(ctx context.Context, user *User, change Change) (created bool, err error) {
	err = s.commit(ctx, change)
	if premiseFailed(err, user.Key()) {
		return false, nil
	}
	return err == nil, err
}

// takeOver makes the address the next version of the one in the table, and
// returns the premise that nobody else does the same.
func (s *Service) takeOver(ctx context.Context, address *Address) (Premise, error) {
	records, err := s.store.Read(ctx, address.Key())
	if err != nil {
		return nil, err
	}
	held := records.Address(address.Email)
	if held == nil {
		address.Version = 1
		return IsAbsent{Of: address.Key()}, nil
	}
	address.Version = held.Version + 1
	return VersionIs{Of: address.Key(), Version: held.Version}, nil
}

// language is the configured language nearest to a person's locale.
func (s *Service) language(locale string) string {
	tags := make([]language.Tag, len(s.config.Languages))
	for i, tag := range s.config.Languages {
		tags[i] = language.Make(tag)
	}
	_, i := language.MatchStrings(language.NewMatcher(tags), locale)
	return s.config.Languages[i]
}

// EndSessions ends every sign-in of a user before now, as a password reset
// does, and notes it. A user without records, or who is off, has none to end.
func (s *Service) EndSessions(ctx context.Context, userID string) error {
	for range decideTries {
		records, err := s.store.Read(ctx, UserKey(userID))
		if err != nil {
			return err
		}
		user := records.User(userID)
		if user == nil || user.Status != UserActive {
			return nil
		}
		now, none := s.clock(), ""
		// Whole seconds, as auth_time has them: a sign-in right after a reset is
		// good, and so, for less than a second, is one right before it.
		from := now.Truncate(time.Second)
		change := Change{
			Premises: []Premise{VersionIs{Of: user.Key(), Version: user.Version}},
			Updates: []Update{ChangeUser{
				UserID: userID, SessionsValidFrom: &from, KeptSession: &none, PasswordChangedAt: &now, UpdatedAt: now,
			}},
		}
		if !s.notedAlready(user.PasswordChangedAt) {
			s.note(&change, userID, PasswordReset)
		}
		if err := s.commit(ctx, change); !premiseFailed(err, user.Key()) {
			return err
		}
	}
	return ErrConflict
}
