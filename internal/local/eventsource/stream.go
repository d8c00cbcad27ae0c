package eventsource

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// source is what is read of a stream.
type source interface {
	// shards lists the stream's shards. A parent may be gone already. errGone
	// means that there is no such stream.
	shards(ctx context.Context) ([]shard, error)
	// iterator returns where to read on in a shard: behind a sequence number, or
	// at the oldest record if it is empty. errTrimmed means that the record is no
	// longer in the stream, errGone that the shard is not.
	iterator(ctx context.Context, shardID, after string) (string, error)
	// records reads one page. errExpired means that the iterator is too old,
	// errTrimmed and errGone as above.
	records(ctx context.Context, iterator string, limit int) (page, error)
}

// shard is one shard of a stream. Its records come after all of its parent's.
type shard struct{ id, parent string }

// page is an answer of GetRecords.
type page struct {
	records []types.Record
	// next is where to read on; empty if the shard is closed and all was read.
	next string
}

var (
	errGone    = errors.New("the stream or shard does not exist")
	errTrimmed = errors.New("the record is no longer in the stream")
	errExpired = errors.New("the iterator has expired")
)

// maxPage is the most that one GetRecords brings.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
const maxPage = 1000

// stream reads a stream by the SDK.
type stream struct {
	client *dynamodbstreams.Client
	arn    string
}

func (s *stream) shards(ctx context.Context) ([]shard, error) {
	var all []shard
	input := &dynamodbstreams.DescribeStreamInput{StreamArn: aws.String(s.arn)}
	for {
		output, err := s.client.DescribeStream(ctx, input)
		if err != nil {
			return nil, classify("describe stream", err)
		}
		for _, described := range output.StreamDescription.Shards {
			all = append(all, shard{id: aws.ToString(described.ShardId), parent: aws.ToString(described.ParentShardId)})
		}
		if input.ExclusiveStartShardId = output.StreamDescription.LastEvaluatedShardId; input.ExclusiveStartShardId == nil {
			return all, nil
		}
	}
}

func (s *stream) iterator(ctx context.Context, shardID, after string) (string, error) {
	input := &dynamodbstreams.GetShardIteratorInput{
		StreamArn: aws.String(s.arn), ShardId: aws.String(shardID), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	}
	if after != "" {
		input.ShardIteratorType, input.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, aws.String(after)
	}
	output, err := s.client.GetShardIterator(ctx, input)
	if err != nil {
		return "", classify("get shard iterator", err)
	}
	return aws.ToString(output.ShardIterator), nil
}

func (s *stream) records(ctx context.Context, iterator string, limit int) (page, error) {
	output, err := s.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{
		ShardIterator: aws.String(iterator), Limit: aws.Int32(int32(min(limit, maxPage))), //nolint:gosec // at most 1,000
	})
	if err != nil {
		return page{}, classify("get records", err)
	}
	return page{records: output.Records, next: aws.ToString(output.NextShardIterator)}, nil
}

// classify wraps an error of the service so that the worker can tell what to do.
func classify(operation string, err error) error {
	var (
		missing *types.ResourceNotFoundException
		trimmed *types.TrimmedDataAccessException
		expired *types.ExpiredIteratorException
	)
	switch {
	case errors.As(err, &missing):
		err = errors.Join(errGone, err)
	case errors.As(err, &trimmed):
		err = errors.Join(errTrimmed, err)
	case errors.As(err, &expired):
		err = errors.Join(errExpired, err)
	}
	return fmt.Errorf("%s: %w", operation, err)
}
