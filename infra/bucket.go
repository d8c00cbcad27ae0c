package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// newBucket adds a bucket that is nobody's but whom a policy names, encrypted,
// and without versions, so that what a person deletes is gone.
func newBucket(stack awscdk.Stack, s stage, id string, cors *awss3.CfnBucket_CorsConfigurationProperty, rules ...any) awss3.CfnBucket {
	bucket := awss3.NewCfnBucket(stack, jsii.String(id), &awss3.CfnBucketProps{
		BucketEncryption: &awss3.CfnBucket_BucketEncryptionProperty{
			ServerSideEncryptionConfiguration: []any{&awss3.CfnBucket_ServerSideEncryptionRuleProperty{
				ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{SseAlgorithm: jsii.String("AES256")},
			}},
		},
		PublicAccessBlockConfiguration: &awss3.CfnBucket_PublicAccessBlockConfigurationProperty{
			BlockPublicAcls: jsii.Bool(true), BlockPublicPolicy: jsii.Bool(true),
			IgnorePublicAcls: jsii.Bool(true), RestrictPublicBuckets: jsii.Bool(true),
		},
		OwnershipControls: &awss3.CfnBucket_OwnershipControlsProperty{
			Rules: []any{&awss3.CfnBucket_OwnershipControlsRuleProperty{ObjectOwnership: jsii.String("BucketOwnerEnforced")}},
		},
		LifecycleConfiguration: &awss3.CfnBucket_LifecycleConfigurationProperty{Rules: rules},
		CorsConfiguration:      cors,
	})
	bucket.ApplyRemovalPolicy(s.retention(), nil)
	return bucket
}

// abortAfter ends uploads in parts that nobody finished.
func abortAfter(days int) *awss3.CfnBucket_AbortIncompleteMultipartUploadProperty {
	return &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{DaysAfterInitiation: jsii.Number(days)}
}

// bucketOnlyTLS refuses everybody's plain HTTP to a bucket and its objects.
func bucketOnlyTLS(bucket awss3.CfnBucket) map[string]any {
	encrypted := onlyTLS("s3:*", nil)
	encrypted["Resource"] = []*string{bucket.AttrArn(), objectsOf(bucket, "*")}
	return encrypted
}

// objectsOf names the objects of a bucket whose keys match.
func objectsOf(bucket awss3.CfnBucket, pattern string) *string {
	return awscdk.Fn_Join(jsii.String("/"), &[]*string{bucket.AttrArn(), jsii.String(pattern)})
}
