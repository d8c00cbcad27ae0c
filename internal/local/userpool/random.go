package userpool

import (
	"crypto/rand"
	"fmt"
)

// randomBytes returns n bytes that nobody can guess.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	// Since Go 1.24 this read never returns an error.
	_, _ = rand.Read(b)
	return b
}

// newID returns a random UUID (version 4), the form of Cognito's ids.
func newID() string { return formatID(randomBytes(16)) }

// formatID writes 16 bytes as a UUID of version 4.
func formatID(b []byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
