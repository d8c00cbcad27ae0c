package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"

	"hearth/internal/local/dynamodb"
	"hearth/internal/local/kms"
	"hearth/internal/local/ses"
	"hearth/internal/local/sts"
	hearthsts "hearth/internal/sts"
)

// The smaller services share a port; each has its own path in its endpoint, as
// the standard variables allow it.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
const (
	pathSES = "/ses"
	pathKMS = "/kms"
	pathSTS = "/sts"
)

// startServices answers as SES, into the mailbox, as KMS with the key of
// invitations, and as STS with the role for account data.
func (h *host) startServices(ctx context.Context, listeners []net.Listener) (*sts.Server, error) {
	mails, err := ses.New(ses.Options{
		Region: h.Config.Region, Deliver: deliverSES(h.Mail),
		Now: h.options.Now, Faults: h.options.SESFaults, Log: h.options.Log,
	})
	if err != nil {
		return nil, err
	}
	keys, err := kms.Open(kms.Options{
		Dir: filepath.Join(h.options.Dir, "kms"), Region: h.Config.Region,
		Now: h.options.Now, Faults: h.options.KMSFaults,
	})
	if err != nil {
		return nil, err
	}
	roles, err := sts.New(sts.Options{
		Region: h.Config.Region, Role: "hearth-local-data", Tags: []string{hearthsts.AccountTag, hearthsts.UserTag},
		Now: h.options.Now, Faults: h.options.STSFaults,
	})
	if err != nil {
		return nil, err
	}
	h.Config.MACKey, h.Config.DataRole = keys.KeyARN(), roles.RoleARN()
	mux := http.NewServeMux()
	for path, handler := range map[string]http.Handler{pathSES: mails, pathKMS: keys, pathSTS: roles} {
		stripped := http.StripPrefix(path, handler)
		mux.Handle(path+"/", stripped)
		mux.Handle(path, stripped) // SDKs add no slash to an endpoint
	}
	h.serve(ctx, mux, listeners, "SES, KMS and STS")
	return roles, nil
}

// startGate answers as DynamoDB, which is the engine behind a check of what the
// sessions of STS may do.
func (h *host) startGate(ctx context.Context, roles *sts.Server, listeners []net.Listener) error {
	engine, err := url.Parse(h.engineURL)
	if err != nil {
		return fmt.Errorf("DynamoDB: %w", err)
	}
	h.serve(ctx, dynamodb.New(dynamodb.Options{
		Engine: engine, Region: h.Config.Region, Sessions: roles, Log: h.options.Log,
	}), listeners, "DynamoDB")
	return nil
}
