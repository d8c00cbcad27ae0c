package image

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/account"
)

// Upload is what a client needs to send one file to S3: the fields of the form,
// after which comes the file, as "file".
type Upload = account.Upload

// tagging is the form field that marks an upload as pending. S3 takes it as XML.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
const tagging = "<Tagging><TagSet><Tag><Key>" + PendingTag + "</Key><Value>" + PendingValue + "</Value></Tag></TagSet></Tagging>"

// Grant lets an owner upload one new image of a type and a size in bytes. It
// calls nothing. Wrong values are CodeInvalidRequest, naming /contentType and
// /size.
func (s *Store) Grant(ctx context.Context, owner, contentType string, size int64) (Upload, error) {
	return s.GrantKey(ctx, s.NewKey(owner), contentType, size)
}

// GrantKey is Grant for a key that NewKey returned before, so that a repeated
// request gets the same key again.
func (s *Store) GrantKey(ctx context.Context, key, contentType string, size int64) (Upload, error) {
	if err := validate(contentType, size); err != nil {
		return Upload{}, err
	}
	if _, ok := OwnerOf(key); !ok {
		return Upload{}, account.ErrInternal.Because(errKey)
	}
	now := s.now().UTC()
	expires := now.Add(GrantValidity).Truncate(time.Second)
	// What the client has to send as it is.
	fixed := map[string]string{"Content-Type": contentType, "Cache-Control": CacheControl, "tagging": tagging}
	conditions := []any{[]any{"content-length-range", size, size}}
	for _, name := range slices.Sorted(maps.Keys(fixed)) {
		conditions = append(conditions, map[string]string{name: fixed[name]})
	}
	signed, err := s.presign.PresignPostObject(ctx,
		&s3.PutObjectInput{Bucket: aws.String(s.bucket), Key: aws.String(key)},
		func(o *s3.PresignPostOptions) {
			o.PostPresigner = policySigner{now: now, expires: expires}
			o.Conditions = conditions
		})
	if err != nil {
		return Upload{}, account.ErrInternal.Because(fmt.Errorf("s3: sign a POST policy: %w", err))
	}
	maps.Copy(signed.Values, fixed)
	return Upload{URL: signed.URL, Fields: signed.Values, Key: key, ExpiresAt: expires}, nil
}

func validate(contentType string, size int64) error {
	var wrong []account.FieldError
	if !slices.Contains(contentTypes, contentType) {
		wrong = append(wrong, account.FieldError{
			Field: "/contentType", Code: account.FieldUnknownValue,
			Detail: "An image is one of " + strings.Join(contentTypes, ", ") + ".",
		})
	}
	switch {
	case size < 1:
		wrong = append(wrong, account.FieldError{
			Field: "/size", Code: account.FieldTooShort, Detail: "An image has at least one byte.",
		})
	case size > MaxSize:
		wrong = append(wrong, account.FieldError{
			Field: "/size", Code: account.FieldTooLong, Detail: fmt.Sprintf("An image has at most %d bytes.", MaxSize),
		})
	}
	return invalid(wrong...)
}
