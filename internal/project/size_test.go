package project_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a product copies is read in one go.
func TestTheExampleStaysSmall(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	count, lines := 0, 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		count, lines = count+1, lines+bytes.Count(text, []byte("\n"))
	}
	if count == 0 || count > 4 || lines > 300 {
		t.Errorf("the example has %d files with %d lines, at most 4 with 300", count, lines)
	}
}
