package mail

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strings"
	"text/template"
	"time"

	"golang.org/x/text/language"

	"hearth/internal/account"
)

// Writer writes mails. It is safe for concurrent use.
type Writer struct {
	text      *template.Template
	html      *htmltemplate.Template
	languages []language.Tag // the default first
	matcher   language.Matcher
	words     map[language.Tag]map[Kind]*template.Template
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
	w := &Writer{words: map[language.Tag]map[Kind]*template.Template{}}
	functions := template.FuncMap{"wrap": wrap}
	if w.text, err = template.New(layoutText).Funcs(functions).Option("missingkey=error").Parse(sources[layoutText]); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if w.html, err = htmltemplate.New(layoutHTML).Option("missingkey=error").Parse(sources[layoutHTML]); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	for _, name := range languagesOf(sources) {
		tag, err := language.Parse(name)
		if err != nil || tag.String() != name {
			return nil, fmt.Errorf("mail: %s is not a canonical BCP 47 tag", name)
		}
		if w.words[tag], err = parse(sources, name); err != nil {
			return nil, err
		}
		w.languages = append(w.languages, tag)
	}
	w.prefer(defaultLanguage)
	return w, w.try()
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

// page is what the layouts show.
type page struct {
	// Language is a BCP 47 tag, Direction ltr or rtl.
	Language, Direction string
	Subject             string
	Body, Closing       []string
	// Action is the label of Link; LinkHelp is for those whose label does nothing.
	Action, Link, LinkHelp string
}

func (w *Writer) write(tag language.Tag, to string, content Content) (Message, error) {
	set, fields := w.words[tag][content.kind()], content.fields(to)
	var failed error
	say := func(name string) string {
		var b strings.Builder
		if err := set.ExecuteTemplate(&b, name, fields); err != nil {
			failed = errors.Join(failed, fmt.Errorf("mail: %s: %w", tag, err))
		}
		return b.String()
	}
	p := page{
		Language: tag.String(), Direction: words(say("direction")), Subject: words(say("subject")),
		Body: paragraphs(say("body")), Closing: paragraphs(say("closing")),
		Action: words(say("action")), Link: content.link(), LinkHelp: words(say("linkhelp")),
	}
	if failed != nil {
		return Message{}, failed
	}
	var text, html strings.Builder
	if err := w.text.Execute(&text, p); err != nil {
		return Message{}, fmt.Errorf("mail: %w", err)
	}
	if err := w.html.Execute(&html, p); err != nil {
		return Message{}, fmt.Errorf("mail: %w", err)
	}
	return Message{To: to, Subject: p.Subject, Text: text.String(), HTML: html.String()}, nil
}

// match returns the language that is nearest to the given one.
func (w *Writer) match(languageTag string) language.Tag {
	wanted, err := language.Parse(languageTag)
	if err != nil {
		return w.languages[0]
	}
	_, i, confidence := w.matcher.Match(wanted)
	if confidence == language.No {
		i = 0
	}
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

// examples are one of each kind.
func examples() []Content {
	return []Content{
		Invitation{
			OrganizationName: "Example", InviterName: "Ada Lovelace", Role: account.Member,
			Link: "https://example.com/invitation", ExpiresAt: time.Date(2026, time.March, 4, 5, 6, 0, 0, time.UTC),
		},
		OwnershipReceived{OrganizationName: "Example", GiverName: "Ada Lovelace", Link: "https://example.com/organization"},
	}
}

// try writes an example of every kind in every language.
func (w *Writer) try() error {
	var wrong []error
	for _, tag := range w.languages {
		for _, example := range examples() {
			message, err := w.write(tag, "reader@example.com", example)
			if err == nil && (message.Subject == "" || !strings.Contains(message.Text, example.link()) || !strings.Contains(message.HTML, example.link())) {
				err = fmt.Errorf("mail: %s/%s%s: subject or link is missing", tag, example.kind(), extension)
			}
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}
