package mailbox

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var sentAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func subjects(mails []Mail) []string {
	found := []string{}
	for _, mail := range mails {
		found = append(found, mail.Subject)
	}
	return found
}

func open(t *testing.T, path string, limit int) *Mailbox {
	t.Helper()
	box, err := Open(path, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}

func add(t *testing.T, box *Mailbox, mails ...Mail) {
	t.Helper()
	for _, mail := range mails {
		if err := box.Add(mail); err != nil {
			t.Fatal(err)
		}
	}
}

func TestListIsNewestFirstAndByAddress(t *testing.T) {
	t.Parallel()
	box := open(t, "", 0)
	add(t, box,
		Mail{To: "Ada@example.com", Subject: "first", SentAt: sentAt},
		Mail{To: "bob@example.com", Subject: "second", SentAt: sentAt},
		Mail{To: "ada@example.com", Subject: "third", SentAt: sentAt},
	)
	for to, want := range map[string][]string{
		"":                  {"third", "second", "first"},
		"ada@EXAMPLE.com":   {"third", "first"},
		" bob@example.com ": {"second"},
		"nobody@example.co": {},
	} {
		if diff := cmp.Diff(want, subjects(box.List(to))); diff != "" {
			t.Errorf("List(%q): %s", to, diff)
		}
	}
}

func TestMailsOutliveARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deeper", "mail.jsonl")
	code := "123456"
	first := open(t, path, 0)
	add(t, first, Mail{To: "ada@example.com", Subject: "Your code", HTML: "<p>123456</p>", Code: &code, SentAt: sentAt})

	want := first.List("")
	if diff := cmp.Diff(want, open(t, path, 0).List("")); diff != "" {
		t.Error(diff)
	}
}

func TestAHalfWrittenMailIsDropped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mail.jsonl")
	first := open(t, path, 0)
	add(t, first, Mail{Subject: "whole", SentAt: sentAt})
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(content, content[:len(content)/2]...), 0o600); err != nil {
		t.Fatal(err)
	}

	second := open(t, path, 0)
	add(t, second, Mail{Subject: "next", SentAt: sentAt})
	if diff := cmp.Diff([]string{"next", "whole"}, subjects(open(t, path, 0).List(""))); diff != "" {
		t.Error(diff)
	}
}

func TestTheOldestGoWhenThereAreTooMany(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mail.jsonl")
	const limit = 3
	box := open(t, path, limit)
	for i := range 20 {
		add(t, box, Mail{Subject: fmt.Sprint(i), SentAt: sentAt})
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if lines := len(subjects(box.List(""))); lines > limit {
			t.Fatalf("%d mails kept, want at most %d", lines, limit)
		}
		if most := 2 * limit * 200; len(content) > most {
			t.Fatalf("the file has %d bytes after %d mails", len(content), i+1)
		}
	}
	want := []string{"19", "18", "17"}
	if diff := cmp.Diff(want, subjects(box.List(""))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, subjects(open(t, path, limit).List(""))); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
}

func TestTextAndLinkComeFromTheHTML(t *testing.T) {
	t.Parallel()
	link := func(s string) *string { return &s }
	for name, test := range map[string]struct {
		html, text string
		wantText   string
		wantLink   *string
	}{
		"paragraphs": {
			html:     "<p>Your code is <strong>123456</strong>.</p><p>If you did not\nask, ignore it.</p>",
			wantText: "Your code is 123456.\nIf you did not ask, ignore it.",
		},
		"entities and what is not shown": {
			html:     "<head><title>x</title></head><style>p{}</style><p>Tom &amp; Ada &lt;3</p>",
			wantText: "Tom & Ada <3",
		},
		"a link": {
			html:     `<p>Join <a href="https://app.example.com/join?a=1&amp;token=x">here</a></p>`,
			wantText: "Join here",
			wantLink: link("https://app.example.com/join?a=1&token=x"),
		},
		"a link in single quotes": {
			html:     `<a class=b href='http://localhost:5173/join'>here</a>`,
			wantText: "here",
			wantLink: link("http://localhost:5173/join"),
		},
		"a link in the text alone": {
			text:     "Join at https://app.example.com/join.",
			wantText: "Join at https://app.example.com/join.",
			wantLink: link("https://app.example.com/join"),
		},
		"no web address": {
			html:     `<a href="mailto:ada@example.com">write</a>`,
			wantText: "write",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := open(t, "", 0)
			add(t, box, Mail{HTML: test.html, Text: test.text, SentAt: sentAt})
			got := box.List("")[0]
			if got.Text != test.wantText {
				t.Errorf("text %q, want %q", got.Text, test.wantText)
			}
			if diff := cmp.Diff(test.wantLink, got.Link); diff != "" {
				t.Errorf("link: %s", diff)
			}
		})
	}
}
