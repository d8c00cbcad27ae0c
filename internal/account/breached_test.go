package account_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hearth/internal/account"
)

// breachedList is the file of a list, in the published form: the beginnings of the passwords' hashes, sorted.
func breachedList(width int, passwords ...string) []byte {
	prefixes := make([][]byte, len(passwords))
	for i, p := range passwords {
		sum := sha1.Sum([]byte(p))
		prefixes[i] = sum[:width]
	}
	slices.SortFunc(prefixes, bytes.Compare)
	return bytes.Join(prefixes, nil)
}

func TestBreachedPasswordsTakesOnlyWholeFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule        string
		size, width int
		ok          bool
	}{
		{"prefixes of 4 bytes", 12, 4, true},
		{"whole hashes", 40, 20, true},
		{"nothing", 0, 6, true},
		{"prefixes that would refuse anything", 9, 3, false},
		{"no prefixes", 8, 0, false},
		{"a negative width", 8, -4, false},
		{"more than a hash", 42, 21, false},
		{"a file cut within a prefix", 11, 4, false},
		{"a file of another width", 12, 5, false},
	} {
		_, err := account.NewBreachedPasswords(bytes.NewReader(make([]byte, c.size)), int64(c.size), c.width)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
}

func TestBreachedPasswords(t *testing.T) {
	t.Parallel()
	for _, width := range []int{4, 6, 20} {
		list := breachedList(width, "password", "hunter2", "correct horse battery staple", "pässword")
		breached, err := account.NewBreachedPasswords(bytes.NewReader(list), int64(len(list)), width)
		if err != nil {
			t.Fatal(err)
		}
		for password, want := range map[string]bool{
			"password": true, "hunter2": true, "correct horse battery staple": true, "pässword": true,
			"Password": false, "hunter2 ": false, "hunter": false, "": false,
		} {
			if got, err := breached.Contains(password); err != nil || got != want {
				t.Errorf("width %d: %q: %t, %v, want %t", width, password, got, err, want)
			}
		}
	}
}

// Whatever is in the list is found, and nothing else whose hash begins otherwise.
func TestBreachedPasswordsFindsEach(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(4, 20).Draw(t, "width")
		passwords := rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "passwords")
		list := breachedList(width, passwords...)
		breached, err := account.NewBreachedPasswords(bytes.NewReader(list), int64(len(list)), width)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(passwords, rapid.String().Draw(t, "another")) {
			prefix, want := breachedList(width, p), false
			for one := range slices.Chunk(list, width) {
				want = want || bytes.Equal(one, prefix)
			}
			if got, err := breached.Contains(p); err != nil || got != want {
				t.Errorf("%q: %t, %v, want %t", p, got, err, want)
			}
		}
	})
}

// counting is a list that counts its reads, and fails from one on.
type counting struct {
	io.ReaderAt
	reads, failAt int
}

var errDisk = errors.New("the disk is gone")

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	if c.reads++; c.failAt > 0 && c.reads >= c.failAt {
		return 0, errDisk
	}
	n, err := c.ReaderAt.ReadAt(b, at)
	return n, err
}

// A million passwords cost some twenty reads, and a file that fails is told: a
// password that could not be looked up is not called good.
func TestBreachedPasswordsReadsLittleAndTellsFailure(t *testing.T) {
	t.Parallel()
	const count, width = 1 << 20, 6
	list := make([]byte, count*width)
	for i := range count { // sorted, and the last is the one looked for
		list[i*width], list[i*width+1], list[i*width+2] = byte(i>>16), byte(i>>8), byte(i)
	}
	copy(list[(count-1)*width:], breachedList(width, "nothing sorts behind this but what is looked for"))
	file := &counting{ReaderAt: bytes.NewReader(list)}
	breached, err := account.NewBreachedPasswords(file, int64(len(list)), width)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := breached.Contains("some password"); err != nil || file.reads < 10 || file.reads > 21 {
		t.Errorf("%d reads, %v", file.reads, err)
	}
	for failAt := 1; failAt <= 20; failAt++ {
		file.reads, file.failAt = 0, failAt
		if found, err := breached.Contains("some password"); !errors.Is(err, errDisk) || found {
			t.Errorf("read %d failed: %t, %v", failAt, found, err)
		}
	}
}

// A file that is shorter than it was said to be is no list.
func TestBreachedPasswordsOfAFileCutShort(t *testing.T) {
	t.Parallel()
	list := breachedList(6, "password")
	breached, err := account.NewBreachedPasswords(bytes.NewReader(list[:3]), int64(len(list)), 6)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := breached.Contains("password"); err == nil || found {
		t.Errorf("%t, %v, want an error", found, err)
	}
}
