package main

import (
	"context"
	"errors"
	"io"
	"os/exec"

	"hearth/internal/local/docs"
	"hearth/internal/product"
)

// check reports what would keep a host from serving, before a watcher starts
// that would hide its exit code.
func check(ctx context.Context, env func(string) string, _ io.Writer) error {
	o, err := optionsFrom(env)
	if err != nil {
		return err
	}
	return prerequisites(ctx, o)
}

func prerequisites(ctx context.Context, o options) error {
	if _, err := exec.LookPath("java"); err != nil {
		return errors.New("DynamoDB Local needs Java 17 or later: no `java` on the PATH")
	}
	if _, err := product.Config(o.Config); err != nil {
		return err
	}
	if _, err := docs.New(o.nodeModules()); err != nil {
		return err
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return err
	}
	defer lock.release() //nolint:errcheck // nothing was written
	for i, purpose := range []string{portAPI: "the API", portCognito: "Cognito", portDynamoDB: "DynamoDB", portS3: "S3", portServices: "SES, KMS and STS"} {
		listeners, _, err := listen(ctx, o.Port+i, purpose)
		if err != nil {
			return err
		}
		if err := closeAll(listeners); err != nil {
			return err
		}
	}
	return nil
}
