package image

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/account"
)

// Count returns how many images an owner has, attached or not, up to a
// thousand. It makes one call.
func (s *Store) Count(ctx context.Context, owner string) (int, error) {
	page, err := s.ownedBy(ctx, owner, maxCounted)
	if err != nil {
		return 0, err
	}
	return len(page.Contents), nil
}

// DeleteAll removes the images of an owner, attached or not, DeleteChunk of
// them at most, and reports whether some are left. It may be repeated, and goes
// on with what is there. S3 shows in a list what was uploaded before it was
// asked, and nothing that was deleted.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
func (s *Store) DeleteAll(ctx context.Context, owner string) (left bool, err error) {
	page, err := s.ownedBy(ctx, owner, DeleteChunk)
	if err != nil {
		return false, err
	}
	for _, object := range page.Contents {
		if err := s.remove(ctx, aws.ToString(object.Key)); err != nil {
			return false, err
		}
	}
	return aws.ToBool(page.IsTruncated), nil
}

// ownedBy lists the first objects that have an owner in their keys. The prefix
// ends with a slash: no owner's id can be the beginning of another's.
func (s *Store) ownedBy(ctx context.Context, owner string, limit int32) (*s3.ListObjectsV2Output, error) {
	if !isID(owner) {
		return nil, account.ErrInternal.Because(errKey)
	}
	page, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(s.bucket), Prefix: aws.String(Prefix + owner + "/"), MaxKeys: aws.Int32(limit),
	})
	return page, failure("ListObjectsV2", err)
}
