package eventsource

import (
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// convert returns a record in the form in which Lambda delivers it: with the
// ARN of the stream, and with the time in whole seconds.
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
func convert(record types.Record, streamARN string) (events.DynamoDBEventRecord, error) {
	converted := events.DynamoDBEventRecord{
		AWSRegion:      aws.ToString(record.AwsRegion),
		EventID:        aws.ToString(record.EventID),
		EventName:      string(record.EventName),
		EventSource:    aws.ToString(record.EventSource),
		EventVersion:   aws.ToString(record.EventVersion),
		EventSourceArn: streamARN,
	}
	// Deletions by time to live say so.
	if identity := record.UserIdentity; identity != nil {
		converted.UserIdentity = &events.DynamoDBUserIdentity{
			Type: aws.ToString(identity.Type), PrincipalID: aws.ToString(identity.PrincipalId),
		}
	}
	change := record.Dynamodb
	if change == nil {
		return converted, nil
	}
	converted.Change = events.DynamoDBStreamRecord{
		ApproximateCreationDateTime: events.SecondsEpochTime{
			Time: aws.ToTime(change.ApproximateCreationDateTime).Truncate(time.Second),
		},
		SequenceNumber: aws.ToString(change.SequenceNumber),
		SizeBytes:      aws.ToInt64(change.SizeBytes),
		StreamViewType: string(change.StreamViewType),
	}
	for _, image := range []struct {
		from map[string]types.AttributeValue
		to   *map[string]events.DynamoDBAttributeValue
	}{
		{change.Keys, &converted.Change.Keys},
		{change.NewImage, &converted.Change.NewImage},
		{change.OldImage, &converted.Change.OldImage},
	} {
		attributes, err := convertAttributes(image.from)
		if err != nil {
			return events.DynamoDBEventRecord{}, err
		}
		*image.to = attributes
	}
	return converted, nil
}

func convertAttributes(from map[string]types.AttributeValue) (map[string]events.DynamoDBAttributeValue, error) {
	if from == nil {
		return nil, nil
	}
	to := make(map[string]events.DynamoDBAttributeValue, len(from))
	for name, value := range from {
		converted, err := convertAttribute(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		to[name] = converted
	}
	return to, nil
}

func convertAttribute(value types.AttributeValue) (events.DynamoDBAttributeValue, error) {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return events.NewStringAttribute(value.Value), nil
	case *types.AttributeValueMemberN:
		return events.NewNumberAttribute(value.Value), nil
	case *types.AttributeValueMemberB:
		return events.NewBinaryAttribute(value.Value), nil
	case *types.AttributeValueMemberBOOL:
		return events.NewBooleanAttribute(value.Value), nil
	case *types.AttributeValueMemberNULL:
		return events.NewNullAttribute(), nil
	case *types.AttributeValueMemberSS:
		return events.NewStringSetAttribute(value.Value), nil
	case *types.AttributeValueMemberNS:
		return events.NewNumberSetAttribute(value.Value), nil
	case *types.AttributeValueMemberBS:
		return events.NewBinarySetAttribute(value.Value), nil
	case *types.AttributeValueMemberL:
		list := make([]events.DynamoDBAttributeValue, len(value.Value))
		for i, element := range value.Value {
			converted, err := convertAttribute(element)
			if err != nil {
				return events.DynamoDBAttributeValue{}, err
			}
			list[i] = converted
		}
		return events.NewListAttribute(list), nil
	case *types.AttributeValueMemberM:
		attributes, err := convertAttributes(value.Value)
		if err != nil {
			return events.DynamoDBAttributeValue{}, err
		}
		return events.NewMapAttribute(attributes), nil
	}
	return events.DynamoDBAttributeValue{}, fmt.Errorf("unknown type %T", value)
}
