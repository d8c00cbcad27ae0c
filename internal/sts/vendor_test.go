package sts_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"hearth/internal/account"
	"hearth/internal/sts"
)

// roles is an STS of the test's own. It answers after a while, or fails.
type roles struct {
	asked atomic.Int32
	takes time.Duration
	fails atomic.Pointer[error]
	last  atomic.Pointer[awssts.AssumeRoleInput]
}

// AssumeRole gives credentials out for as long as it is asked to.
func (r *roles) AssumeRole(ctx context.Context, in *awssts.AssumeRoleInput, _ ...func(*awssts.Options)) (*awssts.AssumeRoleOutput, error) {
	r.asked.Add(1)
	r.last.Store(in)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(r.takes):
	}
	if err := r.fails.Load(); err != nil {
		return nil, *err
	}
	return &awssts.AssumeRoleOutput{Credentials: &types.Credentials{
		AccessKeyId: aws.String("ASIA" + rand.Text()[:16]), SecretAccessKey: aws.String("secret"), SessionToken: aws.String("token"),
		Expiration: aws.Time(time.Now().Add(time.Duration(*in.DurationSeconds) * time.Second)),
	}}, nil
}

func vendor(r *roles, most int) *sts.Vendor {
	return sts.NewVendor(sts.Options{Client: r, RoleARN: "arn:aws:iam::000000000000:role/data", MaxCached: most})
}

func mustGive(t *testing.T, v *sts.Vendor, accountID, userID string) aws.Credentials {
	t.Helper()
	c, err := v.Credentials(t.Context(), accountID, userID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCredentialsAreKeptForOneUserInOneAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &roles{}
		v := vendor(r, 0)
		given := map[string]bool{}
		for range 3 {
			for _, scope := range [][2]string{{"a", "u"}, {"a", "v"}, {"b", "u"}, {"a#u", "v"}} {
				given[mustGive(t, v, scope[0], scope[1]).AccessKeyID] = true
			}
		}
		if len(given) != 4 || r.asked.Load() != 4 {
			t.Errorf("%d credentials by %d calls", len(given), r.asked.Load())
		}
		mustGive(t, v, "c", "w")
		in := r.last.Load()
		tags := fmt.Sprint(*in.Tags[0].Key, "=", *in.Tags[0].Value, " ", *in.Tags[1].Key, "=", *in.Tags[1].Value)
		if tags != "account=c user=w" || *in.DurationSeconds != 3600 || *in.RoleSessionName != "w" || in.TransitiveTagKeys != nil {
			t.Errorf("asked for %+v (%s)", in, tags)
		}
		for _, scope := range [][2]string{{"", "u"}, {"a", ""}} {
			if _, err := v.Credentials(t.Context(), scope[0], scope[1]); !errors.Is(err, account.ErrInternal) {
				t.Errorf("for %q: %v", scope, err)
			}
		}
	})
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &roles{}
		v := vendor(r, 3)
		for _, step := range []struct {
			account string
			asked   int32
		}{
			{"a", 1}, {"b", 2}, {"c", 3}, {"a", 3}, // a was used last, b not for the longest time
			{"d", 4}, {"a", 4}, {"c", 4}, {"d", 4}, {"b", 5}, {"a", 6},
		} {
			if mustGive(t, v, step.account, "u"); r.asked.Load() != step.asked {
				t.Fatalf("%s: %d calls, want %d", step.account, r.asked.Load(), step.asked)
			}
		}
	})
}

func TestCredentialsAreRenewedBeforeTheyExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &roles{}
		v := vendor(r, 0)
		first := mustGive(t, v, "a", "u")
		time.Sleep(44 * time.Minute)
		if mustGive(t, v, "a", "u") != first || r.asked.Load() != 1 {
			t.Error("renewed long before they expire")
		}
		time.Sleep(11*time.Minute + time.Second)
		if mustGive(t, v, "a", "u") == first || r.asked.Load() != 2 {
			t.Error("not renewed five minutes before they expire")
		}
	})
}

// Credentials that were taken together are not renewed together.
func TestRenewalsAreSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &roles{}
		v := vendor(r, 0)
		const scopes = 200
		use := func() {
			for i := range scopes {
				mustGive(t, v, fmt.Sprint(i), "u")
			}
		}
		use()
		time.Sleep(45 * time.Minute)
		for minute := range 10 {
			before := r.asked.Load()
			time.Sleep(time.Minute)
			use()
			if renewed := r.asked.Load() - before; renewed > scopes/4 {
				t.Errorf("minute %d: %d of %d renewed", minute, renewed, scopes)
			}
		}
		if r.asked.Load() != 2*scopes {
			t.Errorf("%d calls, want %d", r.asked.Load(), 2*scopes)
		}
	})
}

func TestOneCallServesAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &roles{takes: time.Second}
		v := vendor(r, 0)
		var all sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() { // the one that makes the call gives up
			if _, err := v.Credentials(ctx, "a", "u"); !errors.Is(err, account.ErrUnavailable) {
				t.Errorf("given up: %v", err)
			}
		})
		synctest.Wait()
		for range 50 {
			all.Go(func() { mustGive(t, v, "a", "u") })
		}
		synctest.Wait()
		cancel()
		all.Wait()
		if r.asked.Load() != 1 {
			t.Errorf("%d calls", r.asked.Load())
		}
	})
}

func TestTroubleOfSTS(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &roles{}
		v := vendor(r, 0)
		old := mustGive(t, v, "a", "u")
		fail := func(err error) { r.fails.Store(&err) }
		for code, want := range map[string]error{
			"Throttling": account.ErrUnavailable, "ServiceUnavailable": account.ErrUnavailable, "": account.ErrUnavailable,
			"AccessDenied": account.ErrInternal, "ValidationError": account.ErrInternal,
		} {
			fail(&smithy.GenericAPIError{Code: code, Message: "for secret-account"})
			if code == "" {
				fail(errors.New("no answer"))
			}
			_, err := v.Credentials(t.Context(), "b", "u")
			if !errors.Is(err, want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", code, err)
			}
		}
		time.Sleep(56 * time.Minute)
		if mustGive(t, v, "a", "u") != old {
			t.Error("credentials that are still good were not used while STS has trouble")
		}
		time.Sleep(3*time.Minute + time.Second)
		if _, err := v.Credentials(t.Context(), "a", "u"); err == nil {
			t.Error("credentials that expire within the minute were used")
		}
		r.fails.Store(nil)
		if mustGive(t, v, "a", "u") == old {
			t.Error("old credentials after the trouble")
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := &roles{}
	v := vendor(r, 5)
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			for j := range 100 {
				mustGive(t, v, fmt.Sprint((i+j)%10), "u")
			}
		})
	}
	all.Wait()
}

// What isolation costs a request whose credentials are kept, beside what the
// rest of a call costs before it is sent.
func BenchmarkKeptCredentials(b *testing.B) {
	v := vendor(&roles{}, 0)
	for i := range 1000 {
		if _, err := v.Credentials(b.Context(), fmt.Sprint(i), "u"); err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; b.Loop(); i++ {
		if _, err := v.Credentials(b.Context(), fmt.Sprint(i%1000), "u"); err != nil {
			b.Fatal(err)
		}
	}
}
