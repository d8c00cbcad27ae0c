// Command infra is Hearth's CDK app: it synthesizes the CloudFormation template
// of one stage, offline and without AWS credentials.
//
//	cdk synth -c stage=dev
//
// It uses CloudFormation's own resources (the CDK's L1 constructs), so each file
// reads like the template that it makes, and a resource's logical id is the id
// written there.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// builtFunctions is where `make build` puts a folder for each function.
const builtFunctions = ".build/functions"

func main() {
	if err := synthesize(); err != nil {
		fmt.Fprintln(os.Stderr, "infra:", err)
		os.Exit(1)
	}
}

func synthesize() error {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	name, _ := app.Node().TryGetContext(jsii.String("stage")).(string)
	s, err := readStage(name, app.Node().TryGetContext(jsii.String("stages")))
	if err != nil {
		return err
	}
	if err := newStack(app, s, builtFunctions); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// newStack adds the whole of Hearth at one stage. The stack names no account and
// no region: it can be deployed to any. functionsDir holds a folder with a
// `bootstrap` for each function.
func newStack(app awscdk.App, s stage, functionsDir string) error {
	stack := awscdk.NewStack(app, jsii.String("hearth-"+s.name), &awscdk.StackProps{
		Description:           jsii.String("Hearth, stage " + s.name),
		TerminationProtection: jsii.Bool(s.deployment.ProtectData),
		Tags:                  &map[string]*string{"hearth:stage": jsii.String(s.name)},
	})
	table := newTable(stack, s)
	failures := newFailureQueue(stack)
	images := newImages(stack, s)
	builder := functionBuilder{
		stack: stack, stage: s, dir: functionsDir, table: table, failures: failures, images: images,
		exports: newExportBucket(stack, s), macKey: newMACKey(stack, s),
	}
	// The trigger comes before the pool that calls it, all others after.
	trigger, err := builder.build(postconfirmation)
	if err != nil {
		return err
	}
	pool := newPool(stack, s, trigger)
	built := map[string]builtFunction{postconfirmation.name: trigger}
	builder.pool = &pool
	for _, f := range functions {
		if f.name == postconfirmation.name {
			continue
		}
		if built[f.name], err = builder.build(f); err != nil {
			return err
		}
	}
	consumeStream(stack, table, failures, built[stream.name])
	redrive := newRedrive(stack, built[stream.name])
	api, err := newAPI(stack, s, pool, built)
	if err != nil {
		return err
	}
	observe(stack, s, api, table, failures, redrive, built)
	for _, output := range []struct {
		id, description string
		value           *string
	}{
		{"ApiUrl", "Where the API answers", api.AttrApiEndpoint()},
		{"UserPoolId", "The user pool", pool.id()},
		{"ClientId", "The web client, the only audience of the API", pool.web.Ref()},
		{"Region", "The region of all of it", stack.Region()},
		{"TableName", "The table", table.Ref()},
		{"MaintenanceFunctionName", "What operators invoke", built[maintenance.name].function.Ref()},
		{"ImageBucketName", "The bucket of images", images.bucket.Ref()},
		{"ImageUrl", "Where images are served", images.url()},
	} {
		awscdk.NewCfnOutput(stack, jsii.String(output.id), &awscdk.CfnOutputProps{
			Description: jsii.String(output.description), Value: output.value,
		})
	}
	return nil
}

// retention is what becomes of a stage's data when it leaves the stack.
func (s stage) retention() awscdk.RemovalPolicy {
	if s.deployment.ProtectData {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}
