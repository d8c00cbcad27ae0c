package ses_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/local/awsapi"
	"hearth/internal/local/ses"
	"hearth/internal/mail"
)

const region = "eu-central-1"

// box keeps what was delivered.
type box struct {
	mu    sync.Mutex
	mails []ses.Message
	err   error
}

func (b *box) deliver(_ context.Context, m ses.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	b.mails = append(b.mails, m)
	return nil
}

func (b *box) list() []ses.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mails)
}

type fixture struct {
	*box
	client *sesv2.Client
	url    string
}

var sentAt = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

func serve(t *testing.T, faults *awsapi.Faults) fixture {
	t.Helper()
	b := &box{}
	server, err := ses.New(ses.Options{Region: region, Deliver: b.deliver, Faults: faults, Now: func() time.Time { return sentAt }})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	return fixture{b, newClient(listener.URL), listener.URL}
}

func newClient(url string) *sesv2.Client {
	return mail.NewClient(sesv2.Options{
		Region: region, BaseEndpoint: aws.String(url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
}

// request is one that SES accepts.
func request() *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("Hearth <hello@example.com>"),
		Destination:      &types.Destination{ToAddresses: []string{"grace@example.com"}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: part("Grüße"), Body: &types.Body{Text: part("Hallo"), Html: part("<p>Hallo</p>")},
		}},
	}
}

func part(data string) *types.Content {
	return &types.Content{Data: aws.String(data), Charset: aws.String("UTF-8")}
}

func TestAcceptedMailsAreDelivered(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	answer, err := f.client.SendEmail(t.Context(), request())
	if err != nil || aws.ToString(answer.MessageId) == "" {
		t.Fatalf("%+v, %v", answer, err)
	}
	many := request()
	many.Destination.ToAddresses = []string{"a@example.com", "B <b@example.com>"}
	if _, err := f.client.SendEmail(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	want := []ses.Message{
		{From: "Hearth <hello@example.com>", To: []string{"grace@example.com"}, Subject: "Grüße", Text: "Hallo", HTML: "<p>Hallo</p>", SentAt: sentAt},
		{From: "Hearth <hello@example.com>", To: []string{"a@example.com", "b@example.com"}, Subject: "Grüße", Text: "Hallo", HTML: "<p>Hallo</p>", SentAt: sentAt},
	}
	if diff := cmp.Diff(want, f.list()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatSESAcceptsAndRefuses(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	header := func(name, value string) types.MessageHeader {
		return types.MessageHeader{Name: aws.String(name), Value: aws.String(value)}
	}
	bad, accepted := "BadRequestException", ""
	for name, test := range map[string]struct {
		change func(*sesv2.SendEmailInput)
		want   string
	}{
		"as it is":      {func(*sesv2.SendEmailInput) {}, accepted},
		"text alone":    {func(r *sesv2.SendEmailInput) { r.Content.Simple.Body.Html = nil }, accepted},
		"HTML alone":    {func(r *sesv2.SendEmailInput) { r.Content.Simple.Body.Text = nil }, accepted},
		"no body":       {func(r *sesv2.SendEmailInput) { r.Content.Simple.Body = &types.Body{} }, bad},
		"ASCII":         {func(r *sesv2.SendEmailInput) { r.Content.Simple.Subject = &types.Content{Data: aws.String("Hi")} }, accepted},
		"not ASCII":     {func(r *sesv2.SendEmailInput) { r.Content.Simple.Subject.Charset = nil }, bad},
		"other charset": {func(r *sesv2.SendEmailInput) { r.Content.Simple.Subject.Charset = aws.String("EBCDIC") }, bad},
		"two lines":     {func(r *sesv2.SendEmailInput) { r.Content.Simple.Subject = part("a\nBcc: b@example.com") }, bad},
		"no sender":     {func(r *sesv2.SendEmailInput) { r.FromEmailAddress = nil }, bad},
		"bad sender":    {func(r *sesv2.SendEmailInput) { r.FromEmailAddress = aws.String("hello") }, bad},
		"umlaut sender": {func(r *sesv2.SendEmailInput) { r.FromEmailAddress = aws.String("Müller <a@example.com>") }, bad},
		"encoded sender": {func(r *sesv2.SendEmailInput) {
			r.FromEmailAddress = aws.String("=?utf-8?q?M=C3=BCller?= <a@example.com>")
		}, accepted},
		"no recipient":   {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = nil }, bad},
		"no destination": {func(r *sesv2.SendEmailInput) { r.Destination = nil }, bad},
		"two in one":     {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = []string{"a@example.com, b@example.com"} }, bad},
		"no domain":      {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = []string{"a"} }, bad},
		"umlaut":         {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = []string{"ä@example.com"} }, bad},
		"umlaut domain":  {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = []string{"a@ä.example"} }, bad},
		"Punycode":       {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = []string{"a@xn--4ca.example"} }, accepted},
		"domain":         {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = []string{"a@exa_mple"} }, bad},
		"64 before @": {func(r *sesv2.SendEmailInput) {
			r.Destination.ToAddresses = []string{strings.Repeat("a", 64) + "@b.example"}
		}, accepted},
		"65 before @": {func(r *sesv2.SendEmailInput) {
			r.Destination.ToAddresses = []string{strings.Repeat("a", 65) + "@b.example"}
		}, bad},
		"50":    {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = slices.Repeat([]string{"a@b.example"}, 50) }, accepted},
		"51":    {func(r *sesv2.SendEmailInput) { r.Destination.ToAddresses = slices.Repeat([]string{"a@b.example"}, 51) }, bad},
		"Cc":    {func(r *sesv2.SendEmailInput) { r.Destination.CcAddresses = []string{"c@example.com"} }, bad},
		"reply": {func(r *sesv2.SendEmailInput) { r.ReplyToAddresses = []string{"c@example.com"} }, bad},
		"tags": {func(r *sesv2.SendEmailInput) {
			r.EmailTags = []types.MessageTag{{Name: aws.String("a"), Value: aws.String("b")}}
		}, bad},
		"raw": {func(r *sesv2.SendEmailInput) {
			r.Content = &types.EmailContent{Raw: &types.RawMessage{Data: []byte("x")}}
		}, bad},
		"nothing": {func(r *sesv2.SendEmailInput) { r.Content = &types.EmailContent{} }, bad},
		"set":     {func(r *sesv2.SendEmailInput) { r.ConfigurationSetName = aws.String("none") }, "NotFoundException"},
		"header":  {func(r *sesv2.SendEmailInput) { r.Content.Simple.Headers = []types.MessageHeader{header("X-A", "b")} }, accepted},
		"header twice": {func(r *sesv2.SendEmailInput) {
			r.Content.Simple.Headers = []types.MessageHeader{header("X-A", "b"), header("x-a", "c")}
		}, bad},
		"own header": {func(r *sesv2.SendEmailInput) {
			r.Content.Simple.Headers = []types.MessageHeader{header("Bcc", "c@example.com")}
		}, bad},
		"header lines": {func(r *sesv2.SendEmailInput) {
			r.Content.Simple.Headers = []types.MessageHeader{header("X-A", "b\r\nBcc: c@example.com")}
		}, bad},
		"header name": {func(r *sesv2.SendEmailInput) { r.Content.Simple.Headers = []types.MessageHeader{header("X A", "b")} }, bad},
		"headers": {func(r *sesv2.SendEmailInput) {
			r.Content.Simple.Headers = slices.Repeat([]types.MessageHeader{header("X-A", "b")}, 16)
		}, bad},
		"tracking off": {func(r *sesv2.SendEmailInput) {
			r.ConfigurationOverrides = &types.ConfigurationOverrides{Tracking: &types.TrackingConfigurationOverrides{ClickTrackingEnabled: "DISABLED"}}
		}, accepted},
		"tracking on": {func(r *sesv2.SendEmailInput) {
			r.ConfigurationOverrides = &types.ConfigurationOverrides{Tracking: &types.TrackingConfigurationOverrides{OpenTrackingEnabled: "ENABLED"}}
		}, bad},
	} {
		r := request()
		test.change(r)
		before := len(f.list())
		_, err := f.client.SendEmail(t.Context(), r)
		var api smithy.APIError
		switch {
		case test.want == accepted:
			if err != nil || len(f.list()) != before+1 {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &api) || api.ErrorCode() != test.want:
			t.Errorf("%s: %v, want %s", name, err, test.want)
		case len(f.list()) != before:
			t.Errorf("%s: delivered all the same", name)
		}
	}
}

// What an SDK would never send.
func TestItFailsClosed(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	const (
		path = "/v2/email/outbound-emails"
		good = "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/ses/aws4_request, SignedHeaders=host, Signature=0"
		body = `{"FromEmailAddress":"a@example.com","Destination":{"ToAddresses":["b@example.com"]},
			"Content":{"Simple":{"Subject":{"Data":"s"},"Body":{"Text":{"Data":"t"}}}}}`
	)
	for name, test := range map[string]struct{ method, path, contentType, authorization, body, want string }{
		"good":            {"POST", path, "application/json", good, body, ""},
		"GET":             {"GET", path, "application/json", good, body, "UnknownOperationException"},
		"bulk":            {"POST", "/v2/email/outbound-bulk-emails", "application/json", good, body, "UnknownOperationException"},
		"content type":    {"POST", path, "text/plain", good, body, "SerializationException"},
		"no signature":    {"POST", path, "application/json", "", body, "MissingAuthenticationTokenException"},
		"another service": {"POST", path, "application/json", strings.Replace(good, "/ses/", "/kms/", 1), body, "InvalidSignatureException"},
		"no JSON":         {"POST", path, "application/json", good, body + "x", "SerializationException"},
		"empty":           {"POST", path, "application/json", good, "", "SerializationException"},
		"wrong type":      {"POST", path, "application/json", good, `{"Destination":1}`, "SerializationException"},
		"an array":        {"POST", path, "application/json", good, `[]`, "SerializationException"},
		"null":            {"POST", path, "application/json", good, `null`, "BadRequestException"},
		"unknown member":  {"POST", path, "application/json", good, `{"Nonsense":1}`, "BadRequestException"},
		"no subject":      {"POST", path, "application/json", good, strings.Replace(body, `"Subject":{"Data":"s"},`, "", 1), "BadRequestException"},
		"41 MB":           {"POST", path, "application/json", good, strings.Repeat(" ", 41<<20) + body, "BadRequestException"},
		"no data":         {"POST", path, "application/json", good, strings.Replace(body, `{"Data":"t"}`, "{}", 1), "BadRequestException"},
	} {
		before := len(f.list())
		request, err := http.NewRequestWithContext(t.Context(), test.method, f.url+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", test.contentType)
		request.Header.Set("Authorization", test.authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if got := response.Header.Get("X-Amzn-Errortype"); got != test.want || (len(f.list()) == before) != (test.want != "") {
			t.Errorf("%s: %d %q, want %q", name, response.StatusCode, got, test.want)
		}
	}
	if _, err := ses.New(ses.Options{Region: region}); err == nil {
		t.Error("a server that delivers nowhere")
	}
}
