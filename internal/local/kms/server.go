package kms

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"hearth/internal/local/awsapi"
)

const (
	targetPrefix = "TrentService."
	contentType  = "application/x-amz-json-1.1"
	// accountID is the owner of the key.
	accountID = "000000000000"
	// maxBody is far above what the API's own limits add up to.
	maxBody = 1 << 20
	// Limits of GenerateMac and VerifyMac, in bytes.
	maxMessage = 4096
	maxMAC     = 6144
	maxKeyID   = 2048

	keyAlgorithm = "HMAC_SHA_256"
)

// algorithms are those that any HMAC key has.
var algorithms = []string{"HMAC_SHA_224", keyAlgorithm, "HMAC_SHA_384", "HMAC_SHA_512"}

// Options say what a server offers. Dir and Region are required.
type Options struct {
	// Dir keeps the key; it is made if it is missing.
	Dir    string
	Region string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Faults is a plan of failures; nil plans none.
	Faults *awsapi.Faults
}

// Server is the endpoint. It is safe for concurrent use.
type Server struct {
	options Options
	key     *key
}

// Open returns the server of the key in a folder, which it makes if there is none.
func Open(o Options) (*Server, error) {
	if o.Dir == "" || o.Region == "" {
		return nil, errors.New("kms: Dir and Region are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	k, err := openKey(o.Dir, o.Now)
	if err != nil {
		return nil, err
	}
	return &Server{options: o, key: k}, nil
}

// KeyARN names the key.
func (s *Server) KeyARN() string {
	return "arn:aws:kms:" + s.options.Region + ":" + accountID + ":key/" + s.key.ID
}

// request is what the known operations take, each its part.
type request struct {
	KeyId        *string //nolint:revive // the member's name
	MacAlgorithm *string
	Message, Mac *[]byte
	GrantTokens  []string
	DryRun       bool
}

// operation is one operation and the members that it takes besides KeyId,
// GrantTokens and DryRun.
type operation struct {
	run                     func(*Server, *request) (any, *awsapi.Error)
	algorithm, message, mac bool
}

var operations = map[string]operation{
	"GenerateMac": {run: (*Server).generateMAC, algorithm: true, message: true},
	"VerifyMac":   {run: (*Server).verifyMAC, algorithm: true, message: true, mac: true},
	"DescribeKey": {run: (*Server).describeKey},
}

// ServeHTTP answers one request of the JSON protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", awsapi.NewRequestID())
	answer, failed := s.serve(w, r)
	if failed != nil {
		awsapi.WriteError(w, contentType, failed)
		return
	}
	awsapi.Write(w, contentType, http.StatusOK, answer)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) (any, *awsapi.Error) {
	name, found := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	op, known := operations[name]
	if !found || !known || r.Method != http.MethodPost || strings.TrimSuffix(r.URL.Path, "/") != "" {
		return nil, awsapi.Errorf("UnknownOperationException", "The development host has no such operation of KMS.")
	}
	if failed := awsapi.CheckSignature(r, "kms", s.options.Region); failed != nil {
		return nil, failed
	}
	before, after := s.options.Faults.Take(name)
	if before != nil {
		return nil, before
	}
	req, failed := read(w, r)
	if failed == nil {
		failed = s.check(name, op, req)
	}
	if failed != nil {
		return nil, failed
	}
	answer, failed := op.run(s, req)
	if after != nil {
		return nil, after
	}
	return answer, failed
}

func read(w http.ResponseWriter, r *http.Request) (*request, *awsapi.Error) {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(media), contentType) {
		return nil, awsapi.Errorf("SerializationException", "Content-Type must be %s.", contentType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || !json.Valid(body) {
		return nil, awsapi.Errorf("SerializationException", "The body is not JSON of at most %d bytes.", maxBody)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var req request
	if err := decoder.Decode(&req); err != nil {
		return nil, awsapi.Errorf("SerializationException", "A member is unknown here or of the wrong type.")
	}
	return &req, nil
}

// check answers what a request is refused for, in the order of KMS: the form of
// its members, then the key, then whether the key can do it.
func (s *Server) check(name string, op operation, r *request) *awsapi.Error {
	var wrong []string
	bounded := func(wanted bool, member string, n, most int) {
		switch {
		case !wanted && n >= 0:
			wrong = append(wrong, "Value at '"+member+"' is no member of "+name)
		case !wanted:
		case n < 0:
			wrong = append(wrong, "Value null at '"+member+"' failed to satisfy constraint: Member must not be null")
		case n == 0:
			wrong = append(wrong, "Value at '"+member+"' failed to satisfy constraint: Member must have length greater than or equal to 1")
		case n > most:
			wrong = append(wrong, "Value at '"+member+"' failed to satisfy constraint: Member must have length less than or equal to the limit")
		}
	}
	bounded(true, "keyId", length(r.KeyId), maxKeyID)
	bounded(op.algorithm, "macAlgorithm", length(r.MacAlgorithm), maxKeyID)
	bounded(op.message, "message", length(r.Message), maxMessage)
	bounded(op.mac, "mac", length(r.Mac), maxMAC)
	if len(wrong) == 0 && op.algorithm && !slices.Contains(algorithms, *r.MacAlgorithm) {
		wrong = append(wrong, "Value at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: ["+strings.Join(algorithms, ", ")+"]")
	}
	switch {
	case len(wrong) > 0:
		return awsapi.Errorf("ValidationException", "%d validation error detected: %s", len(wrong), strings.Join(wrong, "; "))
	case len(r.GrantTokens) > 0 || r.DryRun:
		return awsapi.Errorf("UnsupportedOperationException", "The development host has neither grants nor dry runs.")
	case *r.KeyId != s.key.ID && *r.KeyId != s.KeyARN():
		return awsapi.Errorf("NotFoundException", "Key '%s' does not exist", *r.KeyId)
	case op.algorithm && *r.MacAlgorithm != keyAlgorithm:
		return awsapi.Errorf("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec HMAC_256.", *r.MacAlgorithm)
	}
	return nil
}

// length is -1 for a member that is missing.
func length[T ~string | ~[]byte](member *T) int {
	if member == nil {
		return -1
	}
	return len(*member)
}

func (s *Server) generateMAC(r *request) (any, *awsapi.Error) {
	return map[string]any{"KeyId": s.KeyARN(), "MacAlgorithm": keyAlgorithm, "Mac": s.key.sign(*r.Message)}, nil
}

func (s *Server) verifyMAC(r *request) (any, *awsapi.Error) {
	if !hmac.Equal(*r.Mac, s.key.sign(*r.Message)) {
		return nil, awsapi.Errorf("KMSInvalidMacException", "The MAC is not valid for the message.")
	}
	return map[string]any{"KeyId": s.KeyARN(), "MacAlgorithm": keyAlgorithm, "MacValid": true}, nil
}

func (s *Server) describeKey(*request) (any, *awsapi.Error) {
	return map[string]any{"KeyMetadata": map[string]any{
		"AWSAccountId": accountID, "KeyId": s.key.ID, "Arn": s.KeyARN(), "CreationDate": s.key.CreatedAt.Unix(),
		"Enabled": true, "Description": "", "KeyUsage": "GENERATE_VERIFY_MAC", "KeyState": "Enabled", "Origin": "AWS_KMS",
		"KeyManager": "CUSTOMER", "KeySpec": "HMAC_256", "CustomerMasterKeySpec": "HMAC_256",
		"MacAlgorithms": []string{keyAlgorithm}, "MultiRegion": false,
	}}, nil
}
