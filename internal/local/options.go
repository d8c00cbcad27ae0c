package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"hearth/internal/local/awsapi"
	"hearth/internal/local/userpool"
)

// The environment variables that the host and its sub-commands read.
const (
	envPort = "PORT"
	// envEmail names the person that `token` prints a token of, and that `user`
	// is about; envDo is what to do with them, envForce whether in any case.
	envEmail = "EMAIL"
	envDo    = "DO"
	envForce = "FORCE"
	// envDeletion names the deletion whose certificate `certificate` checks.
	envDeletion = "DELETION"
	// envJSON has jobs print nothing but one line of JSON at the end; envAfter
	// is where a job goes on, envCapacity how many units it may use a second,
	// envVanished how many deletions of users who are not in the pool it may begin.
	envJSON     = "JSON"
	envAfter    = "AFTER"
	envCapacity = "CAPACITY"
	envVanished = "VANISHED"
	// envStage names the stage on AWS whose function does what operators order;
	// empty is the running host. envCLI is the AWS CLI; empty is aws on the PATH.
	envStage = "STAGE"
	envCLI   = "AWS_CLI"
	// envWatcher is set by `make dev` to one value for as long as it runs, by
	// which a restarted host knows that its developer has read the welcome.
	envWatcher = "HEARTH_WATCHER"
)

// defaultPort is the API's; the others follow it.
const defaultPort = 3000

// How far each port is from the API's.
const (
	portAPI = iota
	portCognito
	portDynamoDB
	portS3
	portServices

	portLast = portServices
)

// The names that a local host needs and nobody has to choose.
const (
	region       = "eu-central-1"
	defaultTable = "hearth-local"
	bucket       = "hearth-local-images"
	exportBucket = "hearth-local-exports"
)

// options say how a host runs. Root and Dir are required.
type options struct {
	// Root is Hearth's folder: it holds cdk.json and internal/local/node_modules.
	Root string
	// Dir keeps everything that outlives a restart.
	Dir string
	// Port is the API's on the loopback interface; Cognito, DynamoDB, S3, and SES,
	// KMS and STS together have those after it, in this order. 0 takes free ones.
	Port int
	// DynamoDB is the endpoint of an engine that runs already, for tests that
	// share one; empty starts one.
	DynamoDB string
	// Table is the table's name; empty is defaultTable.
	Table string
	// Config is the product's configuration as JSON, in which only what differs
	// from the defaults has to stand.
	Config string
	// Now is the clock of user pool, gateway, S3, SES, KMS and STS; nil is time.Now.
	Now func() time.Time
	// Faults is a plan of the user pool's failures; nil plans none.
	Faults *userpool.Faults
	// SESFaults, KMSFaults and STSFaults are those of SES, KMS and STS.
	SESFaults, KMSFaults, STSFaults *awsapi.Faults
	// RedriveEvery is how often the schedule calls the stream function; 0 is
	// defaultRedriveEvery.
	RedriveEvery time.Duration
	// StreamAttempts is how often a record of the table's stream that failed is
	// tried again before it is given up; 0 is streamMaxAttempts.
	StreamAttempts int
	// Out gets one line for each request; nil gets none.
	Out io.Writer
	// Log gets what went wrong inside; nil discards it.
	Log *slog.Logger
}

// optionsFrom returns the options of a host that a developer starts.
func optionsFrom(env func(string) string) (options, error) {
	root, err := findRoot()
	if err != nil {
		return options{}, err
	}
	port, err := portFrom(env)
	if err != nil {
		return options{}, err
	}
	config, err := stageConfig(filepath.Join(root, "cdk.json"), "dev")
	if err != nil {
		return options{}, err
	}
	return options{
		Root:   root,
		Dir:    filepath.Join(root, ".hearth"),
		Port:   port,
		Config: config,
		Log:    slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}, nil
}

// withDefaults returns the options with every optional field set.
func (o options) withDefaults() options {
	if o.Table == "" {
		o.Table = defaultTable
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Config = isolated(o.Config)
	if o.RedriveEvery == 0 {
		o.RedriveEvery = defaultRedriveEvery
	}
	if o.StreamAttempts == 0 {
		o.StreamAttempts = streamMaxAttempts
	}
	return o
}

func (o options) nodeModules() string {
	return filepath.Join(o.Root, "internal", "local", "node_modules")
}

// portFrom returns the API's port; the others must fit behind it.
func portFrom(env func(string) string) (int, error) {
	text := env(envPort)
	if text == "" {
		return defaultPort, nil
	}
	port, err := strconv.Atoi(text)
	if highest := 65535 - portLast; err != nil || port < 1 || port > highest {
		return 0, fmt.Errorf("PORT must be a number from 1 to %d, not %q", highest, text)
	}
	return port, nil
}

// findRoot returns the folder of the module that the working directory is in.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find Hearth's folder: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("run this inside Hearth's folder: there is no go.mod here or above")
		}
		dir = parent
	}
}
