package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func staticCredentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}, nil
}

// A form that the SDK signed, by the SDK's own presigner and the machine's clock.
func TestTheSDKsOwnPresignedPostUploads(t *testing.T) {
	t.Parallel()
	e := open(t)
	form, err := awss3.NewPresignClient(e.client).PresignPostObject(t.Context(),
		&awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("images/a/b c")},
		func(o *awss3.PresignPostOptions) {
			o.Expires = time.Minute
			o.Conditions = []any{[]any{"content-length-range", 1, 10}, []any{"starts-with", "$Content-Type", "image/"}}
		})
	if err != nil {
		t.Fatal(err)
	}
	form.Values["Content-Type"] = "image/png"
	got := upload(t, form.URL, form.Values, png(9)).want(t, http.StatusNoContent, "")
	if want := e.url + "/" + bucket + "/images/a/b%20c"; got.Header.Get("Location") != want {
		t.Errorf("Location %q, want %q", got.Header.Get("Location"), want)
	}
	object, err := e.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("images/a/b c")})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	content, err := io.ReadAll(object.Body)
	if err != nil || !bytes.Equal(content, png(9)) {
		t.Errorf("content %q: %v", content, err)
	}
	if aws.ToString(object.ContentType) != "image/png" || aws.ToString(object.ETag) != got.Header.Get("ETag") {
		t.Errorf("type %q, ETag %q", aws.ToString(object.ContentType), aws.ToString(object.ETag))
	}
}

func TestTheSDKReadsAndDeletesObjects(t *testing.T) {
	t.Parallel()
	e := open(t)
	key := aws.String(e.uploaded(t, "ada", png(100)))
	head, err := e.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String(bucket), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToInt64(head.ContentLength) != 100 || !aws.ToTime(head.LastModified).Equal(e.Now()) || aws.ToString(head.ContentType) != "image/png" {
		t.Errorf("length %d, modified %v, type %q", aws.ToInt64(head.ContentLength), head.LastModified, aws.ToString(head.ContentType))
	}
	part, err := e.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: key, Range: aws.String("bytes=1-3")})
	if err != nil {
		t.Fatal(err)
	}
	defer part.Body.Close()
	if content, err := io.ReadAll(part.Body); err != nil || string(content) != "PNG" {
		t.Errorf("range %q: %v", content, err)
	}
	if aws.ToString(part.ContentRange) != "bytes 1-3/100" || aws.ToInt32(part.TagCount) != 1 {
		t.Errorf("range %q, %d tags", aws.ToString(part.ContentRange), aws.ToInt32(part.TagCount))
	}
	for range 2 { // the second time there is nothing to delete
		if _, err := e.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String(bucket), Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = e.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: key})
	if missing := (*types.NoSuchKey)(nil); !errors.As(err, &missing) {
		t.Errorf("a deleted object is read: %v", err)
	}
	_, err = e.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String(bucket), Key: key})
	if missing := (*types.NotFound)(nil); !errors.As(err, &missing) {
		t.Errorf("a deleted object has a head: %v", err)
	}
}

func TestTheSDKChangesTags(t *testing.T) {
	t.Parallel()
	e := open(t)
	key := aws.String(e.uploaded(t, "ada", png(10)))
	tags := func() []types.Tag {
		t.Helper()
		got, err := e.client.GetObjectTagging(t.Context(), &awss3.GetObjectTaggingInput{Bucket: aws.String(bucket), Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return got.TagSet
	}
	ignore := cmp.AllowUnexported(types.Tag{})
	if diff := cmp.Diff([]types.Tag{{Key: aws.String("state"), Value: aws.String("pending")}}, tags(), ignore); diff != "" {
		t.Error(diff)
	}
	want := []types.Tag{{Key: aws.String("a"), Value: aws.String("1 & 2")}, {Key: aws.String("b"), Value: aws.String("")}}
	if _, err := e.client.PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{
		Bucket: aws.String(bucket), Key: key, Tagging: &types.Tagging{TagSet: want},
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tags(), ignore); diff != "" {
		t.Error(diff)
	}
	if _, err := e.client.DeleteObjectTagging(t.Context(), &awss3.DeleteObjectTaggingInput{Bucket: aws.String(bucket), Key: key}); err != nil {
		t.Fatal(err)
	}
	if got := tags(); len(got) != 0 {
		t.Errorf("tags %v", got)
	}
	twice := []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("a"), Value: aws.String("2")}}
	_, err := e.client.PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{
		Bucket: aws.String(bucket), Key: key, Tagging: &types.Tagging{TagSet: twice},
	})
	wantCode(t, err, "InvalidTag")
	_, err = e.client.DeleteObjectTagging(t.Context(), &awss3.DeleteObjectTaggingInput{Bucket: aws.String(bucket), Key: aws.String("images/a/none")})
	wantCode(t, err, "NoSuchKey")
}

// What Hearth does not use is refused, whoever asks.
func TestEverythingElseIsRefused(t *testing.T) {
	t.Parallel()
	e := open(t)
	key := aws.String(e.uploaded(t, "ada", png(10)))
	ctx, b := t.Context(), aws.String(bucket)
	for name, call := range map[string]func() error{
		"PutObject": func() error {
			_, err := e.client.PutObject(ctx, &awss3.PutObjectInput{Bucket: b, Key: key, Body: bytes.NewReader(png(9))})
			return err
		},
		"CopyObject": func() error {
			_, err := e.client.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: b, Key: aws.String("copy"), CopySource: aws.String(bucket + "/" + *key)})
			return err
		},
		"ListObjects": func() error {
			_, err := e.client.ListObjects(ctx, &awss3.ListObjectsInput{Bucket: b})
			return err
		},
		"ListObjectVersions": func() error {
			_, err := e.client.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: b})
			return err
		},
		"GetObjectAcl": func() error {
			_, err := e.client.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: b, Key: key})
			return err
		},
		"a version": func() error {
			_, err := e.client.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: key, VersionId: aws.String("null")})
			return err
		},
		"two ranges": func() error {
			_, err := e.client.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: key, Range: aws.String("bytes=0-1,4-5")})
			return err
		},
		"DeleteObjects": func() error {
			_, err := e.client.DeleteObjects(ctx, &awss3.DeleteObjectsInput{
				Bucket: b, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}}},
			})
			return err
		},
	} {
		if err := call(); err == nil {
			t.Errorf("%s is done", name)
		} else {
			wantCode(t, err, "NotImplemented")
		}
	}
	_, err := e.client.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("another-bucket"), Key: key})
	wantCode(t, err, "NoSuchBucket")
	_, err = e.client.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: key}, func(o *awss3.Options) { o.Region = "us-east-1" })
	wantCode(t, err, "AuthorizationHeaderMalformed")
	_, err = e.client.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: key, Range: aws.String("bytes=10-")})
	wantCode(t, err, "InvalidRange")
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("error %v, want %s", err, code)
	}
}
