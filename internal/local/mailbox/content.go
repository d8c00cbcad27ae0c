package mailbox

import (
	"html"
	"regexp"
	"strings"
)

var (
	// hidden is what a mail program never shows.
	hidden = regexp.MustCompile(`(?is)<!--.*?-->|<(style|script|head)\b.*?</(style|script|head)\s*>`)
	// lineEnd is what ends a line of text.
	lineEnd = regexp.MustCompile(`(?i)<br\s*/?>|</(p|div|h[1-6]|li|tr|table)\s*>`)
	tag     = regexp.MustCompile(`(?s)<[^>]*>`)
	spaces  = regexp.MustCompile(`[ \t\r\f]+`)
	gaps    = regexp.MustCompile(`\n{3,}`)

	href = regexp.MustCompile(`(?i)\bhref\s*=\s*(?:"(https?://[^"]+)"|'(https?://[^']+)')`)
	url  = regexp.MustCompile(`https?://[^\s<>"']+`)
)

// textOf returns what a reader without HTML would see of a mail.
func textOf(document string) string {
	text := hidden.ReplaceAllString(document, "")
	text = strings.ReplaceAll(text, "\n", " ")
	text = lineEnd.ReplaceAllString(text, "\n")
	text = html.UnescapeString(tag.ReplaceAllString(text, ""))
	text = spaces.ReplaceAllString(text, " ")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.TrimSpace(gaps.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}

// firstLink returns the first web address that the HTML links to, else the
// first one in the text, else nil.
func firstLink(document, text string) *string {
	if found := href.FindStringSubmatch(document); found != nil {
		link := html.UnescapeString(found[1] + found[2])
		return &link
	}
	if found := url.FindString(text); found != "" {
		link := strings.TrimRight(found, ".,;:!?)")
		return &link
	}
	return nil
}
