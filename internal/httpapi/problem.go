package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hearth/internal/account"
)

// Problem is the body of every error that a function answers with (RFC 9457).
type Problem struct {
	Type     string               `json:"type" doc:"Always about:blank: the code says what it is." example:"about:blank"`
	Title    string               `json:"title" doc:"The status in words." example:"Not Found"`
	Status   int                  `json:"status" doc:"The HTTP status." example:"404"`
	Detail   string               `json:"detail" doc:"A sentence in English. Clients translate the code instead."`
	Code     account.Code         `json:"code" doc:"The stable name of the error." example:"not_found"`
	Instance string               `json:"instance,omitempty" doc:"The id of the request, for asking support."`
	Errors   []account.FieldError `json:"errors,omitempty" nullable:"false" doc:"What is wrong with which field, for invalid_request."`
	Blockers []account.Blocker    `json:"blockers,omitempty" nullable:"false" doc:"What stands against it, each with what to do about it, for deletion_blocked and where a policy of the product refuses."`
	// MaxAge is in the body too, since pages on other origins may not read
	// WWW-Authenticate.
	MaxAge int `json:"maxAge,omitempty" doc:"For reauthentication_required: how many seconds ago the sign-in may be. Sign in again, then repeat the request."`

	retryAfter time.Duration
}

// statuses is the one place that says which status a code has.
var statuses = map[account.Code]int{
	account.CodePersonalOrganization: http.StatusBadRequest,
	account.CodeUnauthenticated:      http.StatusUnauthorized,
	account.CodeSessionRevoked:       http.StatusUnauthorized,
	account.CodeUserInactive:         http.StatusUnauthorized,
	account.CodeForbidden:            http.StatusForbidden,
	account.CodeAccountMode:          http.StatusForbidden,
	account.CodeNotFound:             http.StatusNotFound,
	account.CodeAccountNotFound:      http.StatusNotFound,
	account.CodeReauthentication:     http.StatusForbidden,
	account.CodeEmailMismatch:        http.StatusForbidden,
	account.CodeEmailNotVerified:     http.StatusForbidden,
	account.CodeSlugTaken:            http.StatusConflict,
	account.CodeEmailTaken:           http.StatusConflict,
	account.CodeMFANotEnabled:        http.StatusConflict,
	account.CodeMFAAlreadyEnabled:    http.StatusConflict,
	account.CodeAlreadyMember:        http.StatusConflict,
	account.CodeAlreadyInvited:       http.StatusConflict,
	account.CodeInvitationNotPending: http.StatusConflict,
	account.CodeOrganizationLimit:    http.StatusConflict,
	account.CodeRateLimited:          http.StatusTooManyRequests,
	account.CodeLastOwner:            http.StatusConflict,
	account.CodeOrganizationRequired: http.StatusConflict,
	account.CodeSeatLimit:            http.StatusConflict,
	account.CodeSetupRequired:        http.StatusConflict,
	account.CodeDeletionBlocked:      http.StatusConflict,
	account.CodeDeletionChanged:      http.StatusConflict,
	account.CodeConflict:             http.StatusConflict,
	account.CodePreconditionFailed:   http.StatusPreconditionFailed,
	account.CodePayloadTooLarge:      http.StatusRequestEntityTooLarge,
	account.CodeUnsupportedMediaType: http.StatusUnsupportedMediaType,
	account.CodeInvalidRequest:       http.StatusUnprocessableEntity,
	account.CodeIdempotencyKeyReused: http.StatusUnprocessableEntity,
	account.CodeUnavailable:          http.StatusServiceUnavailable,
	account.CodeInternal:             http.StatusInternalServerError,
}

// newProblem turns an error into what the caller sees of it and notes the
// cause for the log. An error without a code is a fault of ours.
func newProblem(ctx context.Context, err error) *Problem {
	note(ctx).cause = err
	refusal := account.ErrInternal
	if found := new(account.Error); errors.As(err, &found) {
		refusal = found
	}
	status, known := statuses[refusal.Code]
	if !known {
		refusal, status = account.ErrInternal, http.StatusInternalServerError
	}
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: refusal.Code, Detail: refusal.Detail, Errors: refusal.Fields, Blockers: refusal.Blockers,
		Instance: note(ctx).requestID, retryAfter: refusal.RetryAfter,
	}
	if refusal.Code == account.CodeReauthentication {
		p.MaxAge = int(account.FreshSignIn / time.Second)
	}
	return p
}

// Error is the detail.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus is the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that belong to the problem; huma asks for them.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusUnauthorized { // RFC 6750, 3.1
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	if p.MaxAge > 0 { // RFC 9470, 3
		h.Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_user_authentication", max_age="%d"`, p.MaxAge))
	}
	if p.retryAfter > 0 {
		// Rounded up: a client that comes earlier comes in vain.
		h.Set("Retry-After", strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
	return h
}

// ContentType is that of RFC 9457; huma asks for it.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// huma makes its own errors through package variables, so this is set once for
// the process. Its defaults would repeat rejected input to the caller.
func init() { //nolint:gochecknoinits // see above
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newProblem(context.Background(), refusal(status, message, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		return newProblem(ctx.Context(), refusal(status, message, errs))
	}
}

// refusal is what huma found wrong with a request, in Hearth's words.
func refusal(status int, message string, errs []error) error {
	if message == "request body is required" {
		return account.Invalid("", account.FieldRequired)
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return &account.Error{Code: account.CodePayloadTooLarge, Detail: "The body is larger than 64 KiB."}
	case http.StatusUnsupportedMediaType:
		return &account.Error{Code: account.CodeUnsupportedMediaType, Detail: "Send the body as application/json."}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return &account.Error{
			Code: account.CodeInvalidRequest, Detail: "The request is not valid. See errors.", Fields: fieldErrors(errs),
		}
	}
	return account.ErrInternal.Because(errors.Join(errs...))
}
