package main

import (
	"maps"
	"net/mail"
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
)

// statement is all that a grant may consist of.
type statement struct {
	Effect    string
	Action    any
	Resource  any
	Condition any
}

// grant is a statement in one line.
func grant(resource string, actions ...string) string {
	slices.Sort(actions)
	return "Allow " + strings.Join(actions, " ") + " on " + resource
}

func logging(function string) string {
	return grant(attribute(function+"Logs", "Arn"), "logs:CreateLogStream", "logs:PutLogEvents")
}

// wantGrants are all grants of all functions. Each line is a decision: think
// before adding one.
func wantGrants(mailFrom, mailIdentity string) map[string][]string {
	table, key := attribute("Table", "Arn"), attribute("MacKey", "Arn")
	index := `{"Fn::Join":["/",[` + table + `,"index/` + dynamo.IndexName + `"]]}`
	identity := `{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":ses:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":identity/` + mailIdentity + `"]]}`
	return map[string][]string{
		"Profile": {
			logging("Profile"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
			grant(imageObjects, "s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"),
			grant(attribute("ImageBucket", "Arn"), "s3:ListBucket"),
		},
		"Security": {
			logging("Security"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:UpdateItem"),
			grant(attribute("UserPool", "Arn"), "cognito-idp:AdminInitiateAuth", "cognito-idp:AdminRespondToAuthChallenge",
				"cognito-idp:AdminSetUserMFAPreference", "cognito-idp:AdminUserGlobalSignOut"),
		},
		"Organizations": {
			logging("Organizations"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:UpdateItem"),
			grant(index, "dynamodb:Query"),
			grant(imageObjects, "s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"),
			grant(attribute("ImageBucket", "Arn"), "s3:ListBucket"),
			grant(key, "kms:VerifyMac"),
		},
		"Deletion": {
			logging("Deletion"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
			grant(index, "dynamodb:Query"),
			grant(exportObjects, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject"),
		},
		"Postconfirmation": {
			logging("Postconfirmation"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
			grant(key, "kms:VerifyMac"),
			grant(attribute("UserPool", "Arn"), "cognito-idp:AdminUserGlobalSignOut"),
		},
		"Stream": {
			logging("Stream"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:UpdateItem"),
			grant(index, "dynamodb:Query"),
			grant(exportObjects, "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
			grant(attribute("ExportBucket", "Arn"), "s3:ListBucket"),
			grant(attribute("UserPool", "Arn"), "cognito-idp:AdminDeleteUser"),
			grant(key, "kms:GenerateMac"),
			grant(identity, "ses:SendEmail") + ` if {"StringEquals":{"ses:FromAddress":"` + mailFrom + `"}}`,
			grant(imageObjects, "s3:DeleteObject", "s3:DeleteObjectTagging"),
			grant(attribute("ImageBucket", "Arn"), "s3:ListBucket"),
			grant(attribute("Table", "StreamArn"),
				"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
			grant(attribute("StreamFailures", "Arn"), "sqs:SendMessage"),
		},
		"Maintenance": {
			logging("Maintenance"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:Scan", "dynamodb:UpdateItem"),
			grant(index, "dynamodb:Query"),
			grant(imageObjects, "s3:DeleteObjectTagging"),
			grant(attribute("ImageBucket", "Arn"), "s3:ListBucket"),
			grant(key, "kms:VerifyMac"),
			grant(attribute("UserPool", "Arn"), "cognito-idp:AdminDisableUser", "cognito-idp:AdminEnableUser", "cognito-idp:AdminGetUser",
				"cognito-idp:AdminUserGlobalSignOut", "cognito-idp:ListUsers"),
		},
		"Redrive": {grant(attribute("StreamFunction", "Arn"), "lambda:InvokeFunction")},
	}
}

// trust is who may assume a role: Lambda, but for the role of the schedule.
func trust(role string) string {
	service, condition := "lambda", ""
	if role == "RedriveRole" {
		service = "scheduler"
		condition = `"Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"},"aws:SourceArn":` + attribute("Schedules", "Arn") + `}},`
	}
	return `{"Statement":[{"Action":"sts:AssumeRole",` + condition + `"Effect":"Allow","Principal":{"Service":"` + service +
		`.amazonaws.com"}}],"Version":"2012-10-17"}`
}

func TestEachFunctionHasOnlyItsOwnGrants(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		s := stageOf(t, name)
		from, err := mail.ParseAddress(s.config.MailFrom)
		if err != nil {
			t.Fatal(err)
		}
		want, identity := map[string][]string{}, s.deployment.MailIdentity
		if identity == "" {
			identity = from.Address
		}
		for function, grants := range wantGrants(from.Address, identity) {
			want[function+"Role"] = slices.Sorted(slices.Values(grants))
		}
		got := map[string][]string{}
		for id, r := range synthesized.ofType("AWS::IAM::Role") {
			p := decode[struct {
				Description              string
				AssumeRolePolicyDocument any
				Policies                 []struct{ PolicyName, PolicyDocument any }
			}](t, r.Properties)
			if got := text(t, p.AssumeRolePolicyDocument); got != trust(id) {
				t.Errorf("%s: %s can be assumed by %s", name, id, got)
			}
			for _, inline := range p.Policies {
				got[id] = append(got[id], grants(t, inline.PolicyDocument)...)
			}
		}
		for _, r := range synthesized.ofType("AWS::IAM::Policy") {
			p := decode[struct {
				PolicyName, PolicyDocument any
				Roles                      []struct{ Ref string }
			}](t, r.Properties)
			for _, role := range p.Roles {
				got[role.Ref] = append(got[role.Ref], grants(t, p.PolicyDocument)...)
			}
		}
		for role := range got {
			slices.Sort(got[role])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: grants (-want +got):\n%s", name, diff)
		}
		for id, r := range synthesized.Resources {
			known := []string{"AWS::IAM::Role", "AWS::IAM::Policy"}
			if strings.HasPrefix(r.Type, "AWS::IAM::") && !slices.Contains(known, r.Type) {
				t.Errorf("%s: %s is a %s, which this test does not read", name, id, r.Type)
			}
		}
	}
}

// grants reads a policy, one line for each statement, and refuses wildcards but
// those of images and exports.
func grants(t *testing.T, document any) []string {
	t.Helper()
	policy := decode[struct {
		Version   string
		Statement []statement
	}](t, document)
	var lines []string
	for _, s := range policy.Statement {
		if s.Effect != "Allow" {
			t.Errorf("a statement of effect %s", s.Effect)
		}
		var actions []string
		switch a := s.Action.(type) {
		case string:
			actions = []string{a}
		case []any:
			for _, action := range a {
				actions = append(actions, text(t, action))
			}
		}
		line := grant(text(t, s.Resource), actions...)
		if s.Condition != nil {
			line += " if " + text(t, s.Condition)
		}
		if strings.Contains(strings.TrimSuffix(strings.TrimSuffix(line, imageObjects), exportObjects), "*") {
			t.Errorf("a wildcard: %s", line)
		}
		lines = append(lines, line)
	}
	return lines
}

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
	timeouts := map[string]int{"ProfileFunction": 10, "SecurityFunction": 10, "OrganizationsFunction": 10, "DeletionFunction": 10, "PostconfirmationFunction": 5, "StreamFunction": 60, "MaintenanceFunction": 900}
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
