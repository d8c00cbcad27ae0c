package boot

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"
)

// newID returns a UUIDv7: 48 bits of time in milliseconds, then 74 random ones.
// It is made here because a library's can fail, which nothing could be done
// about, and crypto/rand cannot.
// https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
func newID() string { return uuidV7(time.Now()) }

func uuidV7(now time.Time) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(id[6:]) // never fails, as its documentation says
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
