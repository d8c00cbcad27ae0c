package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"hearth/internal/account"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

// attackCommand attacks the host that PORT names.
func attackCommand(ctx context.Context, env func(string) string, out io.Writer) error {
	port, err := portFrom(env)
	if err != nil {
		return err
	}
	return runAttack(ctx, localhost(port), out)
}

// runAttack signs two people up on a running host and has one try every route
// of the API with the other's ids, cursors, keys and headers. It prints each
// attempt, and fails if one is not refused, if an answer shows anything of the
// other's, or if anything of theirs is another afterwards.
func runAttack(ctx context.Context, api string, out io.Writer) error {
	host, err := connect(ctx, api)
	if err != nil {
		return fmt.Errorf("attack: %w", err)
	}
	a := &attack{host: host, report: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	for _, p := range []**target{&a.intruder, &a.victim} {
		if *p, err = host.newTarget(ctx); err != nil {
			return fmt.Errorf("attack: %w", err)
		}
	}
	before, err := a.victim.everything(ctx, host)
	if err != nil {
		return fmt.Errorf("attack: %w", err)
	}
	for _, route := range product.Routes() {
		if err := a.on(ctx, route); err != nil {
			return fmt.Errorf("attack: %s: %w", route.Key(), err)
		}
	}
	_ = a.report.Flush()
	after, err := a.victim.everything(ctx, host)
	if err != nil {
		return fmt.Errorf("attack: %w", err)
	}
	if before != after {
		a.broken = append(a.broken, errors.New("what the other has is not what it was"))
	}
	_, _ = fmt.Fprintf(out, "\n%d attempts on %d routes, %d refused; %d repeated a key and got something of their own.\n",
		a.tried, len(product.Routes()), a.refused, a.owned)
	return errors.Join(a.broken...)
}

// attack is one person's tries at what another has.
type attack struct {
	host             *remote
	intruder, victim *target
	report           *tabwriter.Writer

	tried, refused, owned int
	broken                []error
}

// attempt is one request that shall come to nothing.
type attempt struct {
	// with is whose what is sent, for the reader.
	with               string
	path, account, key string
	body               []byte
	// own says that the answer may be a success, with something of one's own.
	own bool
}

// on tries one route in every way that it has.
func (a *attack) on(ctx context.Context, route httpapi.Route) error {
	tries := a.tries(route)
	if len(tries) == 0 {
		_, _ = fmt.Fprintf(a.report, "%s\ttakes nothing of anybody's\t\n", route.Key())
	}
	for _, try := range tries {
		if try.body == nil {
			try.body = []byte(a.victim.name(attackBodies[route.Key()]))
		}
		status, header, answer, err := a.host.ask(ctx, a.intruder.token, route.Method, try)
		if err != nil {
			return err
		}
		a.judge(route, try, status, header, answer)
	}
	return nil
}

// judge holds an answer against what may be answered.
func (a *attack) judge(route httpapi.Route, try attempt, status int, header http.Header, answer []byte) {
	a.tried++
	fail := func(format string, args ...any) {
		a.broken = append(a.broken, fmt.Errorf("%s with %s: %s", route.Key(), try.with, fmt.Sprintf(format, args...)))
	}
	var problem struct {
		Code account.Code `json:"code"`
	}
	outcome := fmt.Sprint(status)
	switch {
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusTooManyRequests:
		if json.Unmarshal(answer, &problem) != nil || problem.Code == "" {
			fail("%d is no problem: %s", status, firstCharacters(answer, 200))
		}
		a.refused++
		outcome += " " + string(problem.Code)
	case try.own && status < http.StatusMultipleChoices:
		a.owned++
		outcome += " something of one's own"
	default:
		fail("it was answered %d", status)
	}
	for _, secret := range a.victim.secrets() {
		if bytes.Contains(answer, []byte(secret)) || strings.Contains(header.Get("Location"), secret) {
			fail("the answer shows %q", secret)
		}
	}
	if acted := header.Get(httpapi.HeaderAccountID); slices.Contains(a.victim.accounts(), acted) {
		fail("it acted for the other's account %s", acted)
	}
	_, _ = fmt.Fprintf(a.report, "%s\twith %s\t%s\n", route.Key(), try.with, outcome)
}

// tries are the ways to send something of the victim's to a route.
func (a *attack) tries(route httpapi.Route) (tries []attempt) {
	victim, own := a.victim, a.intruder
	variables := strings.Count(route.Path, "{")
	path, inPath := victim.fill(route.Path, own.teamID), strings.Contains(route.Path, "{organizationId}")
	if inPath {
		tries = append(tries,
			attempt{with: "their team", path: victim.fill(route.Path, victim.teamID)},
			attempt{with: "their personal organization", path: victim.fill(route.Path, victim.id)})
	}
	if variables > 1 || variables == 1 && !inPath {
		tries = append(tries, attempt{with: "their ids in the path", path: path})
		if other := strings.ReplaceAll(path, victim.project, victim.teamProject); other != path {
			tries = append(tries, attempt{with: "their team's ids in the path", path: other})
		}
	}
	if strings.Contains(attackBodies[route.Key()], "<") {
		tries = append(tries, attempt{with: "their ids in the body", path: path})
	}
	if !route.Open && !inPath {
		for _, id := range victim.accounts() {
			tries = append(tries, attempt{with: "X-Account-Id of theirs", path: path, account: id})
		}
	}
	if cursor := victim.cursors[route.Key()]; cursor != "" {
		tries = append(tries, attempt{with: "their cursor", path: path + "?limit=1&cursor=" + url.QueryEscape(cursor)})
	}
	if body := attackKeyed[route.Key()]; body != "" {
		tries = append(tries, attempt{with: "their Idempotency-Key", path: path, key: victim.key + path, body: []byte(body), own: true})
	}
	return tries
}

// ask makes one request of the API.
func (r *remote) ask(ctx context.Context, token, method string, try attempt) (status int, header http.Header, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, r.API+try.path, bytes.NewReader(try.body))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%s %s: %w", method, try.path, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if len(try.body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range map[string]string{httpapi.HeaderAccountID: try.account, "Idempotency-Key": try.key} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := r.http.Do(request)
	if err != nil {
		return 0, nil, nil, err //nolint:wrapcheck // names method and URL already
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, 10<<20))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%s %s: %w", method, try.path, err)
	}
	return response.StatusCode, response.Header, answer, nil
}
