package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/account"
	"hearth/internal/boot"
)

// pathMaintenance is where a running host takes the events of the maintenance
// function, which has no route of the API.
const pathMaintenance = "/_local/maintenance"

// maxOrder bounds an event, in bytes; positions are the longest part.
const maxOrder = 64 << 10

// maintenance invokes the maintenance function with the body as its event. The
// content type keeps pages of other sites out: no browser sends it to another
// origin without asking first, and nothing here answers that it may.
func (p *pages) maintenance(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(w, "the event is application/json", http.StatusUnsupportedMediaType)
		return
	}
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if err != nil {
		http.Error(w, "the event is too long", http.StatusRequestEntityTooLarge)
		return
	}
	answer, err := p.host.functions.maintenance.Invoke(r.Context(), event)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // the client may have gone
}

// sliceSeconds is after how long the function begins no further page and answers,
// so that a person sees how far it is. The page at work can take long where
// CAPACITY is little: an answer is waited for as long as the function may run on
// AWS.
const (
	sliceSeconds = 6
	sliceTimeout = 15 * time.Minute
)

// jobCommand has the maintenance function do a job to its end, one slice after
// another.
func jobCommand(name account.JobName) func(context.Context, func(string) string, io.Writer) error {
	return func(ctx context.Context, env func(string) string, out io.Writer) error {
		units := -1.0 // any: nobody pays for the engine here
		if env(envStage) != "" {
			units = 0 // what the function takes by itself
		}
		if text := env(envCapacity); text != "" {
			var err error
			if units, err = strconv.ParseFloat(text, 64); err != nil || units <= 0 {
				return fmt.Errorf("CAPACITY must be a number of units a second, not %q", text)
			}
		}
		vanished := 0
		if text := env(envVanished); text != "" {
			var err error
			if vanished, err = strconv.Atoi(text); err != nil || vanished <= 0 {
				return fmt.Errorf("VANISHED must be how many deletions may begin, not %q", text)
			}
		}
		function, err := maintenanceOf(ctx, env)
		if err != nil {
			return err
		}
		j := &job{out: out, quiet: env(envJSON) != "", begun: time.Now()}
		j.total = account.Summary{Job: name, Items: map[string]int{}, Findings: []account.Finding{}, Repairs: []account.Finding{}}
		order := boot.MaintenanceOrder{
			Job: account.Job{Name: name, After: env(envAfter), Seconds: sliceSeconds, Vanished: vanished}, CapacityUnits: units,
		}
		for {
			var s account.Summary
			err := ordered(ctx, function, order, &s)
			if err == nil && s.Job != name {
				err = errors.New("the answer is no summary of it")
			}
			if err != nil {
				return fmt.Errorf("%s: %w; go on with AFTER=%s", name, err, order.After)
			}
			j.add(s)
			if order.After = s.Next; s.Next == "" || s.Failure != "" {
				return j.end()
			}
		}
	}
}

// job is one that a person watches.
type job struct {
	out   io.Writer
	quiet bool
	begun time.Time
	// total is all slices together.
	total account.Summary
}

// add shows a slice and adds it up.
func (j *job) add(s account.Summary) {
	t := &j.total
	t.People += s.People
	t.Pages += s.Pages
	t.Images += s.Images
	for kind, n := range s.Items {
		t.Items[kind] += n
	}
	t.Findings = append(t.Findings, s.Findings...)
	t.Repairs = append(t.Repairs, s.Repairs...)
	t.ReadUnits += s.ReadUnits
	t.WriteUnits += s.WriteUnits
	t.MemoryBytes = max(t.MemoryBytes, s.MemoryBytes)
	t.Next, t.Failure, t.Seconds = s.Next, s.Failure, time.Since(j.begun).Seconds()
	if j.quiet {
		return
	}
	for _, f := range s.Repairs {
		j.say("  repaired  %-28s %s: %s", f.Rule, f.Item, f.Detail)
	}
	for _, f := range s.Findings {
		j.say("  BROKEN    %-28s %s: %s", f.Rule, f.Item, f.Detail)
	}
	j.say("%6.1f s  %d people, %d items, %.0f read units, %.0f write units, %d MiB", t.Seconds, t.People, sumOf(t.Items),
		t.ReadUnits, t.WriteUnits, t.MemoryBytes>>20)
}

func (j *job) say(format string, arguments ...any) {
	_, _ = fmt.Fprintf(j.out, format+"\n", arguments...)
}

// end shows the sum, and fails unless all is well.
func (j *job) end() error {
	t := j.total
	if j.quiet {
		line, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Job, err)
		}
		j.say("%s", line)
	} else {
		for _, kind := range slices.Sorted(maps.Keys(t.Items)) {
			j.say("  %8d  %s", t.Items[kind], kind)
		}
		j.say("%d broken, %d repaired.", len(t.Findings), len(t.Repairs))
	}
	switch {
	case t.Failure != "" && t.Next == "":
		return fmt.Errorf("%s stopped: %s", t.Job, t.Failure)
	case t.Failure != "":
		return fmt.Errorf("%s stopped: %s; go on with AFTER=%s", t.Job, t.Failure, t.Next)
	case len(t.Findings) > 0:
		return fmt.Errorf("%s found %d broken rules", t.Job, len(t.Findings))
	}
	return nil
}

func sumOf(counts map[string]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// userCommand does what DO says with the user whom EMAIL names.
func userCommand(ctx context.Context, env func(string) string, out io.Writer) error {
	do, email := env(envDo), env(envEmail)
	if do == "" || email == "" {
		return errors.New("say whom and what: make user EMAIL=you@example.com DO=show|sign-out|disable|enable|restore|delete")
	}
	function, err := maintenanceOf(ctx, env)
	if err != nil {
		return err
	}
	order := boot.MaintenanceOrder{
		Job:   account.Job{Name: boot.JobUser},
		Order: account.Order{Do: account.Operation(do), Email: email, Force: env(envForce) != ""},
	}
	var answer boot.MaintenanceAnswer
	if err := ordered(ctx, function, order, &answer); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	if f := answer.Failure; f != nil {
		reasons := []string{fmt.Sprintf("%s: %s (%s)", do, f.Detail, f.Code)}
		for _, b := range f.Blockers {
			reasons = append(reasons, b.Detail+" "+b.Remedy)
		}
		return errors.New(strings.Join(reasons, " "))
	}
	if answer.User == nil {
		return errors.New("user: the answer names nobody")
	}
	indent := "  "
	if env(envJSON) != "" {
		indent = ""
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(answer.User); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	return nil
}

// connectTo connects to the host that PORT names.
func connectTo(ctx context.Context, env func(string) string) (*remote, error) {
	port, err := portFrom(env)
	if err != nil {
		return nil, err
	}
	return connect(ctx, localhost(port))
}
