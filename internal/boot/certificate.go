package boot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"hearth/internal/account"
)

// JobCertificate is the job of MaintenanceOrder that checks the certificate of
// one deletion.
const JobCertificate account.JobName = "certificate"

// CertificateAnswer is what the function answers about a certificate: what it
// says, and whether the key signed just that; or why it cannot tell.
type CertificateAnswer struct {
	Certificate *CertificateObject `json:"certificate,omitempty"`
	Valid       bool               `json:"valid"`
	Failure     *Refusal           `json:"failure,omitempty"`
}

// CertificateObject is a certificate as operators see it.
type CertificateObject struct {
	DeletionID           string         `json:"deletionId"`
	UserID               string         `json:"userId"`
	Digest               string         `json:"digest,omitempty"`
	PersonalOrganization string         `json:"personalOrganization"`
	Erased               account.Erased `json:"erased"`
	AcceptedAt           time.Time      `json:"acceptedAt"`
	CompletedAt          time.Time      `json:"completedAt"`
	MAC                  []byte         `json:"mac"`
}

// verifyCertificate reads a certificate and has the key check it.
func verifyCertificate(ctx context.Context, m *account.Maintenance, deletionID string, log *slog.Logger) CertificateAnswer {
	c, err := m.Certificate(ctx, deletionID)
	if err != nil {
		return CertificateAnswer{Failure: refusalOf(ctx, err, string(JobCertificate), log)}
	}
	valid, err := m.VerifyCertificate(ctx, c)
	if err != nil {
		return CertificateAnswer{Failure: refusalOf(ctx, err, string(JobCertificate), log)}
	}
	if !valid {
		log.ErrorContext(ctx, "a certificate is not as it was written", slog.String("deletionId", deletionID))
	}
	return CertificateAnswer{Valid: valid, Certificate: &CertificateObject{
		DeletionID: c.DeletionID, UserID: c.UserID, Digest: c.Digest, PersonalOrganization: c.PersonalOrganization,
		Erased: c.Erased, AcceptedAt: c.AcceptedAt, CompletedAt: c.CompletedAt, MAC: c.MAC,
	}}
}

// refusalOf is an error as operators see it; its cause is for the log.
func refusalOf(ctx context.Context, err error, do string, log *slog.Logger) *Refusal {
	var refused *account.Error
	if !errors.As(err, &refused) {
		refused = account.ErrInternal
	}
	level := slog.LevelWarn // a refusal is no fault, which an alarm would tell
	if errors.Is(refused, account.ErrInternal) {
		level = slog.LevelError
	}
	log.Log(ctx, level, "order not done", slog.String("do", do), slog.String("cause", err.Error()))
	return &Refusal{Code: refused.Code, Detail: refused.Detail, Blockers: refused.Blockers}
}
