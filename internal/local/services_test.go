package main

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"hearth/internal/account"
	"hearth/internal/kms"
	"hearth/internal/local/awsapi"
	"hearth/internal/local/mailbox"
	"hearth/internal/local/ses"
	"hearth/internal/mail"
	"hearth/internal/product"
)

// sender sends through a host's SES, by what its functions know of it.
func (h *host) sender(t *testing.T) *mail.Sender {
	t.Helper()
	env := environment(h.options, h.id, h.Config)
	sender, err := mail.NewSender(mail.NewClient(sesv2.Options{
		Region: env("AWS_REGION"), BaseEndpoint: aws.String(env("AWS_ENDPOINT_URL_SESV2")),
		Credentials: aws.CredentialsProviderFunc(credentials),
	}), product.Defaults().MailFrom)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// mac is a host's key, by what its functions know of it.
func (h *host) mac() *kms.MAC {
	env := environment(h.options, h.id, h.Config)
	return kms.New(kms.NewClient(awskms.Options{
		Region: env("AWS_REGION"), BaseEndpoint: aws.String(env("AWS_ENDPOINT_URL_KMS")),
		Credentials: aws.CredentialsProviderFunc(credentials),
	}), env(kms.EnvKey))
}

func TestHearthsOwnMailShowsOnTheMailPage(t *testing.T) {
	t.Parallel()
	to := "reader-" + strings.ToLower(rand.Text()) + "@example.com"
	writer, err := mail.NewWriter("en", nil)
	if err != nil {
		t.Fatal(err)
	}
	const link = "https://app.example.com/invitation#token=a+b&n=1"
	m, err := writer.Write("de", to, mail.Invitation{
		OrganizationName: "Analytical Engines", InviterName: "Ada", Role: account.Member, Link: link, ExpiresAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := shared.host.sender(t).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r, err := connect(t.Context(), shared.host.Config.API)
	if err != nil {
		t.Fatal(err)
	}
	var page struct{ Items []mailbox.Mail }
	if err := r.getJSON(t.Context(), r.API+"/_local/mail?to="+to, "", &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 1 {
		t.Fatalf("%d mails", len(page.Items))
	}
	got := page.Items[0]
	if got.To != to || got.Subject != m.Subject || got.Text != m.Text || got.HTML != m.HTML ||
		got.Code != nil || aws.ToString(got.Link) != link || time.Since(got.SentAt) > time.Minute {
		t.Errorf("%+v", got)
	}
}

func TestTheKeyOfInvitationsOutlivesARestart(t *testing.T) {
	t.Parallel()
	o := testOptions(t.TempDir(), "key-of-invitations")
	first, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("organization/invitation/1")
	code, err := first.mac().Sign(t.Context(), message)
	if err := errors.Join(err, first.Close()); err != nil {
		t.Fatal(err)
	}
	second, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close() //nolint:errcheck // nothing depends on it
	if good, err := second.mac().Verify(t.Context(), message, code); !good || err != nil {
		t.Errorf("%v, %v", good, err)
	}
	if good, err := shared.host.mac().Verify(t.Context(), message, code); good || err != nil {
		t.Errorf("another host's key: %v, %v", good, err)
	}
}

func TestFaultsOfTheSmallerServicesArePlanned(t *testing.T) {
	t.Parallel()
	var mails, keys awsapi.Faults
	h := newHost(t, func(o *options) { o.SESFaults, o.KMSFaults = &mails, &keys })
	mails.Fail(ses.Operation, awsapi.Error{Status: 400, Code: "MessageRejected", Message: "Planned."}, 1)
	keys.Throttle("GenerateMac", "ThrottlingException", 3)
	var rejected *mail.RejectedError
	m := mail.Message{To: "reader-" + strings.ToLower(rand.Text()) + "@example.com", Subject: "s", Text: "t", HTML: "<p>t</p>"}
	if err := h.sender(t).Send(t.Context(), m); !errors.As(err, &rejected) || len(h.Mail.List(m.To)) != 0 {
		t.Errorf("%v", err)
	}
	if err := h.sender(t).Send(t.Context(), m); err != nil || len(h.Mail.List(strings.ToUpper(m.To))) != 1 {
		t.Errorf("%v", err)
	}
	if _, err := h.mac().Sign(t.Context(), []byte("m")); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
