package sts

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"golang.org/x/sync/singleflight"

	"hearth/internal/account"
	"hearth/internal/fault"
)

// EnvRole is the environment variable that holds the ARN of the role whose
// sessions reach one account's data.
const EnvRole = "HEARTH_DATA_ROLE"

// The session tags by which the role's policy knows whose data a session may
// reach, and whose records it may check.
const (
	AccountTag = "account"
	UserTag    = "user"
)

const (
	// Lifetime is how long credentials are good. Those of a function are a
	// role's already, and a role assumed by a role's session is good for one
	// hour at most.
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
	Lifetime = time.Hour
	// MaxCached bounds the credentials that one instance of a function keeps:
	// about 2 KB each, most of it the session token.
	MaxCached = 10_000

	// Credentials are renewed between refreshLatest and refreshEarliest before
	// they expire, at a moment that differs from one to the next, so that those
	// taken together after a deployment are not renewed together.
	refreshEarliest = 15 * time.Minute
	refreshLatest   = 5 * time.Minute
	// usable is what must be left of credentials that could not be renewed in
	// time: a request and its repetitions.
	usable = time.Minute
	// flightTime bounds a call that several requests may wait for.
	flightTime = 8 * time.Second
)

// Roles are what a Vendor asks STS for: a *sts.Client.
type Roles interface {
	AssumeRole(context.Context, *sts.AssumeRoleInput, ...func(*sts.Options)) (*sts.AssumeRoleOutput, error)
}

// Options are what a Vendor needs. Client and RoleARN are required.
type Options struct {
	Client  Roles
	RoleARN string
	// MaxCached is how many credentials are kept; 0 is MaxCached.
	MaxCached int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Vendor gives out credentials for the data of one account and one user. It is
// safe for concurrent use.
type Vendor struct {
	client  Roles
	roleARN string
	now     func() time.Time
	cache   *cache
	flights singleflight.Group
}

// NewVendor returns the vendor of a role's sessions.
func NewVendor(o Options) *Vendor {
	if o.MaxCached == 0 {
		o.MaxCached = MaxCached
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Vendor{client: o.Client, roleARN: o.RoleARN, now: o.Now, cache: newCache(o.MaxCached)}
}

// Credentials returns credentials that reach what the account owns and may
// check the user's records, kept ones if they are good for a while yet. It
// makes at most one call, whose answer requests that come meanwhile share. It
// fails with account.ErrUnavailable when STS cannot answer now, else with
// account.ErrInternal.
func (v *Vendor) Credentials(ctx context.Context, accountID, userID string) (aws.Credentials, error) {
	// STS takes an empty value for a tag. What it would reach is nobody's.
	if accountID == "" || userID == "" {
		return aws.Credentials{}, account.ErrInternal.Because(errors.New("sts: credentials for no account or no user"))
	}
	scope := scope{accountID, userID}
	kept, found := v.cache.get(scope)
	if found && v.now().Before(kept.refreshAt) {
		return kept.Credentials, nil
	}
	// One request's end does not end the call that others wait for.
	flight := v.flights.DoChan(accountID+"#"+userID, func() (any, error) {
		return v.renew(context.WithoutCancel(ctx), scope)
	})
	select {
	case <-ctx.Done():
		return aws.Credentials{}, account.ErrUnavailable.Because(ctx.Err())
	case landed := <-flight:
		if landed.Err == nil {
			fresh, _ := landed.Val.(aws.Credentials)
			return fresh, nil
		}
		if found && v.now().Add(usable).Before(kept.Expires) {
			return kept.Credentials, nil
		}
		return aws.Credentials{}, landed.Err
	}
}

// renew takes new credentials and keeps them, unless a call that ended just now
// did.
func (v *Vendor) renew(ctx context.Context, s scope) (aws.Credentials, error) {
	if kept, found := v.cache.get(s); found && v.now().Before(kept.refreshAt) {
		return kept.Credentials, nil
	}
	ctx, cancel := context.WithTimeout(ctx, flightTime)
	defer cancel()
	fresh, err := v.assume(ctx, s)
	if err != nil {
		return aws.Credentials{}, err
	}
	early := refreshLatest + rand.N(refreshEarliest-refreshLatest) //nolint:gosec // jitter is no secret
	v.cache.put(s, kept{Credentials: fresh, refreshAt: fresh.Expires.Add(-early)})
	return fresh, nil
}

// assume takes a session of the role. Its name is the user's id, so that the
// trail of the AWS account says who did what.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
func (v *Vendor) assume(ctx context.Context, s scope) (aws.Credentials, error) {
	answer, err := v.client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(v.roleARN), RoleSessionName: aws.String(s.userID),
		DurationSeconds: aws.Int32(int32(Lifetime.Seconds())),
		Tags: []types.Tag{
			{Key: aws.String(AccountTag), Value: aws.String(s.accountID)},
			{Key: aws.String(UserTag), Value: aws.String(s.userID)},
		},
	})
	if err != nil {
		return aws.Credentials{}, failure("AssumeRole", err)
	}
	c := answer.Credentials
	if c == nil || c.AccessKeyId == nil || c.SecretAccessKey == nil || c.SessionToken == nil || c.Expiration == nil {
		return aws.Credentials{}, account.ErrInternal.Because(errors.New("sts: AssumeRole: an answer without credentials"))
	}
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		Source: "AssumeRole", CanExpire: true, Expires: *c.Expiration,
	}, nil
}

// failure turns the errors of STS into Hearth's, in this one place. Of an error
// that STS answered only its name stays, since the text of a refusal repeats
// the parameters.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
func failure(operation string, err error) error {
	return fault.Of(err, "IDPCommunicationError", "InternalFailure", "RequestLimitExceeded", "ServiceUnavailable",
		"Throttling", "ThrottlingException").Because(fault.Named("sts: "+operation, err))
}
