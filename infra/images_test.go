package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/image"
)

const (
	imageURL     = `{"Fn::Join":["",["https://",{"Fn::GetAtt":["ImageDistribution","DomainName"]}]]}`
	imageObjects = `{"Fn::Join":["/",[{"Fn::GetAtt":["ImageBucket","Arn"]},"images/*"]]}`
)

// wantResource compares all that a resource says with JSON.
func wantResource(t *testing.T, stage, id, resourceType string, want any) {
	t.Helper()
	r := stages(t)[stage].Resources[id]
	if r.Type != resourceType {
		t.Errorf("%s: %s is a %s", stage, id, r.Type)
	}
	if diff := cmp.Diff(want, any(r.Properties)); diff != "" {
		t.Errorf("%s: %s (-want +got):\n%s", stage, id, diff)
	}
}

func TestImagesAreKeptInAPrivateBucket(t *testing.T) {
	t.Parallel()
	const settings = `{
		"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
		"PublicAccessBlockConfiguration": {
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true
		},
		"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
		"LifecycleConfiguration": {"Rules": [
			{"Id": "never-attached", "Status": "Enabled", "ExpirationInDays": 1, "TagFilters": [{"Key": "state", "Value": "pending"}]},
			{"Id": "incomplete", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
		]}
	}`
	for _, name := range []string{"dev", "prod"} {
		want := parse(t, settings).(map[string]any)
		var origins []any
		for _, origin := range stageOf(t, name).config.CORSOrigins {
			origins = append(origins, origin)
		}
		if len(origins) > 0 {
			want["CorsConfiguration"] = map[string]any{"CorsRules": []any{map[string]any{
				"AllowedOrigins": origins, "AllowedMethods": []any{"POST"}, "AllowedHeaders": []any{"*"}, "MaxAge": float64(3600),
			}}}
		}
		wantResource(t, name, "ImageBucket", "AWS::S3::Bucket", want)
		if n := len(stages(t)[name].ofType("AWS::S3::Bucket")); n != 2 {
			t.Errorf("%s: %d buckets, want those of images and of exports", name, n)
		}
	}
}

func TestOnlyTheDistributionReadsImages(t *testing.T) {
	t.Parallel()
	const want = `{
		"Bucket": {"Ref": "ImageBucket"},
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{
				"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
				"Resource": [
					{"Fn::GetAtt": ["ImageBucket", "Arn"]},
					{"Fn::Join": ["/", [{"Fn::GetAtt": ["ImageBucket", "Arn"]}, "*"]]}
				],
				"Condition": {"Bool": {"aws:SecureTransport": "false"}}
			},
			{
				"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
				"Resource": {"Fn::Join": ["/", [{"Fn::GetAtt": ["ImageBucket", "Arn"]}, "images/*"]]},
				"Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Join": ["", [
					"arn:", {"Ref": "AWS::Partition"}, ":cloudfront::", {"Ref": "AWS::AccountId"},
					":distribution/", {"Fn::GetAtt": ["ImageDistribution", "Id"]}
				]]}}}
			}
		]}
	}`
	for name, synthesized := range stages(t) {
		wantResource(t, name, "ImageBucketPolicy", "AWS::S3::BucketPolicy", parse(t, want))
		if n := len(synthesized.ofType("AWS::S3::BucketPolicy")); n != 2 {
			t.Errorf("%s: %d bucket policies, want one a bucket", name, n)
		}
	}
}

func TestImagesAreServedByHTTPSAsNothingButImages(t *testing.T) {
	t.Parallel()
	const (
		access = `{"OriginAccessControlConfig": {
			"Name": {"Fn::Sub": "${AWS::StackName}-${AWS::Region}-images"},
			"OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"
		}}`
		headers = `{"ResponseHeadersPolicyConfig": {
			"Name": {"Fn::Sub": "${AWS::StackName}-${AWS::Region}-images"},
			"SecurityHeadersConfig": {
				"ContentTypeOptions": {"Override": true},
				"ContentSecurityPolicy": {"ContentSecurityPolicy": "` + image.ContentSecurityPolicy + `", "Override": true}
			}
		}}`
		distribution = `{
			"Enabled": true, "HttpVersion": "http2and3", "IPV6Enabled": true,
			"Origins": [{
				"Id": "bucket", "DomainName": {"Fn::GetAtt": ["ImageBucket", "RegionalDomainName"]},
				"OriginAccessControlId": {"Fn::GetAtt": ["ImageAccess", "Id"]},
				"S3OriginConfig": {"OriginAccessIdentity": ""}
			}],
			"DefaultCacheBehavior": {
				"TargetOriginId": "bucket", "ViewerProtocolPolicy": "redirect-to-https",
				"AllowedMethods": ["GET", "HEAD"], "CachedMethods": ["GET", "HEAD"],
				"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
				"ResponseHeadersPolicyId": {"Fn::GetAtt": ["ImageHeaders", "Id"]}
			}
		}`
	)
	for name := range stages(t) {
		wantResource(t, name, "ImageAccess", "AWS::CloudFront::OriginAccessControl", parse(t, access))
		wantResource(t, name, "ImageHeaders", "AWS::CloudFront::ResponseHeadersPolicy", parse(t, headers))
		config := parse(t, distribution).(map[string]any)
		config["Comment"] = "Images of Hearth, stage " + name
		wantResource(t, name, "ImageDistribution", "AWS::CloudFront::Distribution", map[string]any{"DistributionConfig": config})
	}
}
