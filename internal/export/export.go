// Package export keeps the copies that people ask for of what is held on them,
// as private objects in Amazon S3. An object is written in parts, by processes
// that may be killed anywhere, and is there only once it is whole; a link to it
// is signed and ends. What goes into it is decided in package account.
//
// The bucket expires what lies below Prefix, and ends uploads that nobody
// finished, after two days: the domain removes both before, but a process
// killed between S3 and the table leaves what no record names any more.
package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"hearth/internal/account"
	"hearth/internal/fault"
)

const (
	// EnvBucket is the environment variable that names the bucket.
	EnvBucket = "HEARTH_EXPORT_BUCKET"
	// Prefix begins every key.
	Prefix = account.ExportPrefix
	// ExpireDays is after how many days the bucket removes what is left.
	ExpireDays = 2
)

// A part takes a while to send; nobody waits for it but the worker.
const (
	attempts       = 3
	maxBackoff     = time.Second
	requestTimeout = 30 * time.Second
)

// Store keeps exports in one bucket.
type Store struct {
	client  *s3.Client
	presign *s3.PresignClient
	bucket  string
}

var _ account.Exports = (*Store)(nil)

// NewClient returns an S3 client for parts. A transport in the options stays.
// With an endpoint in the options the bucket is part of the path.
func NewClient(o s3.Options) *s3.Client {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts, r.MaxBackoff = attempts, maxBackoff })
	if o.HTTPClient == nil {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(requestTimeout)
	}
	o.UsePathStyle = o.BaseEndpoint != nil
	// A checksum of each part would have to be told again when all are put
	// together; TLS and the signature cover what is sent.
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	return s3.New(o)
}

// New returns the store of a bucket.
func New(client *s3.Client, bucket string) *Store {
	return &Store{client: client, presign: s3.NewPresignClient(client), bucket: bucket}
}

// Begin starts a multipart upload.
func (s *Store) Begin(ctx context.Context, key string) (upload string, err error) {
	answer, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.bucket, Key: &key, ContentType: aws.String("application/json"), CacheControl: aws.String("private, no-store"),
		ContentDisposition: aws.String(`attachment; filename="export.json"`),
	})
	if err != nil {
		return "", failure("CreateMultipartUpload", err)
	}
	return aws.ToString(answer.UploadId), nil
}

// Write uploads a part.
func (s *Store) Write(ctx context.Context, key, upload string, n int, part []byte) error {
	_, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &s.bucket, Key: &key, UploadId: &upload, PartNumber: aws.Int32(int32(n)), //nolint:gosec // at most ten thousand
		Body: bytes.NewReader(part), ContentLength: aws.Int64(int64(len(part))),
	})
	return failure("UploadPart", err)
}

// Finish puts the parts together. S3 forgets an upload that is finished, so
// where there is none the object tells.
func (s *Store) Finish(ctx context.Context, key, upload string, parts int) error {
	err := s.complete(ctx, key, upload, parts)
	if !errors.Is(err, account.ErrNotFound) {
		return err
	}
	_, err = s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	return failure("HeadObject", err)
}

func (s *Store) complete(ctx context.Context, key, upload string, parts int) error {
	var whole []types.CompletedPart
	pages := s3.NewListPartsPaginator(s.client, &s3.ListPartsInput{Bucket: &s.bucket, Key: &key, UploadId: &upload})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return failure("ListParts", err)
		}
		for _, p := range page.Parts {
			whole = append(whole, types.CompletedPart{ETag: p.ETag, PartNumber: p.PartNumber})
		}
	}
	if len(whole) != parts {
		return account.ErrInternal.Because(fmt.Errorf("s3: an upload of %d parts has %d", parts, len(whole)))
	}
	_, err := s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &s.bucket, Key: &key, UploadId: &upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: whole},
	})
	return failure("CompleteMultipartUpload", err)
}

// Link signs a GET. It calls nothing. The link ends with the function's own
// credentials if these end first.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
func (s *Store) Link(ctx context.Context, key string, validity time.Duration) (string, error) {
	signed, err := s.presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}, s3.WithPresignExpires(validity))
	if err != nil {
		return "", account.ErrInternal.Because(fmt.Errorf("s3: sign a link: %w", err))
	}
	return signed.URL, nil
}

// Delete ends the upload, so that no other process can finish it any more, and
// then removes the object.
func (s *Store) Delete(ctx context.Context, key, upload string) error {
	if upload != "" {
		_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &key, UploadId: &upload})
		if err = failure("AbortMultipartUpload", err); err != nil && !errors.Is(err, account.ErrNotFound) {
			return err
		}
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	if err = failure("DeleteObject", err); errors.Is(err, account.ErrNotFound) {
		return nil
	}
	return err
}

// failure turns S3's errors into Hearth's, in this one place; nil stays nil.
func failure(operation string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("s3: %s: %w", operation, err)
	switch fault.Name(err) {
	case "NoSuchUpload", "NoSuchKey", "NotFound":
		return account.ErrNotFound.Because(cause)
	}
	return fault.OfS3(err).Because(cause)
}
