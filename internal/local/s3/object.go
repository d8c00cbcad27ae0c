package s3

import (
	"bytes"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// get answers GetObject and HeadObject.
func (s *Server) get(w http.ResponseWriter, r *request) error {
	o, content, ok, err := s.objects.get(r.bucket, r.key)
	if err != nil {
		return err
	}
	if !ok {
		return errNoSuchKey(r.key)
	}
	if len(o.Tags) > 0 {
		w.Header().Set("X-Amz-Tagging-Count", strconv.Itoa(len(o.Tags)))
	}
	return serveObject(w, r, o, content)
}

// getPublic answers those who sign nothing.
func (s *Server) getPublic(w http.ResponseWriter, r *request) error {
	maps.Copy(w.Header(), s.options.PublicHeader)
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	public := s.options.PublicPrefix != "" && strings.HasPrefix(r.key, s.options.PublicPrefix)
	if !read || !public || r.subresource != "" {
		return errAccessDenied("Access Denied")
	}
	o, content, ok, err := s.objects.get(r.bucket, r.key)
	if err != nil {
		return err
	}
	if !ok {
		return errAccessDenied("Access Denied")
	}
	return serveObject(w, r, o, content)
}

var oneRange = regexp.MustCompile(`^bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))$`)

func serveObject(w http.ResponseWriter, r *request, o object, content []byte) error {
	if wanted := r.Header.Get("Range"); wanted != "" {
		parts := oneRange.FindStringSubmatch(wanted)
		if parts == nil {
			return errNotImplemented("such ranges")
		}
		first, err := strconv.Atoi(parts[1])
		if behind := err == nil && first >= len(content); behind || len(content) == 0 {
			return failure{
				status: http.StatusRequestedRangeNotSatisfiable, Code: "InvalidRange",
				Message: "The requested range is not satisfiable",
			}
		}
	}
	header := w.Header()
	header.Set("Content-Type", o.ContentType)
	header.Set("ETag", o.ETag)
	if o.CacheControl != "" {
		header.Set("Cache-Control", o.CacheControl)
	}
	if o.Disposition != "" {
		header.Set("Content-Disposition", o.Disposition)
	}
	http.ServeContent(w, r.Request, "", o.Modified, bytes.NewReader(content))
	return nil
}

func (s *Server) remove(w http.ResponseWriter, r *request) error {
	if err := s.objects.remove(r.bucket, r.key); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
