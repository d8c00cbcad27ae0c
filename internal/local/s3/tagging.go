package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// tagging is the XML of an object's tags.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	Tags    []tag    `xml:"TagSet>Tag"`
}

type tag struct{ Key, Value string }

// The bounds of tags, in characters.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
const (
	maxTags     = 10
	maxTagKey   = 128
	maxTagValue = 256
	maxTagging  = 64 << 10
)

// parseTags reads the XML of tags: one document and nothing behind it.
func parseTags(text string) (map[string]string, error) {
	decoder := xml.NewDecoder(strings.NewReader(text)) //nolint:gosec // bounded by its callers, without entities or types of its own
	var t tagging
	if err := decoder.Decode(&t); err != nil {
		return nil, malformedXML()
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, malformedXML()
	}
	if len(t.Tags) > maxTags {
		return nil, failure{status: http.StatusBadRequest, Code: "BadRequest", Message: "Object tags cannot be greater than 10"}
	}
	tags := map[string]string{}
	for _, each := range t.Tags {
		if n := utf8.RuneCountInString(each.Key); n < 1 || n > maxTagKey {
			return nil, invalidTag("The TagKey you have provided is invalid")
		}
		if utf8.RuneCountInString(each.Value) > maxTagValue {
			return nil, invalidTag("The TagValue you have provided is invalid")
		}
		if _, twice := tags[each.Key]; twice {
			return nil, invalidTag("Cannot provide multiple Tags with the same key")
		}
		tags[each.Key] = each.Value
	}
	return tags, nil
}

func malformedXML() error {
	return failure{
		status: http.StatusBadRequest, Code: "MalformedXML",
		Message: "The XML you provided was not well-formed or did not validate against our published schema",
	}
}

func invalidTag(message string) error {
	return failure{status: http.StatusBadRequest, Code: "InvalidTag", Message: message}
}

func (s *Server) getTagging(w http.ResponseWriter, r *request) error {
	o, _, ok, err := s.objects.get(r.bucket, r.key)
	if err != nil {
		return err
	}
	if !ok {
		return errNoSuchKey(r.key)
	}
	t := tagging{Tags: []tag{}}
	for key, value := range o.Tags {
		t.Tags = append(t.Tags, tag{Key: key, Value: value})
	}
	slices.SortFunc(t.Tags, func(a, b tag) int { return strings.Compare(a.Key, b.Key) })
	body, err := xml.Marshal(t)
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	writeXML(w, r.Request, http.StatusOK, body)
	return nil
}

func (s *Server) putTagging(w http.ResponseWriter, r *request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTagging))
	if err != nil {
		return malformedXML()
	}
	tags, err := parseTags(string(body))
	if err != nil {
		return err
	}
	return s.tag(w, r, tags, http.StatusOK)
}

func (s *Server) deleteTagging(w http.ResponseWriter, r *request) error {
	return s.tag(w, r, nil, http.StatusNoContent)
}

func (s *Server) tag(w http.ResponseWriter, r *request, tags map[string]string, status int) error {
	ok, err := s.objects.tag(r.bucket, r.key, tags)
	if err != nil {
		return err
	}
	if !ok {
		return errNoSuchKey(r.key)
	}
	w.WriteHeader(status)
	return nil
}
