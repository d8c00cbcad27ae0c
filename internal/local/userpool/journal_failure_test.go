package userpool

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// full is a disk that takes no more.
func full(t *testing.T, path string) *os.File {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAChangeThatCannotBeWrittenDoesNotHappen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newState()
	j, err := openJournal(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	s.apply(change{PoolID: "eu-central-1_A", Secrets: new(secrets)})
	if err := j.compact(s); err != nil {
		t.Fatal(err)
	}
	p := &Pool{state: s, journal: j}
	ada := &user{Sub: "1", Attributes: map[string]string{"email": "ada@example.com"}}
	good := j.file
	j.file = full(t, filepath.Join(dir, journalName))
	if err := p.commit(change{Users: []*user{ada}}); err == nil {
		t.Fatal("a change was taken that could not be written")
	}
	if s.find("ada@example.com") != nil {
		t.Fatal("a change is visible that is not on the disk")
	}
	// What could not be undone leaves the end of the file unknown, so nothing
	// more is written after it.
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
	j.file = good
	if err := p.commit(change{Users: []*user{ada}}); !errors.Is(err, errBroken) {
		t.Fatalf("got %v, want %v", err, errBroken)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}
