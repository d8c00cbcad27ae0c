package internal_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parsers are what reads text from outside, each with the fuzz targets that feed
// it; `make fuzz` runs them all, `go test` their seeds.
var parsers = map[string][]string{
	"JSON bodies, and every value in them, WebAuthn credentials included": {"internal/httpapi FuzzBody"},
	"X-Account-Id, If-Match, Idempotency-Key, query parameters":           {"internal/httpapi FuzzHeaders", "internal/httpapi FuzzIfMatch"},
	"cursors":                                  {"internal/httpapi FuzzCursor"},
	"claims of an access token":                {"internal/httpapi FuzzClaims"},
	"events of API Gateway":                    {"internal/httpapi FuzzEvent"},
	"names of fields, as JSON Pointers":        {"internal/httpapi FuzzJSONPointer"},
	"IP addresses":                             {"internal/httpapi FuzzSource"},
	"names":                                    {"internal/account FuzzName", "internal/account FuzzSignUpName"},
	"slugs":                                    {"internal/account FuzzSlug"},
	"e-mail addresses":                         {"internal/account FuzzAddress"},
	"ids and tokens of invitations":            {"internal/account FuzzInvitation"},
	"BCP 47 tags":                              {"internal/account FuzzLanguage"},
	"recovery codes":                           {"internal/account FuzzRecoveryCode"},
	"lists of breached passwords":              {"internal/account FuzzBreachedPasswords"},
	"the product's configuration":              {"internal/product FuzzConfig", "internal/account FuzzOrigin"},
	"events of the user pool's trigger":        {"internal/cognito FuzzPostConfirmationEvent"},
	"tokens that Cognito answers with":         {"internal/cognito FuzzTokenUsername"},
	"what Cognito has against a password":      {"internal/cognito FuzzPasswordMessage"},
	"codes, passwords and user names, typed":   {"internal/cognito FuzzTyped"},
	"keys of images":                           {"internal/image FuzzKey"},
	"uploaded files":                           {"internal/image FuzzUpload"},
	"events and records of the table's stream": {"internal/dynamo FuzzStreamEvent", "internal/dynamo FuzzStreamRecord"},
	"tokens at the local gateway (JWT)":        {"internal/local/gateway FuzzAuthorization"},
	"paths at the local gateway":               {"internal/local/gateway FuzzPath"},
	"passkeys at the local user pool":          {"internal/local/userpool FuzzCredentials"},
}

var fuzzFunc = regexp.MustCompile(`(?m)^func (Fuzz[A-Z]\w*)\(`)

func TestEveryFuzzTargetIsOfAParser(t *testing.T) {
	t.Parallel()
	var there []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "node_modules" || name == ".build" || name == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, found := range fuzzFunc.FindAllStringSubmatch(string(source), -1) {
			there = append(there, strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")+" "+found[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := slices.Concat(slices.Collect(maps.Values(parsers))...)
	slices.Sort(there)
	slices.Sort(listed)
	if diff := cmp.Diff(listed, there); diff != "" {
		t.Errorf("(-table +tests):\n%s", diff)
	}
}
