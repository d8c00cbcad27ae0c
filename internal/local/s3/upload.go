package s3

import (
	"crypto/md5" //nolint:gosec // an ETag, not a proof
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// partParameters are those of requests about an upload, besides its id.
var partParameters = []string{"partNumber", "max-parts", "part-number-marker"}

// The bounds of multipart uploads.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const (
	maxParts     = 10_000
	minPart      = 5 << 20
	maxPartsPage = 1000
)

// createUpload answers CreateMultipartUpload.
func (s *Server) createUpload(w http.ResponseWriter, r *request) error {
	if err := onlyHeaders(r, "Content-Type", "Cache-Control", "Content-Disposition"); err != nil {
		return err
	}
	o := object{
		Bucket: r.bucket, Key: r.key, ContentType: r.Header.Get("Content-Type"), CacheControl: r.Header.Get("Cache-Control"),
		Disposition: r.Header.Get("Content-Disposition"), Modified: s.options.Now().UTC(),
	}
	if o.ContentType == "" {
		o.ContentType = "binary/octet-stream"
	}
	id, err := s.objects.beginUpload(o)
	if err != nil {
		return err
	}
	return writeResult(w, r, struct {
		XMLName     xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket, Key string
		UploadID    string `xml:"UploadId"`
	}{Bucket: r.bucket, Key: r.key, UploadID: id})
}

// onlyHeaders refuses headers of S3's own, which would ask for something that is
// not done here, and of content but for those named.
func onlyHeaders(r *request, content ...string) error {
	for name := range r.Header {
		switch {
		case slices.Contains(content, name), name == "Content-Length", name == "X-Amz-Date", name == "X-Amz-User-Agent",
			name == "X-Amz-Content-Sha256" && !strings.HasPrefix(r.Header.Get(name), "STREAMING-"):
		case strings.HasPrefix(name, "X-Amz-"), strings.HasPrefix(name, "Content-"):
			return errNotImplemented("the header " + name)
		}
	}
	return nil
}

// uploadPart answers UploadPart.
func (s *Server) uploadPart(w http.ResponseWriter, r *request) error {
	if err := onlyHeaders(r, "Content-Type"); err != nil {
		return err
	}
	n, err := strconv.Atoi(r.query.Get("partNumber"))
	if err != nil || n < 1 || n > maxParts {
		return errInvalidArgument("Part number must be an integer between 1 and 10000, inclusive")
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, maxObject+1))
	if err != nil {
		return failure{status: http.StatusBadRequest, Code: "IncompleteBody", Message: "The request body terminated unexpectedly"}
	}
	if len(content) > maxObject {
		return failure{status: http.StatusBadRequest, Code: "EntityTooLarge", Message: "Your proposed upload exceeds the maximum allowed size"}
	}
	if err := s.objects.putPart(r.uploadOf(), n, content); err != nil {
		return uploadFailure(err)
	}
	w.Header().Set("ETag", etagOf(content))
	w.WriteHeader(http.StatusOK)
	return nil
}

// part is one of an upload.
type part struct {
	PartNumber int
	ETag       string
	Size       int64
}

// listParts answers ListParts.
func (s *Server) listParts(w http.ResponseWriter, r *request) error {
	all, err := s.objects.parts(r.uploadOf())
	if err != nil {
		return uploadFailure(err)
	}
	limit, marker := maxPartsPage, 0
	for name, value := range map[string]*int{"max-parts": &limit, "part-number-marker": &marker} {
		if text := r.query.Get(name); text != "" {
			if *value, err = strconv.Atoi(text); err != nil || *value < 0 {
				return errInvalidArgument("Provided " + name + " not an integer or within integer range")
			}
		}
	}
	page := struct {
		XMLName                    xml.Name `xml:"ListPartsResult"`
		Bucket, Key                string
		UploadID                   string `xml:"UploadId"`
		PartNumberMarker, MaxParts int
		NextPartNumberMarker       int
		IsTruncated                bool
		Part                       []part
	}{Bucket: r.bucket, Key: r.key, UploadID: r.query.Get("uploadId"), PartNumberMarker: marker, MaxParts: min(limit, maxPartsPage)}
	for _, p := range all {
		if p.PartNumber <= marker {
			continue
		}
		if page.IsTruncated = len(page.Part) == page.MaxParts; page.IsTruncated {
			break
		}
		page.Part, page.NextPartNumberMarker = append(page.Part, p), p.PartNumber
	}
	return writeResult(w, r, page)
}

// completeUpload answers CompleteMultipartUpload. S3 may answer 200 and tell of
// a failure in the body; here every failure has its status.
func (s *Server) completeUpload(w http.ResponseWriter, r *request) error {
	var asked struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Part    []struct {
			PartNumber int
			ETag       string
		}
	}
	decoder := xml.NewDecoder(io.LimitReader(r.Body, maxObject))
	if err := decoder.Decode(&asked); err != nil || len(asked.Part) == 0 {
		return malformedXML()
	}
	there, err := s.objects.parts(r.uploadOf())
	if err != nil {
		return uploadFailure(err)
	}
	numbers := make([]int, len(asked.Part))
	sums := md5.New() //nolint:gosec // an ETag, not a proof
	for i, p := range asked.Part {
		at := slices.IndexFunc(there, func(t part) bool { return t.PartNumber == p.PartNumber && unquote(t.ETag) == unquote(p.ETag) })
		switch {
		case at < 0:
			return failure{status: http.StatusBadRequest, Code: "InvalidPart", Message: "One or more of the specified parts could not be found."}
		case i > 0 && p.PartNumber <= numbers[i-1]:
			return failure{status: http.StatusBadRequest, Code: "InvalidPartOrder", Message: "The list of parts was not in ascending order."}
		case i < len(asked.Part)-1 && there[at].Size < minPart:
			return failure{status: http.StatusBadRequest, Code: "EntityTooSmall", Message: "Your proposed upload is smaller than the minimum allowed size"}
		}
		numbers[i] = p.PartNumber
		sum, err := hex.DecodeString(unquote(there[at].ETag))
		if err != nil {
			return fmt.Errorf("s3: %w", err)
		}
		_, _ = sums.Write(sum) // a hash does not fail
	}
	etag := fmt.Sprintf(`"%x-%d"`, sums.Sum(nil), len(numbers))
	if err := s.objects.finishUpload(r.uploadOf(), numbers, etag); err != nil {
		return uploadFailure(err)
	}
	return writeResult(w, r, struct {
		XMLName                     xml.Name `xml:"CompleteMultipartUploadResult"`
		Location, Bucket, Key, ETag string
	}{Location: "http://" + r.Host + r.URL.EscapedPath(), Bucket: r.bucket, Key: r.key, ETag: etag})
}

// abortUpload answers AbortMultipartUpload.
func (s *Server) abortUpload(w http.ResponseWriter, r *request) error {
	if err := s.objects.removeUpload(r.uploadOf()); err != nil {
		return uploadFailure(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (r *request) uploadOf() upload {
	return upload{id: r.query.Get("uploadId"), bucket: r.bucket, key: r.key}
}

func uploadFailure(err error) error {
	if !errors.Is(err, errNoUpload) {
		return err
	}
	return failure{
		status: http.StatusNotFound, Code: "NoSuchUpload",
		Message: "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
	}
}

func etagOf(content []byte) string {
	sum := md5.Sum(content) //nolint:gosec // an ETag, not a proof
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func unquote(etag string) string { return strings.Trim(etag, `"`) }

func writeResult(w http.ResponseWriter, r *request, result any) error {
	body, err := xml.Marshal(result)
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	writeXML(w, r.Request, http.StatusOK, body)
	return nil
}
