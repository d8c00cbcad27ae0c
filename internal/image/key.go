package image

import (
	"errors"
	"strings"
)

// errKey is the cause where a key that Hearth itself wrote is none of its own.
var errKey = errors.New("not a key of an image")

// maxIDLength bounds both ids in a key.
const maxIDLength = 64

// NewKey returns a key for a new image of an owner: a user or an organization.
func (s *Store) NewKey(owner string) string { return Prefix + owner + "/" + s.newID() }

// OwnerOf returns whose image a key names, and false for anything that is not a
// key: exactly images/<owner>/<id>, both of letters, digits, - and _.
func OwnerOf(key string) (owner string, ok bool) {
	rest, ok := strings.CutPrefix(key, Prefix)
	if !ok {
		return "", false
	}
	owner, id, ok := strings.Cut(rest, "/")
	if !ok || !isID(owner) || !isID(id) {
		return "", false
	}
	return owner, true
}

func isID(s string) bool {
	if s == "" || len(s) > maxIDLength {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
