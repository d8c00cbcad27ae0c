package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	requirement = regexp.MustCompile(`^//\t([67]\.\d+\.\d+) `)
	testName    = regexp.MustCompile(`\bTest[A-Z]\w*`)
	testFunc    = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)
)

// Each requirement that is said to be met names tests, and the tests are there.
func TestTheTestsThatShowASVSAreThere(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, root := range []string{".", "../infra", "../functions"} {
		if err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, found := range testFunc.FindAllStringSubmatch(string(source), -1) {
				there[found[1]] = true
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	source, err := os.ReadFile("account/asvs.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]int{} // how many tests a requirement names
	current := ""
	for line := range strings.Lines(string(source)) {
		if found := requirement.FindStringSubmatch(line); found != nil {
			current = found[1]
			if _, twice := named[current]; twice {
				t.Errorf("%s is there twice", current)
			}
			named[current] = 0
		}
		for _, name := range testName.FindAllString(line, -1) {
			if named[current]++; !there[name] {
				t.Errorf("%s names %s, which is not there", current, name)
			}
		}
	}
	for id, tests := range named {
		if tests == 0 {
			t.Errorf("%s names no test", id)
		}
	}
	if len(named) < 40 {
		t.Errorf("only %d requirements", len(named))
	}
}
