package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"hearth/internal/dynamo"
)

func TestLogsAreForgotten(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		groups := synthesized.ofType("AWS::Logs::LogGroup")
		if want := len(functions) + 1; len(groups) != want {
			t.Errorf("%s: %d log groups, want one for each function and one for the API", name, len(groups))
		}
		for id, r := range groups {
			want := float64(stageOf(t, name).deployment.LogRetentionDays)
			if got := r.Properties["RetentionInDays"]; got != want {
				t.Errorf("%s: %s is kept for %v days, want %v", name, id, got, want)
			}
		}
	}
}

func TestAlarmsReachTheTopic(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		alarms := synthesized.ofType("AWS::CloudWatch::Alarm")
		for id, r := range alarms {
			if got := text(t, r.Properties["AlarmActions"]); got != "["+ref("AlarmTopic")+"]" {
				t.Errorf("%s: %s tells %s", name, id, got)
			}
		}
		for _, want := range []string{"ApiFailuresAlarm", "StreamFailuresWaitingAlarm", "StreamIteratorAgeAlarm", "ScheduleFailuresAlarm", "RedriveFailuresAlarm"} {
			if _, ok := alarms[want]; !ok {
				t.Errorf("%s: no %s", name, want)
			}
		}
		for _, f := range functions {
			for _, metric := range []string{"Errors", "Throttles", "LoggedErrors"} {
				if _, ok := alarms[f.resourceID()+metric+"Alarm"]; !ok {
					t.Errorf("%s: no alarm for the %s of %s", name, metric, f.name)
				}
			}
		}
	}
}

func TestQueueAndTopicRefusePlainHTTP(t *testing.T) {
	t.Parallel()
	refusal := func(action, resource string) string {
		return `{"Action":"` + action + `","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":{"AWS":"*"},"Resource":` + resource + `}`
	}
	publish := `{"Action":"sns:Publish","Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}},` +
		`"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Resource":` + ref("AlarmTopic") + `}`
	want := map[string]string{
		"StreamFailuresPolicy": `{"Statement":[` + refusal("sqs:*", attribute("StreamFailures", "Arn")) + `],"Version":"2012-10-17"}`,
		"AlarmTopicPolicy":     `{"Statement":[` + publish + `,` + refusal("sns:Publish", ref("AlarmTopic")) + `],"Version":"2012-10-17"}`,
	}
	for name, synthesized := range stages(t) {
		for id, document := range want {
			if got := text(t, synthesized.Resources[id].Properties["PolicyDocument"]); got != document {
				t.Errorf("%s: %s is %s, want %s", name, id, got, document)
			}
		}
	}
}

// An alarm on a metric of Hearth's own must watch what a filter counts, or it
// never fires.
func TestAlarmsOfLoggedErrorsWatchWhatIsCounted(t *testing.T) {
	t.Parallel()
	type transformation struct {
		MetricNamespace, MetricName, MetricValue, Unit string
		DefaultValue                                   float64
	}
	for name, synthesized := range stages(t) {
		counted := map[string]bool{}
		for id, r := range synthesized.ofType("AWS::Logs::MetricFilter") {
			p := decode[struct {
				LogGroupName          any
				FilterPattern         string
				MetricTransformations []transformation
			}](t, r.Properties)
			logs, pattern := strings.TrimSuffix(id, "LoggedErrorsFilter")+"Logs", `{ $.level = "ERROR" }`
			if id == "RedriveFailuresFilter" {
				logs, pattern = "StreamLogs", `{ $.msg = "`+dynamo.RedriveFailed+`" }`
			}
			if text(t, p.LogGroupName) != ref(logs) {
				t.Errorf("%s: %s reads %s, want %s", name, id, text(t, p.LogGroupName), ref(logs))
			}
			if p.FilterPattern != pattern {
				t.Errorf("%s: %s looks for %s", name, id, p.FilterPattern)
			}
			for _, m := range p.MetricTransformations {
				counted[m.MetricNamespace+" "+m.MetricName] = true
			}
		}
		for id, r := range synthesized.ofType("AWS::CloudWatch::Alarm") {
			namespace := text(t, r.Properties["Namespace"])
			metric := namespace + " " + text(t, r.Properties["MetricName"])
			if strings.HasPrefix(namespace, "Hearth/") && !counted[metric] {
				t.Errorf("%s: %s watches %s, which nothing counts", name, id, metric)
			}
		}
	}
}

func TestDashboardShowsEveryFunction(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		shown := references(synthesized.Resources["Dashboard"])
		for _, f := range functions {
			if !slices.Contains(shown, f.resourceID()+"Function") {
				t.Errorf("%s: the dashboard does not show %s", name, f.name)
			}
		}
		body := decode[struct {
			Join []any `json:"Fn::Join"`
		}](t, synthesized.Resources["Dashboard"].Properties["DashboardBody"])
		var document strings.Builder
		if len(body.Join) != 2 {
			t.Fatalf("%s: the dashboard is no Fn::Join: %v", name, body)
		}
		parts, _ := body.Join[1].([]any)
		for _, part := range parts {
			if s, ok := part.(string); ok {
				document.WriteString(s)
			} else {
				document.WriteString("reference")
			}
		}
		if !json.Valid([]byte(document.String())) {
			t.Errorf("%s: the dashboard is no JSON: %s", name, document.String())
		}
	}
}
