package main

import (
	"context"
	"net"
	"net/http"
	"path/filepath"

	"hearth/internal/local/kms"
	"hearth/internal/local/ses"
)

// The smaller services share a port; each has its own path in its endpoint, as
// the standard variables allow it.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
const (
	pathSES = "/ses"
	pathKMS = "/kms"
)

// startServices answers as SES, into the mailbox, and as KMS with the key of
// invitations.
func (h *host) startServices(ctx context.Context, listeners []net.Listener) error {
	mails, err := ses.New(ses.Options{
		Region: h.Config.Region, Deliver: deliverSES(h.Mail),
		Now: h.options.Now, Faults: h.options.SESFaults, Log: h.options.Log,
	})
	if err != nil {
		return err
	}
	keys, err := kms.Open(kms.Options{
		Dir: filepath.Join(h.options.Dir, "kms"), Region: h.Config.Region,
		Now: h.options.Now, Faults: h.options.KMSFaults,
	})
	if err != nil {
		return err
	}
	h.Config.MACKey = keys.KeyARN()
	mux := http.NewServeMux()
	for path, handler := range map[string]http.Handler{pathSES: mails, pathKMS: keys} {
		stripped := http.StripPrefix(path, handler)
		mux.Handle(path+"/", stripped)
		mux.Handle(path, stripped) // SDKs add no slash to an endpoint
	}
	h.serve(ctx, mux, listeners, "SES and KMS")
	return nil
}
