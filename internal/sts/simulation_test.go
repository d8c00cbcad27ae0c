package sts_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"hearth/internal/sts"
)

// quota is how many requests a second STS takes of one AWS account in one
// region, all of AssumeRole and its like together.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const quota = 600

// load is what the functions that serve account data have to do for an hour.
// Lambda gives a request to any warm instance that is free, so each instance
// meets most of the users.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
type load struct {
	users, instances int
	// every is how long a user waits between two pages, on the average, and
	// page how many requests one makes at once.
	every time.Duration
	page  int
	// cached bounds what an instance keeps.
	cached int
}

// outcome is what a load cost.
type outcome struct {
	requests, assumed int
	// busiest is the most calls in one second.
	busiest int
}

func (o outcome) hits() float64 { return 1 - float64(o.assumed)/float64(o.requests) }

// clockwork is an STS on a clock that stands still while a request is made.
type clockwork struct {
	now       time.Time
	perSecond map[int64]int
}

// AssumeRole counts.
func (c *clockwork) AssumeRole(context.Context, *awssts.AssumeRoleInput, ...func(*awssts.Options)) (*awssts.AssumeRoleOutput, error) {
	c.perSecond[c.now.Unix()]++
	some := aws.String("some")
	return &awssts.AssumeRoleOutput{Credentials: &types.Credentials{
		AccessKeyId: some, SecretAccessKey: some, SessionToken: some, Expiration: aws.Time(c.now.Add(sts.Lifetime)),
	}}, nil
}

// simulate runs the product's own vendors, one an instance, all of them empty at
// first as after a deployment.
func simulate(t *testing.T, l load) (o outcome) {
	t.Helper()
	c := &clockwork{now: time.Unix(1_800_000_000, 0), perSecond: map[int64]int{}}
	vendors := make([]*sts.Vendor, l.instances)
	for i := range vendors {
		vendors[i] = sts.NewVendor(sts.Options{Client: c, RoleARN: "role", MaxCached: l.cached, Now: func() time.Time { return c.now }})
	}
	ids := make([]string, l.users)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	random := rand.New(rand.NewPCG(1, 2))
	rate := float64(l.users) / l.every.Seconds()
	for range int(time.Hour.Seconds()) {
		pages := int(rate)
		if random.Float64() < rate-float64(pages) {
			pages++
		}
		for range pages {
			user := ids[random.IntN(l.users)]
			for range l.page {
				o.requests++
				if _, err := vendors[random.IntN(l.instances)].Credentials(t.Context(), user, user); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.now = c.now.Add(time.Second)
	}
	for _, calls := range c.perSecond {
		o.assumed += calls
		o.busiest = max(o.busiest, calls)
	}
	return o
}

// By these figures isolation is off unless a product turns it on: see the
// package's documentation.
func TestWhatIsolationAsksOfSTS(t *testing.T) {
	t.Parallel()
	for _, l := range []load{
		{users: 10_000, instances: 20, every: time.Minute, page: 1, cached: sts.MaxCached},
		{users: 10_000, instances: 20, every: time.Minute, page: 3, cached: sts.MaxCached},
		{users: 10_000, instances: 20, every: time.Minute, page: 1, cached: 1_000},
		{users: 500, instances: 2, every: time.Minute, page: 3, cached: sts.MaxCached},
	} {
		o := simulate(t, l)
		t.Logf("%d users, %d instances of %d, %d requests every %v: %d requests, %.0f %% hits, AssumeRole %.0f a second, %d in the busiest (%d %% of the quota)",
			l.users, l.instances, l.cached, l.page, l.every, o.requests, 100*o.hits(), float64(o.assumed)/3600, o.busiest, 100*o.busiest/quota)
		if o.busiest > quota {
			t.Error("STS would refuse")
		}
		if l.users == 500 && o.hits() < 0.95 {
			t.Errorf("%.2f hits in a small product", o.hits())
		}
	}
}
