package dynamo

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// EnvTable is the environment variable that holds the table's name.
const EnvTable = "HEARTH_TABLE"

// The attributes that the table's settings name. Every item has PK, SK and
// type; the index's keys and the time to live are on those that need them.
const (
	PartitionKey      = "PK"
	SortKey           = "SK"
	IndexName         = "GSI1"
	IndexPartitionKey = "GSI1PK"
	IndexSortKey      = "GSI1SK"
	// TTLAttribute holds whole seconds since 1970. DynamoDB deletes expired
	// items within days, so nothing relies on it but the bill.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
	TTLAttribute = "expiresAt"
)

// CreateTableInput is the table as the development host and the tests make it;
// the CDK app makes the same from the constants above, with what only AWS has
// (point-in-time recovery, deletion protection) besides.
func CreateTableInput(name string) *dynamodb.CreateTableInput {
	attribute := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
	}
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: aws.String(name), KeyType: kind}
	}
	return &dynamodb.CreateTableInput{
		TableName: aws.String(name),
		AttributeDefinitions: []types.AttributeDefinition{
			attribute(PartitionKey), attribute(SortKey), attribute(IndexPartitionKey), attribute(IndexSortKey),
		},
		KeySchema: []types.KeySchemaElement{
			key(PartitionKey, types.KeyTypeHash), key(SortKey, types.KeyTypeRange),
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(IndexName),
			KeySchema: []types.KeySchemaElement{
				key(IndexPartitionKey, types.KeyTypeHash), key(IndexSortKey, types.KeyTypeRange),
			},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
		BillingMode: types.BillingModePayPerRequest,
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
		},
	}
}
