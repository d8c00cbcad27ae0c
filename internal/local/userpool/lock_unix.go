//go:build unix && !solaris && !aix

package userpool

import (
	"fmt"
	"os"
	"syscall"
)

// lockFile takes an exclusive lock that ends with the process or with Close.
func lockFile(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// syncFolder makes a renamed file's new name durable.
func syncFolder(path string) (err error) {
	folder, err := os.Open(path) //nolint:gosec // The folder is the host's own option.
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	defer func() {
		if closed := folder.Close(); err == nil && closed != nil {
			err = fmt.Errorf("sync folder: %w", closed)
		}
	}()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
