package s3

import (
	"crypto/rand"
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"
)

// failure is an error as S3 writes it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
type failure struct {
	status int

	XMLName        xml.Name `xml:"Error"`
	Code           string
	Message        string
	Key            string `xml:",omitempty"`
	BucketName     string `xml:",omitempty"`
	Region         string `xml:",omitempty"`
	Condition      string `xml:",omitempty"`
	AWSAccessKeyID string `xml:"AWSAccessKeyId,omitempty"`
	ProposedSize   string `xml:",omitempty"`
	MinSizeAllowed string `xml:",omitempty"`
	MaxSizeAllowed string `xml:",omitempty"`
	Resource       string `xml:",omitempty"`
	RequestID      string `xml:"RequestId"`
}

func (f failure) Error() string { return f.Code + ": " + f.Message }

func newRequestID() string { return rand.Text()[:16] }

func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var f failure
	if !errors.As(err, &f) {
		s.options.Log.ErrorContext(r.Context(), "S3 failed", "error", err)
		f = failure{status: http.StatusInternalServerError, Code: "InternalError", Message: "We encountered an internal error. Please try again."}
	}
	f.RequestID = w.Header().Get("X-Amz-Request-Id")
	body, err := xml.Marshal(f)
	if err != nil {
		http.Error(w, "cannot be written as XML", http.StatusInternalServerError)
		return
	}
	writeXML(w, r, f.status, body)
}

func writeXML(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	body = append([]byte(xml.Header), body...)
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have gone
	}
}

func errNotImplemented(what string) error {
	return failure{
		status: http.StatusNotImplemented, Code: "NotImplemented",
		Message: "A header you provided implies functionality that is not implemented: the development host has no " + what + ".",
	}
}

func errInvalidArgument(message string) error {
	return failure{status: http.StatusBadRequest, Code: "InvalidArgument", Message: message}
}

func errAccessDenied(message string) error {
	return failure{status: http.StatusForbidden, Code: "AccessDenied", Message: message}
}

func errNoSuchKey(key string) error {
	return failure{status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist.", Key: key}
}
