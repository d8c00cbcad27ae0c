// Command local runs all of Hearth on one machine: DynamoDB Local, a Cognito
// user pool, the HTTP API, and the functions behind them as they run on AWS.
//
//	go run ./internal/local          serve (make dev)
//	go run ./internal/local check    say what is missing to serve
//	go run ./internal/local demo     sign a new person up against the running host
//	go run ./internal/local token    print an access token (EMAIL=…)
//	go run ./internal/local seed     make three people with a team to play with
//	go run ./internal/local fuzz     have schemathesis call the running host (make fuzz-api)
//	go run ./internal/local reset    remove all local data and sign-ins
//
// What operators do has the same form, against the running host:
//
//	go run ./internal/local ensure           give every user of the pool their records
//	go run ./internal/local verify           hold pool and table against the rules
//	go run ./internal/local check-database   hold the table against them
//	go run ./internal/local user             show a user, or act on them (EMAIL=… DO=…)
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A second Ctrl-C ends the program at once: the first one restores the default.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	os.Exit(command(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
