package s3_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"hearth/internal/image"
	"hearth/internal/local/s3"
)

const (
	region    = "eu-central-1"
	bucket    = "images-of-tests"
	accessKey = "local"
	secretKey = "a secret"
	origin    = "http://localhost:5173"
)

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// endpoint is a server that answers on a port, with a client of the AWS SDK.
type endpoint struct {
	*clock
	url    string
	client *awss3.Client
	images *image.Store
}

func open(t *testing.T) *endpoint {
	t.Helper()
	return openIn(t, t.TempDir(), &clock{now: time.Now().Truncate(time.Second)})
}

func openIn(t *testing.T, dir string, c *clock) *endpoint {
	t.Helper()
	server, err := s3.Open(s3.Options{
		Dir: dir, Region: region, Buckets: []string{bucket}, Now: c.Now, Origins: []string{origin},
		Secret: func(id string) (string, bool) { return secretKey, id == accessKey },
		Expire: []s3.Expiration{
			{TagKey: image.PendingTag, TagValue: image.PendingValue, Days: image.PendingDays},
			{Prefix: "short-lived/", Days: 2},
		},

		PublicPrefix: image.Prefix, PublicHeader: http.Header{"X-Content-Type-Options": {"nosniff"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	client := image.NewClient(awss3.Options{
		Region: region, BaseEndpoint: aws.String(listener.URL),
		Credentials: aws.CredentialsProviderFunc(staticCredentials),
	})
	return &endpoint{
		clock: c, url: listener.URL, client: client,
		images: image.New(image.Options{Client: client, Bucket: bucket, PublicURL: listener.URL + "/" + bucket, Now: c.Now}),
	}
}

// png is a file of a size that begins as a PNG does.
func png(size int) []byte {
	file := make([]byte, size)
	copy(file, "\x89PNG\r\n\x1a\n")
	return file
}

// answer is an answer with what an error says.
type answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Failure struct {
		XMLName                                                     xml.Name `xml:"Error"`
		Code, Message, ProposedSize, MaxSizeAllowed, MinSizeAllowed string
	}
}

func send(t *testing.T, request *http.Request) answer {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: response.StatusCode, Header: response.Header, Body: body}
	if response.StatusCode >= 400 && len(body) > 0 {
		if err := xml.Unmarshal(body, &a.Failure); err != nil {
			t.Fatalf("answer %d is not S3's XML: %s", a.Status, body)
		}
	}
	return a
}

// want fails the test unless the answer has this status and, if it is an error,
// this code.
func (a answer) want(t *testing.T, status int, code string) answer {
	t.Helper()
	if a.Status != status || a.Failure.Code != code {
		t.Fatalf("answer %d %q, want %d %q: %s", a.Status, a.Failure.Code, status, code, a.Body)
	}
	return a
}

func newRequest(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// upload posts a form with a file behind its fields, as a browser does.
func upload(t *testing.T, url string, fields map[string]string, file []byte) answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := w.WriteField(name, fields[name]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "photo.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	request := newRequest(t, http.MethodPost, url, &body)
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Origin", origin)
	return send(t, request)
}

// grant lets somebody upload a PNG of a size.
func (e *endpoint) grant(t *testing.T, owner string, size int) image.Upload {
	t.Helper()
	granted, err := e.images.Grant(t.Context(), owner, "image/png", int64(size))
	if err != nil {
		t.Fatal(err)
	}
	return granted
}

// uploaded is the key of an image that somebody uploaded.
func (e *endpoint) uploaded(t *testing.T, owner string, file []byte) string {
	t.Helper()
	granted := e.grant(t, owner, len(file))
	upload(t, granted.URL, granted.Fields, file).want(t, http.StatusNoContent, "")
	return granted.Key
}
