package image

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

// The example that AWS publishes, so that others can verify their signatures.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
func TestThePolicyIsSignedAsAWSsExample(t *testing.T) {
	t.Parallel()
	lines := []string{
		`{ "expiration": "2015-12-30T12:00:00.000Z",`,
		`  "conditions": [`,
		`    {"bucket": "sigv4examplebucket"},`,
		`    ["starts-with", "$key", "user/user1/"],`,
		`    {"acl": "public-read"},`,
		`    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},`,
		`    ["starts-with", "$Content-Type", "image/"],`,
		`    {"x-amz-meta-uuid": "14365123651274"},`,
		`    {"x-amz-server-side-encryption": "AES256"},`,
		`    ["starts-with", "$x-amz-meta-tag", ""],`,
		``,
		`    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},`,
		`    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},`,
		`    {"x-amz-date": "20151229T000000Z" }`,
		`  ]`,
		`}`,
	}
	policy := base64.StdEncoding.EncodeToString([]byte(strings.Join(lines, "\r\n")))
	got := signature("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", []string{"20151229", "us-east-1", "s3", "aws4_request"}, policy)
	if want := "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

// S3 refuses a form with a field that no condition names.
func TestEachFieldHasItsCondition(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 2, 3, 4, 5, 6, 0, time.UTC)
	fields, err := policySigner{now: at, expires: at.Add(time.Minute)}.PresignPost(
		aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: "session"},
		"bucket", "images/a/b", "eu-central-1", "s3", time.Time{}, []any{[]any{"content-length-range", 1, 1}}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(fields["policy"])
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Expiration string
		Conditions []any
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Expiration != "2030-02-03T04:06:06.000Z" {
		t.Errorf("expiration %s", got.Expiration)
	}
	conditions := map[string]any{}
	for _, each := range got.Conditions {
		if simple, ok := each.(map[string]any); ok {
			for name, value := range simple {
				conditions[name] = value
			}
		}
	}
	want := map[string]any{
		"bucket": "bucket", "key": "images/a/b", "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-security-token": "session",
		"x-amz-credential": "ASIA/20300203/eu-central-1/s3/aws4_request", "x-amz-date": "20300203T040506Z",
	}
	if diff := cmp.Diff(want, conditions); diff != "" {
		t.Error(diff)
	}
	for name, value := range fields {
		if name != "policy" && name != "x-amz-signature" && conditions[name] != value {
			t.Errorf("field %s is %q, its condition %q", name, value, conditions[name])
		}
	}
}
