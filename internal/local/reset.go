package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

// reset removes all data and sign-ins of the development host. It refuses while
// a host uses them, which would go on writing into files that are gone.
func reset(_ context.Context, env func(string) string, out io.Writer) error {
	o, err := optionsFrom(env)
	if err != nil {
		return err
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return err
	}
	defer lock.release() //nolint:errcheck // the file is gone
	if err := os.RemoveAll(o.Dir); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	_, _ = fmt.Fprintln(out, "All local data and sign-ins are gone.")
	return nil
}
