package userpool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hearth/internal/cognito"
)

const (
	journalName = "userpool.jsonl"
	lockName    = "userpool.lock"
)

var errBroken = errors.New("user pool: the journal could not be written before")

// journal is the file that keeps the pool: one change a line, each synced
// before its operation answers. A nil journal keeps nothing.
type journal struct {
	path string
	lock *os.File
	file *os.File
	// size is the end of the last whole line.
	size int64
	// broken is true after a write that could not be undone.
	broken bool
}

// openJournal locks a folder and reads what it holds into s. The caller
// compacts the journal before the first append.
func openJournal(dir string, s *state) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("user pool: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // The folder is the host's own option.
	if err != nil {
		return nil, fmt.Errorf("user pool: %w", err)
	}
	if err := lockFile(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("user pool: %s is open in another process: %w", dir, err), lock.Close())
	}
	j := &journal{path: filepath.Join(dir, journalName), lock: lock}
	if err := j.read(s); err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

// read applies every whole line. A last line without its end was torn by a
// crash before its operation answered, so it is left out.
func (j *journal) read(s *state) error {
	raw, err := os.ReadFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("user pool: %w", err)
	}
	for number := 1; len(raw) > 0; number++ {
		line, rest, whole := bytes.Cut(raw, []byte("\n"))
		if !whole {
			return nil
		}
		var c change
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("user pool: %s is damaged in line %d: %w", j.path, number, err)
		}
		s.apply(c)
		raw = rest
	}
	return nil
}

// compact writes the state anew, one line a thing, in place of its history.
func (j *journal) compact(s *state) error {
	if j == nil {
		return nil
	}
	lines := []change{{PoolID: s.poolID, Secrets: s.secrets}}
	for _, u := range s.sortedUsers() {
		lines = append(lines, change{Users: []*user{u}})
	}
	for _, id := range slices.Sorted(maps.Keys(s.grants)) {
		lines = append(lines, change{Grants: []*grant{s.grants[id]}})
	}
	var content bytes.Buffer
	for _, c := range lines {
		raw, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("user pool: %w", err)
		}
		content.Write(append(raw, '\n'))
	}
	if err := replaceFile(j.path, content.Bytes()); err != nil {
		return fmt.Errorf("user pool: %w", err)
	}
	file, err := os.OpenFile(j.path, os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("user pool: %w", err)
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		return errors.Join(fmt.Errorf("user pool: %w", err), file.Close())
	}
	j.file, j.size = file, int64(content.Len())
	return nil
}

// replaceFile puts a new file in the place of an old one, so that after a
// crash either is there as a whole.
func replaceFile(path string, content []byte) (err error) {
	next := path + ".next"
	file, err := os.OpenFile(next, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // The folder is the host's own option.
	if err != nil {
		return err //nolint:wrapcheck // The one caller wraps it.
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(0o600), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err //nolint:wrapcheck // The one caller wraps it.
	}
	return syncFolder(filepath.Dir(path))
}

// append adds one change and returns when the disk has it. After an error the
// file is as it was, or the journal refuses everything from then on.
func (j *journal) append(c change) error {
	if j == nil {
		return nil
	}
	if j.broken {
		return errBroken
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("user pool: %w", err)
	}
	raw = append(raw, '\n')
	_, err = j.file.Write(raw)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		if undo := j.cutBack(); undo != nil {
			j.broken = true
			err = errors.Join(err, undo)
		}
		return fmt.Errorf("user pool: %w", err)
	}
	j.size += int64(len(raw))
	return nil
}

func (j *journal) cutBack() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err //nolint:wrapcheck // append wraps it.
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err //nolint:wrapcheck // append wraps it.
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	// Closing the file frees its lock.
	if err = errors.Join(err, j.lock.Close()); err != nil {
		return fmt.Errorf("user pool: %w", err)
	}
	return nil
}

// forgetExpired drops sign-ins whose tokens have all expired, and codes that
// can no longer be used.
func (s *state) forgetExpired(now time.Time, settings cognito.Pool) {
	access := max(settings.Web.AccessTokenValidity, settings.Server.AccessTokenValidity)
	for id, g := range s.grants {
		if now.After(g.Expires.Add(access)) {
			delete(s.grants, id)
			delete(s.tokens, string(g.TokenHash))
		}
	}
	for sub, u := range s.users {
		kept := u.clone()
		maps.DeleteFunc(kept.Codes, func(_ codePurpose, c code) bool { return !now.Before(c.Expires) })
		s.users[sub] = kept
	}
}
