package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/dynamo"
)

const tableTimeout = 30 * time.Second

// credentials are any: neither DynamoDB Local nor the user pool checks them.
func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: accessKeyID, SecretAccessKey: secretAccessKey}, nil
}

const (
	accessKeyID     = "local"
	secretAccessKey = "local"
)

// dynamoClient is the host's own client of DynamoDB Local, whose answers carry
// checksums that do not match.
func dynamoClient(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:                          region,
		BaseEndpoint:                    aws.String(endpoint),
		Credentials:                     aws.CredentialsProviderFunc(credentials),
		DisableValidateResponseChecksum: true,
	})
}

// ensureTable makes the table unless it is there, waits until it can be used,
// has expired items deleted, and returns the ARN of its stream.
func ensureTable(ctx context.Context, client *dynamodb.Client, name string) (streamARN string, err error) {
	ctx, cancel := context.WithTimeout(ctx, tableTimeout)
	defer cancel()
	_, err = client.CreateTable(ctx, dynamo.CreateTableInput(name))
	if exists := (*types.ResourceInUseException)(nil); err != nil && !errors.As(err, &exists) {
		return "", fmt.Errorf("make table %s: %w", name, err)
	}
	description := &dynamodb.DescribeTableInput{TableName: aws.String(name)}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	})
	table, err := waiter.WaitForOutput(ctx, description, tableTimeout)
	if err != nil {
		return "", fmt.Errorf("make table %s: %w", name, err)
	}
	streamARN = aws.ToString(table.Table.LatestStreamArn)
	// Turning on what is on already is an error, so look first.
	lives, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(name)})
	if err != nil {
		return "", fmt.Errorf("time to live of table %s: %w", name, err)
	}
	if d := lives.TimeToLiveDescription; d != nil && d.TimeToLiveStatus == types.TimeToLiveStatusEnabled {
		return streamARN, nil
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(name),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(dynamo.TTLAttribute), Enabled: aws.Bool(true),
		},
	})
	if err != nil {
		return "", fmt.Errorf("time to live of table %s: %w", name, err)
	}
	return streamARN, nil
}
