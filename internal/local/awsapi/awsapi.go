// Package awsapi is what the smaller AWS services of the development host share:
// errors, the check of a request's signature, and planned failures.
package awsapi

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Error is an error as an AWS API answers it.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is the name of the error, such as "NotFoundException".
	Code    string
	Message string
}

// Error tells the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns an error of the caller's, status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// NewRequestID returns a random id in the form of a UUID, as AWS names requests.
func NewRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // since Go 1.24 it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// WriteError answers an error in the way of both JSON protocols: the code in the
// header as in REST, and in the body as in JSON 1.1.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
func WriteError(w http.ResponseWriter, contentType string, e *Error) {
	w.Header().Set("X-Amzn-Errortype", e.Code)
	Write(w, contentType, e.Status, struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.Code, e.Message})
}

// Write answers a JSON body.
func Write(w http.ResponseWriter, contentType string, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the client may have gone
}

// CheckSignature wants a Signature Version 4 header for a service and region.
// The signature itself is not verified, so any static credentials do.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func CheckSignature(r *http.Request, service, region string) *Error {
	header := r.Header.Get("Authorization")
	if header == "" {
		return &Error{http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	fields, found := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !found {
		return &Error{http.StatusForbidden, "IncompleteSignatureException", "Authorization header requires the AWS4-HMAC-SHA256 algorithm."}
	}
	parts := map[string]string{}
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		parts[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[name] == "" {
			return &Error{http.StatusForbidden, "IncompleteSignatureException", "Authorization header requires '" + name + "' parameter."}
		}
	}
	// <access key>/<date>/<region>/<service>/aws4_request
	if !strings.HasSuffix(parts["Credential"], "/"+region+"/"+service+"/aws4_request") {
		return &Error{http.StatusForbidden, "InvalidSignatureException", "Credential should be scoped to " + service + " in " + region + "."}
	}
	return nil
}
