package httpapi

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
)

// codes are the constants of a type in the domain's source, so that a new one
// cannot be forgotten here.
func codes(t *testing.T, typeName string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../account/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName {
			for _, value := range spec.Values {
				literal, ok := value.(*ast.BasicLit)
				if !ok {
					t.Fatalf("%s is not written out", spec.Names[0].Name)
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, text)
			}
		}
		return true
	})
	slices.Sort(found)
	return found
}

// The statuses that clients count on, written out by hand.
func TestEveryCodeHasItsStatus(t *testing.T) {
	t.Parallel()
	want := map[account.Code]int{
		"personal_organization": 400,
		"unauthenticated":       401, "session_revoked": 401, "user_inactive": 401,
		"forbidden": 403, "reauthentication_required": 403, "account_mode": 403, "email_mismatch": 403, "email_not_verified": 403,
		"not_found": 404, "account_not_found": 404,
		"last_owner": 409, "slug_taken": 409, "email_taken": 409, "already_member": 409, "already_invited": 409,
		"invitation_not_pending": 409, "deletion_blocked": 409, "deletion_changed": 409, "organization_required": 409,
		"organization_limit": 409, "seat_limit": 409, "mfa_not_enabled": 409, "mfa_already_enabled": 409, "setup_required": 409,
		"conflict": 409, "precondition_failed": 412, "payload_too_large": 413, "unsupported_media_type": 415,
		"invalid_request": 422, "idempotency_key_reused": 422, "rate_limited": 429, "internal_error": 500, "unavailable": 503,
	}
	declared := codes(t, "Code")
	if len(declared) < 10 {
		t.Fatalf("only %d codes were found", len(declared))
	}
	for _, code := range declared {
		if got := statuses[account.Code(code)]; got == 0 || got != want[account.Code(code)] {
			t.Errorf("%s has status %d, want %d", code, got, want[account.Code(code)])
		}
		f := newFixture(t, account.Hybrid).withThings(func(thing) error {
			return fmt.Errorf("doing: %w", (&account.Error{Code: account.Code(code), Detail: "A sentence."}).Because(errors.New("s3cr3t cause")))
		})
		for _, path := range []string{"/things", "/open-things"} {
			a := f.send(t, newEvent("POST", path, `{"name":"thing"}`))
			a.expectProblem(t, want[account.Code(code)], account.Code(code))
			if strings.Contains(a.Body, "s3cr3t") || strings.Contains(a.Body, "doing") {
				t.Errorf("%s: the body tells the cause: %s", code, a.Body)
			}
		}
		if !strings.Contains(f.log.String(), "s3cr3t cause") {
			t.Errorf("%s: the log does not tell the cause", code)
		}
	}
	if extra := slices.DeleteFunc(slices.Collect(maps.Keys(statuses)), func(c account.Code) bool {
		return slices.Contains(declared, string(c))
	}); len(extra) > 0 {
		t.Errorf("statuses for codes that the domain does not have: %v", extra)
	}
}

// A fault of ours tells nothing of itself, whatever it is.
func TestUnknownErrorsAreInternal(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"no code":         errors.New("s3cr3t"),
		"an unknown code": &account.Error{Code: "s3cr3t", Detail: "s3cr3t"},
		"a context":       fmt.Errorf("s3cr3t: %w", context.DeadlineExceeded),
		"joined":          errors.Join(errors.New("s3cr3t"), errors.New("more")),
	} {
		f := newFixture(t, account.Hybrid).withThings(func(thing) error { return err })
		a := f.send(t, newEvent("POST", "/things", `{"name":"thing"}`))
		a.expectProblem(t, http.StatusInternalServerError, account.CodeInternal)
		if strings.Contains(a.Body, "s3cr3t") {
			t.Errorf("%s: the body is %s", name, a.Body)
		}
		lines := f.lines(t)
		if len(lines) != 1 || lines[0]["level"] != "ERROR" || !strings.Contains(fmt.Sprint(lines[0]["cause"]), "s3cr3t") {
			t.Errorf("%s: the log is %v, want one error with the cause", name, lines)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		want  string
	}{
		{2 * time.Second, "2"},
		{time.Minute, "60"},
		{1500 * time.Millisecond, "2"}, // never earlier than said
		{time.Millisecond, "1"},
		{0, ""},
	} {
		f := newFixture(t, account.Hybrid).withThings(func(thing) error {
			return &account.Error{Code: account.CodeUnavailable, Detail: "Later.", RetryAfter: c.after}
		})
		a := f.send(t, newEvent("POST", "/things", `{"name":"thing"}`))
		a.expectProblem(t, http.StatusServiceUnavailable, account.CodeUnavailable)
		if got := a.Headers["retry-after"]; got != c.want {
			t.Errorf("%s: got %q, want %q", c.after, got, c.want)
		}
	}
}

// down is an authorizer whose store does not answer.
type down struct{}

func (down) Authorize(context.Context, account.Identity, account.Target) (account.Caller, error) {
	return account.Caller{}, account.ErrUnavailable.Because(errors.New("throttled"))
}

func TestAuthorizerThatIsDown(t *testing.T) {
	t.Parallel()
	f := &fixture{api: New(down{}, tokens())}
	f.withThings(fine)
	// The body is wrong as well, but that is nobody's business yet.
	a := f.send(t, newEvent("POST", "/things", `{"nonsense":1}`))
	a.expectProblem(t, http.StatusServiceUnavailable, account.CodeUnavailable)
	if got := a.Headers["retry-after"]; got != "2" {
		t.Errorf("retry-after is %q", got)
	}
	if _, named := a.Headers["x-account-id"]; named {
		t.Error("an account is named that was not entered")
	}
}

func TestUnknownRoutesAreProblems(t *testing.T) {
	t.Parallel()
	f := newFixture(t, account.Hybrid).withThings(fine)
	for _, key := range []string{
		"GET /nothing", "GET /", "DELETE /things", "POST /things/", "GET /things/../things", "GET //things", "POST /things/./", "GET /organizations/../things",
	} {
		method, path, _ := strings.Cut(key, " ")
		f.send(t, newEvent(method, path, "")).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
}
