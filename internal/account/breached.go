package account

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the form in which lists of breached passwords are published
	"errors"
	"fmt"
	"io"
	"sort"
)

// BreachedPasswords is a list of passwords that are known from breaches, of
// which only the beginnings of hashes are kept: a few bytes each tell a
// breached password, and now and then refuse one that is not.
type BreachedPasswords struct {
	list  io.ReaderAt
	width int64
	count int64
}

// The length of a prefix in bytes. Shorter ones would refuse many good
// passwords: with a million breached ones, 4 bytes refuse one in 4,000.
const (
	minPrefix = 4
	maxPrefix = sha1.Size
)

// NewBreachedPasswords returns the list in a file of size bytes: the first
// width bytes of the SHA-1 hash of each password, sorted, one after the other.
// It fails for a width that is not 4 to 20, and for a file that is no multiple
// of it.
func NewBreachedPasswords(list io.ReaderAt, size int64, width int) (*BreachedPasswords, error) {
	if width < minPrefix || width > maxPrefix {
		return nil, fmt.Errorf("breached passwords: a prefix has %d to %d bytes, not %d", minPrefix, maxPrefix, width)
	}
	if size%int64(width) != 0 {
		return nil, errors.New("breached passwords: the file ends within a prefix")
	}
	return &BreachedPasswords{list: list, width: int64(width), count: size / int64(width)}, nil
}

// Contains reports whether a password is in the list. It reads the file some
// twenty times, and fails as it does.
func (b *BreachedPasswords) Contains(password string) (bool, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see above
	want, got := sum[:b.width], make([]byte, b.width)
	var failed error
	_, found := sort.Find(int(b.count), func(i int) int {
		// At the end of a file a whole prefix may come with io.EOF.
		if n, err := b.list.ReadAt(got, int64(i)*b.width); n < len(got) && failed == nil {
			failed = fmt.Errorf("breached passwords: %w", err)
		}
		return bytes.Compare(want, got)
	})
	return found && failed == nil, failed
}
