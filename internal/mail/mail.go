// Package mail is everything that Hearth itself mails: the words in each
// language, and their way to Amazon SES. Cognito's own mails, with codes and
// temporary passwords, have the pool's templates instead.
//
// Only the function that the table's stream feeds imports this package. The API
// commits and answers; the mail follows the commit.
//
// # Words
//
// A mail is a subject, paragraphs, one link with its label, and more paragraphs.
// Its words stand in texts/<language>/<kind>.txt, one file a kind, in sections:
//
//   - [subject], on one line
//   - [body] and [closing], paragraphs with an empty line between them
//   - [action], the label of the link
//   - [subject nameless] and so on, used where nobody's name is known
//
// {OrganizationName} stands for the field of that name of the kind's type, {To}
// for the address that the mail goes to. What the kinds of one language share
// stands in its words.txt. The two layouts make the text and the HTML of a mail
// from the same paragraphs, so that neither says what the other does not, and
// nobody translates HTML. Every value is escaped in HTML, whatever the layout.
//
// text/template and html/template would read nicer and keep the linker from
// leaving code out: with them the function's binary is 23 MB
// instead of 11.
package mail

import (
	"embed"
	"strings"

	"hearth/internal/account"
)

// Kind names what a mail is about; it is the name of its file in each language.
type Kind string

// The kinds of mail.
const (
	KindInvitation        Kind = "invitation"
	KindOwnershipReceived Kind = "ownership-received"
	KindDeletionAccepted  Kind = "deletion-accepted"
	KindDeletionPending   Kind = "deletion-pending"
	KindDeletionCompleted Kind = "deletion-completed"
)

// KindOf is the kind of the mail about an action on the security of an account:
// "password-changed" for password.changed.
func KindOf(action account.AuditAction) Kind {
	return Kind(strings.NewReplacer(".", "-", "_", "-").Replace(string(action)))
}

// Message is a mail to one address. It has no control characters but the line
// feeds of Text and HTML.
type Message struct {
	// To is the address alone, without a name.
	To      string
	Subject string
	// Text has lines of at most 76 characters, unless a word or link is longer.
	Text string
	HTML string
}

// Content is what one mail is about: Invitation, OwnershipReceived,
// SecurityNotice, DeletionAccepted or DeletionCompleted.
type Content interface {
	kind() Kind
	// link is where the mail leads.
	link() string
	// actor is the name of whoever caused the mail, empty if nobody knows it.
	actor() string
	// values are what the words may name, each safe to print. A name that is not
	// known is not among them.
	values(d dictionary) map[string]string
}

// Texts are the sources of words and layouts by file name, such as
// "de/invitation.txt" or "layout.html". A product replaces what it names and
// adds a language by naming all files of one.
type Texts map[string]string

//go:embed texts
var files embed.FS

const (
	layoutText    = "layout.txt"
	layoutHTML    = "layout.html"
	paragraphHTML = "paragraph.html"
	sharedFile    = "words.txt"
	extension     = ".txt"
)

// maxNameLength bounds a name in a mail, in characters. Names are bounded where
// they are chosen; the name of a personal organization is somewhat longer.
const maxNameLength = account.MaxNameLength + 36
