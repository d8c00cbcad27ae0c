package mail_test

import (
	"errors"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/mail"
)

func TestTheNearestLanguageIsWrittenElseTheDefault(t *testing.T) {
	t.Parallel()
	const english, german = "Ada Lovelace invites you to Analytical Engines", "Ada Lovelace lädt Sie ein zu Analytical Engines"
	for _, test := range []struct{ byDefault, language, want string }{
		{"en", "en", english},
		{"en", "en-GB", english},
		{"en", "de", german},
		{"en", "de-AT", german},
		{"en", "de-CH-1996", german},
		{"en", "gsw", german},
		{"en", "ja", english},
		{"en", "", english},
		{"en", "no language at all", english},
		{"de", "ja", german},
		{"de-AT", "", german},
		{"de", "en", english},
		{"ja", "", english},
		{"", "", english},
	} {
		writer, err := mail.NewWriter(test.byDefault, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := writer.Write(test.language, "grace@example.com", invitation)
		if err != nil || m.Subject != test.want {
			t.Errorf("default %q, language %q: %q, %v", test.byDefault, test.language, m.Subject, err)
		}
	}
}

func TestEachRoleHasItsWords(t *testing.T) {
	t.Parallel()
	writer := newWriter(t, nil)
	for role, want := range map[account.Role][2]string{
		account.Owner:  {"as an owner.", "Rolle dort: Inhaber/-in."},
		account.Admin:  {"as an administrator.", "Rolle dort: Administrator/-in."},
		account.Member: {"as a member.", "Rolle dort: Mitglied."},
	} {
		content := invitation
		content.Role = role
		for i, language := range []string{"en", "de"} {
			m, err := writer.Write(language, "grace@example.com", content)
			if err != nil || !strings.Contains(strings.ReplaceAll(m.Text, "\n", " "), want[i]) {
				t.Errorf("%s in %s: %v\n%s", role, language, err, m.Text)
			}
		}
	}
}

// Names are chosen by people, and a mail is a place to misuse them.
func TestNamesCannotBreakOutOfAMail(t *testing.T) {
	t.Parallel()
	writer := newWriter(t, nil)
	for _, name := range []string{
		"Bcc: everybody@example.com\r\nX",
		"a\r\n\r\nbody",
		"a\nSubject: other",
		"a\x00b\u0085c\u2028d\u2029e\u202ef",
		"<script>alert(1)</script>",
		`"><a href="https://evil.example/">here</a>`,
		"{Link}{To}{Nonsense}",
		"</title><img src=https://evil.example/x.png>",
		"visit http://evil.example/now or www.evil.example",
		"evil.example@evil.example",
		"\xff\xfe",
		strings.Repeat("W", 10_000),
		"👩‍👩‍👧‍👦 Familie",
		"שלום עולם",
	} {
		for _, content := range []mail.Content{
			mail.Invitation{OrganizationName: name, InviterName: name, Role: account.Member, Link: invitation.Link, ExpiresAt: invitation.ExpiresAt},
			mail.OwnershipReceived{OrganizationName: name, GiverName: name, Link: ownership.Link},
		} {
			for _, language := range []string{"en", "de"} {
				m, err := writer.Write(language, "grace@example.com", content)
				if err != nil {
					t.Errorf("%.40q: %v", name, err)
					continue
				}
				if strings.ContainsFunc(m.Subject, unicode.IsControl) || len([]rune(m.Subject)) > 300 || !utf8.ValidString(m.Subject) {
					t.Errorf("subject %q", m.Subject)
				}
				for _, part := range []string{m.Text, m.HTML} {
					if strings.ContainsFunc(part, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) || !utf8.ValidString(part) {
						t.Errorf("%.40q: control characters in\n%s", name, part)
					}
				}
				checkHTML(t, m.HTML)
				if strings.ContainsFunc(m.Subject+m.Text+m.HTML, turnsText) {
					t.Errorf("%.40q: marks that turn text in\n%s", name, m.Text)
				}
				if plain := plainMail(t, writer, language, content); strings.Count(m.Text, "\n\n") != strings.Count(plain.Text, "\n\n") {
					t.Errorf("%.40q: other paragraphs:\n%s", name, m.Text)
				}
				if links := autolinks.FindAllString(m.Text, -1); !slices.Equal(links, autolinks.FindAllString(linkOf(content), -1)) {
					t.Errorf("%.40q: a mail program makes links of %q", name, links)
				}
			}
		}
	}
}

// turnsText reports the marks that turn the direction of text for good.
func turnsText(r rune) bool { return '\u202a' <= r && r <= '\u202e' || r == '\u200e' || r == '\u200f' }

// plainMail is the mail of that kind with nothing special in it.
func plainMail(t *testing.T, writer *mail.Writer, language string, like mail.Content) mail.Message {
	t.Helper()
	var content mail.Content = ownership
	if _, ok := like.(mail.Invitation); ok {
		content = invitation
	}
	m, err := writer.Write(language, "grace@example.com", content)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func linkOf(c mail.Content) string {
	if i, ok := c.(mail.Invitation); ok {
		return i.Link
	}
	return c.(mail.OwnershipReceived).Link
}

var (
	// autolinks is what mail programs make links of.
	autolinks = regexp.MustCompile(`(?i)https?://\S+|(?:^|\s|")[a-z0-9-]+(?:\.[a-z0-9-]+)+`)
	tags      = regexp.MustCompile(`<([a-z0-9]+)`)
	sources   = regexp.MustCompile(`(?i)(?:src|srcset|background|href)\s*=\s*"([^"]*)"|url\(`)
)

// checkHTML holds a mail to the few elements that it is made of and to one link.
func checkHTML(t *testing.T, document string) {
	t.Helper()
	allowed := []string{"html", "head", "meta", "title", "style", "body", "div", "h1", "p", "a", "br"}
	for _, found := range tags.FindAllStringSubmatch(document, -1) {
		if !slices.Contains(allowed, found[1]) {
			t.Errorf("element %s in\n%s", found[1], document)
		}
	}
	for _, found := range sources.FindAllStringSubmatch(document, -1) {
		if link := html.UnescapeString(found[1]); link != invitation.Link && link != ownership.Link {
			t.Errorf("%s in\n%s", found[0], document)
		}
	}
	if count := strings.Count(document, "<a "); count != 2 {
		t.Errorf("%d links in\n%s", count, document)
	}
}

func TestANameLooksAsItWasChosen(t *testing.T) {
	t.Parallel()
	writer := newWriter(t, nil)
	for name, want := range map[string]string{
		"Smith & Sons":    "Smith & Sons",
		"Dr. No":          "Dr. No",
		"acme.io":         "acme.\u2060io",
		"a@b, https://":   "a@\u2060b, https:\u2060//",
		"a\u202eb\u200fc": "abc",
		"Müller, Söhne":   "Müller, Söhne",
		"שלום":            "\u2068שלום\u2069",
	} {
		content := ownership
		content.OrganizationName = name
		m, err := writer.Write("en", "grace@example.com", content)
		if err != nil || m.Subject != "You are now an owner of "+want {
			t.Errorf("%q, %v", m.Subject, err)
		}
		if !strings.Contains(html.UnescapeString(m.HTML), want) || !strings.Contains(m.Text, want) {
			t.Errorf("%q is not in\n%s\n%s", want, m.Text, m.HTML)
		}
	}
}

func TestLinesOfTextAreShort(t *testing.T) {
	t.Parallel()
	content := invitation
	content.OrganizationName = strings.Repeat("Wort ", 20)
	content.Link = "https://app.example.com/" + strings.Repeat("x", 200)
	m, err := newWriter(t, nil).Write("de", "grace@example.com", content)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(m.Text, "\n")
	if !slices.Contains(lines, content.Link) {
		t.Errorf("the link is not on a line of its own:\n%s", m.Text)
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 76 && line != content.Link {
			t.Errorf("%d characters: %s", utf8.RuneCountInString(line), line)
		}
		if strings.TrimSpace(line) != line {
			t.Errorf("white space around %q", line)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	writer := newWriter(t, nil)
	for to, want := range map[string]string{
		"grace@example.com":            "grace@example.com",
		"Grace.Hopper+x@localhost":     "Grace.Hopper+x@localhost",
		"o'hara@example.com":           "o'hara@example.com",
		"grace@münchen.example":        "grace@xn--mnchen-3ya.example",
		"":                             "",
		"grace":                        "",
		"grace@":                       "",
		"a@example.com,b@example.com":  "",
		"a@example.com, b@example.com": "",
		"Grace <grace@example.com>":    "",
		"<grace@example.com>":          "",
		"grace@example.com\r\nBcc: b@example.com": "",
		"grace@example.com\n":                     "",
		"\"a,b\"@example.com":                     "",
		"grâce@example.com":                       "",
		"grace@exa mple.com":                      "",
		"grace@[127.0.0.1]":                       "",
		"grace@example.com (comment)":             "",
	} {
		m, err := writer.Write("en", to, invitation)
		if want != "" {
			if err != nil || m.To != want || !strings.Contains(m.Text, to) {
				t.Errorf("%q: %q, %v", to, m.To, err)
			}
			continue
		}
		var rejected *mail.RejectedError
		if !errors.As(err, &rejected) {
			t.Errorf("%q: %v", to, err)
		} else if to != "" && strings.Contains(err.Error(), to) {
			t.Errorf("the error tells the address: %v", err)
		}
	}
}

func TestLinksLeadToWebPagesAlone(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"", "/invitation", "javascript:alert(1)", "data:text/html,x", "mailto:a@example.com", "https://", "//example.com",
		"https://example.com/a b", "https://example.com/\n", "https://example.com/ü", "ftp://example.com/",
	} {
		content := invitation
		content.Link = link
		_, err := newWriter(t, nil).Write("en", "grace@example.com", content)
		if !errors.Is(err, account.ErrInternal) {
			t.Errorf("%q: %v", link, err)
		} else if link != "" && strings.Contains(err.Error(), link) {
			t.Errorf("the error tells the link: %v", err)
		}
	}
}

func TestAProductReplacesWordsAndAddsALanguage(t *testing.T) {
	t.Parallel()
	french := mail.Texts{
		"fr/words.txt": "[direction]\nltr\n[months]\n1 2 3 4 5 6 7 8 9 10 11 12\n[date]\n{Day}/{Month}\n" +
			"[role ORG_OWNER]\npropriétaire\n[role ORG_ADMIN]\nadministrateur\n[role ORG_MEMBER]\nmembre\n[linkhelp]\nLien :\n",
		"fr/invitation.txt":         "[subject]\nInvitation à {OrganizationName}\n[body]\nJusqu'au {ExpiresAt}\n[action]\nVoir\n",
		"fr/ownership-received.txt": "[subject]\nPropriétaire\n[action]\nVoir\n",
		"en/invitation.txt":         "[subject]\nJoin us\n[body]\nNow\n[action]\nJoin\n",
		"layout.txt":                "{Body} {Link}",
	}
	others := []mail.Kind{mail.KindDeletionAccepted, mail.KindDeletionPending, mail.KindDeletionCompleted}
	for _, action := range account.SecurityActions() {
		others = append(others, mail.KindOf(action))
	}
	for _, kind := range others {
		french["fr/"+string(kind)+".txt"] = "[subject]\nSécurité\n[action]\nVoir\n"
	}
	writer := newWriter(t, french)
	for language, want := range map[string][2]string{
		"en": {"Join us", "Now " + invitation.Link + "\n"},
		"fr": {"Invitation à Analytical Engines", "Jusqu'au 4/3 " + invitation.Link + "\n"},
	} {
		m, err := writer.Write(language, "grace@example.com", invitation)
		if err != nil || m.Subject != want[0] || m.Text != want[1] {
			t.Errorf("%s: %q, %q, %v", language, m.Subject, m.Text, err)
		}
	}
}

func TestAMistakeInAProductsWordsIsToldAtOnce(t *testing.T) {
	t.Parallel()
	const rest = "\n[body]\nb\n[action]\na\n"
	for name, texts := range map[string]mail.Texts{
		"no such file":         {"en/welcome.txt": "x"},
		"no such layout":       {"layout.md": "x"},
		"words without folder": {"words.txt": "x"},
		"before a section":     {"en/invitation.txt": "Hello\n[subject]\nx" + rest},
		"a section twice":      {"en/invitation.txt": "[subject]\nx\n[subject]\ny" + rest},
		"unknown field":        {"en/invitation.txt": "[subject]\n{Nonsense}" + rest},
		"field of another":     {"en/ownership-received.txt": "[subject]\n{ExpiresAt}" + rest},
		"a name always":        {"en/invitation.txt": "[subject]\n{InviterName}" + rest},
		"no subject":           {"en/invitation.txt": "[subject]\n \n" + rest},
		"subject not there":    {"en/invitation.txt": rest},
		"no action":            {"en/invitation.txt": "[subject]\nx\n"},
		"no months":            {"en/words.txt": "[direction]\nltr\n"},
		"eleven months": {"en/words.txt": "[direction]\nltr\n[months]\n1 2 3 4 5 6 7 8 9 10 11\n[date]\n{Day}\n" +
			"[role ORG_OWNER]\no\n[role ORG_ADMIN]\na\n[role ORG_MEMBER]\nm\n[linkhelp]\nl\n"},
		"unknown part of a date": {"en/words.txt": "[direction]\nltr\n[months]\n1 2 3 4 5 6 7 8 9 10 11 12\n[date]\n{Week}\n" +
			"[role ORG_OWNER]\no\n[role ORG_ADMIN]\na\n[role ORG_MEMBER]\nm\n[linkhelp]\nl\n"},
		"incomplete language":     {"fr/invitation.txt": "[subject]\nx" + rest},
		"no language":             {"nonsense-/words.txt": "x"},
		"not canonical":           {"EN/words.txt": "x"},
		"layout without link":     {"layout.txt": "{Subject}"},
		"HTML without link":       {"layout.html": "{Subject}"},
		"layout unknown field":    {"layout.html": "{Nonsense}{Link}"},
		"text unknown field":      {"layout.txt": "{Nonsense}{Link}"},
		"paragraph unknown field": {"paragraph.html": "{Nonsense}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := mail.NewWriter("en", texts); err == nil {
				t.Error("no error")
			}
		})
	}
}

// What one language says, the other says too.
func TestLanguagesHaveTheSameKindsAndFields(t *testing.T) {
	t.Parallel()
	names := func(language string) []string {
		entries, err := fs.ReadDir(os.DirFS("texts"), language)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		return names
	}
	if diff := cmp.Diff(names("en"), names("de")); diff != "" {
		t.Fatal(diff)
	}
	for _, name := range names("en") {
		english, german := fieldsOf(t, filepath.Join("texts", "en", name)), fieldsOf(t, filepath.Join("texts", "de", name))
		if len(english) == 0 {
			t.Errorf("%s defines nothing", name)
		}
		if diff := cmp.Diff(english, german); diff != "" {
			t.Errorf("%s, English and German: %s", name, diff)
		}
	}
}

// fieldsOf returns the fields that each section of a file uses.
func fieldsOf(t *testing.T, file string) map[string][]string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string][]string{}
	section := ""
	for line := range strings.Lines(string(source)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "[") {
			section = line
			fields[section] = []string{}
		}
		fields[section] = append(fields[section], fieldPattern.FindAllString(line, -1)...)
	}
	for section := range fields {
		slices.Sort(fields[section])
		fields[section] = slices.Compact(fields[section])
	}
	return fields
}

var fieldPattern = regexp.MustCompile(`\{\w+\}`)
