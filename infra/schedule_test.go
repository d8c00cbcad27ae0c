package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/dynamo"
)

func TestRedriveSchedule(t *testing.T) {
	t.Parallel()
	const settings = `{
		"Description": "Takes up deletions and exports that are due or that the stream lost",
		"GroupName": {"Ref": "Schedules"},
		"ScheduleExpression": "rate(15 minutes)",
		"FlexibleTimeWindow": {"Mode": "OFF"},
		"Target": {
			"Arn": {"Fn::GetAtt": ["StreamFunction", "Arn"]},
			"RoleArn": {"Fn::GetAtt": ["RedriveRole", "Arn"]},
			"RetryPolicy": {"MaximumEventAgeInSeconds": 600, "MaximumRetryAttempts": 3}
		}
	}`
	want := parse(t, settings).(map[string]any)
	want["Target"].(map[string]any)["Input"] = dynamo.RedriveEvent
	if !json.Valid([]byte(dynamo.RedriveEvent)) {
		t.Errorf("the event is no JSON: %s", dynamo.RedriveEvent)
	}
	for name, synthesized := range stages(t) {
		if n := len(synthesized.ofType("AWS::Scheduler::Schedule")); n != 1 {
			t.Errorf("%s: %d schedules, want one", name, n)
		}
		wantResource(t, name, "RedriveSchedule", "AWS::Scheduler::Schedule", want)
		wantResource(t, name, "Schedules", "AWS::Scheduler::ScheduleGroup", map[string]any(nil))
	}
}

func TestInvitationsAreSignedByAKeyOfTheirOwn(t *testing.T) {
	t.Parallel()
	const settings = `{
		"KeySpec": "HMAC_256",
		"KeyUsage": "GENERATE_VERIFY_MAC",
		"KeyPolicy": {"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Action": "kms:*", "Resource": "*",
			"Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
		}]}
	}`
	const alias = `{"AliasName": {"Fn::Sub": "alias/${AWS::StackName}-invitations"}, "TargetKeyId": {"Ref": "MacKey"}}`
	for name, synthesized := range stages(t) {
		want := parse(t, settings).(map[string]any)
		want["Description"] = "Signs the invitations and certificates of Hearth, stage " + name
		wantResource(t, name, "MacKey", "AWS::KMS::Key", want)
		wantResource(t, name, "MacKeyAlias", "AWS::KMS::Alias", parse(t, alias))
		if n := len(synthesized.ofType("AWS::KMS::Key")); n != 1 {
			t.Errorf("%s: %d keys, want one", name, n)
		}
	}
}

// Three failures in an hour of four runs are a deletion that stays; a single
// one has its line in the log, which another alarm counts.
func TestDeletionsThatStayAreTold(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		got := map[string]any{}
		for _, property := range []string{"MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator"} {
			got[property] = synthesized.Resources["RedriveFailuresAlarm"].Properties[property]
		}
		want := map[string]any{
			"MetricName": "RedriveFailures", "Namespace": "Hearth/" + name, "Statistic": "Sum", "Period": 3600.0,
			"EvaluationPeriods": 1.0, "Threshold": 3.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
