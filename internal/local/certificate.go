package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"hearth/internal/account"
	"hearth/internal/boot"
)

// certificateCommand shows the certificate of the deletion that DELETION names,
// and fails unless the key signed just that.
func certificateCommand(ctx context.Context, env func(string) string, out io.Writer) error {
	id := env(envDeletion)
	if id == "" {
		return errors.New("say which: make verify-certificate DELETION=<the id that the mail and the answer gave>")
	}
	function, err := maintenanceOf(ctx, env)
	if err != nil {
		return err
	}
	order := boot.MaintenanceOrder{Job: account.Job{Name: boot.JobCertificate}, DeletionID: id}
	var answer boot.CertificateAnswer
	if err := ordered(ctx, function, order, &answer); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if f := answer.Failure; f != nil {
		return fmt.Errorf("certificate: %s (%s)", f.Detail, f.Code)
	}
	encoder := json.NewEncoder(out)
	if env(envJSON) == "" {
		encoder.SetIndent("", "  ")
	}
	if err := encoder.Encode(answer); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if !answer.Valid {
		return errors.New("the certificate is not as Hearth wrote it")
	}
	return nil
}
