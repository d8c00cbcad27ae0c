package account

import (
	"context"
	"time"
)

// Certificate says that a deletion was completed, and what it erased: counts,
// times and ids, nothing of the person. The MAC is one by the KMS key over all
// of it, so that nobody else can write one.
type Certificate struct {
	DeletionID string
	UserID     string
	// Digest is that of the preview which the person confirmed.
	Digest string
	// PersonalOrganization is PreservePersonal or ErasePersonal: what became
	// of it.
	PersonalOrganization string
	Erased               Erased
	AcceptedAt           time.Time
	CompletedAt          time.Time
	MAC                  []byte
	Version              int
}

// Key names the certificate.
func (c *Certificate) Key() Key { return CertificateKey(c.DeletionID) }

// Revision is the number of times that the certificate was written: once.
func (c *Certificate) Revision() int { return c.Version }

// Certificate returns the certificate of a deletion. It fails with ErrNotFound
// while the deletion is not completed, or there is none of that id.
func (s *Service) Certificate(ctx context.Context, deletionID string) (*Certificate, error) {
	records, err := s.store.Read(ctx, CertificateKey(deletionID))
	if err != nil {
		return nil, err
	}
	if c := find[*Certificate](records, CertificateKey(deletionID)); c != nil {
		return c, nil
	}
	return nil, ErrNotFound
}

// VerifyCertificate reports whether a certificate is one that Hearth wrote, and
// as it wrote it. It fails with ErrUnavailable.
func (s *Service) VerifyCertificate(ctx context.Context, c *Certificate) (bool, error) {
	return s.mac.Verify(ctx, c.message(), c.MAC)
}

// message is what the MAC is over.
func (c *Certificate) message() []byte { return []byte(c.DeletionID) }
