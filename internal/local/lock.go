package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// errLocked is what lockFile returns when another process holds the lock.
var errLocked = errors.New("locked")

// How long a lock is waited for: less than anybody notices.
const (
	lockTries = 5
	lockPause = 50 * time.Millisecond
)

// folderLock keeps a second host away from a folder. The operating system frees
// it when the process ends, however it ends.
type folderLock struct{ file *os.File }

// lockFolder makes the folder if it is missing and takes its lock. If another
// host has it, the error says which.
func lockFolder(dir string) (*folderLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the host's own file
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	err = lockFile(file)
	// A child of a host that just ended has copies of all its files for the
	// moment between fork and exec, this one too.
	for try := 0; errors.Is(err, errLocked) && try < lockTries; try++ {
		time.Sleep(lockPause)
		err = lockFile(file)
	}
	if err != nil {
		holder, _ := io.ReadAll(io.LimitReader(file, 200)) // only for the message
		_ = file.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("already running in this folder%s: end that one first", describe(string(holder)))
		}
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return &folderLock{file: file}, nil
}

func describe(holder string) string {
	holder = strings.TrimSpace(holder)
	if holder == "" {
		return ""
	}
	return " (" + holder + ")"
}

// hold writes down who has the lock, for the message of a second host.
func (l *folderLock) hold(api string) error {
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if _, err := l.file.WriteAt(fmt.Appendf(nil, "%s, process %d", api, os.Getpid()), 0); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// release frees the folder. The file stays: removing it could take the lock of
// a host that has just opened it.
func (l *folderLock) release() error {
	if err := errors.Join(l.file.Truncate(0), l.file.Close()); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}
