package mail

import (
	"errors"
	netmail "net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/bidi"

	"hearth/internal/account"
)

const (
	wordJoiner         = '\u2060'
	firstStrongIsolate = '\u2068'
	popIsolate         = '\u2069'
)

// printable is a name as a mail shows it. Somebody whom the reader may not know
// has chosen it, and a mail is a place to misuse that: so it has no control
// characters, and no dot or slashes that mail programs would make a link of. An
// invisible character after them leaves the name as it looks. A name written
// from right to left is kept from turning the sentence around it.
func printable(name string) string {
	name = account.Truncate(account.CleanName(name), maxNameLength)
	var b strings.Builder
	fromRight := false
	runes := []rune(name)
	for i, r := range runes {
		if class, _ := bidi.LookupRune(r); class.Class() == bidi.R || class.Class() == bidi.AL {
			fromRight = true
		}
		b.WriteRune(r)
		if i+1 == len(runes) {
			break
		}
		next := runes[i+1]
		if r == '.' && isAlphanumeric(next) || r == ':' && next == '/' || r == '@' {
			b.WriteRune(wordJoiner)
		}
	}
	if fromRight {
		return string(firstStrongIsolate) + b.String() + string(popIsolate)
	}
	return b.String()
}

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// words returns the text on one line. A no-break space stays.
func words(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029
	}), " ")
}

// paragraphs returns what stands between empty lines.
func paragraphs(text string) []string {
	var all []string
	var lines []string
	end := func() {
		if len(lines) > 0 {
			all = append(all, words(strings.Join(lines, " ")))
			lines = nil
		}
	}
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			end()
			continue
		}
		lines = append(lines, line)
	}
	end()
	return all
}

// width is where a line of text ends.
// https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
const width = 76

// wrap breaks a paragraph into lines, between words only.
func wrap(paragraph string) string {
	var b strings.Builder
	column := 0
	for word := range strings.SplitSeq(paragraph, " ") {
		length := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+length > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += length
	}
	return b.String()
}

var (
	errAddress = errors.New("not one plain address")
	errLink    = errors.New("the link is not an http or https URL")
)

// addressOf returns one address as SES takes it: nothing but the address, the
// part before the @ in ASCII and the domain in Punycode.
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
func addressOf(to string) (string, error) {
	// What goes to SES is read there as a header field, in which a comma begins
	// another address.
	parsed, err := netmail.ParseAddress(to)
	if err != nil || parsed.Address != to {
		return "", errAddress
	}
	at := strings.LastIndexByte(to, '@')
	local, domain := to[:at], to[at+1:]
	if strings.ContainsFunc(local, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`",;:<>()[]\`, r) }) {
		return "", errAddress
	}
	if domain, err = idna.Lookup.ToASCII(domain); err != nil || domain == "" {
		return "", errAddress
	}
	return local + "@" + domain, nil
}

// checkLink refuses what no mail of Hearth leads to.
func checkLink(link string) error {
	if strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errLink
	}
	u, err := url.Parse(link)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return errLink
	}
	return nil
}
