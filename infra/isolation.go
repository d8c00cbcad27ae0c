package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/sts"
)

// dataGrants are what a function that serves account data may do on the table
// with its own credentials: authorize a request, which reads records of users
// and organizations. With isolation it has no right on account data at all, but
// takes a session of the role below for each account. Without, the item
// conditions alone keep accounts apart, and its own credentials do all of it.
func (b functionBuilder) dataGrants() []map[string]any {
	authorizing := []string{"BatchGetItem"}
	if b.stage.config.AccountMode == account.OrganizationsOnly {
		authorizing = append(authorizing, "Query") // a user's memberships, for a team to act for
	}
	own := []map[string]any{
		allowKeys(authorizing, b.table.AttrArn(), "StringLike", dynamo.UserPartition("*"), dynamo.OrganizationPartition("*")),
	}
	if b.stage.config.Isolation {
		return own
	}
	return append(own,
		allowKeys(dynamo.DataActions, b.table.AttrArn(), "StringLike", dynamo.DataPartition("*")),
		allowKeys(dynamo.UserActions, b.table.AttrArn(), "StringLike", dynamo.UserPartition("*")),
	)
}

// isolate adds the role whose sessions reach the data of one account, named by
// a session tag, and lets the function's role assume it; the function learns its
// ARN. The second tag names the user, whose records a session may check and
// nothing more: so a write of data carries the conditions on user and membership
// in its own transaction. The keys are exact, so no account's id can be the
// beginning of another's, and a request whose tags are missing matches nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
func (b functionBuilder) isolate(f function, function awslambda.CfnFunction, own awsiam.CfnRole) {
	role := awsiam.NewCfnRole(b.stack, jsii.String(f.resourceID()+"DataRole"), &awsiam.CfnRoleProps{
		Description: jsii.String("What the function " + f.name + " may do with the data of the account that a session is for"),
		// A role that a role's session assumes is good for one hour at most.
		MaxSessionDuration:       jsii.Number(sts.Lifetime.Seconds()),
		AssumeRolePolicyDocument: policy(trustWithTags(own.AttrArn(), sts.AccountTag, sts.UserTag)),
		Policies: []*awsiam.CfnRole_PolicyProperty{{
			PolicyName: jsii.String("grants"),
			PolicyDocument: policy(
				allowKeys(dynamo.DataActions, b.table.AttrArn(), "StringEquals", dynamo.DataPartition("${aws:PrincipalTag/"+sts.AccountTag+"}")),
				allowKeys(dynamo.UserActions, b.table.AttrArn(), "StringEquals", dynamo.UserPartition("${aws:PrincipalTag/"+sts.UserTag+"}")),
			),
		}},
	})
	// By itself, since the roles would wait for each other if it were part of one.
	assume := awsiam.NewCfnPolicy(b.stack, jsii.String(f.resourceID()+"AssumePolicy"), &awsiam.CfnPolicyProps{
		PolicyName:     jsii.String("assume"),
		Roles:          &[]*string{own.Ref()},
		PolicyDocument: policy(allow([]string{"sts:AssumeRole", "sts:TagSession"}, role.AttrArn())),
	})
	function.AddResourceDependency(assume, nil)
	function.AddPropertyOverride(jsii.String("Environment.Variables."+sts.EnvRole), role.AttrArn())
}

// allowKeys allows actions on items whose partition keys all match. A set
// operator matches what is absent, too, as it is in a Scan: hence Null.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func allowKeys(actions []string, table *string, operator string, keys ...string) map[string]any {
	const leadingKeys = "dynamodb:LeadingKeys"
	statement := allow(dynamoActions(actions), table)
	statement["Condition"] = map[string]any{
		"ForAllValues:" + operator: map[string]any{leadingKeys: keys},
		"Null":                     map[string]any{leadingKeys: "false"},
	}
	return statement
}

// trustWithTags lets one role assume another with exactly these session tags,
// each with a value: STS takes an empty one, and StringLike wants the key to be
// there. No tag is transitive: a session is the end of its chain.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
func trustWithTags(role *string, tags ...string) map[string]any {
	given := map[string]any{}
	for _, tag := range tags {
		given["aws:RequestTag/"+tag] = "?*"
	}
	return map[string]any{
		"Effect": "Allow", "Action": []string{"sts:AssumeRole", "sts:TagSession"}, "Principal": map[string]any{"AWS": role},
		"Condition": map[string]any{
			"StringLike":                given,
			"ForAllValues:StringEquals": map[string]any{"aws:TagKeys": tags},
			"Null":                      map[string]any{"sts:TransitiveTagKeys": "true"},
		},
	}
}
