package mail

import (
	"errors"
	"fmt"
	"html"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"hearth/internal/account"
)

// Writer writes mails. It is safe for concurrent use.
type Writer struct {
	layouts   Texts
	languages []language.Tag // the default first
	matcher   language.Matcher
	words     map[language.Tag]vocabulary
}

// vocabulary is all words of one language.
type vocabulary struct {
	shared dictionary
	kinds  map[Kind]sections
}

// NewWriter returns the writer of Hearth's mails. The default language is for
// those whose language has no words, nor has one near it; replaced may be nil.
// Everything is written once with examples, so that a mistake in a product's
// words is an error here and never a mail that cannot be written.
func NewWriter(defaultLanguage string, replaced Texts) (*Writer, error) {
	sources, err := merge(replaced)
	if err != nil {
		return nil, err
	}
	w := &Writer{layouts: sources, words: map[language.Tag]vocabulary{}}
	for _, name := range languagesOf(sources) {
		tag, err := language.Parse(name)
		if err != nil || tag.String() != name {
			return nil, fmt.Errorf("mail: %s is not a canonical BCP 47 tag", name)
		}
		if w.words[tag], err = newVocabulary(sources, name); err != nil {
			return nil, err
		}
		w.languages = append(w.languages, tag)
	}
	w.prefer(defaultLanguage)
	if err := w.try(); err != nil {
		return nil, err
	}
	return w, nil
}

// newVocabulary reads the words of one language.
func newVocabulary(sources Texts, name string) (vocabulary, error) {
	read := func(file string) (sections, error) {
		source, found := sources[path.Join(name, file)]
		if !found {
			return nil, fmt.Errorf("mail: the words of %s have no %s", name, file)
		}
		parsed, err := parse(source)
		if err != nil {
			return nil, fmt.Errorf("mail: %s/%s: %w", name, file, err)
		}
		return parsed, nil
	}
	shared, err := read(sharedFile)
	if err != nil {
		return vocabulary{}, err
	}
	v := vocabulary{kinds: map[Kind]sections{}}
	if v.shared, err = newDictionary(shared); err != nil {
		return vocabulary{}, fmt.Errorf("mail: %s/%s: %w", name, sharedFile, err)
	}
	for _, kind := range kinds {
		if v.kinds[kind], err = read(string(kind) + extension); err != nil {
			return vocabulary{}, err
		}
	}
	return v, nil
}

// Write writes a mail in the reader's language, a BCP 47 tag, or in the one
// nearest to it; an empty or unknown one is the default. It fails for an
// address that SES cannot take, with a RejectedError, and for a link that is no
// URL, with account.ErrInternal; no error repeats either.
func (w *Writer) Write(languageTag, to string, content Content) (Message, error) {
	address, err := addressOf(to)
	if err != nil {
		return Message{}, &RejectedError{Reason: err.Error()}
	}
	if err := checkLink(content.link()); err != nil {
		return Message{}, account.ErrInternal.Because(fmt.Errorf("mail: %s: %w", content.kind(), err))
	}
	message, err := w.write(w.match(languageTag), to, content)
	message.To = address
	if err != nil {
		return Message{}, account.ErrInternal.Because(err)
	}
	return message, nil
}

func (w *Writer) write(tag language.Tag, to string, content Content) (Message, error) {
	v := w.words[tag]
	texts, values := v.kinds[content.kind()], content.values(v.shared)
	values["To"] = to
	var wrong error
	filled := func(text string) string {
		text, err := fill(text, values)
		if err != nil {
			wrong = fmt.Errorf("mail: %s/%s%s: %w", tag, content.kind(), extension, err)
		}
		return text
	}
	section := func(name string) string {
		if text, found := texts[name+nameless]; found && content.actor() == "" {
			return text
		}
		return texts[name]
	}
	say := func(name string) []string {
		all := paragraphs(section(name))
		for i, text := range all {
			all[i] = filled(text)
		}
		return all
	}
	page := map[string]string{
		"Language": tag.String(), "Direction": words(v.shared.sections["direction"]), "LinkHelp": words(v.shared.sections["linkhelp"]),
		"Subject": filled(words(section("subject"))), "Action": filled(words(section("action"))), "Link": content.link(),
	}
	body, closing := say("body"), say("closing")
	switch {
	case wrong != nil:
		return Message{}, wrong
	case page["Subject"] == "" || page["Action"] == "":
		return Message{}, fmt.Errorf("mail: %s/%s%s: [subject] or [action] is missing", tag, content.kind(), extension)
	}
	text, textErr := w.text(page, body, closing)
	document, htmlErr := w.html(page, body, closing)
	return Message{To: to, Subject: page["Subject"], Text: text, HTML: document}, errors.Join(textErr, htmlErr)
}

// text lays a mail out as plain text.
func (w *Writer) text(page map[string]string, body, closing []string) (string, error) {
	values := map[string]string{"Body": wrapped(body), "Closing": wrapped(closing)}
	for name, value := range page {
		values[name] = value
	}
	text, err := fill(w.layouts[layoutText], values)
	if err != nil {
		return "", fmt.Errorf("mail: %s: %w", layoutText, err)
	}
	return strings.TrimSpace(text) + "\n", nil
}

// html lays a mail out as HTML. The values stand in text and in attributes with
// quotes, for which this escaping is enough; the link is an http or https URL.
func (w *Writer) html(page map[string]string, body, closing []string) (string, error) {
	values := map[string]string{}
	for name, value := range page {
		values[name] = html.EscapeString(value)
	}
	for name, texts := range map[string][]string{"Body": body, "Closing": closing} {
		for _, text := range texts {
			paragraph, err := fill(w.layouts[paragraphHTML], map[string]string{"Text": html.EscapeString(text)})
			if err != nil {
				return "", fmt.Errorf("mail: %s: %w", paragraphHTML, err)
			}
			values[name] += paragraph
		}
		values[name] += "" // there even if there are no paragraphs
	}
	document, err := fill(w.layouts[layoutHTML], values)
	if err != nil {
		return "", fmt.Errorf("mail: %s: %w", layoutHTML, err)
	}
	return document, nil
}

func wrapped(texts []string) string {
	lines := make([]string, len(texts))
	for i, text := range texts {
		lines[i] = wrap(text)
	}
	return strings.Join(lines, "\n\n")
}

// match returns the language that is nearest to the given one.
func (w *Writer) match(languageTag string) language.Tag {
	wanted, err := language.Parse(languageTag)
	if err != nil {
		return w.languages[0]
	}
	_, i, _ := w.matcher.Match(wanted) // the first where none is near
	return w.languages[i]
}

// prefer makes the language nearest to the given one the default; English is it
// where none is near.
func (w *Writer) prefer(defaultLanguage string) {
	english := slices.Index(w.languages, language.English)
	w.languages[0], w.languages[english] = w.languages[english], w.languages[0]
	w.matcher = language.NewMatcher(w.languages)
	chosen := slices.Index(w.languages, w.match(defaultLanguage))
	w.languages[0], w.languages[chosen] = w.languages[chosen], w.languages[0]
	w.matcher = language.NewMatcher(w.languages)
}

// kinds are all kinds that there are.
var kinds = func() []Kind {
	all := []Kind{KindInvitation, KindOwnershipReceived, KindDeletionAccepted, KindDeletionPending, KindDeletionCompleted}
	for _, action := range account.SecurityActions() {
		all = append(all, KindOf(action))
	}
	return all
}()

// examples are some of each kind, with and without names.
func examples() []Content {
	const link = "https://example.com/page"
	at := time.Date(2026, time.March, 4, 5, 6, 0, 0, time.UTC)
	all := []Content{
		Invitation{OrganizationName: "Example", InviterName: "Ada Lovelace", Role: account.Member, Link: link, ExpiresAt: at},
		Invitation{OrganizationName: "Example", Role: account.Member, Link: link, ExpiresAt: at},
		OwnershipReceived{OrganizationName: "Example", GiverName: "Ada Lovelace", Link: link},
		OwnershipReceived{OrganizationName: "Example", Link: link},
		DeletionAccepted{DeletionID: "0197", Link: link},
		DeletionAccepted{DeletionID: "0197", GraceEndsAt: at, Link: link},
		DeletionCompleted{DeletionID: "0197", Link: link},
	}
	for _, action := range account.SecurityActions() {
		all = append(all, SecurityNotice{Action: action, At: at, Link: link})
	}
	return all
}

// try writes the examples in every language.
func (w *Writer) try() error {
	var wrong []error
	for _, tag := range w.languages {
		for _, example := range examples() {
			message, err := w.write(tag, "reader@example.com", example)
			if err == nil && (!strings.Contains(message.Text, example.link()) || !strings.Contains(message.HTML, example.link())) {
				err = errors.New("mail: a layout has no {Link}")
			}
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}
