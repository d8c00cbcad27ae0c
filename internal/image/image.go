// Package image keeps the images of users and organizations in Amazon S3: it
// lets a client upload one, checks what was uploaded, and says where it is
// served. What an image belongs to is not decided here.
//
// # The life of an image
//
// Its key is images/<owner>/<id> for good; nothing is ever copied or renamed.
//
//  1. Grant signs a POST policy for one key, type and size, good for ten
//     minutes. The client sends the file to S3 itself. The policy makes it tag
//     the object state=pending, and a rule of the bucket expires objects with
//     that tag after a day.
//  2. Check looks at the object before its key is written into the table.
//  3. After that, Keep takes the tag away, and Delete removes the image that was
//     replaced. Both may be repeated, and both follow the table, so a kill at
//     any point leaves either an image that goes away by itself or one that is
//     in use.
//  4. When its owner goes, DeleteAll removes whatever has the owner in its key:
//     what was attached, what never was, and what was replaced while the table's
//     stream was lost, which no record names any more.
//
// Until its policy expires a client can send other bytes under the same key
// again, after Check too: a POST, unlike a PUT, takes no If-None-Match
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
// It reaches only its owner's image, in the same type and size; browsers take it
// for nothing but an image (nosniff), and, pending again, it is gone after a day.
//
// # What it weighs
//
// The calls go through the SDK's S3 client, which adds 1.2 MB (13%) to a
// function's binary for arm64 and 0.36 MB to what is uploaded of it. A signed
// HTTP client of one's own would add 65 KB and would have to do again what the
// SDK does about endpoints, retries and errors. Only the POST policy is signed
// here: the SDK's presigner reads the machine's clock and nothing else.
package image

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/account"
)

// The environment variables of a function that handles images.
const (
	// EnvBucket names the bucket.
	EnvBucket = "HEARTH_IMAGE_BUCKET"
	// EnvURL is the URL to which a key is added, after a slash, to read an image.
	EnvURL = "HEARTH_IMAGE_URL"
)

const (
	// MaxSize is the size of the largest image, in bytes.
	MaxSize = 2 << 20
	// GrantValidity is how long an upload may begin after its grant.
	GrantValidity = 10 * time.Minute
	// AttachWithin is how long after its upload an image may be attached. The
	// table's stream is followed within six hours or not at all, and S3 expires
	// a pending object 24 hours after its upload at the earliest, so Keep always
	// comes in time.
	AttachWithin = 12 * time.Hour

	// Prefix begins every key.
	Prefix = "images/"
	// CacheControl is what S3 answers with each image. A key never changes what
	// it names, so a longer time would do no harm, were it not that a deleted
	// image has to leave every cache too.
	CacheControl = "public, max-age=86400, immutable"
	// ContentSecurityPolicy comes with each image, where it is served to
	// everybody: whoever opens it as a page gets no page.
	ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

	// DeleteChunk is how many images one DeleteAll removes at most, one request
	// each: a second or two, so that a worker is far from its end when it notes
	// how far it is.
	DeleteChunk = 50
	// maxCounted is how many images Count counts at most: a page of S3's.
	maxCounted = 1000

	// PendingTag is the tag's key of what was uploaded and not yet attached.
	PendingTag = "state"
	// PendingValue is that tag's value.
	PendingValue = "pending"
	// PendingDays is after how many days the bucket expires it.
	PendingDays = 1
)

// contentTypes are the formats that an image may have.
var contentTypes = []string{"image/png", "image/jpeg", "image/webp"}

// Options are what a Store needs. Client, Bucket and PublicURL are required.
type Options struct {
	// Client reaches the bucket's region; NewClient makes one.
	Client *s3.Client
	Bucket string
	// PublicURL is the value of EnvURL.
	PublicURL string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// NewID makes the last part of a key, letters and digits that nobody can
	// guess; nil makes 26 random ones.
	NewID func() string
}

// Store keeps images in one bucket.
type Store struct {
	client    *s3.Client
	presign   *s3.PresignClient
	bucket    string
	publicURL string
	now       func() time.Time
	newID     func() string
}

// New returns the store of a bucket.
func New(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = func() string { return strings.ToLower(rand.Text()) }
	}
	return &Store{
		client: o.Client, presign: s3.NewPresignClient(o.Client),
		bucket: o.Bucket, publicURL: strings.TrimSuffix(o.PublicURL, "/"), now: o.Now, newID: o.NewID,
	}
}

// URL is where everybody can read an image, for as long as it exists. It is
// empty for an empty key.
func (s *Store) URL(key string) string {
	if key == "" {
		return ""
	}
	return s.publicURL + "/" + key
}

// Keep makes an uploaded image stay. It does nothing if the image is gone.
func (s *Store) Keep(ctx context.Context, key string) error {
	if _, ok := OwnerOf(key); !ok {
		return account.ErrInternal.Because(errKey)
	}
	_, err := s.client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: &s.bucket, Key: &key})
	if err = failure("DeleteObjectTagging", err); isMissing(err) {
		return nil
	}
	return err
}

// Delete removes an image. It does nothing if the image is gone.
func (s *Store) Delete(ctx context.Context, key string) error {
	if _, ok := OwnerOf(key); !ok {
		return account.ErrInternal.Because(errKey)
	}
	return s.remove(ctx, key)
}

func (s *Store) remove(ctx context.Context, key string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(s.bucket), Key: aws.String(key)})
	if err = failure("DeleteObject", err); isMissing(err) {
		return nil
	}
	return err
}
