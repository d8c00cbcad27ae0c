package dynamo

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
)

// Follower does what a change in the table asks for afterwards; it is
// account.Service.
type Follower interface {
	// FollowUser brings the copies of a user up to the user.
	FollowUser(ctx context.Context, userID string) error
	// FollowImage keeps the image that a user has now and deletes the one that
	// it replaced; either may be empty.
	FollowImage(ctx context.Context, userID, before, after string) error
}

// Stream is the handler of the table's stream. Records of one item come in
// order, each at least once. The first record that fails is reported, so that
// Lambda comes again from there and nothing before it is done twice for long.
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
func Stream(follower Follower, log *slog.Logger) lambda.Handler {
	return lambda.NewHandler(func(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		answer := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
		for _, record := range event.Records {
			if err := follow(ctx, follower, record); err != nil {
				log.ErrorContext(ctx, "stream record failed",
					slog.String("sequenceNumber", record.Change.SequenceNumber), slog.String("cause", err.Error()))
				answer.BatchItemFailures = append(answer.BatchItemFailures,
					events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber})
				break
			}
		}
		return answer, nil
	})
}

func follow(ctx context.Context, follower Follower, record events.DynamoDBEventRecord) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	if events.DynamoDBOperationType(record.EventName) != events.DynamoDBOperationTypeModify {
		return nil
	}
	key, ok := recordKey(text(record.Change.Keys, PartitionKey), text(record.Change.Keys, SortKey))
	if !ok || key.Kind != account.KindUser {
		return nil
	}
	changed := func(name string) (before, after string, differ bool) {
		before, after = text(record.Change.OldImage, name), text(record.Change.NewImage, name)
		return before, after, before != after
	}
	before, after, image := changed(attributeImageKey)
	_, _, name := changed(attributeName)
	_, _, email := changed(attributeEmail)
	if image || name || email {
		if err := follower.FollowUser(ctx, key.Owner); err != nil {
			return err
		}
	}
	if image {
		return follower.FollowImage(ctx, key.Owner, before, after)
	}
	return nil
}

// text is a text attribute of a stream record's image, "" if it is missing.
func text(image map[string]events.DynamoDBAttributeValue, name string) string {
	value, ok := image[name]
	if !ok || value.DataType() != events.DataTypeString {
		return ""
	}
	return value.String()
}
