package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxNameLength is the longest name that a person or a team may choose, in
// characters (code points).
const MaxNameLength = 64

// CleanName returns a name as Hearth keeps it: valid UTF-8 in NFC, without
// control characters, invisible marks and marks that turn the direction of the
// text around it, white space folded to single spaces, trimmed. It may be
// empty or too long.
func CleanName(name string) string {
	var b strings.Builder
	space := false
	for _, r := range strings.ToValidUTF8(name, "") {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
		case !inName(r):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	if !strings.ContainsFunc(b.String(), isVisible) {
		return "" // joiners and nothing to join
	}
	// Only now: what was taken out may have stood between a letter and its accent.
	return norm.NFC.String(b.String())
}

// isVisible reports whether a reader sees a character that stands alone.
func isVisible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.In(r, unicode.M, unicode.Zs, unicode.Other_Default_Ignorable_Code_Point)
}

const (
	zeroWidthNonJoiner = '\u200C'
	zeroWidthJoiner    = '\u200D'
)

// inName reports whether a character may stand in a name. Of the invisible
// ones only those remain that scripts and emoji are spelled with: joiners and
// the tags of flags.
func inName(r rune) bool {
	switch {
	case r == zeroWidthJoiner, r == zeroWidthNonJoiner, isTag(r):
		return true
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
		return false
	}
	return r != utf8.RuneError
}

// Truncate cuts a name to at most limit characters, never through what a
// reader sees as one: an accented letter, a family emoji, a flag.
func Truncate(name string, limit int) string {
	runes := []rune(name)
	if len(runes) <= limit {
		return name
	}
	cut := limit
	for cut > 0 && !boundary(runes, cut) {
		cut--
	}
	if cut == 0 { // one endless cluster: no name that a person has
		cut = limit
	}
	return strings.TrimSpace(string(runes[:cut]))
}

// boundary reports whether text may be cut before runes[i]: the rules of
// Unicode's grapheme clusters (UAX #29) that names meet.
func boundary(runes []rune, i int) bool {
	before, after := runes[i-1], runes[i]
	switch {
	case before == zeroWidthJoiner, after == zeroWidthJoiner, after == zeroWidthNonJoiner:
		return false
	case unicode.In(after, unicode.M), isEmojiModifier(after), isTag(after):
		return false
	case isRegional(after):
		// Flags are pairs: a cut is right after an even number of letters.
		letters := 0
		for j := i - 1; j >= 0 && isRegional(runes[j]); j-- {
			letters++
		}
		return letters%2 == 0
	}
	return true
}

func isEmojiModifier(r rune) bool { return r >= 0x1F3FB && r <= 0x1F3FF }
func isRegional(r rune) bool      { return r >= 0x1F1E6 && r <= 0x1F1FF }
func isTag(r rune) bool           { return r >= 0xE0020 && r <= 0xE007F }

// fallbackName is the name of a person about whom nothing usable is known.
const fallbackName = "User"

// signUpName is the name that a person starts with: the name they gave, else
// given and family name, else what stands before the @ of their address. What
// is too long is cut, since a sign-up cannot be refused any more.
func signUpName(p Person) string {
	local, _, _ := strings.Cut(p.Email, "@")
	for _, candidate := range []string{p.Name, p.GivenName + " " + p.FamilyName, local} {
		if name := fittingName(candidate); name != "" {
			return name
		}
	}
	return fallbackName
}

// fittingName is a name that nobody can be asked to shorten, clean and of at
// most MaxNameLength. It is cleaned twice, since nothing visible may be left of
// what was cut.
func fittingName(name string) string {
	return CleanName(Truncate(CleanName(name), MaxNameLength))
}
