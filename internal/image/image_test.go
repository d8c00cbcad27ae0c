package image_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/image"
)

// transport answers as S3 would, without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

func newStore(answer transport, endpoint *string) *image.Store {
	return image.New(image.Options{
		Client: image.NewClient(s3.Options{
			Region: "eu-central-1", HTTPClient: answer, BaseEndpoint: endpoint,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: "session"}, nil
			}),
		}),
		Bucket: "bucket", PublicURL: "https://images.example/",
		Now:   func() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) },
		NewID: func() string { return "id" },
	})
}

func unreachable(*http.Request) (*http.Response, error) { return nil, errors.New("no network here") }

func TestAGrantIsMadeWithoutACall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		endpoint *string
		url      string
	}{
		"AWS":         {nil, "https://bucket.s3.eu-central-1.amazonaws.com"},
		"an endpoint": {aws.String("http://localhost:3003"), "http://localhost:3003/bucket"},
	} {
		store := newStore(unreachable, test.endpoint)
		got, err := store.Grant(t.Context(), "ada", "image/webp", image.MaxSize)
		if err != nil {
			t.Fatal(err)
		}
		if got.URL != test.url || got.Key != "images/ada/id" || !got.ExpiresAt.Equal(time.Date(2030, 1, 1, 0, 10, 0, 0, time.UTC)) {
			t.Errorf("%s: URL %s, key %s, expires at %v", name, got.URL, got.Key, got.ExpiresAt)
		}
		if got.Fields["Content-Type"] != "image/webp" || got.Fields["x-amz-security-token"] != "session" ||
			got.Fields["tagging"] != "<Tagging><TagSet><Tag><Key>state</Key><Value>pending</Value></Tag></TagSet></Tagging>" {
			t.Errorf("%s: fields %v", name, got.Fields)
		}
		again, err := store.GrantKey(t.Context(), got.Key, "image/webp", image.MaxSize)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("%s: a repeated request gets something else: %s", name, diff)
		}
	}
}

func TestOnlyImagesOfABoundedSizeAreGranted(t *testing.T) {
	t.Parallel()
	store := newStore(unreachable, nil)
	for name, test := range map[string]struct {
		contentType string
		size        int64
		want        []string
	}{
		"PNG":          {"image/png", 1, nil},
		"JPEG":         {"image/jpeg", image.MaxSize, nil},
		"SVG":          {"image/svg+xml", 1, []string{"/contentType unknown_value"}},
		"parameters":   {"image/png; charset=utf-8", 1, []string{"/contentType unknown_value"}},
		"another case": {"IMAGE/PNG", 1, []string{"/contentType unknown_value"}},
		"nothing":      {"", 0, []string{"/contentType unknown_value", "/size too_short"}},
		"negative":     {"image/png", -1, []string{"/size too_short"}},
		"one too many": {"image/png", image.MaxSize + 1, []string{"/size too_long"}},
	} {
		_, err := store.Grant(t.Context(), "ada", test.contentType, test.size)
		var got []string
		var refused *account.Error
		if errors.As(err, &refused) {
			for _, field := range refused.Fields {
				got = append(got, field.Field+" "+string(field.Code))
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != (test.want != nil) {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, owner := range []string{"", "a/b", "..", "a b", strings.Repeat("a", 65)} {
		if _, err := store.Grant(t.Context(), owner, "image/png", 1); !errors.Is(err, account.ErrInternal) {
			t.Errorf("owner %q: %v", owner, err)
		}
	}
}

func TestURLsAreStable(t *testing.T) {
	t.Parallel()
	store := newStore(unreachable, nil)
	if got := store.URL("images/ada/id"); got != "https://images.example/images/ada/id" {
		t.Errorf("URL %s", got)
	}
	if got := store.URL(""); got != "" {
		t.Errorf("URL of no image: %s", got)
	}
}

// answers returns a transport that answers every request alike, and counts them.
func answers(calls *int, status int, code string) transport {
	return func(r *http.Request) (*http.Response, error) {
		*calls++
		body := "<Error><Code>" + code + "</Code><Message>because</Message></Error>"
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

func TestWhatS3AnswersMeansTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		code   string
		// check is of Check, other of Keep and Delete.
		check, other error
		calls        int
	}{
		"no such object": {404, "NoSuchKey", &account.Error{Code: account.CodeInvalidRequest}, nil, 1},
		"no such bucket": {404, "NoSuchBucket", account.ErrInternal, account.ErrInternal, 1},
		"not allowed":    {403, "AccessDenied", account.ErrInternal, account.ErrInternal, 1},
		"too fast":       {503, "SlowDown", account.ErrUnavailable, account.ErrUnavailable, 3},
		"broken":         {500, "InternalError", account.ErrUnavailable, account.ErrUnavailable, 3},
		"a bad gateway":  {502, "", account.ErrUnavailable, account.ErrUnavailable, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // retries take no time
				const key = "images/ada/id"
				for _, call := range []struct {
					name string
					do   func(*image.Store) error
					want error
				}{
					{"check", func(s *image.Store) error { return s.Check(t.Context(), "ada", key) }, test.check},
					{"keep", func(s *image.Store) error { return s.Keep(t.Context(), key) }, test.other},
					{"delete", func(s *image.Store) error { return s.Delete(t.Context(), key) }, test.other},
				} {
					calls := 0
					err := call.do(newStore(answers(&calls, test.status, test.code), nil))
					if !errors.Is(err, call.want) || (err == nil) != (call.want == nil) {
						t.Errorf("%s: %v, want %v", call.name, err, call.want)
					}
					if calls != test.calls {
						t.Errorf("%s: %d calls, want %d", call.name, calls, test.calls)
					}
				}
			})
		})
	}
}

// What is no key of an image is never asked of S3, whatever the table says.
func TestOnlyImagesAreKeptAndDeleted(t *testing.T) {
	t.Parallel()
	calls := 0
	store := newStore(answers(&calls, 204, ""), nil)
	for _, key := range []string{"", "images/", "images/ada", "images//id", "images/ada/", "images/ada/id/more", "exports/ada/id", "/images/ada/id", "images/../id"} {
		if err := store.Keep(t.Context(), key); !errors.Is(err, account.ErrInternal) {
			t.Errorf("keep %q: %v", key, err)
		}
		if err := store.Delete(t.Context(), key); !errors.Is(err, account.ErrInternal) {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	for _, owner := range []string{"", "/", "a/b", "..", "ada/", "a b", strings.Repeat("a", 65)} {
		if _, err := store.Count(t.Context(), owner); !errors.Is(err, account.ErrInternal) {
			t.Errorf("count of %q: %v", owner, err)
		}
		if _, err := store.DeleteAll(t.Context(), owner); !errors.Is(err, account.ErrInternal) {
			t.Errorf("delete all of %q: %v", owner, err)
		}
	}
	if calls != 0 {
		t.Errorf("%d calls", calls)
	}
}
