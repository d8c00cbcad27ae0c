package s3_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"hearth/internal/account"
	"hearth/internal/export"
)

const exported = "exports/ada/1.json"

func (e *endpoint) exports() *export.Store {
	return export.New(e.plain(), bucket)
}

// write writes an object in parts.
func (e *endpoint) write(t *testing.T, key string, parts ...[]byte) {
	t.Helper()
	s := e.exports()
	upload, err := s.Begin(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range parts {
		if err := s.Write(t.Context(), key, upload, i+1, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(t.Context(), key, upload, len(parts)); err != nil {
		t.Fatal(err)
	}
}

func (e *endpoint) link(t *testing.T, key string, validity time.Duration) string {
	t.Helper()
	link, err := e.exports().Link(t.Context(), key, validity)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

// What the exports' own store writes in parts is whole behind a link, and is
// nobody's without one.
func TestAnObjectIsWrittenInPartsAndReadByALink(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), &clock{now: time.Now().Truncate(time.Second)}
	e := openIn(t, dir, c)
	first, last := bytes.Repeat([]byte("a"), 5<<20), []byte("the end")
	s := e.exports()
	upload, err := s.Begin(t.Context(), exported)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), exported, upload, 2, last); err != nil {
		t.Fatal(err)
	}
	send(t, newRequest(t, http.MethodGet, e.link(t, exported, time.Minute), nil)).want(t, http.StatusNotFound, "NoSuchKey")
	e = openIn(t, dir, c) // a restart
	s = e.exports()
	if err := s.Write(t.Context(), exported, upload, 1, first); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Finish(t.Context(), exported, upload, 2); err != nil {
			t.Fatal(err)
		}
	}
	got := send(t, newRequest(t, http.MethodGet, e.link(t, exported, time.Minute), nil)).want(t, http.StatusOK, "")
	if !bytes.Equal(got.Body, append(first, last...)) || got.Header.Get("Content-Type") != "application/json" ||
		got.Header.Get("Cache-Control") != "private, no-store" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d bytes, header %v", len(got.Body), got.Header)
	}
	send(t, newRequest(t, http.MethodGet, e.url+"/"+bucket+"/"+exported, nil)).want(t, http.StatusForbidden, "AccessDenied")
	if err := s.Write(t.Context(), exported, upload, 3, last); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a part behind the end: %v", err)
	}
}

// A link is good for what was signed, for as long as was signed.
func TestALinkIsGoodForNothingElse(t *testing.T) {
	t.Parallel()
	e := open(t)
	e.write(t, exported, []byte("{}"))
	e.write(t, "exports/eve/1.json", []byte("{}"))
	link := e.link(t, exported, 15*time.Minute)
	for name, c := range map[string]struct{ method, link, code string }{
		"another object":       {http.MethodGet, strings.Replace(link, "/ada/", "/eve/", 1), "SignatureDoesNotMatch"},
		"a longer time":        {http.MethodGet, strings.Replace(link, "X-Amz-Expires=900", "X-Amz-Expires=9000", 1), "SignatureDoesNotMatch"},
		"another date":         {http.MethodGet, strings.Replace(link, "X-Amz-Date=2", "X-Amz-Date=3", 1), "InvalidArgument"},
		"another signature":    {http.MethodGet, link[:len(link)-4] + "0000", "SignatureDoesNotMatch"},
		"another key":          {http.MethodGet, strings.Replace(link, "Credential="+accessKey, "Credential=other", 1), "InvalidAccessKeyId"},
		"a signature alone":    {http.MethodGet, e.url + "/" + bucket + "/" + exported + "?X-Amz-Signature=0", "NotImplemented"},
		"deleting":             {http.MethodDelete, link, "NotImplemented"},
		"writing":              {http.MethodPut, link, "NotImplemented"},
		"its tags":             {http.MethodGet, link + "&tagging", "NotImplemented"},
		"a header of its own":  {http.MethodGet, link + "&response-content-type=text/html", "NotImplemented"},
		"a parameter twice":    {http.MethodGet, link + "&X-Amz-Expires=900", "AuthorizationQueryParametersError"},
		"no end":               {http.MethodGet, strings.Replace(link, "&X-Amz-Expires=900", "", 1), "SignatureDoesNotMatch"},
		"all of what is below": {http.MethodGet, strings.Replace(link, "/"+exported, "/", 1), "NotImplemented"},
	} {
		if got := send(t, newRequest(t, c.method, c.link, nil)); got.Failure.Code != c.code {
			t.Errorf("%s: %d %q %s", name, got.Status, got.Failure.Code, got.Body)
		}
	}
	send(t, newRequest(t, http.MethodGet, link, nil)).want(t, http.StatusOK, "")
	e.Add(16 * time.Minute)
	send(t, newRequest(t, http.MethodGet, link, nil)).want(t, http.StatusForbidden, "AccessDenied")
}

func TestPartsAreHeldToS3sRules(t *testing.T) {
	t.Parallel()
	e := open(t)
	ctx, b, key := t.Context(), aws.String(bucket), aws.String(exported)
	created, err := e.client.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: b, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	put := func(n int32, size int) types.CompletedPart {
		t.Helper()
		got, err := e.plain().UploadPart(ctx, &awss3.UploadPartInput{
			Bucket: b, Key: key, UploadId: created.UploadId, PartNumber: aws.Int32(n), Body: bytes.NewReader(make([]byte, size)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return types.CompletedPart{PartNumber: aws.Int32(n), ETag: got.ETag}
	}
	complete := func(parts ...types.CompletedPart) error {
		_, err := e.client.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{
			Bucket: b, Key: key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
		return err
	}
	small, large, end, next := put(1, 10), put(2, 5<<20), put(3, 1), put(4, 5<<20)
	wantCode(t, complete(small, large), "EntityTooSmall")
	wantCode(t, complete(next, large), "InvalidPartOrder")
	wantCode(t, complete(types.CompletedPart{PartNumber: aws.Int32(2), ETag: end.ETag}), "InvalidPart")
	wantCode(t, complete(types.CompletedPart{PartNumber: aws.Int32(9), ETag: end.ETag}), "InvalidPart")
	page, err := e.client.ListParts(ctx, &awss3.ListPartsInput{Bucket: b, Key: key, UploadId: created.UploadId, MaxParts: aws.Int32(2)})
	if err != nil || len(page.Parts) != 2 || !aws.ToBool(page.IsTruncated) || aws.ToString(page.NextPartNumberMarker) != "2" {
		t.Errorf("a page of parts: %+v, %v", page, err)
	}
	_, err = e.client.ListParts(ctx, &awss3.ListPartsInput{Bucket: b, Key: aws.String("exports/eve/1.json"), UploadId: created.UploadId})
	wantCode(t, err, "NoSuchUpload")
	_, err = e.client.ListParts(ctx, &awss3.ListPartsInput{Bucket: b, Key: key, UploadId: aws.String("../" + *created.UploadId)})
	wantCode(t, err, "NoSuchUpload")
	if err := complete(large, end); err != nil {
		t.Error(err)
	}
	_, err = e.client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: b, Key: key, UploadId: created.UploadId})
	wantCode(t, err, "NoSuchUpload")
	object, err := e.client.GetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	if content, err := io.ReadAll(object.Body); err != nil || len(content) != 5<<20+1 || !strings.HasSuffix(aws.ToString(object.ETag), `-2"`) {
		t.Errorf("%d bytes, ETag %s, %v", len(content), aws.ToString(object.ETag), err)
	}
}

// What lies below the prefix of a rule is gone in time, finished or not.
func TestARuleEndsObjectsAndUploads(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), &clock{now: time.Now().Truncate(time.Second)}
	e := openIn(t, dir, c)
	const short = "short-lived/1.json"
	e.write(t, short, []byte("{}"))
	e.write(t, exported, []byte("{}"))
	unfinished, err := e.exports().Begin(t.Context(), short)
	if err != nil {
		t.Fatal(err)
	}
	c.Add(3 * 24 * time.Hour)
	e = openIn(t, dir, c)
	if err := e.exports().Write(t.Context(), short, unfinished, 1, []byte("late")); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a part of what ended: %v", err)
	}
	for key, want := range map[string]string{short: "NoSuchKey", exported: ""} {
		_, err := e.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		if want != "" {
			wantCode(t, err, want)
		} else if err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// plain is a client that adds no checksum of its own to a body.
func (e *endpoint) plain() *awss3.Client {
	return export.NewClient(awss3.Options{
		Region: region, BaseEndpoint: aws.String(e.url), Credentials: aws.CredentialsProviderFunc(staticCredentials),
	})
}
