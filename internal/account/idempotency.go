package account

import (
	"context"
	"errors"
	"time"
)

// IdempotencyValidity is how long a request can be repeated with its key.
const IdempotencyValidity = 24 * time.Hour

// MaxIdempotencyKey is the longest Idempotency-Key, in bytes.
const MaxIdempotencyKey = 128

// Idempotency is the record of a request that made something and may be
// repeated: a hash of the request and the id of what it made, never a body.
type Idempotency struct {
	UserID string
	// ID is the client's Idempotency-Key.
	ID string
	// Request is a hash over method, path, account and body.
	Request string
	// Made is the id of what the request made.
	Made      string
	ExpiresAt time.Time
	Version   int
}

// Key names the record.
func (i *Idempotency) Key() Key { return IdempotencyKey(i.UserID, i.ID) }

// Revision is the number of times that the record was written.
func (i *Idempotency) Revision() int { return i.Version }

// Repeat names a request that may be sent again; the zero value is one that
// cannot be told from another.
type Repeat struct {
	// Key is the client's Idempotency-Key.
	Key string
	// Request is a hash over method, path, account and body.
	Request string
}

// Once returns the id for what the caller's request makes outside the table:
// the given one, or that of the same request before. It fails with
// ErrIdempotencyKeyReused and ErrUserInactive.
func (s *Service) Once(ctx context.Context, c Caller, repeat Repeat, id string) (string, error) {
	if repeat.Key == "" {
		return id, nil
	}
	return s.createOnce(ctx, c.User.ID, repeat, id, Change{Premises: []Premise{UserIsActive{UserID: c.User.ID}}})
}

// createOnce commits a change that makes something with the given id, and
// returns the id of what was made: this one, or, if the same request made one
// within 24 hours, that. It fails with ErrIdempotencyKeyReused if another
// request used the key.
func (s *Service) createOnce(ctx context.Context, userID string, repeat Repeat, id string, change Change) (string, error) {
	if repeat.Key == "" {
		return id, s.commit(ctx, change)
	}
	key := IdempotencyKey(userID, repeat.Key)
	var found Records // nothing at first: most keys are new
	for range decideTries {
		var with Change
		// First, since a repeat is one whatever else changed meanwhile.
		made, repeated, err := s.once(&with, repeat, userID, id, found)
		if err != nil || repeated {
			return made, err
		}
		with.Premises = append(with.Premises, change.Premises...)
		with.Puts = append(with.Puts, change.Puts...)
		with.Updates, with.Deletes = change.Updates, change.Deletes
		err = s.commit(ctx, with)
		if err == nil {
			return id, nil
		}
		var failed *PremiseError
		if !errors.As(err, &failed) || failed.Failed[0].Key() != key {
			return "", err
		}
		found = failed.Found
	}
	return "", ErrConflict
}

// once adds to a change that a request makes something with the given id, by
// the record of its key among those that were read. If the same request made
// something before, it adds nothing and returns the id of that. It fails with
// ErrIdempotencyKeyReused.
func (s *Service) once(change *Change, repeat Repeat, userID, id string, records Records) (made string, repeated bool, err error) {
	if repeat.Key == "" {
		return id, false, nil
	}
	record := &Idempotency{
		UserID: userID, ID: repeat.Key, Request: repeat.Request, Made: id,
		ExpiresAt: s.clock().Add(IdempotencyValidity).Truncate(time.Second), Version: 1,
	}
	free := Premise(IsAbsent{Of: record.Key()})
	if earlier := find[*Idempotency](records, record.Key()); earlier != nil {
		switch {
		case !earlier.ExpiresAt.After(s.clock()): // the time to live deletes late
			free, record.Version = VersionIs{Of: record.Key(), Version: earlier.Version}, earlier.Version+1
		case earlier.Request != repeat.Request:
			return "", false, ErrIdempotencyKeyReused
		default:
			return earlier.Made, true, nil
		}
	}
	change.Premises = append(change.Premises, free)
	change.Puts = append(change.Puts, record)
	return id, false, nil
}
