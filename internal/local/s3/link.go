package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const parameterSignature = "X-Amz-Signature"

// signatureParameters are what a presigned link carries.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
var signatureParameters = []string{
	parameterSignature, "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
	"X-Amz-Content-Sha256", "X-Amz-Checksum-Mode",
}

// maxLinkSeconds is the longest that a link may be good for: a week.
const maxLinkSeconds = 7 * 24 * 60 * 60

// getLinked answers who has a presigned link: it is good for the method, the
// object and the time that were signed, and for nothing else.
func (s *Server) getLinked(w http.ResponseWriter, r *request) error {
	if r.signed {
		return errInvalidArgument("Only one auth mechanism allowed.")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.key == "" || r.subresource != "" {
		return errNotImplemented("links but to read an object")
	}
	for name, values := range r.query {
		if len(values) != 1 {
			return errQuery("The parameter " + name + " comes twice.")
		}
	}
	if r.query.Get("X-Amz-SignedHeaders") != "host" {
		return errNotImplemented("links that sign other headers than the host")
	}
	date := r.query.Get("X-Amz-Date")
	err := s.checkSignature(proof{
		algorithm: r.query.Get("X-Amz-Algorithm"), credential: r.query.Get("X-Amz-Credential"), date: date,
		signature: r.query.Get(parameterSignature),
	}, s.signedText(r, date))
	if err != nil {
		return err
	}
	seconds, err := strconv.Atoi(r.query.Get("X-Amz-Expires"))
	if err != nil || seconds < 1 || seconds > maxLinkSeconds {
		return errQuery("X-Amz-Expires must be a number of seconds, a week at most")
	}
	from, err := time.Parse(dateFormat, date)
	if err != nil {
		return errQuery("X-Amz-Date must be of the form YYYYMMDDThhmmssZ")
	}
	if s.options.Now().After(from.Add(time.Duration(seconds) * time.Second)) {
		return errAccessDenied("Request has expired")
	}
	return s.get(w, r)
}

// signedText is what the signature of a link is over.
func (*Server) signedText(r *request, date string) string {
	var parameters []string
	for name, values := range r.query {
		if name != parameterSignature {
			parameters = append(parameters, escapeSigned(name)+"="+escapeSigned(values[0]))
		}
	}
	slices.Sort(parameters)
	canonical := strings.Join([]string{
		r.Method, strings.ReplaceAll(escapeSigned(r.URL.Path), "%2F", "/"), strings.Join(parameters, "&"),
		"host:" + r.Host, "", "host", "UNSIGNED-PAYLOAD",
	}, "\n")
	sum := sha256.Sum256([]byte(canonical))
	_, scope, _ := strings.Cut(r.query.Get("X-Amz-Credential"), "/")
	return strings.Join([]string{algorithm, date, scope, hex.EncodeToString(sum[:])}, "\n")
}

// escapeSigned escapes as signatures have it: a space is %20, and ~ stays.
func escapeSigned(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func errQuery(message string) error {
	return failure{status: http.StatusBadRequest, Code: "AuthorizationQueryParametersError", Message: message}
}
