// Package ses is Amazon SES inside the process, for the development host and for
// tests: as much of API v2 as Hearth uses. What it accepts it hands to a
// function, which puts it into the host's mailbox; nothing leaves the machine.
// It fails closed: an operation or member by which a request asks for anything
// else is an error, never a pretended success.
//
// The pages are those of https://docs.aws.amazon.com/ses/latest/APIReference-V2/
// and https://docs.aws.amazon.com/ses/latest/dg/.
//
// # Operations
//
// SendEmail (API_SendEmail.html), POST /v2/email/outbound-emails. It wants a
// Signature Version 4 header for ses in the region; the signature itself is not
// verified, so any static credentials do, and there are no IAM policies.
//
//   - FromEmailAddress is required, one address with or without a name.
//     Destination has 1 to 50 ToAddresses, each one address. Addresses are
//     ASCII, the domain in Punycode, names in other letters encoded words
//     (API_Destination.html). Parts are at most 64, whole addresses 320
//     characters long (quotas.html).
//   - Content.Simple has a subject and a text, an HTML body or both. Without
//     Charset a part must be ASCII; UTF-8 and US-ASCII are known
//     (API_Content.html). A subject is one line.
//   - Headers are at most 15, each of the form that API_MessageHeader.html says,
//     none twice, and none that SES itself writes (header-fields.html).
//   - ConfigurationOverrides may turn tracking off, and not on.
//   - ConfigurationSetName is NotFoundException: there are none.
//   - All of it is at most 40 MB (quotas.html).
//
// # What it does not do
//
// Every sender is verified and there is no sandbox, no sending quota and no
// suppression list (on AWS a message to an address on that list is accepted and
// then dropped). Nothing bounces. Raw and templated content, attachments, Cc,
// Bcc, Reply-To, tags, lists, tenants and the members for sending authorization
// are BadRequestException, all other operations UnknownOperationException. The
// texts of errors are like those of SES and not always the same.
//
// Error codes come as SES sends them (status 400, too many requests 429); a
// plan of faults makes SendEmail throttle, reject or lose its answer.
package ses
