package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/export"
)

// newExportBucket adds the bucket of the copies that people ask for of what is
// held on them. It is none of the images': no distribution stands before it, and
// only a signed link reads of it. The rule takes what the domain lost sight of;
// what it knows goes before.
func newExportBucket(stack awscdk.Stack, s stage) awss3.CfnBucket {
	bucket := newBucket(stack, s, "ExportBucket", nil, &awss3.CfnBucket_RuleProperty{
		Id: jsii.String("expired"), Status: jsii.String("Enabled"), Prefix: jsii.String(export.Prefix),
		ExpirationInDays: jsii.Number(export.ExpireDays), AbortIncompleteMultipartUpload: abortAfter(export.ExpireDays),
	})
	awss3.NewCfnBucketPolicy(stack, jsii.String("ExportBucketPolicy"), &awss3.CfnBucketPolicyProps{
		Bucket: bucket.Ref(), PolicyDocument: policy(bucketOnlyTLS(bucket)),
	})
	return bucket
}

// exportGrants let a function do these actions of S3 on exports. Who looks
// whether one is there may list the bucket: S3 tells nobody else that an object
// is missing.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func (b functionBuilder) exportGrants(f function) []map[string]any {
	if len(f.exports) == 0 {
		return nil
	}
	statements := []map[string]any{allow(prefixed("s3:", f.exports), objectsOf(b.exports, export.Prefix+"*"))}
	if f.stream {
		statements = append(statements, allow([]string{"s3:ListBucket"}, b.exports.AttrArn()))
	}
	return statements
}
