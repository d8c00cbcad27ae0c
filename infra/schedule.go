package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/dynamo"
)

// newRedrive has the stream function look every 15 minutes for what is due and
// that the stream lost: a record that was given up on, or a mapping that was
// off for a day. The queue of failures cannot serve for that: it holds where
// records stood, and the stream forgets them in 24 hours. It returns the group
// of the schedule, by which it is watched.
func newRedrive(stack awscdk.Stack, target builtFunction) awsscheduler.CfnScheduleGroup {
	group := awsscheduler.NewCfnScheduleGroup(stack, jsii.String("Schedules"), nil)
	// A schedule of another account or group may not use the role.
	// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
	role := awsiam.NewCfnRole(stack, jsii.String("RedriveRole"), &awsiam.CfnRoleProps{
		Description: jsii.String("What the schedule of the function stream may do"),
		AssumeRolePolicyDocument: policy(map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": map[string]any{"Service": "scheduler.amazonaws.com"},
			"Condition": map[string]any{"StringEquals": map[string]any{
				"aws:SourceAccount": stack.Account(), "aws:SourceArn": group.AttrArn(),
			}},
		}),
		Policies: []*awsiam.CfnRole_PolicyProperty{{
			PolicyName:     jsii.String("grants"),
			PolicyDocument: policy(allow([]string{"lambda:InvokeFunction"}, target.function.AttrArn())),
		}},
	})
	awsscheduler.NewCfnSchedule(stack, jsii.String("RedriveSchedule"), &awsscheduler.CfnScheduleProps{
		Description:        jsii.String("Takes up deletions and exports that are due or that the stream lost"),
		GroupName:          group.Ref(),
		ScheduleExpression: jsii.String("rate(15 minutes)"),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: target.function.AttrArn(), RoleArn: role.AttrArn(), Input: jsii.String(dynamo.RedriveEvent),
			// The next run makes up for one that could not begin.
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(600), MaximumRetryAttempts: jsii.Number(3),
			},
		},
	})
	return group
}
