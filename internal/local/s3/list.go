package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listType is the parameter that makes a GET of a bucket the second version of
// the list.
const listType = "list-type"

// listParameters are those of a list, besides its version.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
var listParameters = []string{"prefix", "max-keys", "continuation-token"}

// maxKeysPage is the longest page; a request for more gets this many.
const maxKeysPage = 1000

// listed is an object in a list.
type listed struct {
	Key          string
	LastModified string
	ETag         string
	Size         int
	StorageClass string
}

// list answers ListObjectsV2, in the order of the keys' bytes.
func (s *Server) list(w http.ResponseWriter, r *request) error {
	if !r.signed {
		return errAccessDenied("Access Denied")
	}
	if r.query.Get(listType) != "2" {
		return errNotImplemented("the first version of the list")
	}
	for name, values := range r.query {
		if len(values) != 1 {
			return errInvalidArgument("The parameter " + name + " comes twice.")
		}
	}
	if err := onlyHeaders(r); err != nil {
		return err
	}
	limit := maxKeysPage
	if r.query.Has("max-keys") {
		n, err := strconv.ParseInt(r.query.Get("max-keys"), 10, 32)
		if err != nil || n < 0 {
			return errInvalidArgument("Argument maxKeys must be an integer between 0 and 2147483647")
		}
		limit = min(int(n), maxKeysPage)
	}
	token, after := r.query.Get("continuation-token"), ""
	if r.query.Has("continuation-token") {
		key, err := base64.URLEncoding.DecodeString(token)
		if err != nil || len(key) == 0 {
			return errInvalidArgument("The continuation token provided is incorrect")
		}
		after = string(key)
	}
	objects, sizes, more, err := s.objects.list(r.bucket, r.query.Get("prefix"), after, limit)
	if err != nil {
		return err
	}
	page := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name, Prefix          string
		ContinuationToken     string `xml:",omitempty"`
		NextContinuationToken string `xml:",omitempty"`
		KeyCount, MaxKeys     int
		IsTruncated           bool
		Contents              []listed
	}{Name: r.bucket, Prefix: r.query.Get("prefix"), ContinuationToken: token, KeyCount: len(objects), MaxKeys: limit, IsTruncated: more}
	for i, o := range objects {
		page.Contents = append(page.Contents, listed{
			Key: o.Key, LastModified: o.Modified.UTC().Format(time.RFC3339), ETag: o.ETag, Size: sizes[i], StorageClass: "STANDARD",
		})
	}
	if more {
		page.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(objects[len(objects)-1].Key))
	}
	return writeResult(w, r, page)
}

// list returns at most limit objects of a bucket whose keys begin with prefix and
// stand behind after, with their sizes in bytes, and whether there are more.
func (s *store) list(bucket, prefix, after string, limit int) (page []object, sizes []int, more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.objects {
		if o.Bucket == bucket && strings.HasPrefix(o.Key, prefix) && o.Key > after && !s.expired(o) {
			page = append(page, o)
		}
	}
	slices.SortFunc(page, func(a, b object) int { return strings.Compare(a.Key, b.Key) })
	// A page of no keys has no end from which another could go on.
	more = limit > 0 && len(page) > limit
	page = page[:min(len(page), limit)]
	for _, o := range page {
		content, err := s.content(o)
		if err != nil {
			return nil, nil, false, err
		}
		sizes = append(sizes, len(content))
	}
	return page, sizes, more, nil
}
