// Package sts takes credentials from AWS STS that reach the data of one account,
// for one user, and nothing else: sessions of a role whose policy holds the
// partition keys of every item action against the session's tags. Code that is
// wrong about whose data it asks for is then refused by DynamoDB itself.
//
// # What it costs, and why it is off unless a product turns it on
//
// Credentials are kept for each user and account, so a request whose credentials
// are there makes no call more and spends about 2 µs on them: less than a
// thousandth of it. One whose credentials are not there makes one call more, to
// STS in the region, whose latency AWS does not promise. How many do is a matter
// of scale, since Lambda hands a user's requests to any warm instance and each
// has its own cache. TestWhatIsolationAsksOfSTS runs the vendors of this package
// for an hour from empty:
//
//	users  instances  requests a user and minute  hits  AssumeRole a second: mean, busiest
//	  500          2  3 at once                   98 %    1   17
//	10,000        20  1                           65 %   58  167
//	10,000        20  3 at once                   84 %   78  489
//	10,000        20  1, but 1,000 kept in each   10 %  150  167
//
// STS takes 600 requests a second of one AWS account in one region, AssumeRole
// and its like together, and of all that runs in the account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
//
// So it was decided: on by default if at 10,000 users nine requests of ten find
// their credentials and a deployment, which empties every cache, stays below half
// of the quota. Neither holds: a sixth to a third of the requests pay another
// call, and the busiest second took 81 % of the quota. Isolation is off by
// default, and on at the development host and in the stage dev. A small product
// loses nothing by it; a large one gives an account of its own to Hearth, or
// fewer and larger instances.
//
// # Clients
//
// A DynamoDB client for each request, with the base client's connections, takes
// 0.9 µs and 2 KB to make; keeping clients, or one client that finds its
// credentials in the context, would save that and could send one account's
// request with another's credentials by a mistake. So each is made anew.
package sts
