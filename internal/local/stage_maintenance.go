package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"hearth/internal/boot"
)

// invoker is where the maintenance function is: in a running host, or on AWS.
type invoker interface {
	// invoke sends an order and returns the function's answer. It fails where the
	// function did, or was not reached.
	invoke(ctx context.Context, order boot.MaintenanceOrder) (json.RawMessage, error)
}

// maintenanceOf is the function of the stage that STAGE names, or that of the
// host at PORT.
func maintenanceOf(ctx context.Context, env func(string) string) (invoker, error) {
	if stage := env(envStage); stage != "" {
		return connectToStage(ctx, stage, cmp.Or(env(envCLI), "aws"))
	}
	host, err := connectTo(ctx, env)
	if err != nil {
		return nil, err
	}
	host.http.Timeout = sliceTimeout
	return host, nil
}

// ordered sends an order and reads the answer into into.
func ordered(ctx context.Context, to invoker, order boot.MaintenanceOrder, into any) error {
	answer, err := to.invoke(ctx, order)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("the answer is not the expected JSON: %w", err)
	}
	return nil
}

// invoke calls the host's own function.
func (r *remote) invoke(ctx context.Context, order boot.MaintenanceOrder) (answer json.RawMessage, err error) {
	err = r.callJSON(ctx, http.MethodPost, r.API+pathMaintenance, "", order, &answer)
	return answer, err
}

// deployed is the maintenance function of a stage, invoked by the AWS CLI: it
// knows every way in which an operator signs in to AWS, asks for a second factor
// where one is wanted, and is what the stack's owner has at hand.
type deployed struct {
	// cli is the program, function the name of the function.
	cli, function string
}

// stageName is what cdk.json and `make synth` take.
var stageName = regexp.MustCompile(`^[a-z0-9]+$`)

// connectToStage asks a stage's stack for its function.
func connectToStage(ctx context.Context, stage, cli string) (*deployed, error) {
	if !stageName.MatchString(stage) {
		return nil, errors.New("STAGE is the name of a stage in cdk.json")
	}
	d := &deployed{cli: cli}
	if err := d.run(ctx, &d.function, "cloudformation", "describe-stacks", "--stack-name", "hearth-"+stage,
		"--query", "Stacks[0].Outputs[?OutputKey=='MaintenanceFunctionName'].OutputValue | [0]"); err != nil {
		return nil, err
	}
	if d.function == "" {
		return nil, fmt.Errorf("the stack hearth-%s names no maintenance function", stage)
	}
	return d, nil
}

// invoke hands order and answer over in files of its own, since an order may
// hold an address, which a command line shows to everybody on the machine. The
// CLI succeeds also where the function failed, and says so in what it prints.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (d *deployed) invoke(ctx context.Context, order boot.MaintenanceOrder) (json.RawMessage, error) {
	dir, err := os.MkdirTemp("", "hearth-")
	if err != nil {
		return nil, fmt.Errorf("invoke: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	event, err := json.Marshal(order)
	if err != nil {
		return nil, fmt.Errorf("invoke: %w", err)
	}
	eventFile, answerFile := filepath.Join(dir, "event.json"), filepath.Join(dir, "answer.json")
	if err := os.WriteFile(eventFile, event, 0o600); err != nil {
		return nil, fmt.Errorf("invoke: %w", err)
	}
	var result struct{ FunctionError string }
	if err := d.run(ctx, &result, "lambda", "invoke", "--function-name", d.function, "--cli-read-timeout", "0",
		"--payload", "fileb://"+eventFile, answerFile); err != nil {
		return nil, err
	}
	answer, err := os.ReadFile(answerFile) //nolint:gosec // in the folder made above
	if err != nil {
		return nil, fmt.Errorf("invoke: %w", err)
	}
	if result.FunctionError != "" {
		return nil, fmt.Errorf("%s failed (%s): %s", d.function, result.FunctionError, firstCharacters(answer, 300))
	}
	return answer, nil
}

// run runs the AWS CLI and reads the JSON that it prints.
func (d *deployed) run(ctx context.Context, into any, arguments ...string) error {
	command := exec.CommandContext(ctx, d.cli, append(arguments, "--output", "json")...) //nolint:gosec // the operator's own
	var stderr bytes.Buffer
	command.Stderr = &stderr
	printed, err := command.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("STAGE needs the AWS CLI, https://aws.amazon.com/cli/: %w", err)
	case err != nil:
		return fmt.Errorf("aws %s %s: %w: %s", arguments[0], arguments[1], err, firstCharacters(bytes.TrimSpace(stderr.Bytes()), 300))
	}
	if err := json.Unmarshal(printed, into); err != nil {
		return fmt.Errorf("aws %s %s printed no JSON: %w", arguments[0], arguments[1], err)
	}
	return nil
}
