package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hearth/internal/local/userpool"
)

func TestTheDemoShowsThePersonalOrganization(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := runDemo(t.Context(), shared.host.Config.API, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"Sign up", "Sign in by SRP", "Ada Lovelace's Organization", "ORG_OWNER"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
}

func TestTheDemoNamesTheStepThatFailed(t *testing.T) {
	t.Parallel()
	for operation, step := range map[string]string{
		"SignUp":                 "Sign up",
		"ConfirmSignUp":          "Confirm with its code",
		"InitiateAuth":           "Sign in by SRP",
		"RespondToAuthChallenge": "Sign in by SRP",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			faults := new(userpool.Faults)
			h := newHost(t, func(o *options) { o.Faults = faults })
			faults.Fail(operation, "NotAuthorizedException", 10)
			var out strings.Builder
			err := runDemo(t.Context(), h.Config.API, &out)
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", step)) {
				t.Errorf("error %v, want one of step %q", err, step)
			}
			if !strings.Contains(out.String(), "failed") {
				t.Errorf("the output hides it:\n%s", out.String())
			}
		})
	}
}

// run runs a sub-command as a shell does.
func run(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors strings.Builder
	code = command(t.Context(), args, func(name string) string { return env[name] }, &out, &errors)
	return code, out.String(), errors.String()
}

func portOf(h *host) string { return h.Config.API[strings.LastIndex(h.Config.API, ":")+1:] }

func TestTokenPrintsATokenAlone(t *testing.T) {
	t.Parallel()
	p := visit(t, shared.host)
	env := map[string]string{envPort: portOf(shared.host), envEmail: p.Email}
	var ids []string
	for _, note := range []string{"is new", "new random password"} {
		code, stdout, stderr := run(t, env, "token")
		if code != 0 || !strings.Contains(stderr, note) {
			t.Fatalf("code %d, stderr %q, want a note that says %q", code, stderr, note)
		}
		if strings.Count(stdout, "\n") != 1 || strings.Count(stdout, ".") != 2 {
			t.Fatalf("stdout %q is not a token alone", stdout)
		}
		ids = append(ids, p.with(strings.TrimSpace(stdout)).me(t).User.ID)
	}
	if ids[0] != ids[1] {
		t.Errorf("two users %v for one address", ids)
	}
}

func TestAFailureIsOneClearLine(t *testing.T) {
	t.Parallel()
	unused := unusedPort(t)
	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		code int
		want string
	}{
		"demo without a host":     {[]string{"demo"}, map[string]string{envPort: fmt.Sprint(unused)}, 1, "make dev"},
		"token without a host":    {[]string{"token"}, map[string]string{envPort: fmt.Sprint(unused), envEmail: "a@example.com"}, 1, "make dev"},
		"token without a person":  {[]string{"token"}, nil, 1, "make token EMAIL="},
		"a port that is none":     {nil, map[string]string{envPort: "http"}, 1, "PORT must be"},
		"a port too high for all": {[]string{"check"}, map[string]string{envPort: "65534"}, 1, "PORT must be"},
		"an unknown command":      {[]string{"dance"}, nil, 2, "usage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := run(t, test.env, test.args...)
			if code != test.code || !strings.Contains(stderr, test.want) {
				t.Errorf("code %d, stderr %q; want %d, %q", code, stderr, test.code, test.want)
			}
			if strings.Count(stderr, "\n") != 1 {
				t.Errorf("stderr is not one line: %q", stderr)
			}
		})
	}
}

func TestEveryRequestToTheAPIIsALine(t *testing.T) {
	t.Parallel()
	out := new(lines)
	h := newHost(t, func(o *options) { o.Out = out })
	p := visit(t, h)
	p.call(t, http.MethodGet, "/config", nil).want(t, http.StatusOK)
	p.call(t, http.MethodGet, "/nowhere?secret=1", nil).want(t, http.StatusNotFound)
	for _, want := range []string{"200 GET    /config  ", "404 GET    /nowhere  "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line %q in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "secret") || strings.Contains(out.String(), "_local") {
		t.Errorf("queries and the host's own routes stay out:\n%s", out.String())
	}
}
