package account

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Rate is how often something may be done within a window of time.
type Rate struct {
	// Kind names what is counted.
	Kind string
	// Max is how often it may be done in one Window.
	Max    int
	Window time.Duration
}

// The rates. Invitations are counted by who sends them, guesses by where they
// come from.
var (
	InvitationRate = Rate{Kind: "invitation", Max: 100, Window: time.Hour}
	TokenRate      = Rate{Kind: "token", Max: 30, Window: 10 * time.Minute}
	// AddressRate bounds what one address is sent, whoever invites it.
	AddressRate = Rate{Kind: "address", Max: 20, Window: 24 * time.Hour}
)

// MaxSends is how many mails one invitation may cause.
const MaxSends = 10

// addressWho is by what an address is counted: a hash, since it is personal data.
func addressWho(email string) string {
	sum := sha256.Sum256([]byte("hearth-address" + FoldAddress(email)))
	return HashedWho + hex.EncodeToString(sum[:])
}

// HashedWho begins whoever is counted by a hash of an address or IP. Anyone else
// who is counted is a user: an id has no colon, so none is taken for a hash.
const HashedWho = "hash:"

// Limit counts what somebody did in the current window.
type Limit struct {
	// Who is a user's id, or a hash of an address or IP.
	Who  string
	Kind string
	// Count is how often, since the window began.
	Count     int
	ExpiresAt time.Time
	Version   int
}

// Key names the count.
func (l *Limit) Key() Key { return LimitKey(l.Who, l.Kind) }

// Revision is the number of times that the count was written.
func (l *Limit) Revision() int { return l.Version }

// count adds one to a limit that was read (nil if there is none) as part of a
// change. It fails with ErrRateLimited when the window is full.
func (s *Service) count(change *Change, rate Rate, who string, read *Limit) error {
	now := s.clock()
	next := &Limit{Who: who, Kind: rate.Kind, Count: 1, ExpiresAt: now.Add(rate.Window).Truncate(time.Second), Version: 1}
	if read == nil {
		change.Premises = append(change.Premises, IsAbsent{Of: next.Key()})
	} else {
		if now.Before(read.ExpiresAt) {
			if read.Count >= rate.Max {
				limited := *ErrRateLimited
				limited.RetryAfter = read.ExpiresAt.Sub(now).Round(time.Second) + time.Second
				return &limited
			}
			next.Count, next.ExpiresAt = read.Count+1, read.ExpiresAt
		}
		next.Version = read.Version + 1
		change.Premises = append(change.Premises, VersionIs{Of: next.Key(), Version: read.Version})
	}
	change.Puts = append(change.Puts, next)
	return nil
}
