package sts_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"hearth/internal/account"
	"hearth/internal/local/awsapi"
	localsts "hearth/internal/local/sts"
	"hearth/internal/sts"
)

const region = "eu-central-1"

type fixture struct {
	*localsts.Server
	url    string
	client *awssts.Client
}

func serve(t *testing.T, change func(*localsts.Options)) fixture {
	t.Helper()
	o := localsts.Options{Region: region, Role: "data", Tags: []string{sts.AccountTag, sts.UserTag}}
	if change != nil {
		change(&o)
	}
	server, err := localsts.New(o)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := httptest.NewServer(server)
	t.Cleanup(endpoint.Close)
	return fixture{server, endpoint.URL, client(endpoint.URL, "any", "")}
}

func client(endpoint, key, token string) *awssts.Client {
	return sts.NewClient(awssts.Options{
		Region: region, BaseEndpoint: aws.String(endpoint),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: "any", SessionToken: token}, nil
		}),
	})
}

func tags(pairs ...string) []types.Tag {
	var all []types.Tag
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return all
}

func TestTheVendorsCredentialsAreASessionsOfTheRole(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	f := serve(t, func(o *localsts.Options) { o.Now = func() time.Time { return now } })
	v := sts.NewVendor(sts.Options{Client: f.client, RoleARN: f.RoleARN(), Now: func() time.Time { return now }})
	c, err := v.Credentials(t.Context(), "a", "user")
	if err != nil {
		t.Fatal(err)
	}
	session, failed := f.Session(c.AccessKeyID, c.SessionToken)
	if failed != nil || session.Tags["account"] != "a" || session.Tags["user"] != "user" || !session.Expires.Equal(c.Expires) || !c.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("%+v, %v", session, failed)
	}
	if !strings.HasPrefix(c.AccessKeyID, localsts.KeyPrefix) || !strings.HasSuffix(session.ARN, ":assumed-role/data/user") {
		t.Errorf("%s, %s", c.AccessKeyID, session.ARN)
	}
	for name, wrong := range map[string][2]string{"another token": {c.AccessKeyID, "x"}, "no token": {c.AccessKeyID, ""}, "another key": {"ASIAX", c.SessionToken}} {
		if _, failed := f.Session(wrong[0], wrong[1]); failed == nil || failed.Code != "UnrecognizedClientException" {
			t.Errorf("%s: %v", name, failed)
		}
	}
	// A session is the end of its chain.
	_, err = client(f.url, c.AccessKeyID, c.SessionToken).AssumeRole(t.Context(), &awssts.AssumeRoleInput{
		RoleArn: aws.String(f.RoleARN()), RoleSessionName: aws.String("user"), Tags: tags("account", "b", "user", "user"),
	})
	wantCode(t, "by a session", err, "AccessDenied")
	now = now.Add(time.Hour)
	if _, failed := f.Session(c.AccessKeyID, c.SessionToken); failed == nil || failed.Code != "ExpiredTokenException" {
		t.Errorf("after an hour: %v", failed)
	}
}

func wantCode(t *testing.T, name string, err error, want string) {
	t.Helper()
	var api smithy.APIError
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case want != "" && (!errors.As(err, &api) || api.ErrorCode() != want):
		t.Errorf("%s: %v, want %s", name, err, want)
	}
}

func TestTheTrustPolicyAndTheBounds(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	for name, c := range map[string]struct {
		change func(*awssts.AssumeRoleInput)
		want   string
	}{
		"good":             {func(*awssts.AssumeRoleInput) {}, ""},
		"no tags":          {func(in *awssts.AssumeRoleInput) { in.Tags = nil }, "AccessDenied"},
		"no user":          {func(in *awssts.AssumeRoleInput) { in.Tags = tags("account", "a") }, "AccessDenied"},
		"no account":       {func(in *awssts.AssumeRoleInput) { in.Tags = tags("user", "u") }, "AccessDenied"},
		"empty account":    {func(in *awssts.AssumeRoleInput) { in.Tags = tags("account", "", "user", "u") }, "AccessDenied"},
		"a third":          {func(in *awssts.AssumeRoleInput) { in.Tags = tags("account", "a", "user", "u", "x", "y") }, "AccessDenied"},
		"one twice":        {func(in *awssts.AssumeRoleInput) { in.Tags = tags("account", "a", "account", "b") }, "InvalidParameterValue"},
		"a wildcard":       {func(in *awssts.AssumeRoleInput) { in.Tags = tags("account", "*", "user", "u") }, "ValidationError"},
		"a transitive tag": {func(in *awssts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"account"} }, "ValidationError"},
		"another role":     {func(in *awssts.AssumeRoleInput) { in.RoleArn = aws.String(f.RoleARN() + "2") }, "AccessDenied"},
		"two hours":        {func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) }, "ValidationError"},
		"a minute":         {func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(60) }, "ValidationError"},
		"a bad name":       {func(in *awssts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") }, "ValidationError"},
		"a session policy": {func(in *awssts.AssumeRoleInput) { in.Policy = aws.String("{}") }, "ValidationError"},
		"an external id":   {func(in *awssts.AssumeRoleInput) { in.ExternalId = aws.String("id") }, "ValidationError"},
		"source identity":  {func(in *awssts.AssumeRoleInput) { in.SourceIdentity = aws.String("id") }, "ValidationError"},
	} {
		in := &awssts.AssumeRoleInput{
			RoleArn: aws.String(f.RoleARN()), RoleSessionName: aws.String("session"), Tags: tags("account", "a", "user", "u"),
		}
		c.change(in)
		_, err := f.client.AssumeRole(t.Context(), in)
		wantCode(t, name, err, c.want)
	}
	_, err := f.client.GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	wantCode(t, "another operation", err, "InvalidAction")
}

// What an SDK would never send.
func TestItFailsClosed(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	const good = "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/sts/aws4_request, SignedHeaders=host, Signature=0"
	form := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {f.RoleARN()}, "RoleSessionName": {"name"},
		"Tags.member.1.Key": {"account"}, "Tags.member.1.Value": {"a"}, "Tags.member.2.Key": {"user"}, "Tags.member.2.Value": {"u"},
	}.Encode()
	for name, c := range map[string]struct {
		method, path, authorization, body string
		status                            int
	}{
		"good":            {"POST", "/", good, form, 200},
		"GET":             {"GET", "/", good, form, 400},
		"a query":         {"POST", "/?Action=AssumeRole", good, form, 400},
		"another path":    {"POST", "/x", good, form, 400},
		"no signature":    {"POST", "/", "", form, 403},
		"another service": {"POST", "/", strings.Replace(good, "/sts/", "/s3/", 1), form, 403},
		"another version": {"POST", "/", good, strings.Replace(form, "2011-06-15", "2011-06-16", 1), 400},
		"twice":           {"POST", "/", good, form + "&RoleSessionName=other", 400},
		"unknown":         {"POST", "/", good, form + "&Extra=1", 400},
		"a gap in tags":   {"POST", "/", good, strings.ReplaceAll(form, "member.2", "member.3"), 400},
		"half a tag":      {"POST", "/", good, strings.ReplaceAll(form, "Tags.member.2.Value=u", ""), 400},
		"too long":        {"POST", "/", good, form + "&X=" + strings.Repeat("x", 70_000), 400},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, f.url+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", c.authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, response.StatusCode, c.status)
		}
	}
}

func TestPlannedTroubleIsUnavailable(t *testing.T) {
	t.Parallel()
	var faults awsapi.Faults
	f := serve(t, func(o *localsts.Options) { o.Faults = &faults })
	v := sts.NewVendor(sts.Options{Client: f.client, RoleARN: f.RoleARN()})
	faults.Throttle("AssumeRole", "Throttling", 3)
	if _, err := v.Credentials(t.Context(), "a", "user"); !errors.Is(err, account.ErrUnavailable) {
		t.Error(err)
	}
	faults.LoseAnswer("AssumeRole", 2)
	if _, err := v.Credentials(t.Context(), "a", "user"); err != nil {
		t.Errorf("two lost answers are not outlived: %v", err)
	}
}
