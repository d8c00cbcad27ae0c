package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"hearth/internal/local/eventsource"
)

// How the CDK app maps the table's stream to its function.
const (
	streamBatchSize   = 100
	streamMaxAttempts = 20
	streamMaxAge      = 6 * time.Hour
)

// startEventSource feeds the table's stream to the function that consumes it.
// Its positions are kept, so that no change is missed between two runs.
func (h *host) startEventSource(ctx context.Context) error {
	dir := filepath.Join(h.options.Dir, "stream")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	mappings, err := eventsource.New(eventsource.Options{
		Client: dynamodbstreams.New(dynamodbstreams.Options{
			Region:       region,
			BaseEndpoint: aws.String(h.engineURL),
			Credentials:  aws.CredentialsProviderFunc(credentials),
		}),
		StreamARN: h.streamARN,
		Consumers: []eventsource.Consumer{{
			Name:                       "stream",
			Handler:                    h.functions.stream,
			BatchSize:                  streamBatchSize,
			BisectBatchOnFunctionError: true,
			ReportBatchItemFailures:    true,
			MaximumRetryAttempts:       aws.Int(h.options.StreamAttempts),
			MaximumRecordAge:           streamMaxAge,
		}},
		Dir: dir,
		Log: h.options.Log,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := mappings.Run(ctx); err != nil && ctx.Err() == nil {
			h.failed <- err
		}
	}()
	h.onClose(func() error {
		cancel()
		<-ended
		return nil
	})
	return nil
}
