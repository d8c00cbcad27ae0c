package export_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/account"
	"hearth/internal/export"
)

// bucket is as much of S3 as exports use, in memory. It lists two parts a page.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	uploads map[string]map[int]string
	// down has every request fail.
	down bool
}

type listedPart struct {
	PartNumber int
	ETag       string
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	query := r.URL.Query()
	id := query.Get("uploadId")
	parts, known := b.uploads[id]
	switch {
	case b.down:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
	case r.Method == http.MethodPost && query.Has("uploads"):
		id = fmt.Sprintf("upload-%d", len(b.uploads)+1)
		b.uploads[id] = map[int]string{}
		_, _ = fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case id != "" && !known:
		refuse(w, http.StatusNotFound, "NoSuchUpload")
	case r.Method == http.MethodPut:
		n, _ := strconv.Atoi(query.Get("partNumber"))
		content, _ := io.ReadAll(r.Body)
		parts[n] = string(content)
		w.Header().Set("ETag", fmt.Sprintf("%q", "etag-"+parts[n]))
	case r.Method == http.MethodGet && id != "":
		b.list(w, parts, query)
	case r.Method == http.MethodPost:
		b.complete(w, r, id)
	case r.Method == http.MethodDelete && id != "":
		delete(b.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodDelete:
		delete(b.objects, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	default:
		content, found := b.objects[r.URL.Path]
		if !found {
			refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		_, _ = io.WriteString(w, content)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
}

func (b *bucket) list(w http.ResponseWriter, parts map[int]string, query url.Values) {
	marker, _ := strconv.Atoi(query.Get("part-number-marker"))
	var page struct {
		XMLName              xml.Name `xml:"ListPartsResult"`
		Part                 []listedPart
		IsTruncated          bool
		NextPartNumberMarker int
	}
	for _, n := range slices.Sorted(maps.Keys(parts)) {
		if n <= marker {
			continue
		}
		if page.IsTruncated = len(page.Part) == 2; page.IsTruncated {
			break
		}
		page.Part = append(page.Part, listedPart{n, fmt.Sprintf("%q", "etag-"+parts[n])})
		page.NextPartNumberMarker = n
	}
	text, _ := xml.Marshal(page)
	_, _ = w.Write(text)
}

func (b *bucket) complete(w http.ResponseWriter, r *http.Request, id string) {
	var asked struct{ Part []listedPart }
	if err := xml.NewDecoder(r.Body).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	var whole strings.Builder
	for i, p := range asked.Part {
		content, there := b.uploads[id][p.PartNumber]
		if !there || p.ETag != fmt.Sprintf("%q", "etag-"+content) || i > 0 && p.PartNumber <= asked.Part[i-1].PartNumber {
			refuse(w, http.StatusBadRequest, "InvalidPart")
			return
		}
		whole.WriteString(content)
	}
	b.objects[r.URL.Path] = whole.String()
	delete(b.uploads, id)
	_, _ = io.WriteString(w, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
}

func open(t *testing.T) (*export.Store, *bucket) {
	t.Helper()
	b := &bucket{objects: map[string]string{}, uploads: map[string]map[int]string{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return export.New(export.NewClient(s3.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(server.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}), "private"), b
}

const key = export.Prefix + "u/e.json"

func do(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// An object is there once it is finished, and not before, however often each
// step is done; a link fetches it.
func TestAnExportIsWrittenInParts(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	upload, err := s.Begin(t.Context(), key)
	do(t, "begin", err)
	for n := 1; n <= 5; n++ {
		do(t, "a part that is replaced", s.Write(t.Context(), key, upload, n, []byte("wrong")))
		do(t, "part", s.Write(t.Context(), key, upload, n, fmt.Appendf(nil, "%d,", n)))
	}
	if err := s.Finish(t.Context(), key, upload, 6); !errors.Is(err, account.ErrInternal) || len(b.objects) != 0 {
		t.Errorf("with a part missing: %v, objects %v", err, b.objects)
	}
	for range 2 {
		do(t, "finish", s.Finish(t.Context(), key, upload, 5))
	}
	if err := s.Write(t.Context(), key, upload, 6, []byte("late")); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a part behind the end: %v", err)
	}
	link, err := s.Link(t.Context(), key, 15*time.Minute)
	do(t, "link", err)
	if parsed, err := url.Parse(link); err != nil || parsed.Query().Get("X-Amz-Expires") != "900" || parsed.Query().Get("X-Amz-Signature") == "" {
		t.Errorf("the link is %s, %v", link, err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	do(t, "request", err)
	answer, err := http.DefaultClient.Do(request)
	do(t, "fetch", err)
	defer answer.Body.Close()
	if content, err := io.ReadAll(answer.Body); err != nil || string(content) != "1,2,3,4,5," {
		t.Errorf("it has %q, %v", content, err)
	}
}

// Whatever was there is gone, and whoever is still at it cannot bring it back.
func TestADeletedExportStaysDeleted(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	upload, err := s.Begin(t.Context(), key)
	do(t, "begin", err)
	do(t, "part", s.Write(t.Context(), key, upload, 1, []byte("{}")))
	for range 2 {
		do(t, "delete", s.Delete(t.Context(), key, upload))
	}
	if err := s.Write(t.Context(), key, upload, 2, []byte("late")); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("a part: %v", err)
	}
	if err := s.Finish(t.Context(), key, upload, 1); !errors.Is(err, account.ErrNotFound) || len(b.objects) != 0 || len(b.uploads) != 0 {
		t.Errorf("finish: %v, left %v, %v", err, b.objects, b.uploads)
	}
	upload, err = s.Begin(t.Context(), key)
	do(t, "begin", err)
	do(t, "part", s.Write(t.Context(), key, upload, 1, []byte("{}")))
	do(t, "finish", s.Finish(t.Context(), key, upload, 1))
	do(t, "delete", s.Delete(t.Context(), key, upload))
	do(t, "delete what never began", s.Delete(t.Context(), key, ""))
	if len(b.objects) != 0 {
		t.Errorf("left %v", b.objects)
	}
}

func TestWithoutS3AnExportIsUnavailable(t *testing.T) {
	t.Parallel()
	s, b := open(t)
	b.down = true
	_, err := s.Begin(t.Context(), key)
	for what, err := range map[string]error{
		"begin": err, "write": s.Write(t.Context(), key, "u", 1, []byte("x")), "finish": s.Finish(t.Context(), key, "u", 1),
		"delete": s.Delete(t.Context(), key, "u"),
	} {
		if !errors.Is(err, account.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
