package main

import (
	"cmp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/dynamo"
)

// newLogGroup adds a log group that forgets after the stage's retention. A nil
// name lets CloudFormation choose one.
func newLogGroup(stack awscdk.Stack, s stage, id string, name *string) awslogs.CfnLogGroup {
	group := awslogs.NewCfnLogGroup(stack, jsii.String(id), &awslogs.CfnLogGroupProps{
		LogGroupName:    name,
		RetentionInDays: jsii.Number(s.deployment.LogRetentionDays),
	})
	// Logs end by their retention, never before, where data is protected. A
	// named group that stayed would be in the way of a new stack.
	if name == nil {
		group.ApplyRemovalPolicy(s.retention(), nil)
	} else {
		group.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
	}
	return group
}

// alarm watches one metric; no data is no alarm.
type alarm struct {
	id, description   string
	namespace, metric string
	// dimension names the one thing watched; empty where the metric is ours.
	dimension string
	of        *string
	// statistic over a period, reaching threshold in each of periods.
	statistic string
	threshold float64
	periods   int
	// period is in seconds; 0 is five minutes.
	period int
}

// observe adds the metrics, the alarms and the topic that tells of them.
func observe(stack awscdk.Stack, s stage, api awsapigatewayv2.CfnApi, table awsdynamodb.CfnTable,
	failures awssqs.CfnQueue, redrive awsscheduler.CfnScheduleGroup, built map[string]builtFunction,
) {
	namespace := "Hearth/" + s.name
	alarms := []alarm{
		{
			id: "ApiFailures", description: "The API answered 5xx five times in five minutes",
			namespace: "AWS/ApiGateway", metric: "5xx", dimension: "ApiId", of: api.Ref(),
			statistic: "Sum", threshold: 5, periods: 1,
		},
		{
			id: "StreamFailuresWaiting", description: "The stream function gave up on records; the queue says which, for 24 hours",
			namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible", dimension: "QueueName", of: failures.AttrQueueName(),
			statistic: "Maximum", threshold: 1, periods: 1,
		},
		{
			id: "TableSystemErrors", description: "DynamoDB failed to answer",
			namespace: "AWS/DynamoDB", metric: "SystemErrors", dimension: "TableName", of: table.Ref(),
			statistic: "Sum", threshold: 5, periods: 1,
		},
		{
			id: "ScheduleFailures", description: "The schedule could not call the stream function",
			namespace: "AWS/Scheduler", metric: "TargetErrorCount", dimension: "ScheduleGroup", of: redrive.Ref(),
			statistic: "Sum", threshold: 1, periods: 1,
		},
		{
			id: "RedriveFailures", description: "Deletions or exports stay unfinished: the redrive failed three times in an hour; the log says which",
			namespace: namespace, metric: "RedriveFailures",
			statistic: "Sum", threshold: 3, periods: 1, period: 3600,
		},
	}
	countLines(stack, "RedriveFailures", namespace, built[stream.name], `{ $.msg = "`+dynamo.RedriveFailed+`" }`)
	for _, f := range functions {
		id, lambda := f.resourceID(), built[f.name]
		// Functions log JSON by log/slog. The trigger in particular never fails:
		// what went wrong in it stands only here.
		countLines(stack, id+"LoggedErrors", namespace, lambda, `{ $.level = "ERROR" }`)
		alarms = append(alarms, alarm{
			id: id + "LoggedErrors", description: "Function " + f.name + " logged an error",
			namespace: namespace, metric: id + "LoggedErrors", statistic: "Sum", threshold: 1, periods: 1,
		})
		ofFunction := func(metric, description, statistic string, threshold float64) alarm {
			return alarm{
				id: id + metric, description: "Function " + f.name + " " + description,
				namespace: "AWS/Lambda", metric: metric, dimension: "FunctionName", of: lambda.function.Ref(),
				statistic: statistic, threshold: threshold, periods: 1,
			}
		}
		alarms = append(alarms,
			ofFunction("Errors", "failed or ran out of time", "Sum", 1),
			ofFunction("Throttles", "was refused by Lambda's concurrency limit", "Sum", 1))
		if f.stream {
			alarms = append(alarms, ofFunction("IteratorAge", "is more than ten minutes behind the table", "Maximum", 600_000))
		}
	}
	newDashboard(stack, api, table, built)
	topic := newAlarmTopic(stack, s)
	for _, a := range alarms {
		a.add(stack, topic)
	}
}

// countLines makes a metric of the lines in a function's log that match.
func countLines(stack awscdk.Stack, metric, namespace string, f builtFunction, pattern string) {
	awslogs.NewCfnMetricFilter(stack, jsii.String(metric+"Filter"), &awslogs.CfnMetricFilterProps{
		LogGroupName:  f.logs.Ref(),
		FilterPattern: jsii.String(pattern),
		MetricTransformations: []*awslogs.CfnMetricFilter_MetricTransformationProperty{{
			MetricNamespace: jsii.String(namespace), MetricName: jsii.String(metric),
			MetricValue: jsii.String("1"), DefaultValue: jsii.Number(0), Unit: jsii.String("Count"),
		}},
	})
}

func (a alarm) add(stack awscdk.Stack, topic awssns.CfnTopic) {
	props := &awscloudwatch.CfnAlarmProps{
		AlarmDescription:   jsii.String(a.description),
		Namespace:          jsii.String(a.namespace),
		MetricName:         jsii.String(a.metric),
		Statistic:          jsii.String(a.statistic),
		Period:             jsii.Number(cmp.Or(a.period, 300)),
		EvaluationPeriods:  jsii.Number(a.periods),
		Threshold:          jsii.Number(a.threshold),
		ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"),
		TreatMissingData:   jsii.String("notBreaching"),
		AlarmActions:       &[]any{topic.Ref()},
	}
	if a.dimension != "" {
		props.Dimensions = []*awscloudwatch.CfnAlarm_DimensionProperty{
			{Name: jsii.String(a.dimension), Value: a.of},
		}
	}
	awscloudwatch.NewCfnAlarm(stack, jsii.String(a.id+"Alarm"), props)
}

// newAlarmTopic adds the topic to which CloudWatch sends the alarms of this
// account, over TLS only.
func newAlarmTopic(stack awscdk.Stack, s stage) awssns.CfnTopic {
	topic := awssns.NewCfnTopic(stack, jsii.String("AlarmTopic"), &awssns.CfnTopicProps{
		DisplayName: jsii.String("Hearth " + s.name),
	})
	awssns.NewCfnTopicPolicy(stack, jsii.String("AlarmTopicPolicy"), &awssns.CfnTopicPolicyProps{
		Topics: &[]*string{topic.Ref()},
		PolicyDocument: policy(map[string]any{
			"Effect": "Allow", "Action": "sns:Publish", "Resource": topic.Ref(),
			"Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
			"Condition": map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()},
			},
		}, onlyTLS("sns:Publish", topic.Ref())),
	})
	if s.deployment.AlarmEmail != "" {
		awssns.NewCfnSubscription(stack, jsii.String("AlarmSubscription"), &awssns.CfnSubscriptionProps{
			Protocol: jsii.String("email"), Endpoint: jsii.String(s.deployment.AlarmEmail), TopicArn: topic.Ref(),
		})
	}
	awscdk.NewCfnOutput(stack, jsii.String("AlarmTopicArn"), &awscdk.CfnOutputProps{
		Description: jsii.String("Subscribe here to hear of alarms"), Value: topic.Ref(),
	})
	return topic
}
