package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hearth/internal/account"
	"hearth/internal/boot"
)

// fakeCLIName is the name by which this test's binary is the AWS CLI of a stage
// "test". A file beside it holds the URL that stands for the maintenance function.
const fakeCLIName = "aws"

// fakeFunction is what the stack of the stage says.
const fakeFunction = "hearth-test-MaintenanceFunction-1A2B3C"

// fakeCLI does what aws does with those arguments: what the function answers is
// in a file; a function that failed (502) is no failure of the CLI, while one
// that may not be invoked (403) is.
func fakeCLI(program string, args []string) int {
	refuse := func(format string, arguments ...any) int {
		_, _ = fmt.Fprintf(os.Stderr, "\nAn error occurred "+format+"\n", arguments...)
		return 254
	}
	at := func(i int) string {
		if i < 0 || i >= len(args) {
			return ""
		}
		return args[i]
	}
	valueOf := func(flag string) string { return at(slices.Index(args, flag) + 1) }
	switch at(0) + " " + at(1) {
	case "cloudformation describe-stacks":
		switch valueOf("--stack-name") {
		case "hearth-test":
			_, _ = fmt.Printf("%q\n", fakeFunction)
		case "hearth-other":
			_, _ = fmt.Println("null")
		default:
			return refuse("(ValidationError) when calling the DescribeStacks operation: Stack with id %s does not exist", valueOf("--stack-name"))
		}
		return 0
	case "lambda invoke":
	default:
		return refuse("in %q", args)
	}
	if valueOf("--function-name") != fakeFunction || valueOf("--cli-read-timeout") != "0" {
		return refuse("in %q", args)
	}
	function, urlErr := os.ReadFile(program + ".url")
	event, err := os.ReadFile(strings.TrimPrefix(valueOf("--payload"), "fileb://"))
	if err := errors.Join(urlErr, err); err != nil {
		return refuse("%v", err)
	}
	response, err := http.Post(string(function), "application/json", bytes.NewReader(event))
	if err != nil {
		return refuse("%v", err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	result := `{"StatusCode": 200, "ExecutedVersion": "$LATEST"}`
	switch response.StatusCode {
	case http.StatusForbidden:
		return refuse("(AccessDeniedException) when calling the Invoke operation: %s", answer)
	case http.StatusBadGateway:
		result = `{"StatusCode": 200, "FunctionError": "Unhandled", "ExecutedVersion": "$LATEST"}`
		answer, _ = json.Marshal(map[string]string{"errorMessage": string(answer), "errorType": "Error"})
	}
	if err := os.WriteFile(at(slices.Index(args, "--payload")+2), answer, 0o600); err != nil {
		return refuse("%v", err)
	}
	_, _ = fmt.Println(result)
	return 0
}

// onStage is the environment of a command for the stage whose function is at a
// URL.
func onStage(t *testing.T, function string, more ...string) map[string]string {
	t.Helper()
	cli := filepath.Join(t.TempDir(), fakeCLIName)
	binary, err := os.Executable()
	if err := errors.Join(err, os.Symlink(binary, cli), os.WriteFile(cli+".url", []byte(function), 0o600)); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{envStage: "test", envCLI: cli}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// What operators do with a running host they do with a stage, and see the same.
func TestMaintenanceOfAStage(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	p := newPerson(t, h, nil)
	removeRecord(t, h, account.OrganizationKey(p.ID))
	function := h.Config.API + pathMaintenance

	code, stdout, stderr := run(t, onStage(t, function), "verify")
	if code != 1 || !strings.Contains(stdout, "BROKEN") || !strings.Contains(stdout, "people") || !strings.Contains(stderr, "verify found") {
		t.Errorf("verify: %d, %q\n%s", code, stderr, stdout)
	}
	if code, stdout, stderr = run(t, onStage(t, function), "ensure"); code != 0 || !strings.Contains(stdout, "0 broken, 1 repaired.") {
		t.Errorf("ensure: %d, %q\n%s", code, stderr, stdout)
	}
	code, stdout, stderr = run(t, onStage(t, function, envJSON, "1"), "check-database")
	var s account.Summary
	if err := json.Unmarshal([]byte(stdout), &s); code != 0 || err != nil || s.Items["user"] != 1 || strings.Count(stdout, "\n") != 1 {
		t.Errorf("check: %d, %q, %v\n%s", code, stderr, err, stdout)
	}
	code, stdout, stderr = run(t, onStage(t, function, envEmail, p.Email, envDo, "disable"), "user")
	var d account.Dossier
	if err := json.Unmarshal([]byte(stdout), &d); code != 0 || err != nil || d.ID != p.ID || d.Enabled {
		t.Errorf("user: %d, %q, %v\n%s", code, stderr, err, stdout)
	}
	code, _, stderr = run(t, onStage(t, function, envEmail, "nobody@example.com", envDo, "show"), "user")
	if code != 1 || !strings.Contains(stderr, "not_found") {
		t.Errorf("nobody: %d, %q", code, stderr)
	}
	code, _, stderr = run(t, onStage(t, function, envDeletion, "none"), "certificate")
	if code != 1 || !strings.Contains(stderr, "not_found") {
		t.Errorf("no certificate: %d, %q", code, stderr)
	}
}

// A job goes on slice by slice, where the one before ended, within the capacity
// that the function takes by itself or was told.
func TestJobsOfAStageGoOnSliceBySlice(t *testing.T) {
	t.Parallel()
	for capacity, units := range map[string]float64{"": 0, "50": 50} {
		var orders []boot.MaintenanceOrder
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var order boot.MaintenanceOrder
			_ = json.NewDecoder(r.Body).Decode(&order) // a wrong one is seen below
			orders = append(orders, order)
			s := account.Summary{Job: order.Name, People: 10}
			if len(orders) < 3 {
				s.Next = fmt.Sprint("people:", len(orders))
			}
			_ = json.NewEncoder(w).Encode(s)
		}))
		t.Cleanup(server.Close)
		code, stdout, stderr := run(t, onStage(t, server.URL, envJSON, "1", envCapacity, capacity), "ensure")
		var s account.Summary
		if err := json.Unmarshal([]byte(stdout), &s); code != 0 || err != nil || s.People != 30 || len(orders) != 3 {
			t.Fatalf("%d, %q, %v, %d orders\n%s", code, stderr, err, len(orders), stdout)
		}
		for i, order := range orders {
			after := ""
			if i > 0 {
				after = fmt.Sprint("people:", i)
			}
			if order.Name != account.JobEnsure || order.After != after || order.CapacityUnits != units || order.Seconds <= 0 {
				t.Errorf("order %d: %+v", i, order)
			}
		}
	}
}

// Whatever ends a job before its end ends the command with an error, which says
// what and where to go on.
func TestAJobOfAStageThatBreaksOff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		answer string
		change func(env map[string]string)
		want   string
	}{
		"the function crashed":      {status: http.StatusBadGateway, answer: "RequestId: 1 Error: Runtime exited", want: "Runtime exited"},
		"it may not be invoked":     {status: http.StatusForbidden, answer: "User is not authorized", want: "AccessDeniedException"},
		"the job failed":            {status: http.StatusOK, answer: `{"job":"verify","failure":"no capacity","next":"table:7"}`, want: "no capacity"},
		"something else was said":   {status: http.StatusOK, answer: `{"errorMessage":"boom"}`, want: "no summary"},
		"nothing was said":          {status: http.StatusOK, answer: `null`, want: "no summary"},
		"no JSON was said":          {status: http.StatusOK, answer: `<html>`, want: "JSON"},
		"no such stack":             {change: func(env map[string]string) { env[envStage] = "nowhere" }, want: "does not exist"},
		"a stack without functions": {change: func(env map[string]string) { env[envStage] = "other" }, want: "names no maintenance function"},
		"no name of a stage":        {change: func(env map[string]string) { env[envStage] = "test --profile x" }, want: "STAGE is the name"},
		"no CLI":                    {change: func(env map[string]string) { env[envCLI] = "/nowhere/aws" }, want: "needs the AWS CLI"},
		"no CLI on the PATH":        {change: func(env map[string]string) { env[envCLI] = "no-such-aws" }, want: "needs the AWS CLI"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
			}))
			t.Cleanup(server.Close)
			env := onStage(t, server.URL, envAfter, "table:7")
			if test.change != nil {
				test.change(env)
			}
			code, _, stderr := run(t, env, "verify")
			if code != 1 || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%d, %q; want one line that says %q", code, stderr, test.want)
			}
			if test.change == nil && !strings.Contains(stderr, "AFTER=table:7") {
				t.Errorf("%q does not say where to go on", stderr)
			}
		})
	}
}
