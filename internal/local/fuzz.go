package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The environment variables of `fuzz`.
const (
	// envCases is about how many requests to make in all.
	envCases = "CASES"
	// envSeed repeats a run: the same seed, the same requests but for ids.
	envSeed = "SEED"
	// envSchemathesis is the program to run.
	envSchemathesis = "SCHEMATHESIS"
)

// defaultCases is enough for every operation to be refused and to succeed in
// many ways, within a few minutes.
const defaultCases = 10_000

// coverageCases is about how many requests schemathesis makes of an operation
// before those whose number it can be told: each limit of each parameter once.
const coverageCases = 25

// fuzzCommand has schemathesis call every operation of the running host as two
// people in turn, new ones each time. Each knows the other's ids and tries them.
// It fails if an answer is not as documented or if anything of the other's was
// seen or changed.
func fuzzCommand(ctx context.Context, env func(string) string, out io.Writer) error {
	port, err := portFrom(env)
	if err != nil {
		return err
	}
	f := &fuzzing{program: env(envSchemathesis), out: out}
	if f.program == "" {
		return errors.New("SCHEMATHESIS names no program: run `make fuzz-api`")
	}
	if f.program, err = filepath.Abs(f.program); err != nil {
		return fmt.Errorf("find schemathesis: %w", err)
	}
	cases, err := numberFrom(env, envCases, defaultCases)
	if err != nil {
		return err
	}
	if f.seed, err = numberFrom(env, envSeed, 1); err != nil {
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	f.config = filepath.Join(root, "internal", "local", "schemathesis.toml")
	if f.host, err = connect(ctx, localhost(port)); err != nil {
		return err
	}
	operations, err := f.host.countOperations(ctx)
	if err != nil {
		return err
	}
	f.examples = max(1, cases/(2*operations)-coverageCases)
	people, err := f.host.fuzzPeople(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f.as(ctx, people[0], people[1]), f.as(ctx, people[1], people[0]))
}

// numberFrom is a positive number of the environment.
func numberFrom(env func(string) string, name string, otherwise int) (int, error) {
	text := env(name)
	if text == "" {
		return otherwise, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		return 0, fmt.Errorf("%s must be a positive number, not %q", name, text)
	}
	return number, nil
}

// fuzzing is one run of `fuzz`.
type fuzzing struct {
	host            *remote
	program, config string
	seed, examples  int
	out             io.Writer
}

// as fuzzes with the token of one person and compares what the other sees
// before and after.
func (f *fuzzing) as(ctx context.Context, one, other *fuzzPerson) error {
	before, err := f.host.snapshot(ctx, other)
	if err != nil {
		return err
	}
	w, err := startWitness(ctx, f.host.API, other)
	if err != nil {
		return err
	}
	started := time.Now()
	// What ends the session comes last: everything behind it would be refused.
	ran := errors.Join(
		f.schemathesis(ctx, w.URL, one, other, "--exclude-operation-id-regex", endsTheSession),
		f.schemathesis(ctx, w.URL, one, other, "--include-operation-id-regex", endsTheSession, "--phases", "coverage,fuzzing"),
	)
	seen := w.close()
	_, _ = fmt.Fprintf(f.out, "%d requests as %s in %s: %s\n", seen.requests, one.email, time.Since(started).Round(time.Second), seen.byStatus())
	after, err := f.host.snapshot(ctx, other)
	if err != nil {
		return errors.Join(ran, err)
	}
	failed := []error{ran}
	if len(seen.leaks) > 0 {
		failed = append(failed, fmt.Errorf("%d answers had something of %s, the first: %s", len(seen.leaks), other.email, seen.leaks[0]))
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if before[path] != after[path] {
			failed = append(failed, fmt.Errorf("GET %s of %s changed:\n%s\n%s", path, other.email, before[path], after[path]))
		}
	}
	return errors.Join(failed...)
}

// endsTheSession matches the operations after which the token is good no more.
const endsTheSession = "^(delete-session|revoke-all-sessions)$"

// schemathesis runs it to its end on the operations that are chosen; what it has
// to say goes out.
func (f *fuzzing) schemathesis(ctx context.Context, api string, one, other *fuzzPerson, chosen ...string) error {
	fixed, err := os.ReadFile(f.config)
	if err != nil {
		return fmt.Errorf("read the configuration of schemathesis: %w", err)
	}
	dir, err := os.MkdirTemp("", "hearth-fuzz-")
	if err != nil {
		return fmt.Errorf("make a folder for schemathesis: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // only a copy of the configuration
	config := filepath.Join(dir, "schemathesis.toml")
	if err := os.WriteFile(config, append(fixed, dictionaries(one, other)...), 0o600); err != nil { //nolint:gosec // in a folder just made
		return fmt.Errorf("write the configuration of schemathesis: %w", err)
	}
	arguments := append([]string{
		"--config-file", config, "--no-color", "run", api + "/openapi.json",
		"--seed", strconv.Itoa(f.seed), "--max-examples", strconv.Itoa(f.examples),
	}, chosen...)
	command := exec.CommandContext(ctx, f.program, arguments...) //nolint:gosec // the developer's own
	command.Dir = dir                                            // where it would leave its cache
	command.Env = append(os.Environ(), "HEARTH_ACCESS_TOKEN="+one.token)
	command.Stdout, command.Stderr = f.out, f.out
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	if err := command.Run(); err != nil {
		return fmt.Errorf("schemathesis as %s: %w", one.email, err)
	}
	return nil
}

// dictionaries are ids that exist, of both people, which schemathesis takes for
// parameters and fields of these names half of the time.
func dictionaries(one, other *fuzzPerson) []byte {
	var text bytes.Buffer
	list := func(name string, values []string, parameters ...string) {
		_, _ = fmt.Fprintf(&text, "\n[dictionaries.%s]\nvalues = [\"%s\"]\n", name, strings.Join(values, `", "`))
		for _, parameter := range parameters {
			_, _ = fmt.Fprintf(&text, "\n[parameters.%q]\ndictionary = %q\nprobability = 0.5\n", parameter, name)
		}
	}
	// One's own team more often: there is more to be done there.
	list("organizations", []string{one.teamID, one.teamID, one.teamID, other.teamID, one.userID, other.userID}, "path.organizationId")
	list("accounts", []string{one.teamID, one.userID, other.teamID, other.userID}, "header.X-Account-Id", "body.accountId")
	list("users", []string{one.guestID, one.userID, other.userID}, "path.userId", "body.userId")
	list("invitations", []string{one.invitationID, other.invitationID}, "path.invitationId", "body.invitationId")
	list("addresses", []string{fuzzAddress(), fuzzAddress(), one.email}, "body.email")
	return text.Bytes()
}
