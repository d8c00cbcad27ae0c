package s3

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options say what a server offers. Dir, Region, Buckets and Secret are required.
type Options struct {
	// Dir keeps the objects; it is made if it is missing.
	Dir    string
	Region string
	// Buckets are all that there are.
	Buckets []string
	// Secret returns the secret key of an access key, by which POST policies are
	// signed, or false for one that does not exist.
	Secret func(accessKeyID string) (secret string, ok bool)
	// PublicPrefix begins the keys that everybody may read; empty is none.
	PublicPrefix string
	// PublicHeader is added to every answer to everybody.
	PublicHeader http.Header
	// Origins are those from which a browser may POST.
	Origins []string
	// Expire are the lifecycle rules.
	Expire []Expiration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log gets what went wrong inside; nil discards it.
	Log *slog.Logger
}

// Expiration expires objects.
type Expiration struct {
	// TagKey and TagValue are the tag that an object must have; empty for none.
	TagKey, TagValue string
	// Prefix begins the keys of the objects, and of unfinished uploads where the
	// rule wants no tag: these end, too.
	Prefix string
	// Days is counted from the upload and rounded up to the next midnight UTC.
	Days int
}

// Server is the endpoint. It is safe for concurrent use.
type Server struct {
	options Options
	objects *store
}

// Open returns the server of the objects in a folder, without those that expired
// meanwhile.
func Open(o Options) (*Server, error) {
	if o.Dir == "" || o.Region == "" || len(o.Buckets) == 0 || o.Secret == nil {
		return nil, errors.New("s3: Dir, Region, Buckets and Secret are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	objects, err := openStore(o.Dir, o.Expire, o.Now)
	if err != nil {
		return nil, err
	}
	return &Server{options: o, objects: objects}, nil
}

// request is what one request is about.
type request struct {
	*http.Request
	bucket, key string
	// subresource is "tagging", "uploads", "uploadId", "list-type" or empty.
	subresource string
	query       url.Values
	// signed is false for everybody's requests.
	signed bool
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Server", "AmazonS3")
	header.Set("X-Amz-Request-Id", newRequestID())
	if err := s.serve(w, r); err != nil {
		s.writeError(w, r, err)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodOptions {
		return s.preflight(w, r)
	}
	s.allowOrigin(w.Header(), r)
	req, err := s.parse(r)
	if err != nil {
		return err
	}
	if req.query.Has(parameterSignature) {
		return s.getLinked(w, req)
	}
	if req.key == "" {
		switch r.Method + " " + req.subresource {
		case "POST ":
			return s.post(w, req)
		case "GET " + listType:
			return s.list(w, req)
		}
		return errNotImplemented("operations on buckets")
	}
	if !req.signed {
		return s.getPublic(w, req)
	}
	switch r.Method + " " + req.subresource {
	case "GET ", "HEAD ":
		return s.get(w, req)
	case "DELETE ":
		return s.remove(w, req)
	case "GET tagging":
		return s.getTagging(w, req)
	case "PUT tagging":
		return s.putTagging(w, req)
	case "DELETE tagging":
		return s.deleteTagging(w, req)
	case "POST uploads":
		return s.createUpload(w, req)
	case "PUT uploadId":
		return s.uploadPart(w, req)
	case "GET uploadId":
		return s.listParts(w, req)
	case "POST uploadId":
		return s.completeUpload(w, req)
	case "DELETE uploadId":
		return s.abortUpload(w, req)
	}
	return errNotImplemented(strings.TrimSpace(r.Method + " " + req.subresource))
}

// parse finds bucket, key and subresource, and refuses what it does not know.
func (s *Server) parse(r *http.Request) (*request, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket == "" {
		return nil, errNotImplemented("operations on all buckets")
	}
	if !slices.Contains(s.options.Buckets, bucket) {
		return nil, failure{status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist", BucketName: bucket}
	}
	if len(key) > maxKeyLength {
		return nil, failure{status: http.StatusBadRequest, Code: "KeyTooLongError", Message: "Your key is too long"}
	}
	req := &request{Request: r, bucket: bucket, key: key}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errInvalidArgument("The query is malformed.")
	}
	req.query = query
	for name := range query {
		switch {
		case name == "tagging" || name == "uploads" || name == "uploadId" || name == listType:
			if req.subresource != "" {
				return nil, errInvalidArgument("Conflicting query string parameters.")
			}
			req.subresource = name
		case name == "x-id": // names the operation, for logs alone
		case slices.Contains(partParameters, name) && query.Has("uploadId"):
		case slices.Contains(listParameters, name) && query.Has(listType):
		case slices.Contains(signatureParameters, name) && query.Has(parameterSignature):
		default:
			return nil, errNotImplemented("the parameter " + name)
		}
	}
	if req.signed, err = s.signed(r); err != nil {
		return nil, err
	}
	return req, nil
}

// maxKeyLength is in bytes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const maxKeyLength = 1024

var authorization = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request,\s*SignedHeaders=[a-z0-9;-]+,\s*Signature=[0-9a-f]{64}$`)

// signed reports whether a request carries a signature, and refuses one that is
// not for this service and region.
func (s *Server) signed(r *http.Request) (bool, error) {
	value := r.Header.Get("Authorization")
	if value == "" {
		return false, nil
	}
	parts := authorization.FindStringSubmatch(value)
	if parts == nil {
		return false, failure{status: http.StatusBadRequest, Code: "AuthorizationHeaderMalformed", Message: "The authorization header you provided is invalid."}
	}
	if region, service := parts[3], parts[4]; region != s.options.Region || service != "s3" {
		return false, failure{
			status: http.StatusBadRequest, Code: "AuthorizationHeaderMalformed", Region: s.options.Region,
			Message: fmt.Sprintf("The authorization header is malformed; the region '%s' is wrong; expecting '%s'", region, s.options.Region),
		}
	}
	return true, nil
}
