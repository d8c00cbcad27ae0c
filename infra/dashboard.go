package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"
)

// line is one metric of a graph: namespace, name, dimension and its value, and
// how it is drawn.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type line []any

// newDashboard adds one page with what to look at first: the API, its
// functions, the stream and the table.
func newDashboard(stack awscdk.Stack, api awsapigatewayv2.CfnApi, table awsdynamodb.CfnTable, built map[string]builtFunction) {
	drawn := func(statistic string) map[string]any { return map[string]any{"stat": statistic} }
	ofAPI := func(metric, statistic string) line {
		return line{"AWS/ApiGateway", metric, "ApiId", api.Ref(), drawn(statistic)}
	}
	ofTable := func(metric string) line {
		return line{"AWS/DynamoDB", metric, "TableName", table.Ref(), drawn("Sum")}
	}
	var failed, duration, age []line
	for _, f := range functions {
		of := func(metric, statistic string) line {
			return line{"AWS/Lambda", metric, "FunctionName", built[f.name].function.Ref(), drawn(statistic)}
		}
		failed = append(failed, of("Errors", "Sum"), of("Throttles", "Sum"))
		duration = append(duration, of("Duration", "p99"))
		if f.stream {
			age = append(age, of("IteratorAge", "Maximum"))
		}
	}
	graphs := []struct {
		title string
		lines []line
	}{
		{"API: requests and refusals", []line{ofAPI("Count", "Sum"), ofAPI("4xx", "Sum"), ofAPI("5xx", "Sum")}},
		{"API: latency (ms)", []line{ofAPI("Latency", "p50"), ofAPI("Latency", "p99")}},
		{"Functions: failed and throttled", failed},
		{"Functions: duration, p99 (ms)", duration},
		{"Stream: how far behind the table (ms)", age},
		{"Table: capacity used", []line{ofTable("ConsumedReadCapacityUnits"), ofTable("ConsumedWriteCapacityUnits")}},
	}
	const columns, width, height = 2, 12, 6
	widgets := make([]map[string]any, 0, len(graphs))
	for i, graph := range graphs {
		widgets = append(widgets, map[string]any{
			"type": "metric", "x": i % columns * width, "y": i / columns * height, "width": width, "height": height,
			"properties": map[string]any{
				"title": graph.title, "metrics": graph.lines, "region": stack.Region(), "view": "timeSeries", "period": 300,
			},
		})
	}
	awscloudwatch.NewCfnDashboard(stack, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardBody: stack.ToJsonString(map[string]any{"widgets": widgets}, nil),
	})
}
