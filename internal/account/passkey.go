package account

import (
	"context"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// PasskeyName is what a person calls one of their passkeys.
type PasskeyName struct {
	UserID       string
	CredentialID string
	Name         string
	Version      int
}

// Key names the name.
func (p *PasskeyName) Key() Key { return PasskeyKey(p.UserID, p.CredentialID) }

// Revision is the number of times that the name was written.
func (p *PasskeyName) Revision() int { return p.Version }

// maxCredentialID is the length of the longest credential id that is kept, in
// characters; real ones have some 22 to 90.
const maxCredentialID = 512

// ErrPasskeyLimit is for who has as many passkeys as the provider keeps.
var ErrPasskeyLimit = &Error{Code: CodeConflict, Detail: "No more passkeys than this are allowed. Remove one first."}

// Passkeys returns the caller's passkeys with their names. It fails as
// Pool.Person does.
func (s *Service) Passkeys(ctx context.Context, c Caller) ([]Passkey, error) {
	list, _, err := s.passkeys(ctx, c)
	return list, err
}

// passkeys reads the names of the provider's passkeys together with further
// records.
func (s *Service) passkeys(ctx context.Context, c Caller, also ...Key) ([]Passkey, Records, error) {
	list, err := s.credentials.Passkeys.ListPasskeys(ctx, c.token)
	if err != nil {
		return nil, nil, err
	}
	list = list[:min(len(list), MaxRead-len(also))]
	keys := also
	for _, p := range list {
		keys = append(keys, PasskeyKey(c.User.ID, p.ID))
	}
	if len(keys) == 0 {
		return list, nil, nil
	}
	records, err := s.store.Read(ctx, keys...)
	if err != nil {
		return nil, nil, err
	}
	for i, p := range list {
		if named := records.PasskeyName(c.User.ID, p.ID); named != nil {
			list[i].Name = named.Name
		}
	}
	return list, records, nil
}

// StartPasskey returns the provider's options for navigator.credentials.create.
// It fails with ErrReauthenticate and ErrPasskeyLimit.
func (s *Service) StartPasskey(ctx context.Context, c Caller) (json.RawMessage, error) {
	if err := s.fresh(c); err != nil {
		return nil, err
	}
	options, err := s.credentials.Passkeys.StartPasskey(ctx, c.token)
	return options, passkeyError(err)
}

// AddPasskey registers what the browser answered, under a name. Killed between
// the provider and the table, the same request finishes it.
//
// It fails with ErrReauthenticate, ErrPasskeyLimit, ErrIdempotencyKeyReused,
// CodeInvalidRequest on /credential (malformed) or /name, and as secure does.
func (s *Service) AddPasskey(ctx context.Context, c Caller, credential json.RawMessage, name string, repeat Repeat) (Passkey, error) {
	if err := s.fresh(c); err != nil {
		return Passkey{}, err
	}
	name = CleanName(name)
	if utf8.RuneCountInString(name) > MaxNameLength {
		return Passkey{}, Invalid("/name", FieldTooLong)
	}
	var answer struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(credential, &answer); err != nil || answer.ID == "" || len(answer.ID) > maxCredentialID {
		return Passkey{}, Invalid("/credential", FieldMalformed)
	}
	if made, repeated, err := s.madePasskey(ctx, c, repeat); repeated || err != nil {
		return made, err
	}
	completeErr := s.credentials.Passkeys.CompletePasskey(ctx, c.token, credential)
	if completeErr != nil && !errors.Is(completeErr, ErrBadPasskey) {
		return Passkey{}, passkeyError(completeErr)
	}
	list, records, err := s.passkeys(ctx, c)
	if err != nil {
		return Passkey{}, err
	}
	for _, p := range list {
		if p.ID != answer.ID {
			continue
		}
		if named := records.PasskeyName(c.User.ID, p.ID); completeErr != nil && named != nil {
			break // it was registered and noted before: this answer is an old one
		}
		if name != "" {
			p.Name = name
		}
		return p, s.namePasskey(ctx, c, p, repeat)
	}
	return Passkey{}, fieldOf(completeErr, "/credential")
}

// madePasskey returns the passkey that the same request made before, if it made
// one. It fails with ErrIdempotencyKeyReused, and with ErrNotFound if the passkey
// was removed since.
func (s *Service) madePasskey(ctx context.Context, c Caller, repeat Repeat) (made Passkey, repeated bool, err error) {
	if repeat.Key == "" {
		return Passkey{}, false, nil
	}
	list, records, err := s.passkeys(ctx, c, IdempotencyKey(c.User.ID, repeat.Key))
	if err != nil {
		return Passkey{}, false, err
	}
	id, repeated, err := s.once(&Change{}, repeat, c.User.ID, "", records)
	if err != nil || !repeated {
		return Passkey{}, false, err
	}
	for _, p := range list {
		if p.ID == id {
			return p, true, nil
		}
	}
	return Passkey{}, true, ErrNotFound
}

// namePasskey keeps the name of a new passkey, and that the request made it.
func (s *Service) namePasskey(ctx context.Context, c Caller, p Passkey, repeat Repeat) error {
	_, err := s.secure(ctx, c, func(u User, change *Change) error {
		s.note(change, c.User.ID, PasskeyAdded)
		next := &PasskeyName{UserID: u.ID, CredentialID: p.ID, Name: p.Name, Version: 1}
		keys := []Key{next.Key()}
		if repeat.Key != "" {
			keys = append(keys, IdempotencyKey(u.ID, repeat.Key))
		}
		records, err := s.store.Read(ctx, keys...)
		if err != nil {
			return err
		}
		if _, _, err := s.once(change, repeat, u.ID, p.ID, records); err != nil {
			return err
		}
		if old := records.PasskeyName(u.ID, p.ID); old != nil {
			next.Version = old.Version + 1
			change.Premises = append(change.Premises, VersionIs{Of: next.Key(), Version: old.Version})
		} else {
			change.Premises = append(change.Premises, IsAbsent{Of: next.Key()})
		}
		change.Puts = append(change.Puts, next)
		change.Updates = append(change.Updates, ChangeUser{UserID: u.ID, UpdatedAt: s.clock()})
		return nil
	})
	return err
}

// RemovePasskey takes a passkey away. Killed between the provider and the table,
// the same request finishes it. It fails with ErrReauthenticate, ErrNotFound,
// and as secure does.
func (s *Service) RemovePasskey(ctx context.Context, c Caller, id string) error {
	if err := s.fresh(c); err != nil {
		return err
	}
	if id == "" || len(id) > maxCredentialID {
		return ErrNotFound
	}
	deleteErr := s.credentials.Passkeys.DeletePasskey(ctx, c.token, id)
	if deleteErr != nil && !errors.Is(deleteErr, ErrNoPasskey) {
		return deleteErr
	}
	_, err := s.secure(ctx, c, func(u User, change *Change) error {
		s.note(change, c.User.ID, PasskeyRemoved)
		records, err := s.store.Read(ctx, PasskeyKey(u.ID, id))
		if err != nil {
			return err
		}
		named := records.PasskeyName(u.ID, id)
		if named == nil && deleteErr != nil {
			return ErrNotFound
		}
		if named != nil {
			change.Premises = append(change.Premises, VersionIs{Of: named.Key(), Version: named.Version})
			change.Deletes = append(change.Deletes, named.Key())
		}
		change.Updates = append(change.Updates, ChangeUser{UserID: u.ID, UpdatedAt: s.clock()})
		return nil
	})
	return err
}

func passkeyError(err error) error {
	if errors.Is(err, ErrTooMany) {
		return ErrPasskeyLimit.Because(err)
	}
	return fieldOf(err, "/credential")
}
