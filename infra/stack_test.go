package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// template is a synthesized CloudFormation template.
type template struct {
	Parameters map[string]any
	Resources  map[string]resource
	Outputs    map[string]struct{ Value any }

	raw []byte
}

type resource struct {
	Type           string
	Properties     map[string]any
	Metadata       map[string]any
	DependsOn      any
	DeletionPolicy string

	UpdateReplacePolicy string
}

// ofType returns the resources of one type by their logical id.
func (t template) ofType(resourceType string) map[string]resource {
	found := map[string]resource{}
	for id, r := range t.Resources {
		if r.Type == resourceType {
			found[id] = r
		}
	}
	return found
}

// The stages of the real cdk.json, each synthesized once.
var (
	dev  = sync.OnceValues(func() (template, error) { return synthesizeStage("dev") })
	prod = sync.OnceValues(func() (template, error) { return synthesizeStage("prod") })

	// The jsii runtime is one process with one kernel.
	jsiiLock sync.Mutex
)

// stages are the synthesized templates by name.
func stages(t *testing.T) map[string]template {
	t.Helper()
	return map[string]template{"dev": of(t, dev), "prod": of(t, prod)}
}

func of(t *testing.T, synthesized func() (template, error)) template {
	t.Helper()
	s, err := synthesized()
	if err != nil {
		t.Fatalf("synthesize: %v", err)
	}
	return s
}

// cdkContext returns `context` of cdk.json as the CDK's command line hands it to
// the app.
func cdkContext() (map[string]any, error) {
	file, err := os.ReadFile("../cdk.json")
	if err != nil {
		return nil, fmt.Errorf("read cdk.json: %w", err)
	}
	var settings struct {
		Context                     map[string]any
		AssetMetadata, PathMetadata bool
	}
	if err := json.Unmarshal(file, &settings); err != nil {
		return nil, fmt.Errorf("read cdk.json: %w", err)
	}
	settings.Context["aws:cdk:enable-asset-metadata"] = settings.AssetMetadata
	settings.Context["aws:cdk:enable-path-metadata"] = settings.PathMetadata
	return settings.Context, nil
}

// stageOf returns what cdk.json says of a stage, so that a product can edit it
// without editing tests.
func stageOf(t *testing.T, name string) stage {
	t.Helper()
	settings, err := cdkContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := readStage(name, settings["stages"])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// synthesizeStage synthesizes a stage of cdk.json with stand-ins for the
// functions' binaries, in a folder that is another one each time.
func synthesizeStage(name string) (_ template, err error) {
	dir, err := os.MkdirTemp("", "infra")
	if err != nil {
		return template{}, fmt.Errorf("make a folder: %w", err)
	}
	defer func() {
		if removed := os.RemoveAll(dir); err == nil {
			err = removed
		}
	}()
	built := filepath.Join(dir, "functions")
	for _, f := range functions {
		if err := writeBootstrap(built, f.name); err != nil {
			return template{}, err
		}
	}
	settings, err := cdkContext()
	if err != nil {
		return template{}, err
	}
	s, err := readStage(name, settings["stages"])
	if err != nil {
		return template{}, err
	}
	out := filepath.Join(dir, "out")

	jsiiLock.Lock()
	defer jsiiLock.Unlock()
	app := awscdk.NewApp(&awscdk.AppProps{
		Context: &settings, Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false),
	})
	if err := newStack(app, s, built); err != nil {
		return template{}, err
	}
	app.Synth(nil)
	raw, err := os.ReadFile(filepath.Join(out, "hearth-"+name+".template.json"))
	if err != nil {
		return template{}, fmt.Errorf("read the template: %w", err)
	}
	t := template{raw: raw}
	if err := json.Unmarshal(raw, &t); err != nil {
		return template{}, fmt.Errorf("read the template: %w", err)
	}
	return t, nil
}

func writeBootstrap(dir, function string) error {
	if err := os.MkdirAll(filepath.Join(dir, function), 0o750); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, function, "bootstrap"), []byte(function), 0o600); err != nil {
		return fmt.Errorf("write a stand-in: %w", err)
	}
	return nil
}

// decode reads properties into a struct, refusing what the struct does not name
// so that a setting that a test overlooks fails it.
func decode[T any](t *testing.T, properties any) T {
	t.Helper()
	var into T
	if err := decodeStrictly(encode(t, properties), &into); err != nil {
		t.Fatalf("%v in %s", err, encode(t, properties))
	}
	return into
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode %v: %v", v, err)
	}
	return raw
}

// text is a value of a template in one line, such as {"Ref":"Table"}.
func text(t *testing.T, v any) string {
	t.Helper()
	if s, ok := v.(string); ok {
		return s
	}
	return string(encode(t, v))
}

func ref(id string) string { return `{"Ref":"` + id + `"}` }

func attribute(id, name string) string { return `{"Fn::GetAtt":["` + id + `","` + name + `"]}` }

func TestSynthesisWantsBuiltFunctions(t *testing.T) {
	t.Parallel()
	jsiiLock.Lock()
	defer jsiiLock.Unlock()
	s := stage{name: "dev", deployment: defaultDeployment()}
	err := newStack(awscdk.NewApp(nil), s, t.TempDir())
	wantError(t, err, "function postconfirmation is not built (make build)")
}
