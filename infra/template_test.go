package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSynthesisIsReproducible(t *testing.T) {
	t.Parallel()
	again, err := synthesizeStage("dev")
	if err != nil {
		t.Fatal(err)
	}
	first := of(t, dev)
	if !bytes.Equal(first.raw, again.raw) {
		t.Errorf("two syntheses of the same code differ:\n%s", cmp.Diff(string(first.raw), string(again.raw)))
	}
}

var absolutePath = regexp.MustCompile(`^(/|[A-Z]:\\)\w`)

func TestTemplateNamesNoFolderOfThisMachine(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, synthesized := range stages(t) {
		eachString(synthesized.Resources, func(s string) {
			if absolutePath.MatchString(s) && !strings.HasPrefix(s, "/aws/vendedlogs/") ||
				strings.Contains(s, os.TempDir()+"/") || strings.Contains(s, filepath.Dir(here)) {
				t.Errorf("%s: a path of this machine: %s", name, s)
			}
		})
	}
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		for id, r := range synthesized.Resources {
			for _, target := range references(r) {
				_, isResource := synthesized.Resources[target]
				_, isParameter := synthesized.Parameters[target]
				if !isResource && !isParameter && !strings.HasPrefix(target, "AWS::") {
					t.Errorf("%s: %s refers to %s, which does not exist", name, id, target)
				}
			}
		}
	}
}

func TestNothingDependsOnItself(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		if found := cycle(synthesized.Resources); found != nil {
			t.Errorf("%s: circular dependency: %s", name, strings.Join(found, " → "))
		}
	}
}

func TestCycleFindsEveryKindOfDependency(t *testing.T) {
	t.Parallel()
	pool := resource{Properties: map[string]any{"Trigger": map[string]any{"Fn::GetAtt": []any{"Function", "Arn"}}}}
	tests := map[string]struct {
		function resource
		want     []string
	}{
		"none": {function: resource{Properties: map[string]any{"Name": "Pool"}}},
		"Ref": {
			function: resource{Properties: map[string]any{"Env": []any{map[string]any{"Ref": "Pool"}}}},
			want:     []string{"Function", "Pool", "Function"},
		},
		"GetAtt in one string": {
			function: resource{Properties: map[string]any{"Env": map[string]any{"Fn::GetAtt": "Pool.Arn"}}},
			want:     []string{"Function", "Pool", "Function"},
		},
		"Sub": {
			function: resource{Properties: map[string]any{"Env": map[string]any{"Fn::Sub": "https://${AWS::Region}/${Pool.Arn}"}}},
			want:     []string{"Function", "Pool", "Function"},
		},
		"Sub with variables": {
			function: resource{Properties: map[string]any{"Env": map[string]any{
				"Fn::Sub": []any{"${x}", map[string]any{"x": map[string]any{"Ref": "Pool"}}},
			}}},
			want: []string{"Function", "Pool", "Function"},
		},
		"DependsOn": {
			function: resource{DependsOn: []any{"Pool"}},
			want:     []string{"Function", "Pool", "Function"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := cycle(map[string]resource{"Pool": pool, "Function": test.function})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// cycle returns the first chain of resources that ends where it starts.
func cycle(resources map[string]resource) []string {
	const visiting, done = 1, 2
	state := map[string]int{}
	var path []string
	var visit func(id string) []string
	visit = func(id string) []string {
		switch state[id] {
		case visiting:
			return append(path[slices.Index(path, id):], id)
		case done:
			return nil
		}
		state[id] = visiting
		path = append(path, id)
		for _, target := range references(resources[id]) {
			if found := visit(target); found != nil {
				return found
			}
		}
		path = path[:len(path)-1]
		state[id] = done
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		if found := visit(id); found != nil {
			return found
		}
	}
	return nil
}

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9:]+)[^}]*\}`)

// references returns everything that a resource waits for.
func references(r resource) []string {
	var targets []string
	switch dependsOn := r.DependsOn.(type) {
	case string:
		targets = append(targets, dependsOn)
	case []any:
		for _, id := range dependsOn {
			if s, ok := id.(string); ok {
				targets = append(targets, s)
			}
		}
	}
	collectReferences(r.Properties, nil, &targets)
	slices.Sort(targets)
	return slices.Compact(targets)
}

// collectReferences walks a value; local are the names that an Fn::Sub gives
// itself.
func collectReferences(value any, local map[string]any, targets *[]string) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			collectReferences(element, nil, targets)
		}
	case map[string]any:
		for key, element := range v {
			switch s, isString := element.(string); {
			case key == "Ref" && isString:
				*targets = append(*targets, s)
			case key == "Fn::GetAtt" && isString:
				id, _, _ := strings.Cut(s, ".")
				*targets = append(*targets, id)
			case key == "Fn::GetAtt":
				if list, ok := element.([]any); ok && len(list) > 0 {
					if id, ok := list[0].(string); ok {
						*targets = append(*targets, id)
					}
				}
			case key == "Fn::Sub" && isString:
				substituted(s, local, targets)
			case key == "Fn::Sub":
				if list, ok := element.([]any); ok && len(list) == 2 {
					names, _ := list[1].(map[string]any)
					if s, ok := list[0].(string); ok {
						substituted(s, names, targets)
					}
					collectReferences(list[1], nil, targets)
				}
			default:
				collectReferences(element, nil, targets)
			}
		}
	}
}

func substituted(s string, local map[string]any, targets *[]string) {
	for _, match := range placeholder.FindAllStringSubmatch(s, -1) {
		if _, ok := local[match[1]]; !ok {
			*targets = append(*targets, match[1])
		}
	}
}

// eachString calls f with every string of the resources, their metadata included.
func eachString(resources map[string]resource, f func(string)) {
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			f(v)
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	for _, r := range resources {
		walk(r.Properties)
		walk(r.Metadata)
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"ApiUrl":        attribute("Api", "ApiEndpoint"),
		"UserPoolId":    ref("UserPool"),
		"ClientId":      ref("WebClient"),
		"Region":        ref("AWS::Region"),
		"TableName":     ref("Table"),
		"AlarmTopicArn": ref("AlarmTopic"),
		"ImageUrl":      imageURL,

		"ImageBucketName":         ref("ImageBucket"),
		"MaintenanceFunctionName": ref("MaintenanceFunction"),
	}
	for name, synthesized := range stages(t) {
		got := map[string]string{}
		for id, output := range synthesized.Outputs {
			got[id] = text(t, output.Value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: outputs (-want +got):\n%s", name, diff)
		}
	}
}
