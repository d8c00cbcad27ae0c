package main

import (
	"context"
	"log/slog"
	"time"

	"hearth/internal/dynamo"
)

// defaultRedriveEvery is shorter than the CDK app's schedule: a developer waits
// less patiently than an operator.
const defaultRedriveEvery = time.Minute

// startSchedule calls the stream function as the schedule of the CDK app does,
// with the same event, one call after another.
func (h *host) startSchedule(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticks := time.NewTicker(h.options.RedriveEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				h.redrive(ctx)
			}
		}
	}()
	h.onClose(func() error {
		cancel()
		<-ended
		return nil
	})
}

// redriveTimeout is that of the stream function in the CDK app.
const redriveTimeout = time.Minute

func (h *host) redrive(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, redriveTimeout)
	defer cancel()
	if _, err := h.functions.stream.Invoke(bounded, []byte(dynamo.RedriveEvent)); err != nil && ctx.Err() == nil {
		h.options.Log.ErrorContext(ctx, "the schedule's call failed", slog.String("cause", err.Error()))
	}
}
