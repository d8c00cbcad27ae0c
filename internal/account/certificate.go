package account

import (
	"context"
	"encoding/json"
	"strings"
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

// certify is the certificate of a deletion that ends now.
func (s *Service) certify(ctx context.Context, d *Deletion) (*Certificate, error) {
	c := &Certificate{
		DeletionID: d.ID, UserID: d.UserID, Digest: d.Digest, PersonalOrganization: s.personalPolicy(d),
		Erased: d.Erased, AcceptedAt: d.AcceptedAt, CompletedAt: s.clock(), Version: 1,
	}
	var err error
	c.MAC, err = s.mac.Sign(ctx, c.message())
	return c, err
}

// message is what the MAC is over: everything that the certificate says.
func (c *Certificate) message() []byte {
	erased, _ := json.Marshal(c.Erased) // numbers: it cannot fail
	return []byte(strings.Join([]string{
		"hearth-certificate", c.DeletionID, c.UserID, c.Digest, c.PersonalOrganization, string(erased),
		c.AcceptedAt.UTC().Format(time.RFC3339Nano), c.CompletedAt.UTC().Format(time.RFC3339Nano),
	}, "\x00"))
}
