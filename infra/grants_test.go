package main

import (
	"maps"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/dynamo"
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
func wantGrants(mailFrom, mailIdentity string, isolation bool) map[string][]string {
	table, key := attribute("Table", "Arn"), attribute("MacKey", "Arn")
	index := `{"Fn::Join":["/",[` + table + `,"index/` + dynamo.IndexName + `"]]}`
	identity := `{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":ses:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":identity/` + mailIdentity + `"]]}`
	want := map[string][]string{
		"Profile": {
			logging("Profile"),
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:UpdateItem"),
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
			grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:UpdateItem"),
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
			grant(attribute("UserPool", "Arn"), "cognito-idp:AdminDeleteUser", "cognito-idp:AdminGetUser"),
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
	maps.Copy(want, wantDataGrants(isolation))
	return want
}

// trust is who may assume a role: Lambda, but for the role of the schedule and
// that for the data of one account.
func trust(role string) string {
	if role == "ProjectsDataRole" {
		return dataTrust
	}
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
		for function, grants := range wantGrants(from.Address, identity, s.config.Isolation) {
			want[function+"Role"] = slices.Sorted(slices.Values(grants))
		}
		got := map[string][]string{}
		for id, r := range synthesized.ofType("AWS::IAM::Role") {
			p := decode[struct {
				Description              string
				AssumeRolePolicyDocument any
				MaxSessionDuration       int
				Policies                 []struct{ PolicyName, PolicyDocument any }
			}](t, r.Properties)
			if got := text(t, p.AssumeRolePolicyDocument); got != trust(id) {
				t.Errorf("%s: %s can be assumed by %s", name, id, got)
			}
			if p.MaxSessionDuration > 3600 {
				t.Errorf("%s: a session of %s lasts %d s", name, id, p.MaxSessionDuration)
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
		if strings.Contains(strings.TrimSuffix(strings.TrimSuffix(line, imageObjects), exportObjects), "*") {
			t.Errorf("a wildcard: %s", line)
		}
		if s.Condition != nil {
			line += " if " + text(t, s.Condition)
		}
		lines = append(lines, line)
	}
	return lines
}
