package image

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A key that is taken names one object of one owner, and no other place.
func FuzzKey(f *testing.F) {
	for _, seed := range []string{"", Prefix, Prefix + "a/b", Prefix + "../b", Prefix + "a/b/c", "/" + Prefix + "a/b", Prefix + "a/b\x00", Prefix + "ä/b", Prefix + "a/" + strings.Repeat("b", 65)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		owner, ok := OwnerOf(key)
		if !ok {
			if owner != "" {
				t.Errorf("%q is none, and yet %q's", key, owner)
			}
			return
		}
		id, found := strings.CutPrefix(key, Prefix+owner+"/")
		if !found || owner == "" || id == "" || strings.Trim(owner+id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			t.Errorf("%q is %q's", key, owner)
		}
	})
}

// What is attached begins as a picture of its type does, and has a size.
func FuzzUpload(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"), "image/png", "bytes 0-31/100")
	f.Add([]byte("\xff\xd8\xff"), "image/jpeg", "bytes 0-31/*")
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "image/webp", "")
	f.Add([]byte("<svg onload=alert(1)>"), "image/svg+xml", "bytes 0-31/-1")
	f.Fuzz(func(t *testing.T, first []byte, contentType, contentRange string) {
		first = first[:min(len(first), sniffed)]
		starts := map[string]string{"image/png": "\x89PNG\r\n\x1a\n", "image/jpeg": "\xff\xd8\xff", "image/webp": "RIFF"}
		if isImage(first, contentType) && (starts[contentType] == "" || !strings.HasPrefix(string(first), starts[contentType])) {
			t.Errorf("%q is taken as %s", first, contentType)
		}
		size := sizeOf(&s3.GetObjectOutput{ContentRange: aws.String(contentRange)})
		if size <= MaxSize && !strings.Contains(contentRange, "/") {
			t.Errorf("%q is a size of %d", contentRange, size)
		}
	})
}
