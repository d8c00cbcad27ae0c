package main

import (
	"strings"
	"testing"
)

const exportObjects = `{"Fn::Join":["/",[{"Fn::GetAtt":["ExportBucket","Arn"]},"exports/*"]]}`

func TestExportsAreKeptInABucketThatNobodyServes(t *testing.T) {
	t.Parallel()
	const (
		settings = `{
			"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
			"PublicAccessBlockConfiguration": {
				"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true
			},
			"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
			"LifecycleConfiguration": {"Rules": [{
				"Id": "expired", "Status": "Enabled", "Prefix": "exports/", "ExpirationInDays": 2,
				"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}
			}]}
		}`
		access = `{
			"Bucket": {"Ref": "ExportBucket"},
			"PolicyDocument": {"Version": "2012-10-17", "Statement": [{
				"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
				"Resource": [
					{"Fn::GetAtt": ["ExportBucket", "Arn"]},
					{"Fn::Join": ["/", [{"Fn::GetAtt": ["ExportBucket", "Arn"]}, "*"]]}
				],
				"Condition": {"Bool": {"aws:SecureTransport": "false"}}
			}]}
		}`
	)
	for name, synthesized := range stages(t) {
		wantResource(t, name, "ExportBucket", "AWS::S3::Bucket", parse(t, settings))
		wantResource(t, name, "ExportBucketPolicy", "AWS::S3::BucketPolicy", parse(t, access))
		for id, r := range synthesized.ofType("AWS::CloudFront::Distribution") {
			if strings.Contains(text(t, r.Properties), "ExportBucket") {
				t.Errorf("%s: %s serves exports", name, id)
			}
		}
	}
}
