package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/dynamo"
)

// newTable adds the one table, with the keys that internal/dynamo declares and
// that the development host uses.
//
// The key schema can never be changed: CloudFormation would replace the table.
// TestTableOfTheHost compares it with the host's.
func newTable(stack awscdk.Stack, s stage) awsdynamodb.CfnTable {
	attribute := func(name string) *awsdynamodb.CfnTable_AttributeDefinitionProperty {
		return &awsdynamodb.CfnTable_AttributeDefinitionProperty{
			AttributeName: jsii.String(name), AttributeType: jsii.String("S"),
		}
	}
	keys := func(hash, sortKey string) []*awsdynamodb.CfnTable_KeySchemaProperty {
		return []*awsdynamodb.CfnTable_KeySchemaProperty{
			{AttributeName: jsii.String(hash), KeyType: jsii.String("HASH")},
			{AttributeName: jsii.String(sortKey), KeyType: jsii.String("RANGE")},
		}
	}
	table := awsdynamodb.NewCfnTable(stack, jsii.String("Table"), &awsdynamodb.CfnTableProps{
		AttributeDefinitions: []*awsdynamodb.CfnTable_AttributeDefinitionProperty{
			attribute(dynamo.PartitionKey), attribute(dynamo.SortKey),
			attribute(dynamo.IndexPartitionKey), attribute(dynamo.IndexSortKey),
		},
		KeySchema: keys(dynamo.PartitionKey, dynamo.SortKey),
		GlobalSecondaryIndexes: []*awsdynamodb.CfnTable_GlobalSecondaryIndexProperty{{
			IndexName:  jsii.String(dynamo.IndexName),
			KeySchema:  keys(dynamo.IndexPartitionKey, dynamo.IndexSortKey),
			Projection: &awsdynamodb.CfnTable_ProjectionProperty{ProjectionType: jsii.String("ALL")},
		}},
		BillingMode: jsii.String("PAY_PER_REQUEST"),
		StreamSpecification: &awsdynamodb.CfnTable_StreamSpecificationProperty{
			StreamViewType: jsii.String("NEW_AND_OLD_IMAGES"),
		},
		TimeToLiveSpecification: &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{
			AttributeName: jsii.String(dynamo.TTLAttribute), Enabled: jsii.Bool(true),
		},
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		DeletionProtectionEnabled: jsii.Bool(s.deployment.ProtectData),
	})
	table.ApplyRemovalPolicy(s.retention(), nil)
	return table
}

// indexARN names the one index of the table.
func indexARN(table awsdynamodb.CfnTable) *string {
	return awscdk.Fn_Join(jsii.String("/"), &[]*string{
		table.AttrArn(), jsii.String("index"), jsii.String(dynamo.IndexName),
	})
}
