package main

import (
	"strings"
	"testing"
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
		for _, want := range []string{"ApiFailuresAlarm", "StreamFailuresWaitingAlarm", "StreamIteratorAgeAlarm"} {
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
			if want := ref(strings.TrimSuffix(id, "LoggedErrorsFilter") + "Logs"); text(t, p.LogGroupName) != want {
				t.Errorf("%s: %s reads %s, want %s", name, id, text(t, p.LogGroupName), want)
			}
			if p.FilterPattern != `{ $.level = "ERROR" }` {
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
