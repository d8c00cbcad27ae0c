package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/export"
	"hearth/internal/httpapi"
	"hearth/internal/image"
	"hearth/internal/kms"
)

// function is one row of the table below: what a Lambda function gets and may
// do. What is not granted here or, for the trigger's action at Cognito, in
// wireTrigger, no function may do.
type function struct {
	// name is the folder below functions/.
	name, description string
	// memory is in MiB. Lambda gives CPU in proportion to it.
	memory  int
	timeout time.Duration
	// table and index are the DynamoDB actions on the table's items and on its
	// index. A transaction needs the action of each part of it.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
	//
	// Each function that authorizes people's requests, but for data functions,
	// deletes items even where none of its routes does: at the first request of a
	// sign-in the record of an address that was moved at the pool follows.
	table, index []string
	// images are the S3 actions on images. A POST policy allows what its signer
	// may do, and a form with tags needs PutObjectTagging; whoever may read tags
	// is told with an object how many it has.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
	images []string
	// exports are the S3 actions on exports. A link allows what its signer may do.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
	exports []string
	// mac are the KMS actions on the key that signs invitations and certificates.
	mac []string
	// data functions serve what accounts own: see isolation.go.
	data bool
	// pool are the actions on the user pool, by the server-only client where one
	// is needed. What takes an access token needs no grant.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pools-API-operations.html
	pool []string
	// mails is whether the function sends Hearth's own mails.
	mails bool
	// stream functions read the table's stream, report what they gave up on to
	// the failure queue, and are called by the schedule for what was lost.
	stream bool
}

var (
	profile = function{
		name: string(httpapi.Profile), description: "Who the caller is: configuration, user, accounts",
		memory: 512, timeout: 10 * time.Second,
		table:  []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query", "UpdateItem"},
		images: []string{"GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging"},
	}
	security = function{
		name: string(httpapi.Security), description: "How people sign in: password, address, second factor, passkeys, sessions",
		memory: 512, timeout: 10 * time.Second,
		table: []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query", "UpdateItem"},
		pool:  []string{"AdminInitiateAuth", "AdminRespondToAuthChallenge", "AdminSetUserMFAPreference", "AdminUserGlobalSignOut"},
	}
	organizations = function{
		name: string(httpapi.Organizations), description: "Teams: members, invitations, ownership, audit log",
		memory: 512, timeout: 10 * time.Second,
		table:  []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query", "UpdateItem"},
		index:  []string{"Query"}, // members by name, invitations by address
		images: []string{"GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging"},
		mac:    []string{"VerifyMac"},
	}
	projects = function{
		name: string(httpapi.Projects), description: "What accounts own: projects, and a product's own resources",
		memory: 512, timeout: 10 * time.Second,
		data: true,
	}
	postconfirmation = function{
		name: "postconfirmation", description: "Called by the user pool after a sign-up or a password reset",
		// Cognito waits 5 seconds and then asks again, up to three times.
		// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-aws-lambda-triggers.html
		memory: 512, timeout: 5 * time.Second,
		table: []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"},
		mac:   []string{"VerifyMac"},
	}
	// deletion begins deletions and exports; the stream function does the work.
	deletion = function{
		name: string(httpapi.Deletion), description: "Deleting an account: preview, acceptance; exports",
		memory: 512, timeout: 10 * time.Second,
		table:   []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query", "UpdateItem"},
		index:   []string{"Query"}, // invitations by address
		exports: []string{"AbortMultipartUpload", "DeleteObject", "GetObject"},
	}
	stream = function{
		name: "stream", description: "Follows the table's changes: mails, copies, images, deletions, exports",
		memory: 256, timeout: time.Minute,
		table:   []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query", "UpdateItem"},
		index:   []string{"Query"}, // members of what is deleted, and what is due
		images:  []string{"DeleteObject", "DeleteObjectTagging"},
		exports: []string{"AbortMultipartUpload", "DeleteObject", "GetObject", "ListMultipartUploadParts", "PutObject"},
		mac:     []string{"GenerateMac"},
		pool:    []string{"AdminDeleteUser", "AdminGetUser"},
		mails:   true,
		stream:  true,
	}
	// maintenance alone may scan. Operators invoke it; it has no route.
	maintenance = function{
		name: "maintenance", description: "Operators' jobs over all users, and support for one",
		memory: 512, timeout: 15 * time.Minute, // Lambda's longest
		table:  []string{"BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query", "Scan", "UpdateItem"},
		index:  []string{"Query"}, // members are counted by their list
		images: []string{"DeleteObjectTagging"},
		mac:    []string{"VerifyMac"}, // of certificates
		pool:   []string{"AdminDisableUser", "AdminEnableUser", "AdminGetUser", "AdminUserGlobalSignOut", "ListUsers"},
	}
)

// functions are all that the stack has.
var functions = []function{profile, security, organizations, projects, deletion, postconfirmation, stream, maintenance}

// builtFunction is a function in the stack, with what others refer to.
type builtFunction struct {
	function awslambda.CfnFunction
	role     awsiam.CfnRole
	logs     awslogs.CfnLogGroup
}

// resourceID is the first part of the logical ids of a function's resources,
// such as Profile in ProfileFunction and ProfileRole.
func (f function) resourceID() string { return pascal(f.name) }

// pascal turns a kebab-case name into a logical id, which is alphanumeric.
func pascal(name string) string {
	var id strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			id.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return id.String()
}

// functionBuilder adds functions to a stack.
type functionBuilder struct {
	stack    awscdk.Stack
	stage    stage
	dir      string
	table    awsdynamodb.CfnTable
	failures awssqs.CfnQueue
	images   images
	exports  awss3.CfnBucket
	macKey   awskms.CfnKey
	// pool is nil while the pool itself is not built: the trigger's
	// environment must not name it.
	pool *userPool
}

// build adds one function with its log group and its role. It fails when the
// function's binary is not there.
func (b functionBuilder) build(f function) (builtFunction, error) {
	code := filepath.Join(b.dir, f.name)
	if _, err := os.Stat(filepath.Join(code, "bootstrap")); err != nil {
		return builtFunction{}, fmt.Errorf("function %s is not built (make build): %w", f.name, err)
	}
	environment, err := b.environment(f)
	if err != nil {
		return builtFunction{}, err
	}
	logs := newLogGroup(b.stack, b.stage, f.resourceID()+"Logs", nil)
	role := b.role(f, logs)
	asset := awss3assets.NewAsset(b.stack, jsii.String(f.resourceID()+"Code"), &awss3assets.AssetProps{Path: jsii.String(code)})
	lambda := awslambda.NewCfnFunction(b.stack, jsii.String(f.resourceID()+"Function"), &awslambda.CfnFunctionProps{
		Description:   jsii.String(f.description),
		Runtime:       jsii.String("provided.al2023"),
		Architectures: jsii.Strings("arm64"),
		Handler:       jsii.String("bootstrap"),
		Code: &awslambda.CfnFunction_CodeProperty{
			S3Bucket: asset.S3BucketName(), S3Key: asset.S3ObjectKey(),
		},
		MemorySize:  jsii.Number(f.memory),
		Timeout:     jsii.Number(f.timeout.Seconds()),
		Role:        role.AttrArn(),
		Environment: &awslambda.CfnFunction_EnvironmentProperty{Variables: environment},
		// Lambda's own lines become JSON too, so one filter reads all of them.
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{
			LogFormat: jsii.String("JSON"), LogGroup: logs.Ref(),
		},
	})
	if f.data && b.stage.config.Isolation {
		b.isolate(f, lambda, role)
	}
	// `sam local invoke` finds the binary by this.
	asset.AddResourceMetadata(lambda, jsii.String("Code"))
	return builtFunction{function: lambda, role: role, logs: logs}, nil
}

// environment is the same for every function, but that the trigger knows nothing
// of the pool, and of the server-only client, images, exports and the key only
// those who use them.
func (b functionBuilder) environment(f function) (*map[string]*string, error) {
	config, err := json.Marshal(b.stage.config)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	variables := map[string]*string{
		dynamo.EnvTable:   b.table.Ref(),
		account.EnvConfig: jsii.String(string(config)),
	}
	if b.pool != nil {
		variables[cognito.EnvUserPoolID] = b.pool.id()
		variables[cognito.EnvClientID] = b.pool.web.Ref()
		variables[cognito.EnvIssuer] = b.pool.issuer()
	}
	if slices.Contains(f.pool, "AdminInitiateAuth") {
		variables[cognito.EnvServerClientID] = b.pool.server.Ref()
	}
	if len(f.images) > 0 {
		variables[image.EnvBucket] = b.images.bucket.Ref()
		variables[image.EnvURL] = b.images.url()
	}
	if len(f.exports) > 0 {
		variables[export.EnvBucket] = b.exports.Ref()
	}
	if len(f.mac) > 0 {
		variables[kms.EnvKey] = b.macKey.AttrArn()
	}
	if b.stage.deployment.EndpointVariables {
		for _, name := range endpointVariables {
			variables[name] = jsii.String("")
		}
	}
	return &variables, nil
}

// endpointVariables move a function's clients elsewhere; empty ones do nothing.
// The names are those of every AWS SDK.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
var endpointVariables = []string{
	"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SESV2",
	"AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_STS", cognito.EnvEndpoint,
}

// role may write the function's own log and do what its row says. The policy is
// part of the role, so no function runs before it has its grants.
func (b functionBuilder) role(f function, logs awslogs.CfnLogGroup) awsiam.CfnRole {
	statements := []map[string]any{
		allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, logs.AttrArn()),
	}
	if len(f.table) > 0 {
		statements = append(statements, allow(dynamoActions(f.table), b.table.AttrArn()))
	}
	if f.data {
		statements = append(statements, b.dataGrants()...)
	}
	if len(f.index) > 0 {
		statements = append(statements, allow(dynamoActions(f.index), indexARN(b.table)))
	}
	statements = append(statements, b.images.grants(f.images)...)
	statements = append(statements, b.exportGrants(f)...)
	if len(f.mac) > 0 {
		statements = append(statements, allow(prefixed("kms:", f.mac), b.macKey.AttrArn()))
	}
	if len(f.pool) > 0 {
		statements = append(statements, allow(prefixed("cognito-idp:", f.pool), b.pool.pool.AttrArn()))
	}
	if f.mails {
		statements = append(statements, b.stage.mayMail(b.stack))
	}
	if f.stream {
		statements = append(statements,
			// Lambda checks all four when the mapping is made.
			// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
			allow(dynamoActions([]string{"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}), b.table.AttrStreamArn()),
			allow([]string{"sqs:SendMessage"}, b.failures.AttrArn()))
	}
	return awsiam.NewCfnRole(b.stack, jsii.String(f.resourceID()+"Role"), &awsiam.CfnRoleProps{
		Description: jsii.String("What the function " + f.name + " may do"),
		AssumeRolePolicyDocument: policy(map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": map[string]any{"Service": "lambda.amazonaws.com"},
		}),
		Policies: []*awsiam.CfnRole_PolicyProperty{{
			PolicyName: jsii.String("grants"), PolicyDocument: policy(statements...),
		}},
	})
}

func dynamoActions(names []string) []string { return prefixed("dynamodb:", names) }

func prefixed(service string, names []string) []string {
	actions := make([]string, 0, len(names))
	for _, name := range names {
		actions = append(actions, service+name)
	}
	return actions
}

// allow is a policy statement for one resource.
func allow(actions []string, resource *string) map[string]any {
	return map[string]any{"Effect": "Allow", "Action": actions, "Resource": resource}
}

// onlyTLS refuses everybody's plain HTTP, whatever else allows them.
func onlyTLS(action string, resource *string) map[string]any {
	return map[string]any{
		"Effect": "Deny", "Action": action, "Resource": resource, "Principal": map[string]any{"AWS": "*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}

func policy(statements ...map[string]any) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// newFailureQueue adds the queue that holds, for 14 days, where in the stream
// the records stand that the stream function gave up on. The records themselves
// stay in the stream for 24 hours only.
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
func newFailureQueue(stack awscdk.Stack) awssqs.CfnQueue {
	queue := awssqs.NewCfnQueue(stack, jsii.String("StreamFailures"), &awssqs.CfnQueueProps{
		MessageRetentionPeriod: jsii.Number((14 * 24 * time.Hour).Seconds()),
		SqsManagedSseEnabled:   jsii.Bool(true),
	})
	queue.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
	awssqs.NewCfnQueuePolicy(stack, jsii.String("StreamFailuresPolicy"), &awssqs.CfnQueuePolicyProps{
		Queues: &[]*string{queue.Ref()}, PolicyDocument: policy(onlyTLS("sqs:*", queue.AttrArn())),
	})
	return queue
}

// consumeStream feeds the table's changes to the stream function: in order for
// each item, from the table's first change on, split in two at a failure until
// the bad record stands alone, and given up after 20 attempts or 6 hours so
// that one bad record cannot hold the others back for a day.
func consumeStream(stack awscdk.Stack, table awsdynamodb.CfnTable, failures awssqs.CfnQueue, consumer builtFunction) {
	awslambda.NewCfnEventSourceMapping(stack, jsii.String("StreamMapping"), &awslambda.CfnEventSourceMappingProps{
		FunctionName:               consumer.function.Ref(),
		EventSourceArn:             table.AttrStreamArn(),
		StartingPosition:           jsii.String("TRIM_HORIZON"),
		BatchSize:                  jsii.Number(100),
		ParallelizationFactor:      jsii.Number(1),
		BisectBatchOnFunctionError: jsii.Bool(true),
		FunctionResponseTypes:      jsii.Strings("ReportBatchItemFailures"),
		MaximumRetryAttempts:       jsii.Number(20),
		MaximumRecordAgeInSeconds:  jsii.Number((6 * time.Hour).Seconds()),
		DestinationConfig: &awslambda.CfnEventSourceMapping_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: failures.AttrArn()},
		},
	})
}
