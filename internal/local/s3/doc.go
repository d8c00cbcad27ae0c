// Package s3 is Amazon S3 inside the process, for the development host and for
// tests: as much of it as Hearth uses, in buckets that exist from the start. It
// fails closed: an operation, parameter, form field or header by which a request
// asks for anything else is answered NotImplemented, never with a pretended
// success.
//
// The pages are those of https://docs.aws.amazon.com/AmazonS3/latest/API/ and
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/.
//
// # Operations
//
// Buckets are named in the path. All operations but POST need a Signature
// Version 4 Authorization header for s3 in the region; the signature itself is
// not verified, so any static credentials do. There are no IAM policies: who
// signs may do everything, and is told when an object does not exist (in AWS
// that takes s3:ListBucket; others get AccessDenied).
//
//   - POST Object (RESTObjectPOST.html): as below.
//
//   - GetObject, HeadObject (API_GetObject.html): one range of bytes, the
//     conditional headers, x-amz-tagging-count. More than one range is
//     NotImplemented; S3 ignores it.
//
//   - DeleteObject (API_DeleteObject.html): 204 for a missing object too.
//
//   - ListObjectsV2 (API_ListObjectsV2.html): prefix, max-keys and
//     continuation-token, at most 1000 keys a page. Delimiters, a key to start
//     after, owners and encoded keys are NotImplemented, and so is the first
//     version.
//
//   - GetObjectTagging, PutObjectTagging, DeleteObjectTagging
//     (API_PutObjectTagging.html, object-tagging.html): at most 10 tags, keys of
//     128 and values of 256 characters, no key twice.
//
//   - CreateMultipartUpload, UploadPart, ListParts, CompleteMultipartUpload,
//     AbortMultipartUpload (mpuoverview.html): an upload outlives a restart. Every
//     part but the last has at least 5 MiB; one has at most 64. Checksums other
//     than the ETag, and bodies that are signed chunk by chunk, are NotImplemented.
//
// A presigned link (sigv4-query-string-auth.html) may GET and HEAD one object of
// any bucket until it ends, by the clock of Options. Its signature is verified.
//
// # POST Object
//
// The form is read in order; what follows the file is ignored. Nothing is stored
// before all of this was checked:
//
//   - The fields before the file hold at most 20 KB, and no field comes twice.
//     Page: sigv4-HTTPPOSTForms.html.
//   - Algorithm, credential and date are present and name one day, this region
//     and s3; the access key is known; the signature, computed again with its
//     secret over the policy's Base64 text, is the one that was sent. Page:
//     sigv4-authentication-HTTPPOST.html.
//   - The policy is JSON with expiration and conditions, and has not expired by
//     the clock of Options. Page: sigv4-HTTPPOSTConstructPolicy.html, as for the
//     rest.
//   - Each condition holds: exact match, starts-with (for Content-Type on every
//     member of a list with commas), content-length-range in bytes.
//   - Every field but file, policy, x-amz-signature and those that begin with
//     x-ignore- is named by a condition, and so is the bucket, which stands in
//     the URL alone.
//   - The fields are key, bucket, Content-Type, Cache-Control, tagging,
//     success_action_status and those of the signature; a file name is not put
//     into a key.
//
// The answers are S3's: 204, or 200 or 201 if the form asks for it.
//
// # Everybody's images
//
// Requests that carry no signature may GET and HEAD what lies below the public
// prefix, with the headers of Options added: what CloudFront does before a
// private bucket by origin access control. A missing object is 403 for them, as
// it is through CloudFront, which may not list the bucket. Page:
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
//
// # CORS
//
// One rule allows POST with any header from the given origins (cors.html,
// ManageCorsUsing.html). Other preflights are AccessForbidden.
//
// # Lifecycle
//
// Objects with the given tag or prefix are gone at the midnight (UTC) after the
// given number of days (lifecycle-configuration-examples.html,
// intro-lifecycle-rules.html). S3 may take longer, never less.
//
// # What is kept
//
// An object is one file with its metadata in the first line, written aside,
// synced and renamed, so that a kill leaves the old or the new one.
package s3
