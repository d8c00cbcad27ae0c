package image

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The form's fields of Signature Version 4.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
const (
	algorithm      = "AWS4-HMAC-SHA256"
	scopeEnd       = "aws4_request"
	dateLayout     = "20060102"
	timeLayout     = "20060102T150405Z"
	fieldAlgorithm = "x-amz-algorithm"
	fieldDate      = "x-amz-date"
	fieldScope     = "x-amz-credential"
	fieldToken     = "x-amz-security-token" //nolint:gosec // a field's name
	fieldSignature = "x-amz-signature"
)

// policySigner signs POST policies at a given time, so that the clock of a store
// rules and not the machine's.
type policySigner struct{ now, expires time.Time }

var _ s3.PresignPost = policySigner{}

// PresignPost returns the fields of a form for one key of a bucket: the policy,
// its signature and all that S3 needs to compute the signature again. S3 refuses
// a form with a field that no condition covers, so each of them has one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
func (p policySigner) PresignPost(credentials aws.Credentials, bucket, key, region, service string,
	_ time.Time, conditions []any, _ time.Time, _ ...func(*v4.SignerOptions),
) (map[string]string, error) {
	scope := []string{p.now.UTC().Format(dateLayout), region, service, scopeEnd}
	fields := map[string]string{
		"key":          key,
		fieldAlgorithm: algorithm,
		fieldScope:     credentials.AccessKeyID + "/" + strings.Join(scope, "/"),
		fieldDate:      p.now.UTC().Format(timeLayout),
	}
	covered := []any{map[string]string{"bucket": bucket}, map[string]string{"key": key}}
	covered = append(covered, conditions...)
	for _, name := range []string{fieldAlgorithm, fieldScope, fieldDate} {
		covered = append(covered, map[string]string{name: fields[name]})
	}
	if credentials.SessionToken != "" {
		fields[fieldToken] = credentials.SessionToken
		covered = append(covered, map[string]string{fieldToken: credentials.SessionToken})
	}
	var policy bytes.Buffer
	encoder := json.NewEncoder(&policy)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Expiration string `json:"expiration"`
		Conditions []any  `json:"conditions"`
	}{p.expires.UTC().Format("2006-01-02T15:04:05.000Z"), covered})
	if err != nil {
		return nil, fmt.Errorf("encode a POST policy: %w", err)
	}
	fields["policy"] = base64.StdEncoding.EncodeToString(bytes.TrimSpace(policy.Bytes()))
	fields[fieldSignature] = signature(credentials.SecretAccessKey, scope, fields["policy"])
	return fields, nil
}

// signature signs a policy: what is signed is its Base64 text, by a key that is
// derived from the secret for one day, region and service.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
func signature(secret string, scope []string, policy string) string {
	key := []byte("AWS4" + secret)
	for _, part := range scope {
		key = hmacSHA256(key, part)
	}
	return hex.EncodeToString(hmacSHA256(key, policy))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
