package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"hearth/internal/account"
)

// Page is what every list takes; exported for the same reason as Precondition.
type Page struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"100" doc:"The largest number of items."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"nextCursor of the page before."`
}

// checksumSize is enough to tell a cursor that was altered or is of another
// list. It is no secret: a cursor says only where to go on, and what a page can
// reach is decided by the request.
const checksumSize = 9

// EncodeCursor makes a cursor of a position in a list; "" is the end, null. The
// list is named with all that decides its order and content.
func EncodeCursor(position string, list ...string) *string {
	if position == "" {
		return nil
	}
	cursor := base64.RawURLEncoding.EncodeToString(append(checksum(position, list), position...))
	return &cursor
}

// DecodeCursor returns the position in a list. It fails with
// CodeInvalidRequest on /cursor for one that was altered or is of another list.
func DecodeCursor(cursor string, list ...string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	refusal := account.Invalid("/cursor", account.FieldMalformed)
	// Strict, so that one position has one cursor.
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(data) <= checksumSize {
		return "", refusal
	}
	position := string(data[checksumSize:])
	if subtle.ConstantTimeCompare(data[:checksumSize], checksum(position, list)) == 0 {
		return "", refusal
	}
	return position, nil
}

func checksum(position string, list []string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{position}, list...), "\x00")))
	return sum[:checksumSize:checksumSize]
}
