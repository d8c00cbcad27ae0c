package httpapi

import (
	"strings"

	"hearth/internal/account"
)

// Precondition is the condition of a client on what it changes (RFC 9110,
// 13.1.1). Without it the last one wins. It is exported because huma sees no
// parameters in an embedded type that is not.
type Precondition struct {
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"The ETag of what was read: the change is refused with 412 if it is another one now."`
}

// Check fails with ErrPrecondition unless the condition names the entity tag.
// A weak tag never matches strongly.
func (m Precondition) Check(current string) error {
	if m.IfMatch == "" || strings.TrimSpace(m.IfMatch) == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(m.IfMatch, ",") {
		if strings.TrimSpace(tag) == current {
			return nil
		}
	}
	return account.ErrPrecondition
}
