package main

import (
	"context"
	"net"
	"net/http"
	"path/filepath"

	"hearth/internal/export"
	"hearth/internal/image"
	"hearth/internal/local/s3"
	"hearth/internal/product"
)

// imageURL is where everybody reads images: S3's own port, which answers those
// who sign nothing as CloudFront does.
func (c hostConfig) imageURL() string { return c.S3Endpoint + "/" + c.Bucket }

// startS3 answers as the buckets of images and of exports that the CDK app
// makes, with their rules, and as the CloudFront distribution before the images.
func (h *host) startS3(ctx context.Context, listeners []net.Listener) error {
	config, err := product.Config(h.options.Config)
	if err != nil {
		return err
	}
	server, err := s3.Open(s3.Options{
		Dir:     filepath.Join(h.options.Dir, "s3"),
		Region:  h.Config.Region,
		Buckets: []string{h.Config.Bucket, exportBucket},
		Secret:  func(id string) (string, bool) { return secretAccessKey, id == accessKeyID },

		PublicPrefix: image.Prefix,
		PublicHeader: http.Header{
			"X-Content-Type-Options":  {"nosniff"},
			"Content-Security-Policy": {image.ContentSecurityPolicy},
		},
		Origins: config.CORSOrigins,
		Expire: []s3.Expiration{
			{TagKey: image.PendingTag, TagValue: image.PendingValue, Days: image.PendingDays},
			{Prefix: export.Prefix, Days: export.ExpireDays},
		},
		Now: h.options.Now,
		Log: h.options.Log,
	})
	if err != nil {
		return err
	}
	h.serve(ctx, server, listeners, "S3")
	return nil
}
