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
	record := s.newIdempotency(userID, repeat, id)
	free := Premise(IsAbsent{Of: record.Key()})
	for range decideTries {
		once := change
		// First, since a repeat is one whatever else changed meanwhile.
		once.Premises = append([]Premise{free}, change.Premises...)
		once.Puts = append([]Record{record}, change.Puts...)
		err := s.commit(ctx, once)
		var failed *PremiseError
		if err == nil {
			return id, nil
		}
		if !errors.As(err, &failed) || failed.Failed[0].Key() != record.Key() {
			return "", err
		}
		earlier, ok := failed.Found[record.Key()].(*Idempotency)
		switch {
		case !ok: // deleted since it was read: the key is free again
			free, record.Version = IsAbsent{Of: record.Key()}, 1
		case !earlier.ExpiresAt.After(s.clock()): // the time to live deletes late
			free, record.Version = VersionIs{Of: record.Key(), Version: earlier.Version}, earlier.Version+1
		case earlier.Request != repeat.Request:
			return "", ErrIdempotencyKeyReused
		default:
			return earlier.Made, nil
		}
	}
	return "", ErrConflict
}

// once adds to a change that a request makes something with the given id, by
// the record that was read with the caller. It returns the id that the same
// request made before, if it did, and fails with ErrIdempotencyKeyReused.
func (s *Service) once(change *Change, repeat Repeat, userID, id string, records Records) (string, error) {
	if repeat.Key == "" {
		return id, nil
	}
	record := s.newIdempotency(userID, repeat, id)
	free := Premise(IsAbsent{Of: record.Key()})
	if earlier := find[*Idempotency](records, record.Key()); earlier != nil {
		switch {
		case !earlier.ExpiresAt.After(s.clock()): // the time to live deletes late
			free, record.Version = VersionIs{Of: record.Key(), Version: earlier.Version}, earlier.Version+1
		case earlier.Request != repeat.Request:
			return "", ErrIdempotencyKeyReused
		default:
			return earlier.Made, nil
		}
	}
	change.Premises = append(change.Premises, free)
	change.Puts = append(change.Puts, record)
	return id, nil
}

func (s *Service) newIdempotency(userID string, repeat Repeat, id string) *Idempotency {
	return &Idempotency{
		UserID: userID, ID: repeat.Key, Request: repeat.Request, Made: id,
		ExpiresAt: s.clock().Add(IdempotencyValidity).Truncate(time.Second), Version: 1,
	}
}
