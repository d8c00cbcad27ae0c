package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxFields bounds what comes before the file.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
	maxFields = 20 << 10
	// maxObject bounds a file where its policy does not. S3 takes 5 GB, which
	// would not fit into memory.
	maxObject = 64 << 20
)

// knownFields are what a form may say besides x-ignore-*.
var knownFields = []string{
	"key", "bucket", "content-type", "cache-control", "tagging", "success_action_status", "policy",
	"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature",
}

// post answers POST Object.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
func (s *Server) post(w http.ResponseWriter, r *request) error {
	if r.signed {
		return errNotImplemented("POST with an Authorization header")
	}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || parameters["boundary"] == "" {
		return failure{
			status: http.StatusPreconditionFailed, Code: "PreconditionFailed",
			Message:   "At least one of the pre-conditions you specified did not hold",
			Condition: "Bucket POST must be of the enclosure-type multipart/form-data",
		}
	}
	fields, file, err := readFields(multipart.NewReader(r.Body, parameters["boundary"]))
	if err != nil {
		return err
	}
	o, p, err := s.admit(fields, r.bucket)
	if err != nil {
		drain(r.Body)
		return err
	}
	content, err := readFile(file, p)
	if err != nil {
		drain(r.Body)
		return err
	}
	o.ETag = etagOf(content)
	if err := s.objects.put(o, content); err != nil {
		return err
	}
	return writePosted(w, r, o, fields["success_action_status"])
}

// admit decides on everything but the file.
func (s *Server) admit(f form, bucket string) (object, policy, error) {
	if err := s.authenticate(f); err != nil {
		return object{}, policy{}, err
	}
	p, err := parsePolicy(f["policy"])
	if err != nil {
		return object{}, policy{}, err
	}
	now := s.options.Now()
	if err := p.check(f, bucket, now); err != nil {
		return object{}, policy{}, err
	}
	for name := range f {
		if !slices.Contains(knownFields, name) && !strings.HasPrefix(name, "x-ignore-") {
			return object{}, policy{}, errNotImplemented("the form field " + name)
		}
	}
	switch {
	case f["key"] == "":
		return object{}, policy{}, errInvalidArgument("Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.")
	case len(f["key"]) > maxKeyLength:
		return object{}, policy{}, failure{status: http.StatusBadRequest, Code: "KeyTooLongError", Message: "Your key is too long"}
	case strings.Contains(f["key"], "${filename}"):
		return object{}, policy{}, errNotImplemented("${filename} in a key")
	}
	o := object{
		Bucket: bucket, Key: f["key"], ContentType: f["content-type"], CacheControl: f["cache-control"],
		Modified: now.UTC(),
	}
	if o.ContentType == "" {
		o.ContentType = "binary/octet-stream"
	}
	if text, ok := f["tagging"]; ok {
		if o.Tags, err = parseTags(text); err != nil {
			return object{}, policy{}, err
		}
	}
	return o, p, nil
}

// readFields reads a form up to its file.
func readFields(reader *multipart.Reader) (form, io.Reader, error) {
	fields, left := form{}, int64(maxFields)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) && len(fields) > 0 {
			return nil, nil, errInvalidArgument("POST requires exactly one file upload per request.")
		}
		if err != nil {
			return nil, nil, malformedPOST()
		}
		name := strings.ToLower(part.FormName())
		switch _, twice := fields[name]; {
		case name == "":
			return nil, nil, malformedPOST()
		case name == "file":
			return fields, part, nil
		case twice:
			return nil, nil, errInvalidArgument("The form has the field " + name + " twice.")
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, nil, malformedPOST()
		}
		if left -= int64(len(value)); left < 0 {
			return nil, nil, failure{
				status: http.StatusBadRequest, Code: "MaxPostPreDataLengthExceeded",
				Message: "Your POST request fields preceding the upload file were too large.",
			}
		}
		fields[name] = string(value)
	}
}

// readFile reads a file to its end and holds its size against the policy.
func readFile(file io.Reader, p policy) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(file, p.most+1))
	if err != nil {
		return nil, malformedPOST()
	}
	size := int64(len(content))
	if size > p.most {
		rest, err := io.Copy(io.Discard, io.LimitReader(file, maxObject))
		if err != nil {
			return nil, malformedPOST()
		}
		return nil, failure{
			status: http.StatusBadRequest, Code: "EntityTooLarge", Message: "Your proposed upload exceeds the maximum allowed size",
			ProposedSize: strconv.FormatInt(size+rest, 10), MaxSizeAllowed: strconv.FormatInt(p.most, 10),
		}
	}
	if size < p.least {
		return nil, failure{
			status: http.StatusBadRequest, Code: "EntityTooSmall", Message: "Your proposed upload is smaller than the minimum allowed size",
			ProposedSize: strconv.FormatInt(size, 10), MinSizeAllowed: strconv.FormatInt(p.least, 10),
		}
	}
	return content, nil
}

// drain reads what a client still sends, because a browser that cannot finish
// sending never sees the answer.
func drain(body io.Reader) { _, _ = io.Copy(io.Discard, io.LimitReader(body, maxObject)) }

func malformedPOST() error {
	return failure{
		status: http.StatusBadRequest, Code: "MalformedPOSTRequest",
		Message: "The body of your POST request is not well-formed multipart/form-data.",
	}
}

// writePosted answers as the form asks: 200 and 204 are empty, 201 has a
// document, anything else counts as 204.
func writePosted(w http.ResponseWriter, r *request, o object, status string) error {
	location := "http://" + r.Host + (&url.URL{Path: "/" + o.Bucket + "/" + o.Key}).EscapedPath()
	w.Header().Set("ETag", o.ETag)
	w.Header().Set("Location", location)
	switch status {
	case "200":
		w.WriteHeader(http.StatusOK)
	case "201":
		body, err := xml.Marshal(struct {
			XMLName                     xml.Name `xml:"PostResponse"`
			Location, Bucket, Key, ETag string
		}{Location: location, Bucket: o.Bucket, Key: o.Key, ETag: o.ETag})
		if err != nil {
			return fmt.Errorf("s3: %w", err)
		}
		writeXML(w, r.Request, http.StatusCreated, body)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}
