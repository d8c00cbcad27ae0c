package account

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// roll is who is in the pool, by what one listing of it said: of each person no
// more than 8 bytes of a hash, so that it fits into memory whatever the pool's
// size. That is 0.8 MB for 100,000 people and 80 MB for 10 million; while one grows
// beside the one before, up to three times as much. Two ids of one hash would have who vanished pass for
// there: with 10 million people one id in 10^12.
type roll struct {
	hashes []uint64
	// next is where the listing goes on; complete is whether it is at its end,
	// and the hashes are sorted.
	next     string
	complete bool
	// at is when the last page was added.
	at time.Time
}

// rollSeed is the process's own, as rolls are: nobody can choose an id by it.
var rollSeed = maphash.MakeSeed()

// add adds a page of the listing.
func (l *roll) add(page []Resident, next string, now time.Time) {
	for _, p := range page {
		l.hashes = append(l.hashes, maphash.String(rollSeed, p.ID))
	}
	l.next, l.at = next, now
	if next == "" {
		slices.Sort(l.hashes)
		l.hashes, l.complete = slices.Compact(l.hashes), true
	}
}

// has reports whether somebody of the id was listed. The roll is complete.
func (l *roll) has(id string) bool {
	_, found := slices.BinarySearch(l.hashes, maphash.String(rollSeed, id))
	return found
}

func (l *roll) people() int { return len(l.hashes) }

// rollValidity is how long a roll is used by later runs. What it is wrong about
// does no harm: who is not on it is asked for, and who vanished since is found
// by the next run that begins.
const rollValidity = time.Hour

// Rolls keeps the last listings of the pool in memory for the runs that follow,
// so that a job in slices lists it once. The zero Rolls is empty; its methods
// may be called at once. All of its runs are over the same pool.
type Rolls struct {
	mu sync.Mutex
	// whole is complete and never changed. begun is not: it is one run's alone
	// as long as that works at it.
	whole, begun *roll
}

// keep takes a run's roll; nil is none.
func (k *Rolls) keep(l *roll) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case l == nil:
	case l.complete:
		k.whole = l
	default:
		k.begun = l
	}
}

// complete returns the last complete roll, nil if it is too old.
func (k *Rolls) complete(now time.Time) *roll {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.whole != nil && now.Sub(k.whole.at) >= rollValidity {
		k.whole = nil
	}
	return k.whole
}

// resume takes the roll that was begun and not finished, nil if there is none,
// it is too old, or it goes on elsewhere than at next; next may be empty for
// anywhere.
func (k *Rolls) resume(next string, now time.Time) *roll {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.begun
	if l == nil || next != "" && next != l.next {
		return nil
	}
	k.begun = nil
	if now.Sub(l.at) >= rollValidity {
		return nil
	}
	return l
}
