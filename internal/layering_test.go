// Package internal_test holds the rules that no single package can state: who
// may import whom, and how large a file may be.
package internal_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// allowed says what each layer may import of Hearth. A package belongs to the
// longest path that it begins with. What is not here may import nothing.
var allowed = map[string][]string{
	"internal":                     {}, // these tests
	"functions":                    {"internal/boot"},
	"infra":                        {"internal/product", "internal/httpapi", "internal/dynamo", "internal/cognito", "internal/image", "internal/export", "internal/kms", "internal/sts", "internal/account"},
	"internal/local":               {"internal/boot", "internal/product", "internal/httpapi", "internal/dynamo", "internal/cognito", "internal/image", "internal/export", "internal/mail", "internal/kms", "internal/sts", "internal/account", "internal/local"},
	"internal/boot":                {"internal/product", "internal/httpapi", "internal/dynamo", "internal/cognito", "internal/image", "internal/export", "internal/mail", "internal/kms", "internal/sts", "internal/account"},
	"internal/product":             {"internal/project", "internal/httpapi", "internal/dynamo", "internal/account"},
	"internal/project":             {"internal/httpapi", "internal/account"}, // the example for a product's own
	"internal/httpapi":             {"internal/account"},
	"internal/dynamo":              {"internal/fault", "internal/account", "internal/dynamo"},
	"internal/cognito":             {"internal/fault", "internal/account"},
	"internal/image":               {"internal/fault", "internal/account"},
	"internal/export":              {"internal/fault", "internal/account"},
	"internal/mail":                {"internal/fault", "internal/account"},
	"internal/kms":                 {"internal/fault", "internal/account"},
	"internal/sts":                 {"internal/fault", "internal/account"},
	"internal/fault":               {"internal/account"},
	"internal/account":             {"internal/account"},
	"internal/account/accounttest": {"internal/account"},
}

// foreign says which modules a layer may import besides, where that is bounded.
var foreign = map[string][]string{
	"internal/account":             {"golang.org/x/text"},
	"internal/account/accounttest": {"golang.org/x/text", "github.com/google/go-cmp"},
	"internal/httpapi":             {"github.com/danielgtaylor/huma/v2", "github.com/aws/aws-lambda-go"},
	"functions":                    {},
}

const module = "hearth/"

func TestPackagesImportOnlyTheirLayers(t *testing.T) {
	t.Parallel()
	imports := list(t, "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "../...")
	if len(imports) < 10 {
		t.Fatalf("found only %d packages", len(imports))
	}
	for _, line := range imports {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module)
		layer := layerOf(pkg)
		if layer == "" {
			t.Errorf("%s is in no layer: add it to the table", pkg)
			continue
		}
		for _, imported := range fields[1:] {
			if inner, ok := strings.CutPrefix(imported, module); ok {
				if !slices.ContainsFunc(allowed[layer], func(a string) bool { return within(inner, a) }) {
					t.Errorf("%s imports %s", pkg, inner)
				}
				continue
			}
			outer, bounded := foreign[layer]
			standard := !strings.Contains(strings.Split(imported, "/")[0], ".")
			if bounded && !standard && !slices.ContainsFunc(outer, func(a string) bool { return within(imported, a) }) {
				t.Errorf("%s imports %s", pkg, imported)
			}
		}
	}
}

// A function's binary carries neither the CDK app nor the development host, nor
// templates, whose use of reflection keeps the linker from leaving code out.
func TestFunctionsLinkOnlyWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for _, pkg := range list(t, "-tags", "lambda.norpc", "-deps", "../functions/...") {
		for _, unwanted := range []string{
			"html/template", "text/template", "net/rpc", "testing", "net/http/httptest",
			"github.com/aws/aws-cdk-go", "github.com/aws/aws-sdk-go-v2/config", module + "infra", module + "internal/local",
			module + "internal/dynamo/dynamolocal", "github.com/lestrrat-go", "github.com/go-webauthn", "go.opentelemetry.io",
		} {
			if within(pkg, unwanted) {
				t.Errorf("a function links %s", pkg)
			}
		}
	}
}

// A reader opens a file and is done.
func TestFilesStayUnder400Lines(t *testing.T) {
	t.Parallel()
	for _, name := range list(t, "-f", `{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .TestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`, "../...") {
		if name == "" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines >= 400 {
			t.Errorf("%s has %d lines", path.Base(name), lines)
		}
	}
}

// layerOf is the longest entry of the table that the package is within.
func layerOf(pkg string) string {
	best := ""
	for layer := range allowed {
		if within(pkg, layer) && len(layer) > len(best) {
			best = layer
		}
	}
	return best
}

func within(pkg, parent string) bool {
	return pkg == parent || strings.HasPrefix(pkg, parent+"/")
}

func list(t *testing.T, arguments ...string) []string {
	t.Helper()
	var failure bytes.Buffer
	command := exec.CommandContext(t.Context(), "go", append([]string{"list"}, arguments...)...)
	command.Stderr = &failure
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, failure.String())
	}
	var lines []string
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return lines
}
