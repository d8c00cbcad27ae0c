package account

import (
	"context"
	"time"
)

// ExportStatus is how far an export is.
type ExportStatus string

// The states of an export.
const (
	ExportPending ExportStatus = "pending"
	ExportReady   ExportStatus = "ready"
)

// ExportValidity is how long a written export can be fetched; ExportLink how
// long one link to it works.
const (
	ExportValidity = 24 * time.Hour
	ExportLink     = 15 * time.Minute
)

// Export is a copy of everything held on a user, being written or ready. A
// user has at most one.
type Export struct {
	UserID string
	// ID tells this export from the one before it.
	ID     string
	Status ExportStatus
	// Upload is the object store's name for the unfinished object; Parts is how
	// many parts of it are written and After where the next one begins.
	Upload string
	Parts  int
	After  string
	// RequestedAt is when it was asked for.
	RequestedAt time.Time
	// ExpiresAt is until when it can be fetched; zero until it is ready.
	ExpiresAt time.Time
	// DueAt is when the schedule takes it up: to go on writing, or to remove it.
	DueAt   time.Time
	Version int
}

// ExportPrefix begins the key of every export.
const ExportPrefix = "exports/"

// exportKey is where an export's object is kept.
func exportKey(e *Export) string { return ExportPrefix + e.UserID + "/" + e.ID + ".json" }

// Key names the export.
func (e *Export) Key() Key { return ExportKey(e.UserID) }

// Revision is the number of times that the export was written.
func (e *Export) Revision() int { return e.Version }

// standing reports whether an export is being written or can be fetched.
func (e *Export) standing(now time.Time) bool {
	return e != nil && (e.Status != ExportReady || now.Before(e.ExpiresAt))
}

// ChangeExport notes how far an export is; a nil field stays as it is.
type ChangeExport struct {
	UserID string
	Upload *string
	Parts  *int
	After  *string
	// Status, ExpiresAt and DueAt change when it is ready.
	Status    *ExportStatus
	ExpiresAt *time.Time
	DueAt     *time.Time
}

// Key names the export.
func (c ChangeExport) Key() Key { return ExportKey(c.UserID) }

// Apply returns the export with the change made.
func (c ChangeExport) Apply(r Record) Record {
	old, ok := r.(*Export)
	if !ok {
		return r
	}
	e := *old
	set(&e.Upload, c.Upload)
	set(&e.Parts, c.Parts)
	set(&e.After, c.After)
	set(&e.Status, c.Status)
	set(&e.ExpiresAt, c.ExpiresAt)
	set(&e.DueAt, c.DueAt)
	e.Version++
	return &e
}

// ExportLinked is an export as its owner sees it.
type ExportLinked struct {
	Status ExportStatus
	// URL fetches it, without further proof, until ExpiresAt; empty unless the
	// status is ExportReady.
	URL       string
	ExpiresAt time.Time
}

// Exports keeps exports, private. internal/export is the real one. All fail
// with ErrUnavailable if the object store does not answer.
type Exports interface {
	// Begin starts an object that is written in parts and returns the upload's
	// name. It is there only once it is finished.
	Begin(ctx context.Context, key string) (upload string, err error)
	// Write writes the n-th part, from 1; written again, it replaces the part.
	// Every part but the last has at least MinExportPart bytes. It fails with
	// ErrNotFound if there is no such upload.
	Write(ctx context.Context, key, upload string, n int, part []byte) error
	// Finish makes the object of its parts. One that is finished is no error.
	Finish(ctx context.Context, key, upload string, parts int) error
	// Link returns a URL that fetches the object for a time.
	Link(ctx context.Context, key string, validity time.Duration) (string, error)
	// Delete removes the object and what was written of it. One that is gone
	// is no error.
	Delete(ctx context.Context, key, upload string) error
}

// MinExportPart is the size in bytes of the smallest part that is not the last.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const MinExportPart = 5 << 20

// RequestExport asks for a copy of everything held on the caller and in their
// personal account. One that is being written, or is ready, is kept: asking
// again changes nothing until it expires. It fails as Authorize does.
func (s *Service) RequestExport(ctx context.Context, id Identity) (ExportLinked, error) {
	return s.requestExport(ctx, id)
}

// CurrentExport returns the caller's export. It fails with ErrNotFound where
// there is none, or it has expired, and as Authorize does.
func (s *Service) CurrentExport(ctx context.Context, id Identity) (ExportLinked, error) {
	return s.currentExport(ctx, id)
}

// WriteExport writes a part of a user's export; each part's commit changes the
// export, so that the table's stream calls again. An export that has expired it
// removes. It reports done when nothing is left to do.
func (s *Service) WriteExport(ctx context.Context, userID string) (done bool, err error) {
	return s.writeExport(ctx, userID)
}
