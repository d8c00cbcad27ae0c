package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/export"
	"hearth/internal/image"
	"hearth/internal/kms"
	"hearth/internal/product"
	"hearth/internal/sts"
)

func TestOnlyTheirSourcesCallTheFunctions(t *testing.T) {
	t.Parallel()
	type permission struct {
		Action, Principal                      string
		FunctionName, SourceArn, SourceAccount any
	}
	self := func(id string) any { return map[string]any{"Fn::GetAtt": []any{id, "Arn"}} }
	want := map[string]permission{
		"PostconfirmationPermission": {
			Action: "lambda:InvokeFunction", Principal: "cognito-idp.amazonaws.com",
			FunctionName: self("PostconfirmationFunction"), SourceArn: self("UserPool"),
			SourceAccount: map[string]any{"Ref": "AWS::AccountId"},
		},
	}
	for _, route := range product.Routes() {
		id := pascal(string(route.Function))
		want[id+"Permission"] = permission{
			Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com",
			FunctionName: self(id + "Function"),
			SourceArn: map[string]any{"Fn::Join": []any{"", []any{
				"arn:",
				map[string]any{"Ref": "AWS::Partition"},
				":execute-api:",
				map[string]any{"Ref": "AWS::Region"},
				":",
				map[string]any{"Ref": "AWS::AccountId"},
				":",
				map[string]any{"Ref": "Api"},
				"/*/*",
			}}},
		}
	}
	for name, synthesized := range stages(t) {
		got := map[string]permission{}
		for id, r := range synthesized.ofType("AWS::Lambda::Permission") {
			got[id] = decode[permission](t, r.Properties)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFunctionsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	mains, err := filepath.Glob("../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, main := range mains {
		want = append(want, pascal(filepath.Base(filepath.Dir(main)))+"Function")
	}
	for name, synthesized := range stages(t) {
		got := slices.Sorted(maps.Keys(synthesized.ofType("AWS::Lambda::Function")))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: functions (-functions/*/main.go +template):\n%s", name, diff)
		}
	}
}

type functionProperties struct {
	Description, Runtime, Handler string
	Architectures                 []string
	MemorySize, Timeout           int
	Code                          struct{ S3Bucket, S3Key any }
	Role                          any
	Environment                   struct{ Variables map[string]any }
	LoggingConfig                 struct{ LogFormat, LogGroup any }
}

func TestFunctionSettings(t *testing.T) {
	t.Parallel()
	timeouts := map[string]int{"ProfileFunction": 10, "SecurityFunction": 10, "OrganizationsFunction": 10, "ProjectsFunction": 10, "DeletionFunction": 10, "PostconfirmationFunction": 5, "StreamFunction": 60, "MaintenanceFunction": 900}
	for name, synthesized := range stages(t) {
		for id, r := range synthesized.ofType("AWS::Lambda::Function") {
			p := decode[functionProperties](t, r.Properties)
			base := strings.TrimSuffix(id, "Function")
			if p.Runtime != "provided.al2023" || p.Handler != "bootstrap" || !slices.Equal(p.Architectures, []string{"arm64"}) {
				t.Errorf("%s: %s runs %s on %s by %s", name, id, p.Handler, p.Architectures, p.Runtime)
			}
			if p.Timeout != timeouts[id] {
				t.Errorf("%s: %s may take %d s, want %d s", name, id, p.Timeout, timeouts[id])
			}
			if got, want := text(t, p.Role), attribute(base+"Role", "Arn"); got != want {
				t.Errorf("%s: %s has the role %s, want %s", name, id, got, want)
			}
			if got, want := text(t, p.LoggingConfig.LogGroup), ref(base+"Logs"); got != want {
				t.Errorf("%s: %s logs to %s, want %s", name, id, got, want)
			}
		}
	}
}

func TestFunctionEnvironment(t *testing.T) {
	t.Parallel()
	key := attribute("MacKey", "Arn")
	withoutPool := map[string]string{dynamo.EnvTable: ref("Table"), kms.EnvKey: key}
	withPool := map[string]string{
		dynamo.EnvTable:       ref("Table"),
		cognito.EnvUserPoolID: ref("UserPool"),
		cognito.EnvClientID:   ref("WebClient"),
		cognito.EnvIssuer:     `{"Fn::Sub":"https://cognito-idp.${AWS::Region}.amazonaws.com/${UserPool}"}`,
	}
	withServerClient, withImages := maps.Clone(withPool), maps.Clone(withPool)
	withServerClient[cognito.EnvServerClientID] = ref("ServerClient")
	withImages[image.EnvBucket], withImages[image.EnvURL] = ref("ImageBucket"), imageURL
	withBoth, withExports := maps.Clone(withImages), maps.Clone(withPool)
	withBoth[kms.EnvKey] = key
	withExports[export.EnvBucket] = ref("ExportBucket")
	withAll := maps.Clone(withBoth)
	withAll[export.EnvBucket] = ref("ExportBucket")
	want := map[string]map[string]string{
		"ProfileFunction": withImages, "SecurityFunction": withServerClient, "OrganizationsFunction": withBoth, "DeletionFunction": withExports, "StreamFunction": withAll, "MaintenanceFunction": withBoth, "PostconfirmationFunction": withoutPool,
		"ProjectsFunction": withPool,
	}
	for name, synthesized := range stages(t) {
		for id, r := range synthesized.ofType("AWS::Lambda::Function") {
			got := map[string]string{}
			for variable, value := range decode[functionProperties](t, r.Properties).Environment.Variables {
				got[variable] = text(t, value)
			}
			config, err := product.Config(got[account.EnvConfig])
			if err != nil {
				t.Errorf("%s: %s cannot read its configuration: %v", name, id, err)
			}
			if diff := cmp.Diff(stageOf(t, name).config, config); diff != "" {
				t.Errorf("%s: %s has another configuration than its stage:\n%s", name, id, diff)
			}
			delete(got, account.EnvConfig)
			if want[id] == nil {
				t.Errorf("%s: no environment is expected for %s", name, id)
				continue
			}
			expected := maps.Clone(want[id])
			if id == "ProjectsFunction" && config.Isolation {
				expected[sts.EnvRole] = attribute("ProjectsDataRole", "Arn")
			}
			if stageOf(t, name).deployment.EndpointVariables {
				for _, variable := range endpointVariables {
					expected[variable] = ""
				}
			}
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, id, diff)
			}
		}
	}
}

// sam local invoke finds a function by its logical id and its binary by the
// metadata, in a folder beside the template.
func TestFunctionsCanBeInvokedLocally(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		for id, r := range synthesized.ofType("AWS::Lambda::Function") {
			asset, _ := r.Metadata["aws:asset:path"].(string)
			key := text(t, decode[functionProperties](t, r.Properties).Code.S3Key)
			if want := "asset." + strings.TrimSuffix(key, ".zip"); asset != want {
				t.Errorf("%s: %s finds its code in %q, want %q", name, id, asset, want)
			}
			if r.Metadata["aws:asset:property"] != "Code" {
				t.Errorf("%s: %s has its code in the property %v", name, id, r.Metadata["aws:asset:property"])
			}
			if r.Metadata["aws:cdk:path"] != "hearth-"+name+"/"+id {
				t.Errorf("%s: %s has the path %v", name, id, r.Metadata["aws:cdk:path"])
			}
		}
	}
}

func TestStreamMapping(t *testing.T) {
	t.Parallel()
	const want = `{
		"FunctionName": {"Ref": "StreamFunction"},
		"EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
		"StartingPosition": "TRIM_HORIZON",
		"BatchSize": 100,
		"ParallelizationFactor": 1,
		"BisectBatchOnFunctionError": true,
		"FunctionResponseTypes": ["ReportBatchItemFailures"],
		"MaximumRetryAttempts": 20,
		"MaximumRecordAgeInSeconds": 21600,
		"DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["StreamFailures", "Arn"]}}}
	}`
	for name, synthesized := range stages(t) {
		mappings := synthesized.ofType("AWS::Lambda::EventSourceMapping")
		if len(mappings) != 1 {
			t.Errorf("%s: %d event source mappings, want one", name, len(mappings))
		}
		if diff := cmp.Diff(parse(t, want), any(mappings["StreamMapping"].Properties)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPascal(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"get-me": "GetMe", "postconfirmation": "Postconfirmation", "a--b": "AB", "": ""} {
		if got := pascal(name); got != want {
			t.Errorf("pascal(%q) = %q, want %q", name, got, want)
		}
	}
}
