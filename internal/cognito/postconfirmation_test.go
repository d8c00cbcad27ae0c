package cognito_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/cognito"
)

// enroller is the domain as the trigger sees it.
type enroller struct {
	err      error
	panics   any
	enrolled []account.Person
	ended    []string
	accepted []string      // ids with the tokens that came with them
	left     time.Duration // until the deadline, 0 if there is none
}

func (e *enroller) meet(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		e.left = time.Until(deadline)
	}
	if e.panics != nil {
		panic(e.panics)
	}
	return e.err
}

func (e *enroller) Enroll(ctx context.Context, p account.Person) (bool, error) {
	e.enrolled = append(e.enrolled, p)
	return e.err == nil, e.meet(ctx)
}

func (e *enroller) AcceptAtSignUp(ctx context.Context, p account.Person, token string) (bool, error) {
	e.accepted = append(e.accepted, p.ID+" "+token)
	return e.err == nil, e.meet(ctx)
}

func (e *enroller) EndSessions(ctx context.Context, userID string) error {
	e.ended = append(e.ended, userID)
	return e.meet(ctx)
}

// trigger calls the handler with an event and returns the answer and the log.
func trigger(t *testing.T, e *enroller, w *wire, event []byte) (answer []byte, log []map[string]any) {
	t.Helper()
	var text bytes.Buffer
	handler := cognito.PostConfirmation(e, over(w), slog.New(slog.NewJSONHandler(&text, nil)))
	answer, err := handler.Invoke(t.Context(), event)
	if err != nil {
		t.Errorf("the sign-up would fail: %v", err)
	}
	for line := range strings.Lines(text.String()) {
		entry := map[string]any{}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		log = append(log, entry)
	}
	for _, secret := range []string{email, "Ada", "s3cr3t"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the log tells %q: %s", secret, text.String())
		}
	}
	return answer, log
}

// event is a real payload, with another source or more in it.
func event(t *testing.T, source string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../events/post-confirmation-sign-up.json")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(text, []byte("PostConfirmation_ConfirmSignUp"), []byte(source), 1)
}

// echoed fails the test unless the answer says what the event said.
func echoed(t *testing.T, event, answer []byte) {
	t.Helper()
	var want, got any
	if err := json.Unmarshal(event, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the event came back changed (-event +answer):\n%s", diff)
	}
}

func TestTriggerDoesWhatItsSourceAsks(t *testing.T) {
	t.Parallel()
	person := account.Person{ID: ada, Username: ada, Email: email, EmailVerified: true, Name: "Ada Lovelace"}
	for _, c := range []struct {
		source   string
		enrolled []account.Person
		ended    []string
		calls    []string
	}{
		{"PostConfirmation_ConfirmSignUp", []account.Person{person}, nil, nil},
		{"PostConfirmation_ConfirmForgotPassword", nil, []string{ada}, []string{"AdminUserGlobalSignOut"}},
		{"PostConfirmation_SomethingNew", nil, nil, nil},
		{"PreSignUp_SignUp", nil, nil, nil},
		{"", nil, nil, nil},
	} {
		t.Run(c.source, func(t *testing.T) {
			t.Parallel()
			e, w := &enroller{}, answer(`{}`)
			payload := event(t, c.source)
			out, log := trigger(t, e, w, payload)
			echoed(t, payload, out)
			if diff := cmp.Diff(c.enrolled, e.enrolled); diff != "" {
				t.Errorf("enrolled (-want +got):\n%s", diff)
			}
			if !cmp.Equal(c.ended, e.ended) || !cmp.Equal(c.calls, w.operations) {
				t.Errorf("ended %v, called %v, want %v and %v", e.ended, w.operations, c.ended, c.calls)
			}
			if len(log) != 1 || log[0]["level"] != "INFO" || log[0]["source"] != c.source || log[0]["userId"] != ada {
				t.Errorf("the log is %v", log)
			}
			if len(w.inputs) == 1 && (w.inputs[0]["UserPoolId"] != poolID || w.inputs[0]["Username"] != ada) {
				t.Errorf("signed out %v", w.inputs[0])
			}
		})
	}
}

// The user is confirmed already and cannot repeat it: whatever fails, the
// sign-up must not.
func TestTriggerNeverFailsASignUp(t *testing.T) {
	t.Parallel()
	const signUp, reset = "PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword"
	for _, c := range []struct {
		rule, source string
		enroller     enroller
		wire         *wire
		cause        string
	}{
		{"refused", signUp, enroller{err: account.ErrUserInactive}, answer(`{}`), "user_inactive"},
		{"the store is down", signUp, enroller{err: account.ErrUnavailable.Because(errors.New("throttled"))}, answer(`{}`), "throttled"},
		{"late", signUp, enroller{err: context.DeadlineExceeded}, answer(`{}`), "deadline"},
		{"a panic", signUp, enroller{panics: "nil map"}, answer(`{}`), "panic: nil map"},
		{"a panic with an error", signUp, enroller{panics: errors.New("broken")}, answer(`{}`), "panic: broken"},
		{"a reset that fails here", reset, enroller{err: account.ErrUnavailable}, answer(`{}`), "unavailable"},
		{"a reset that panics", reset, enroller{panics: "nil map"}, answer(`{}`), "panic: nil map"},
		{"a reset that fails there", reset, enroller{}, refusal(http.StatusBadRequest, "TooManyRequestsException"), "AdminUserGlobalSignOut"},
		{"a reset that nobody answers", reset, enroller{}, &wire{err: errors.New("no route")}, "no route"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			payload := event(t, c.source)
			out, log := trigger(t, &c.enroller, c.wire, payload)
			echoed(t, payload, out)
			if len(log) != 1 || log[0]["level"] != "ERROR" || log[0]["msg"] != cognito.TriggerFailed || log[0]["userId"] != ada ||
				!strings.Contains(log[0]["cause"].(string), c.cause) {
				t.Errorf("the log is %v, want one error that the alarm counts", log)
			}
			if c.enroller.err != nil && len(c.wire.operations) != 0 {
				t.Errorf("called %v though the sessions go on here", c.wire.operations)
			}
		})
	}
	t.Run("a user who vanished meanwhile is signed out", func(t *testing.T) {
		t.Parallel()
		_, log := trigger(t, &enroller{}, refusal(http.StatusBadRequest, "UserNotFoundException"), event(t, reset))
		if len(log) != 1 || log[0]["level"] != "INFO" {
			t.Errorf("the log is %v", log)
		}
	})
}

// Cognito may send more than Hearth knows of, and wants its event back.
func TestTriggerEchoesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for rule, change := range map[string][2]string{
		"metadata":               {`"response": {}`, `"request2": {"a": [1, 2.50]}, "response": {}`},
		"client metadata":        {`"userAttributes": {`, `"clientMetadata": {"invitationToken": "s3cr3t"}, "userAttributes": {`},
		"more of the caller":     {`"clientId":`, `"ipAddress": "203.0.113.7", "clientId":`},
		"a custom attribute":     {`"name":`, `"custom:plan": "<pro & more>", "name":`},
		"an attribute's number":  {`"name":`, `"custom:seats": 5, "name":`},
		"an answer to be filled": {`"response": {}`, `"response": {"x": null}`},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			payload := bytes.Replace(event(t, "PostConfirmation_ConfirmSignUp"), []byte(change[0]), []byte(change[1]), 1)
			if !json.Valid(payload) || !bytes.Contains(payload, []byte(change[1])) {
				t.Fatal("the event was not changed")
			}
			out, _ := trigger(t, &enroller{}, answer(`{}`), payload)
			echoed(t, payload, out)
		})
	}
}

// Half a second is left for the answer, of however much there was.
func TestTriggerLeavesTimeForItsAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ given, want time.Duration }{
		{5 * time.Second, 4500 * time.Millisecond},
		{time.Second, 500 * time.Millisecond},
		{400 * time.Millisecond, -100 * time.Millisecond}, // too late already
		{0, 0},
	} {
		for _, source := range []string{"PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword"} {
			payload := event(t, source)
			synctest.Test(t, func(t *testing.T) {
				e := &enroller{}
				ctx := t.Context()
				if c.given != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.given)
					defer cancel()
				}
				handler := cognito.PostConfirmation(e, over(answer(`{}`)), slog.New(slog.DiscardHandler))
				if _, err := handler.Invoke(ctx, payload); err != nil {
					t.Fatal(err)
				}
				if e.left != c.want {
					t.Errorf("%s of %s: the domain had %s, want %s", source, c.given, e.left, c.want)
				}
			})
		}
	}
}

// The token of an invitation comes along with the confirmation of a sign-up.
func TestPostConfirmationAcceptsAnInvitation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source, metadata string
		want             []string
	}{
		"a sign-up with a token":        {cognito.SourceConfirmSignUp, `{"invitationToken":"a.b.c"}`, []string{"u1 a.b.c"}},
		"a sign-up without one":         {cognito.SourceConfirmSignUp, `{"other":"a.b.c"}`, nil},
		"a sign-up with an empty one":   {cognito.SourceConfirmSignUp, `{"invitationToken":""}`, nil},
		"a password reset with a token": {cognito.SourceConfirmForgotPassword, `{"invitationToken":"a.b.c"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &enroller{}
			event := `{"version":"1","userPoolId":"p","userName":"u1","triggerSource":"` + c.source +
				`","request":{"userAttributes":{"sub":"u1","email":"a@example.com"},"clientMetadata":` + c.metadata + `},"response":{}}`
			answer, log := trigger(t, e, &wire{}, []byte(event))
			if string(answer) != event {
				t.Errorf("the answer is %s", answer)
			}
			if diff := cmp.Diff(c.want, e.accepted); diff != "" {
				t.Errorf("accepted (-want +got):\n%s", diff)
			}
			for _, line := range log {
				for _, value := range line {
					if text, ok := value.(string); ok && strings.Contains(text, "a.b.c") {
						t.Errorf("the log holds the token: %v", line)
					}
				}
			}
		})
	}
}
