// Package sts is AWS STS inside the process, for the development host and for
// tests: one role, and as much of the API as Hearth uses. It fails closed: an
// operation or parameter by which a request asks for anything else is an error,
// never a pretended success.
//
// The pages are those of https://docs.aws.amazon.com/STS/latest/APIReference/.
//
// # Operations
//
// Requests want a Signature Version 4 header for sts in the region; the
// signature itself is not verified, so any static credentials do.
//
//   - AssumeRole (API_AssumeRole.html), in the query protocol of version
//     2011-06-15: RoleArn, RoleSessionName, DurationSeconds of 900 to 3,600 (a
//     function's credentials are a role's already, and AWS ends a chained
//     session after an hour) and Tags.
//
// The role's trust policy wants exactly the tags that it is made for, none of
// them empty or transitive, and its own sessions may not assume it: else 403
// AccessDenied. On AWS it also wants one function's role; here all functions
// have the same credentials.
//
// # What it does not do
//
// Other operations are InvalidAction. Session policies, external ids, source
// identities, MFA, provided contexts and transitive tags are ValidationError.
// There are no quotas; a plan of faults makes operations throttle, fail or lose
// their answers.
//
// # What is kept
//
// Sessions are held in memory alone, until they expire.
package sts
