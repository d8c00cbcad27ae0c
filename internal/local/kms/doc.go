// Package kms is AWS KMS inside the process, for the development host and for
// tests: one HMAC key, and as much of the API as Hearth uses. It fails closed:
// an operation or member by which a request asks for anything else is an error,
// never a pretended success.
//
// The pages are those of https://docs.aws.amazon.com/kms/latest/APIReference/.
//
// # Operations
//
// Requests want a Signature Version 4 header for kms in the region; the
// signature itself is not verified, so any static credentials do, and there are
// no key policies.
//
//   - GenerateMac (API_GenerateMac.html): HMAC_SHA_256 over a message of 1 to
//     4,096 bytes.
//   - VerifyMac (API_VerifyMac.html): a code that is not the message's is
//     KMSInvalidMacException, never MacValid false.
//   - DescribeKey (API_DescribeKey.html): an enabled key, HMAC_256,
//     GENERATE_VERIFY_MAC.
//
// A key is named by its id or ARN. One that does not exist, and any alias, is
// NotFoundException; an algorithm of another key InvalidKeyUsageException; a
// member that is missing, too long or too short ValidationException, whose text
// does not repeat the value (that of AWS does).
//
// # What it does not do
//
// Other operations are UnknownOperationException. GrantTokens and DryRun are
// UnsupportedOperationException. The key is never rotated (AWS does not rotate
// HMAC keys either), disabled or deleted, and there are no quotas; a plan of
// faults makes operations throttle, fail or lose their answers.
//
// # What is kept
//
// The key is made of random bytes when there is none, and kept in one file that
// its owner alone can read (0600). Whoever reads it can make invitations' tokens
// on this machine. Removing it ends every token.
package kms
