package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
)

// RecoveryCodes is how many a person gets.
const RecoveryCodes = 10

// A code has 120 random bits: more than the 112 from which a plain hash keeps it
// safe. https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x15-V6-Authentication.md (6.5.2)
const (
	recoveryBytes = 15
	recoveryGroup = 6 // characters between two hyphens
)

// RecoveryRate bounds tries to get back in, by address and by where they come
// from.
var RecoveryRate = Rate{Kind: "recovery", Max: 10, Window: 15 * time.Minute}

// RecoveryState is what happened to a recovery code.
type RecoveryState string

// The states of a recovery code. One in use goes on where it was cut off.
const (
	RecoveryUnused RecoveryState = "unused"
	RecoveryUsing  RecoveryState = "using"
	RecoveryUsed   RecoveryState = "used"
)

// RecoveryCode is one code, as its hash.
type RecoveryCode struct {
	Hash  string
	State RecoveryState
}

// Recovery is a user's recovery codes.
type Recovery struct {
	UserID    string
	Codes     []RecoveryCode
	CreatedAt time.Time
	Version   int
}

// Key names the codes.
func (r *Recovery) Key() Key { return RecoveryKey(r.UserID) }

// Revision is the number of times that the codes were written.
func (r *Recovery) Revision() int { return r.Version }

// left counts the codes that were not used.
func (r *Recovery) left() int {
	n := 0
	if r != nil {
		for _, c := range r.Codes {
			if c.State == RecoveryUnused {
				n++
			}
		}
	}
	return n
}

// find returns where a code is among the codes, or -1. It compares with each,
// so that the time tells nothing.
func (r *Recovery) find(code string) int {
	found := -1
	if r == nil {
		return found
	}
	hash := []byte(hashRecoveryCode(r.UserID, code))
	for i, c := range r.Codes {
		if subtle.ConstantTimeCompare(hash, []byte(c.Hash)) == 1 {
			found = i
		}
	}
	return found
}

// in returns the codes with one of them in another state.
func (r *Recovery) in(i int, state RecoveryState) *Recovery {
	next := *r
	next.Codes = slices.Clone(r.Codes)
	next.Codes[i].State = state
	next.Version++
	return &next
}

// MakeRecoveryCodes gives the caller ten codes to get back in without the
// device. They are returned this once; those before are good no more. It fails
// with ErrReauthenticate, ErrMFANotEnabled, and as secure does.
func (s *Service) MakeRecoveryCodes(ctx context.Context, c Caller) (codes []string, err error) {
	if err := s.fresh(c); err != nil {
		return nil, err
	}
	if !c.User.MFA.Enabled {
		return nil, ErrMFANotEnabled
	}
	_, err = s.secure(ctx, c, func(u User, change *Change) error {
		s.note(change, c.User.ID, RecoveryCodesMade)
		if !u.MFA.Enabled {
			return ErrMFANotEnabled
		}
		records, err := s.store.Read(ctx, RecoveryKey(u.ID))
		if err != nil {
			return err
		}
		next := &Recovery{UserID: u.ID, CreatedAt: s.clock(), Version: 1}
		if old := records.Recovery(u.ID); old != nil {
			next.Version = old.Version + 1
			change.Premises = append(change.Premises, VersionIs{Of: next.Key(), Version: old.Version})
		} else {
			change.Premises = append(change.Premises, IsAbsent{Of: next.Key()})
		}
		codes = make([]string, RecoveryCodes)
		for i := range codes {
			codes[i] = newRecoveryCode()
			next.Codes = append(next.Codes, RecoveryCode{Hash: hashRecoveryCode(u.ID, codes[i]), State: RecoveryUnused})
		}
		change.Puts = append(change.Puts, next)
		change.Updates = append(change.Updates, ChangeUser{UserID: u.ID, UpdatedAt: s.clock()})
		return nil
	})
	return codes, err
}

// forgetRecovery adds to a change that a user has no recovery codes any more.
func (s *Service) forgetRecovery(ctx context.Context, userID string, change *Change) error {
	records, err := s.store.Read(ctx, RecoveryKey(userID))
	if err != nil {
		return err
	}
	if old := records.Recovery(userID); old != nil {
		change.Premises = append(change.Premises, VersionIs{Of: old.Key(), Version: old.Version})
		change.Deletes = append(change.Deletes, old.Key())
	}
	return nil
}

var recoveryEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// newRecoveryCode returns a random code in groups, for people to write down.
func newRecoveryCode() string {
	random := make([]byte, recoveryBytes)
	_, _ = rand.Read(random) // never fails, as its documentation says
	var groups []string
	for group := range slices.Chunk([]byte(recoveryEncoding.EncodeToString(random)), recoveryGroup) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

// hashRecoveryCode is how a code is kept, however the person typed it.
func hashRecoveryCode(userID, code string) string {
	code = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, code))
	sum := sha256.Sum256([]byte("hearth-recovery" + userID + "\x00" + code))
	return hex.EncodeToString(sum[:])
}

// ErrNotRecovered is the one answer to whatever is wrong about a try to get
// back in: address, password or code.
var ErrNotRecovered = &Error{Code: CodeUnauthenticated, Detail: "The address, the password or the recovery code is not right."}

// Recover is the way back in for somebody who lost the device: the password and
// a recovery code turn off the question for codes and end every session. The
// person signs in by the password then. Killed anywhere, the same code goes on
// where it was; of two requests with one code at once, at least one succeeds.
// who is a hash of where the request comes from.
//
// It fails with ErrNotRecovered, ErrRateLimited and ErrUnavailable.
func (s *Service) Recover(ctx context.Context, email, password, code, who string) error {
	if err := s.countRecovery(ctx, addressWho(email), who); err != nil {
		return err
	}
	proofs := s.credentials.Proofs
	proof, err := proofs.ProvePassword(ctx, email, password)
	// A lock-out of the provider's is answered alike: it could be only for those
	// who exist. Hearth's own limit, which is for all, was asked above.
	if errors.Is(err, ErrWrongPassword) || errors.Is(err, ErrRateLimited) {
		return ErrNotRecovered.Because(err)
	}
	if err != nil {
		return err
	}
	// Where no code was asked for, only one that is in use already goes on.
	if err := s.advanceRecovery(ctx, proof.Username, code, RecoveryUsing, proof.Challenged, nil); err != nil {
		return err
	}
	if err := proofs.DropTOTP(ctx, proof.Username); err != nil {
		return err
	}
	if err := s.endRecovered(ctx, proof.Username); err != nil {
		return err
	}
	if err := proofs.SignOut(ctx, proof.Username); err != nil {
		return err
	}
	return s.advanceRecovery(ctx, proof.Username, code, RecoveryUsed, false, func(change *Change) {
		s.note(change, proof.Username, RecoveryCodeUsed)
	})
}

// countRecovery counts a try, before anything is proven.
func (s *Service) countRecovery(ctx context.Context, who ...string) error {
	for range decideTries {
		keys := make([]Key, len(who))
		for i, w := range who {
			keys[i] = LimitKey(w, RecoveryRate.Kind)
		}
		records, err := s.store.Read(ctx, keys...)
		if err != nil {
			return err
		}
		var change Change
		for _, w := range who {
			if err := s.count(&change, RecoveryRate, w, records.Limit(w, RecoveryRate.Kind)); err != nil {
				return err
			}
		}
		err = s.commit(ctx, change)
		var failed *PremiseError
		if !errors.As(err, &failed) {
			return err
		}
	}
	return ErrRateLimited
}

// advanceRecovery brings a code of an active user to a state. It begins an
// unused one only where that is allowed, and goes on with one in use.
func (s *Service) advanceRecovery(ctx context.Context, userID, code string, to RecoveryState, begin bool, with func(*Change)) error {
	for range decideTries {
		records, err := s.store.Read(ctx, UserKey(userID), RecoveryKey(userID))
		if err != nil {
			return err
		}
		u, codes := records.User(userID), records.Recovery(userID)
		i := codes.find(code)
		if u == nil || u.Status != UserActive || i < 0 {
			return ErrNotRecovered
		}
		switch state := codes.Codes[i].State; {
		case state == to:
			return nil
		case state == RecoveryUnused && begin, state == RecoveryUsing:
		default:
			return ErrNotRecovered
		}
		change := Change{
			Premises: []Premise{UserIsActive{UserID: userID}, VersionIs{Of: codes.Key(), Version: codes.Version}},
			Puts:     []Record{codes.in(i, to)},
		}
		if with != nil {
			with(&change)
		}
		err = s.commit(ctx, change)
		var failed *PremiseError
		if !errors.As(err, &failed) {
			return err
		}
	}
	return ErrUnavailable
}

// endRecovered ends every session of who got back in, and notes that no code is
// asked for.
func (s *Service) endRecovered(ctx context.Context, userID string) error {
	now, none := s.clock(), ""
	from := now.Truncate(time.Second)
	return s.commit(ctx, Change{
		Premises: []Premise{UserIsActive{UserID: userID}},
		Updates: []Update{ChangeUser{
			UserID: userID, SessionsValidFrom: &from, KeptSession: &none, MFA: &MFA{}, UpdatedAt: now,
		}},
	})
}
