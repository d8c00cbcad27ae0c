package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/image"
)

// images are the bucket that keeps users' images and the distribution that
// serves them.
type images struct {
	bucket       awss3.CfnBucket
	distribution awscloudfront.CfnDistribution
}

// newImages adds a bucket that nobody reads but CloudFront and the functions.
func newImages(stack awscdk.Stack, s stage) images {
	bucket := newImageBucket(stack, s)
	i := images{bucket: bucket, distribution: newImageDistribution(stack, s, bucket)}
	awss3.NewCfnBucketPolicy(stack, jsii.String("ImageBucketPolicy"), &awss3.CfnBucketPolicyProps{
		Bucket: bucket.Ref(),
		PolicyDocument: policy(bucketOnlyTLS(bucket),
			// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
			map[string]any{
				"Effect": "Allow", "Action": "s3:GetObject", "Resource": i.objects(image.Prefix + "*"),
				"Principal": map[string]any{"Service": "cloudfront.amazonaws.com"},
				"Condition": map[string]any{"StringEquals": map[string]any{"AWS:SourceArn": i.distributionARN(stack)}},
			}),
	})
	return i
}

func newImageBucket(stack awscdk.Stack, s stage) awss3.CfnBucket {
	return newBucket(stack, s, "ImageBucket", imageCORS(s.config.CORSOrigins),
		&awss3.CfnBucket_RuleProperty{
			Id: jsii.String("never-attached"), Status: jsii.String("Enabled"), ExpirationInDays: jsii.Number(image.PendingDays),
			TagFilters: []any{&awss3.CfnBucket_TagFilterProperty{Key: jsii.String(image.PendingTag), Value: jsii.String(image.PendingValue)}},
		},
		&awss3.CfnBucket_RuleProperty{
			Id: jsii.String("incomplete"), Status: jsii.String("Enabled"), AbortIncompleteMultipartUpload: abortAfter(1),
		})
}

// imageCORS lets browsers upload; nothing else is asked of S3 by a browser.
func imageCORS(origins []string) *awss3.CfnBucket_CorsConfigurationProperty {
	if len(origins) == 0 {
		return nil
	}
	return &awss3.CfnBucket_CorsConfigurationProperty{CorsRules: []any{&awss3.CfnBucket_CorsRuleProperty{
		AllowedOrigins: jsii.Strings(origins...),
		AllowedMethods: jsii.Strings("POST"),
		AllowedHeaders: jsii.Strings("*"),
		MaxAge:         jsii.Number(preflightCache.Seconds()),
	}}}
}

// cachingOptimized is CloudFront's own policy: by the path alone, for as long as
// S3's Cache-Control says, which is image.CacheControl.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"

// newImageDistribution serves what the bucket policy lets it read. An image
// carries its own Cache-Control, so that an error is not kept as long as one.
func newImageDistribution(stack awscdk.Stack, s stage, bucket awss3.CfnBucket) awscloudfront.CfnDistribution {
	// Both names are unique in an account, whatever the region.
	name := awscdk.Fn_Sub(jsii.String("${AWS::StackName}-${AWS::Region}-images"), nil)
	access := awscloudfront.NewCfnOriginAccessControl(stack, jsii.String("ImageAccess"), &awscloudfront.CfnOriginAccessControlProps{
		OriginAccessControlConfig: &awscloudfront.CfnOriginAccessControl_OriginAccessControlConfigProperty{
			Name:                          name,
			OriginAccessControlOriginType: jsii.String("s3"),
			SigningBehavior:               jsii.String("always"),
			SigningProtocol:               jsii.String("sigv4"),
		},
	})
	headers := awscloudfront.NewCfnResponseHeadersPolicy(stack, jsii.String("ImageHeaders"), &awscloudfront.CfnResponseHeadersPolicyProps{
		ResponseHeadersPolicyConfig: &awscloudfront.CfnResponseHeadersPolicy_ResponseHeadersPolicyConfigProperty{
			Name: name,
			SecurityHeadersConfig: &awscloudfront.CfnResponseHeadersPolicy_SecurityHeadersConfigProperty{
				ContentTypeOptions: &awscloudfront.CfnResponseHeadersPolicy_ContentTypeOptionsProperty{Override: jsii.Bool(true)},
				ContentSecurityPolicy: &awscloudfront.CfnResponseHeadersPolicy_ContentSecurityPolicyProperty{
					ContentSecurityPolicy: jsii.String(image.ContentSecurityPolicy), Override: jsii.Bool(true),
				},
			},
		},
	})
	const origin = "bucket"
	return awscloudfront.NewCfnDistribution(stack, jsii.String("ImageDistribution"), &awscloudfront.CfnDistributionProps{
		DistributionConfig: &awscloudfront.CfnDistribution_DistributionConfigProperty{
			Comment:     jsii.String("Images of Hearth, stage " + s.name),
			Enabled:     jsii.Bool(true),
			HttpVersion: jsii.String("http2and3"),
			Ipv6Enabled: jsii.Bool(true),
			Origins: []any{&awscloudfront.CfnDistribution_OriginProperty{
				Id: jsii.String(origin), DomainName: bucket.AttrRegionalDomainName(), OriginAccessControlId: access.AttrId(),
				// Empty beside an origin access control, as its page says.
				S3OriginConfig: &awscloudfront.CfnDistribution_S3OriginConfigProperty{OriginAccessIdentity: jsii.String("")},
			}},
			DefaultCacheBehavior: &awscloudfront.CfnDistribution_DefaultCacheBehaviorProperty{
				TargetOriginId:          jsii.String(origin),
				ViewerProtocolPolicy:    jsii.String("redirect-to-https"),
				AllowedMethods:          jsii.Strings("GET", "HEAD"),
				CachedMethods:           jsii.Strings("GET", "HEAD"),
				CachePolicyId:           jsii.String(cachingOptimized),
				ResponseHeadersPolicyId: headers.AttrId(),
			},
		},
	})
}

func (i images) distributionARN(stack awscdk.Stack) *string {
	return stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("cloudfront"), Region: jsii.String(""), Resource: jsii.String("distribution"), ResourceName: i.distribution.AttrId(),
	})
}

// objects names the objects of the bucket whose keys match.
func (i images) objects(pattern string) *string { return objectsOf(i.bucket, pattern) }

// url is where images are served: a key follows it.
func (i images) url() *string {
	return awscdk.Fn_Join(jsii.String(""), &[]*string{jsii.String("https://"), i.distribution.AttrDomainName()})
}

// grants let a function do these actions of S3 on images. S3 tells that one does
// not exist only to those who may list the bucket; others would take a missing
// grant for a missing image, and pending images that are in use would expire.
// So the grant is bound to no prefix, of which AWS says nothing for a request
// that lists nothing; the bucket holds images alone. By it the stream function
// lists what an owner has, too.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (i images) grants(actions []string) []map[string]any {
	if len(actions) == 0 {
		return nil
	}
	return []map[string]any{
		allow(prefixed("s3:", actions), i.objects(image.Prefix+"*")),
		allow([]string{"s3:ListBucket"}, i.bucket.AttrArn()),
	}
}
