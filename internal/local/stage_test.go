package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/product"
)

func TestTheConfigurationIsThatOfTheStage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want, wantErr string }{
		"no file": {"", "", ""},
		"a stage": {
			`{"context":{"stages":{"dev":{"configuration":{"graceDays":3},"deployment":{"protectData":false}},"prod":{"configuration":{"graceDays":30}}}}}`,
			`{"graceDays":3}`, "",
		},
		"no such stage":    {`{"context":{"stages":{"prod":{"configuration":{"graceDays":30}}}}}`, "", ""},
		"no stages at all": {`{"app":"go run ./infra"}`, "", ""},
		"not JSON":         {`{"app":`, "", "cdk.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "cdk.json")
			if test.file != "" {
				if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := stageConfig(path, "dev")
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Errorf("error %v, want one that says %q", err, test.wantErr)
				}
				return
			}
			if err != nil || got != test.want {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestTheProjectsOwnStageIsValid(t *testing.T) {
	t.Parallel()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := stageConfig(filepath.Join(root, "cdk.json"), "dev")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := product.Config(text); err != nil {
		t.Error(err)
	}
}

// Isolation is on unless the product says otherwise.
func TestIsolationIsOnByDefaultHere(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]bool{
		"": true, "{}": true, `{"graceDays":3}`: true, `{"isolation":true}`: true, `{"isolation":false}`: false,
		"null": false, // no object
	} {
		config, err := product.Config(isolated(given))
		if err != nil || config.Isolation != want {
			t.Errorf("%q: %v, %v", given, config.Isolation, err)
		}
	}
	for _, given := range []string{"[]", "{", "true"} {
		if _, err := product.Config(isolated(given)); err == nil {
			t.Errorf("%q was taken", given)
		}
	}
}
