package s3_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// keysOf walks a list to its end, and returns the keys and how many pages it had.
func (e *endpoint) keysOf(t *testing.T, prefix string, limit int32) (keys []string, pages int) {
	t.Helper()
	list := awss3.NewListObjectsV2Paginator(e.client, &awss3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: aws.String(prefix), MaxKeys: aws.Int32(limit),
	})
	for list.HasMorePages() {
		page, err := list.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if int(aws.ToInt32(page.KeyCount)) != len(page.Contents) || len(page.Contents) > int(limit) || aws.ToString(page.Prefix) != prefix {
			t.Errorf("a page of %d, said to be %d, of %q", len(page.Contents), aws.ToInt32(page.KeyCount), aws.ToString(page.Prefix))
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
		pages++
	}
	return keys, pages
}

// The SDK lists what a prefix begins, page by page and in order, and nothing else.
func TestTheSDKListsObjects(t *testing.T) {
	t.Parallel()
	e := open(t)
	var want []string
	for i := range 5 {
		want = append(want, e.uploaded(t, "ada", png(20+i)))
	}
	slices.Sort(want)
	e.uploaded(t, "ada2", png(20))
	e.uploaded(t, "bob", png(20))
	for limit, pages := range map[int32]int{1: 5, 2: 3, 5: 1, 6: 1, 2000: 1} {
		got, n := e.keysOf(t, "images/ada/", limit)
		if !slices.Equal(got, want) || n != pages {
			t.Errorf("%d a page: %d pages of %v", limit, n, got)
		}
	}
	if got, _ := e.keysOf(t, "", 1000); len(got) != 7 {
		t.Errorf("without a prefix: %v", got)
	}
	for _, none := range []string{"images/ad/", "images/eve/", "exports/"} {
		if got, pages := e.keysOf(t, none, 10); len(got) != 0 || pages != 1 {
			t.Errorf("of %s: %v", none, got)
		}
	}
	page, err := e.client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String("images/bob/")})
	if err != nil {
		t.Fatal(err)
	}
	head, err := e.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String(bucket), Key: page.Contents[0].Key})
	if err != nil {
		t.Fatal(err)
	}
	got := page.Contents[0]
	if aws.ToInt64(got.Size) != 20 || aws.ToString(got.ETag) != aws.ToString(head.ETag) || !aws.ToTime(got.LastModified).Equal(aws.ToTime(head.LastModified)) {
		t.Errorf("an object is listed as %+v", got)
	}
	none, err := e.client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String(bucket), MaxKeys: aws.Int32(0)})
	if err != nil || len(none.Contents) != 0 || aws.ToBool(none.IsTruncated) {
		t.Errorf("no keys: %+v, %v", none, err)
	}
}

// Between two pages objects come and go: the rest is listed all the same, and
// what expired is not.
func TestAListGoesOnWhereItsPageEnded(t *testing.T) {
	t.Parallel()
	e := open(t)
	for range 4 {
		e.uploaded(t, "ada", png(10))
	}
	first, err := e.client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: aws.String("images/ada/"), MaxKeys: aws.Int32(2),
	})
	if err != nil || !aws.ToBool(first.IsTruncated) {
		t.Fatalf("%+v, %v", first, err)
	}
	for _, o := range first.Contents {
		if err := e.images.Delete(t.Context(), aws.ToString(o.Key)); err != nil {
			t.Fatal(err)
		}
	}
	second, err := e.client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: aws.String("images/ada/"), ContinuationToken: first.NextContinuationToken,
	})
	if err != nil || len(second.Contents) != 2 || aws.ToBool(second.IsTruncated) || second.NextContinuationToken != nil {
		t.Errorf("%+v, %v", second, err)
	}
	e.Add(3 * 24 * time.Hour)
	if got, _ := e.keysOf(t, "", 10); len(got) != 0 {
		t.Errorf("expired, and listed: %v", got)
	}
}

func TestOtherListsAreRefused(t *testing.T) {
	t.Parallel()
	e := open(t)
	e.uploaded(t, "ada", png(10))
	for name, c := range map[string]struct {
		change func(*awss3.ListObjectsV2Input)
		code   string
	}{
		"folders":       {func(in *awss3.ListObjectsV2Input) { in.Delimiter = aws.String("/") }, "NotImplemented"},
		"from a key on": {func(in *awss3.ListObjectsV2Input) { in.StartAfter = aws.String("images/") }, "NotImplemented"},
		"owners":        {func(in *awss3.ListObjectsV2Input) { in.FetchOwner = aws.Bool(true) }, "NotImplemented"},
		"encoded keys":  {func(in *awss3.ListObjectsV2Input) { in.EncodingType = types.EncodingTypeUrl }, "NotImplemented"},
		"more attributes": {func(in *awss3.ListObjectsV2Input) {
			in.OptionalObjectAttributes = []types.OptionalObjectAttributes{"RestoreStatus"}
		}, "NotImplemented"},
		"less than none":      {func(in *awss3.ListObjectsV2Input) { in.MaxKeys = aws.Int32(-1) }, "InvalidArgument"},
		"a token of nobody's": {func(in *awss3.ListObjectsV2Input) { in.ContinuationToken = aws.String("?") }, "InvalidArgument"},
		"another bucket":      {func(in *awss3.ListObjectsV2Input) { in.Bucket = aws.String("another-bucket") }, "NoSuchBucket"},
	} {
		in := &awss3.ListObjectsV2Input{Bucket: aws.String(bucket)}
		c.change(in)
		if _, err := e.client.ListObjectsV2(t.Context(), in); err == nil {
			t.Errorf("%s: listed", name)
		} else {
			wantCode(t, err, c.code)
		}
	}
	for query, want := range map[string]answerCode{
		"list-type=2":                  {http.StatusForbidden, "AccessDenied"}, // everybody
		"list-type=2&prefix=images/":   {http.StatusForbidden, "AccessDenied"},
		"prefix=images/":               {http.StatusNotImplemented, "NotImplemented"},
		"list-type=2&tagging":          {http.StatusBadRequest, "InvalidArgument"},
		"list-type=2&partNumber=1":     {http.StatusNotImplemented, "NotImplemented"},
		"list-type=2&X-Amz-Signature=": {http.StatusNotImplemented, "NotImplemented"},
	} {
		send(t, newRequest(t, http.MethodGet, e.url+"/"+bucket+"?"+query, nil)).want(t, want.status, want.code)
	}
}

// answerCode is an answer's status and the code of its error.
type answerCode struct {
	status int
	code   string
}
