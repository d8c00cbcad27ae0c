// Package mailbox keeps the mails that the development host would have sent, so
// that a developer and a test can read the codes and links in them. They
// outlive a restart of the host; the oldest go when there are too many.
package mailbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultLimit is how many mails a mailbox keeps unless told otherwise.
const DefaultLimit = 500

// Mail is one mail as GET /_local/mail shows it.
type Mail struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
	// Code is the code or temporary password in the mail, Link the first link;
	// nil where there is none.
	Code   *string   `json:"code"`
	Link   *string   `json:"link"`
	SentAt time.Time `json:"sentAt"`
}

// Mailbox is a bounded list of mails, safe for concurrent use.
type Mailbox struct {
	mu    sync.Mutex
	mails []Mail // oldest first
	limit int
	file  *os.File // nil when kept in memory only
	lines int      // in the file; more than len(mails) once some were dropped
}

// Open opens the mailbox kept in the file at path, or a new one; an empty path
// keeps it in memory. A limit of 0 is DefaultLimit. A last line that a killed
// host left half-written is dropped.
func Open(path string, limit int) (*Mailbox, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	m := &Mailbox{limit: limit}
	if path == "" {
		return m, nil
	}
	content, err := os.ReadFile(path) //nolint:gosec // the host's own file
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		var mail Mail
		if json.Unmarshal([]byte(line), &mail) == nil {
			m.mails = append(m.mails, mail)
		}
	}
	m.trim()
	if err := m.rewrite(path); err != nil {
		return nil, err
	}
	return m, nil
}

// Add keeps a mail. Its text is taken from its HTML if it has none, and its
// link from either.
func (m *Mailbox) Add(mail Mail) error {
	if mail.Text == "" {
		mail.Text = textOf(mail.HTML)
	}
	if mail.Link == nil {
		mail.Link = firstLink(mail.HTML, mail.Text)
	}
	mail.SentAt = mail.SentAt.UTC()

	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, mail)
	m.trim()
	if m.file == nil {
		return nil
	}
	// A file of twice the limit is written anew, so that it stays bounded too.
	if m.lines >= 2*m.limit {
		return m.rewrite(m.file.Name())
	}
	line, err := encode(mail)
	if err != nil {
		return err
	}
	if _, err := m.file.Write(line); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	m.lines++
	return nil
}

// List returns the mails to an address, or all of them for an empty one, newest
// first. Letter case does not count.
func (m *Mailbox) List(to string) []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := []Mail{}
	for _, mail := range slices.Backward(m.mails) {
		if to == "" || strings.EqualFold(mail.To, strings.TrimSpace(to)) {
			found = append(found, mail)
		}
	}
	return found
}

// Close closes the mailbox's file.
func (m *Mailbox) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == nil {
		return nil
	}
	err := m.file.Close()
	m.file = nil
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	return nil
}

func (m *Mailbox) trim() {
	if extra := len(m.mails) - m.limit; extra > 0 {
		m.mails = slices.Clone(m.mails[extra:])
	}
}

// rewrite replaces the file by one that holds exactly the kept mails.
func (m *Mailbox) rewrite(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	var content []byte
	for _, mail := range m.mails {
		line, err := encode(mail)
		if err != nil {
			return err
		}
		content = append(content, line...)
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, content, 0o600); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // the host's own file
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	if m.file != nil {
		_ = m.file.Close() // replaced; everything it held is in the new one
	}
	m.file, m.lines = file, len(m.mails)
	return nil
}

func encode(mail Mail) ([]byte, error) {
	line, err := json.Marshal(mail)
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	return append(line, '\n'), nil
}
