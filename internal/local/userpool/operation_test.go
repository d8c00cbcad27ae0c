package userpool

import (
	"os"
	"regexp"
	"testing"
)

func TestTheDocumentationListsEveryOperation(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for name := range operations {
		if !regexp.MustCompile(`//   - [^:]*\b` + name + `\b[^:]*[:.]`).Match(doc) {
			t.Errorf("doc.go does not list %s", name)
		}
	}
}
