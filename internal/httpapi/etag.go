package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// EntityTag is a strong ETag (RFC 9110, 8.8.3) over what a client can change of
// an object. Two versions that read alike have the same one; counters, which
// others change, must not be among the values.
func EntityTag(values ...any) string {
	text, err := json.Marshal(values)
	if err != nil { // plain values of ours always encode
		return ""
	}
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}
