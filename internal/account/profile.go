package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// Unchanged is a client's condition on the user that it changes (If-Match): nil
// if the user is still what the client saw.
type Unchanged func(User) error

// ValidName returns a name that somebody chose as Hearth keeps it. It fails
// with CodeInvalidRequest naming the field if nothing is left of it or it is
// longer than MaxNameLength.
func ValidName(field, name string) (string, error) {
	clean := CleanName(name)
	switch {
	case clean == "":
		return "", Invalid(field, FieldTooShort)
	case utf8.RuneCountInString(clean) > MaxNameLength:
		return "", Invalid(field, FieldTooLong)
	}
	return clean, nil
}

// Rename gives the caller another name: at the identity provider first, whose
// tokens carry it, then here, with the name of the personal organization. The
// copies in teams follow through the stream. Killed in between, it is finished
// by the same request or by the next sign-in.
//
// It fails with CodeInvalidRequest on /name, with what unchanged says, and as
// Pool.Rename does.
func (s *Service) Rename(ctx context.Context, c Caller, name string, unchanged Unchanged) (User, error) {
	name, err := ValidName("/name", name)
	if err != nil {
		return User{}, err
	}
	return s.changeUser(ctx, c, unchanged, func(u User) (Change, error) {
		if u.Name == name {
			return Change{}, nil
		}
		if err := s.pool.Rename(ctx, c.token, name); err != nil {
			return Change{}, err
		}
		return s.rename(u, name), nil
	})
}

// rename is the change that gives a user another name, with the copies whose
// keys are known.
func (s *Service) rename(u User, name string) Change {
	now, personal := s.clock(), PersonalName(name)
	u.Name = name
	return Change{Updates: []Update{
		ChangeUser{UserID: u.ID, Name: &name, UpdatedAt: now},
		ChangeOrganization{OrganizationID: u.ID, Name: &personal, UpdatedAt: now},
		copies(u),
	}}
}

// copies brings the personal membership up to the next version of its user.
func copies(u User) ChangeMembership {
	return ChangeMembership{
		UserID: u.ID, OrganizationID: u.ID,
		UserName: u.Name, UserEmail: u.Email, UserImageKey: u.ImageKey, UserVersion: u.Version + 1,
	}
}

// SetImage gives the caller the image kept under key, or none for "". What it
// replaces is deleted through the stream.
func (s *Service) SetImage(ctx context.Context, c Caller, key string, unchanged Unchanged) (User, error) {
	return s.changeUser(ctx, c, unchanged, func(u User) (Change, error) {
		if u.ImageKey == key {
			return Change{}, nil
		}
		u.ImageKey = key
		return Change{Updates: []Update{
			ChangeUser{UserID: u.ID, ImageKey: &key, UpdatedAt: s.clock()}, copies(u),
		}}, nil
	})
}

// SetPreferences changes what is not nil. It fails with CodeInvalidRequest on
// /theme or /language.
func (s *Service) SetPreferences(ctx context.Context, c Caller, theme, tag *string, unchanged Unchanged) (User, error) {
	if theme != nil && !slices.Contains([]string{ThemeLight, ThemeDark, ThemeSystem}, *theme) {
		return User{}, Invalid("/theme", FieldUnknownValue)
	}
	if tag != nil {
		canonical, err := s.chosenLanguage(*tag)
		if err != nil {
			return User{}, err
		}
		tag = &canonical
	}
	return s.changeUser(ctx, c, unchanged, func(u User) (Change, error) {
		same := (theme == nil || *theme == u.Preferences.Theme) && (tag == nil || *tag == u.Preferences.Language)
		if same {
			return Change{}, nil
		}
		return Change{Updates: []Update{ChangeUser{UserID: u.ID, Theme: theme, Language: tag, UpdatedAt: s.clock()}}}, nil
	})
}

// chosenLanguage is the configured language that a BCP 47 tag names, however
// it is written: "EN-us" is "en-US".
func (s *Service) chosenLanguage(tag string) (string, error) {
	parsed, err := language.Parse(tag)
	if unknown := language.ValueError(nil); errors.As(err, &unknown) { // well-formed
		return "", Invalid("/language", FieldUnknownValue)
	}
	if err != nil {
		return "", Invalid("/language", FieldMalformed)
	}
	if canonical := parsed.String(); slices.Contains(s.config.Languages, canonical) {
		return canonical, nil
	}
	return "", Invalid("/language", FieldUnknownValue)
}

// changeUser commits what decide wants for the caller's user, on condition that
// the user is active and as decided on; if it changed meanwhile, decide is
// asked again. A change without updates is none.
func (s *Service) changeUser(ctx context.Context, c Caller, unchanged Unchanged, decide func(User) (Change, error)) (User, error) {
	user := c.User
	for range decideTries {
		if err := unchanged(user); err != nil {
			return User{}, err
		}
		change, err := decide(user)
		if err != nil || len(change.Updates) == 0 {
			return user, err
		}
		asRead := VersionIs{Of: user.Key(), Version: user.Version}
		change.Premises = append(change.Premises, UserIsActive{UserID: user.ID}, asRead)
		err = s.commit(ctx, change)
		if err == nil {
			return applied(user, change)
		}
		if errors.Is(err, ErrUserInactive) || !premiseFailed(err, user.Key()) {
			return User{}, err
		}
		records, err := s.store.Read(ctx, user.Key())
		if err != nil {
			return User{}, err
		}
		again := records.User(user.ID)
		if again == nil {
			return User{}, ErrUserInactive
		}
		user = *again
	}
	return User{}, ErrConflict
}

// applied is the user as the change leaves it.
func applied(u User, change Change) (User, error) {
	for _, update := range change.Updates {
		if changed, ok := update.Apply(&u).(*User); ok && update.Key() == u.Key() {
			return *changed, nil
		}
	}
	return User{}, ErrInternal.Because(fmt.Errorf("a change of user %s does not change the user", u.ID))
}
