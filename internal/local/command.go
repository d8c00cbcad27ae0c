package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"hearth/internal/account"
)

const usage = "usage: local [check | demo | token | seed | fuzz | attack | reset | ensure | verify | check-database | user | certificate]"

// command runs one sub-command and returns the exit code: 0, 1 with one clear
// line on stderr, or 2 for a command that does not exist.
func command(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	run, known := map[string]func(context.Context, func(string) string, io.Writer) error{
		"":       serve,
		"check":  check,
		"demo":   demoCommand,
		"token":  tokenCommand(stderr),
		"fuzz":   fuzzCommand,
		"attack": attackCommand,
		"seed":   seedCommand,
		"reset":  reset,

		"ensure":         jobCommand(account.JobEnsure),
		"verify":         jobCommand(account.JobVerify),
		"check-database": jobCommand(account.JobCheck),
		"user":           userCommand,
		"certificate":    certificateCommand,
	}[name]
	if !known || len(args) > 1 {
		_, _ = fmt.Fprintln(stderr, usage)
		return 2
	}
	if err := run(ctx, env, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "hearth: "+oneLine(err))
		return 1
	}
	return 0
}

// oneLine is an error's text without line breaks, which joined errors have.
func oneLine(err error) string {
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}

// interruptGrace is how long a dead child waits for the signal that may have
// killed it: a terminal or a watcher can signal the child before the host.
const interruptGrace = 500 * time.Millisecond

// serve runs the host until it is interrupted or a part of it fails.
func serve(ctx context.Context, env func(string) string, stdout io.Writer) error {
	o, err := optionsFrom(env)
	if err != nil {
		return err
	}
	o.Out = stdout
	h, err := start(ctx, o)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // interrupted while starting, as asked
		}
		return err
	}
	welcome(stdout, h, env(envWatcher))

	select {
	case <-ctx.Done():
	case err = <-h.Failed():
		select {
		case <-ctx.Done():
			err = nil
		case <-time.After(interruptGrace):
		}
	}
	if err == nil {
		_, _ = fmt.Fprintln(stdout, "Stopping.")
	}
	return errors.Join(err, h.Close())
}
