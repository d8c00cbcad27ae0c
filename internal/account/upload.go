package account

import "time"

// Upload is leave to put one file into the object store: a form that a browser
// posts there as it is, with the file as its last field.
type Upload struct {
	URL    string
	Fields map[string]string
	// Key names the file afterwards.
	Key       string
	ExpiresAt time.Time
}
