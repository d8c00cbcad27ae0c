package image

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/account"
)

// sniffed is how many of the first bytes tell an image's format.
const sniffed = 32

// Check says whether an owner may attach the image under a key: it is theirs,
// uploaded within AttachWithin and not attached before, not too large, and its
// first bytes are of the type that it is served as. Anything else is
// CodeInvalidRequest, naming /key. It makes one call.
//
// An image is attached once: a key that stands in the table already was checked
// then, and its caller must not ask again.
func (s *Store) Check(ctx context.Context, owner, key string) error {
	if of, ok := OwnerOf(key); !ok || of != owner {
		return invalidKey(account.FieldUnknownValue, "This is no key of an upload of yours.")
	}
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(key), Range: aws.String("bytes=0-" + strconv.Itoa(sniffed-1)),
	})
	if err = failure("GetObject", err); isMissing(err) {
		return invalidKey(account.FieldUnknownValue, "Nothing was uploaded under this key, or it has expired.")
	}
	if err != nil {
		return err
	}
	defer object.Body.Close()
	first, err := io.ReadAll(io.LimitReader(object.Body, sniffed))
	if err != nil {
		return failure("GetObject", err)
	}
	switch {
	case aws.ToInt32(object.TagCount) == 0: // Keep was here
		return invalidKey(account.FieldNotAllowed, "This image was attached before. Upload it again.")
	case s.now().Sub(aws.ToTime(object.LastModified)) > AttachWithin:
		return invalidKey(account.FieldUnknownValue, "This upload has expired. Upload it again.")
	case sizeOf(object) > MaxSize:
		return invalidKey(account.FieldTooLong, "The uploaded file is larger than 2 MiB.")
	case !isImage(first, aws.ToString(object.ContentType)):
		return invalidKey(account.FieldMalformed, "The uploaded file is not an image of the type that it was announced as.")
	}
	return nil
}

// isImage reports whether the first bytes are those of a format that an image
// may have, and of the one that it is served as. The signatures are those by
// which browsers recognize images.
// https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
func isImage(first []byte, contentType string) bool {
	for _, allowed := range contentTypes {
		if contentType == allowed && http.DetectContentType(first) == allowed {
			return true
		}
	}
	return false
}

// sizeOf is the size of the whole object of which a range was read; a size that
// S3 did not tell is too large.
func sizeOf(object *s3.GetObjectOutput) int64 {
	_, total, _ := strings.Cut(aws.ToString(object.ContentRange), "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return MaxSize + 1
	}
	return size
}

func invalidKey(code account.FieldCode, detail string) error {
	return invalid(account.FieldError{Field: "/key", Code: code, Detail: detail})
}
