package ses_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/local/awsapi"
	"hearth/internal/local/ses"
	"hearth/internal/mail"
)

func (f fixture) sender(t *testing.T) *mail.Sender {
	t.Helper()
	sender, err := mail.NewSender(f.client, "Hearth <hello@example.com>")
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

var message = mail.Message{To: "grace@example.com", Subject: "Grüße", Text: "Hallo\n", HTML: "<p>Hallo</p>"}

// An invitation goes all the way from its fields to the mailbox.
func TestHearthsMailsAreAccepted(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	writer, err := mail.NewWriter("en", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"en", "de"} {
		m, err := writer.Write(language, "grace@münchen.example", mail.Invitation{
			OrganizationName: "Ügyek 👩‍👩‍👧‍👦\r\nBcc: b@example.com", InviterName: "Ada", Role: account.Owner,
			Link: "https://app.example.com/invitation#x", ExpiresAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.sender(t).Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		mails := f.list()
		want := ses.Message{
			From: `"Hearth" <hello@example.com>`, To: []string{"grace@xn--mnchen-3ya.example"},
			Subject: m.Subject, Text: m.Text, HTML: m.HTML, SentAt: sentAt,
		}
		if diff := cmp.Diff(want, mails[len(mails)-1]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestASenderIsAnAddress(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	for from, want := range map[string]string{
		"hello@example.com":               "<hello@example.com>",
		"Hearth <hello@example.com>":      `"Hearth" <hello@example.com>`,
		"Müller & Söhne <a@example.com>":  "=?utf-8?b?TcO8bGxlciAmIFPDtmhuZQ==?= <a@example.com>",
		"Hearth <hello@münchen.example>":  `"Hearth" <hello@xn--mnchen-3ya.example>`,
		"Hearth <no-reply@localhost>":     `"Hearth" <no-reply@localhost>`,
		"":                                "",
		"hello":                           "",
		"a@example.com, b@example.com":    "",
		"x\r\nBcc: b@example.com <a@b.c>": "",
	} {
		sender, err := mail.NewSender(f.client, from)
		if want == "" {
			if err == nil {
				t.Errorf("%q is a sender", from)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", from, err)
			continue
		}
		if err := sender.Send(t.Context(), message); err != nil {
			t.Errorf("%q: %v", from, err)
			continue
		}
		if mails := f.list(); mails[len(mails)-1].From != want {
			t.Errorf("%q became %q", from, mails[len(mails)-1].From)
		}
	}
}

func TestAFailureSaysWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	rejected := func(err error) bool {
		var r *mail.RejectedError
		return errors.As(err, &r)
	}
	unavailable := func(err error) bool { return errors.Is(err, account.ErrUnavailable) }
	internal := func(err error) bool { return errors.Is(err, account.ErrInternal) }
	for code, test := range map[string]struct {
		status int
		is     func(error) bool
	}{
		"TooManyRequestsException":           {429, unavailable},
		"LimitExceededException":             {400, unavailable},
		"ThrottlingException":                {400, unavailable},
		"SendingPausedException":             {400, unavailable},
		"InternalServiceErrorException":      {500, unavailable},
		"AnythingElse":                       {503, unavailable},
		"MessageRejected":                    {400, rejected},
		"BadRequestException":                {400, rejected},
		"AccountSuspendedException":          {400, internal},
		"MailFromDomainNotVerifiedException": {400, internal},
		"NotFoundException":                  {404, internal},
		"AccessDeniedException":              {403, internal},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			var faults awsapi.Faults
			f := serve(t, &faults)
			faults.Fail(ses.Operation, awsapi.Error{
				Status: test.status, Code: code,
				Message: "Email address is not verified. The following identities failed the check: grace@example.com",
			}, 3)
			err := f.sender(t).Send(t.Context(), message)
			if !test.is(err) {
				t.Errorf("%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "grace") {
				t.Errorf("the error tells the address: %v", err)
			}
			if len(f.list()) != 0 {
				t.Error("delivered all the same")
			}
		})
	}
}

func TestAShortFailureIsOutlived(t *testing.T) {
	t.Parallel()
	var faults awsapi.Faults
	f := serve(t, &faults)
	faults.Throttle(ses.Operation, "TooManyRequestsException", 2)
	if err := f.sender(t).Send(t.Context(), message); err != nil || len(f.list()) != 1 {
		t.Errorf("%v, %d mails", err, len(f.list()))
	}
}

func TestASubjectIsOneLine(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	m := message
	m.Subject = "Hello\r\nBcc: b@example.com\x00"
	if err := f.sender(t).Send(t.Context(), m); err != nil || f.list()[0].Subject != "Hello Bcc: b@example.com" {
		t.Errorf("%v, %+v", err, f.list())
	}
}

// SES has no idempotency: better twice than never.
func TestAMailWhoseAnswerWasLostIsSentAgain(t *testing.T) {
	t.Parallel()
	var faults awsapi.Faults
	f := serve(t, &faults)
	faults.LoseAnswer(ses.Operation, 1)
	if err := f.sender(t).Send(t.Context(), message); err != nil || len(f.list()) != 2 {
		t.Errorf("%v, %d mails", err, len(f.list()))
	}
}

func TestNobodyAnswersOrDelivers(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	if err := (fixture{client: newClient(gone.URL)}).sender(t).Send(t.Context(), message); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	f := serve(t, nil)
	f.err = errors.New("the disk is full")
	if err := f.sender(t).Send(t.Context(), message); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestAnAddressThatSESCannotTakeIsRejectedUnasked(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	for _, to := range []string{"", "grace", "a@example.com,b@example.com", "grâce@example.com", "a@example.com\r\nBcc: b@example.com"} {
		m := message
		m.To = to
		var rejected *mail.RejectedError
		if err := f.sender(t).Send(t.Context(), m); !errors.As(err, &rejected) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if len(f.list()) != 0 {
		t.Errorf("%d mails", len(f.list()))
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	sender := f.sender(t)
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if err := sender.Send(t.Context(), message); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(f.list()) != 32 {
		t.Errorf("%d mails", len(f.list()))
	}
}

// What SES is asked for besides the content.
func TestMailsAreNotTrackedNorAnsweredByMachines(t *testing.T) {
	t.Parallel()
	var asked struct {
		ConfigurationOverrides json.RawMessage
		ConfigurationSetName   *string
		Content                struct {
			Simple struct{ Headers json.RawMessage }
		}
	}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte(`{"MessageId":"1"}`))
	}))
	t.Cleanup(listener.Close)
	if err := (fixture{client: newClient(listener.URL)}).sender(t).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	if got, want := string(asked.ConfigurationOverrides), `{"Tracking":{"ClickTrackingEnabled":"DISABLED","OpenTrackingEnabled":"DISABLED"}}`; got != want {
		t.Errorf("tracking: %s", got)
	}
	if got, want := string(asked.Content.Simple.Headers), `[{"Name":"Auto-Submitted","Value":"auto-generated"}]`; got != want {
		t.Errorf("headers: %s", got)
	}
	if asked.ConfigurationSetName != nil {
		t.Errorf("configuration set %q", *asked.ConfigurationSetName)
	}
}
