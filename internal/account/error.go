package account

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Code is the stable name of an error; clients translate it.
type Code string

// The codes that the domain and the HTTP layer answer with. httpapi maps each
// to its status in one place.
const (
	CodePersonalOrganization Code = "personal_organization"
	CodeUnauthenticated      Code = "unauthenticated"
	CodeSessionRevoked       Code = "session_revoked"
	CodeUserInactive         Code = "user_inactive"
	CodeForbidden            Code = "forbidden"
	CodeAccountMode          Code = "account_mode"
	CodeNotFound             Code = "not_found"
	CodeAccountNotFound      Code = "account_not_found"
	CodeReauthentication     Code = "reauthentication_required"
	CodeEmailMismatch        Code = "email_mismatch"
	CodeEmailNotVerified     Code = "email_not_verified"
	CodeSlugTaken            Code = "slug_taken"
	CodeEmailTaken           Code = "email_taken"
	CodeMFANotEnabled        Code = "mfa_not_enabled"
	CodeMFAAlreadyEnabled    Code = "mfa_already_enabled"
	CodeAlreadyMember        Code = "already_member"
	CodeAlreadyInvited       Code = "already_invited"
	CodeInvitationNotPending Code = "invitation_not_pending"
	CodeOrganizationLimit    Code = "organization_limit"
	CodeRateLimited          Code = "rate_limited"
	CodeLastOwner            Code = "last_owner"
	CodeOrganizationRequired Code = "organization_required"
	CodeSeatLimit            Code = "seat_limit"
	CodeSetupRequired        Code = "setup_required"
	CodeDeletionBlocked      Code = "deletion_blocked"
	CodeDeletionChanged      Code = "deletion_changed"
	CodeConflict             Code = "conflict"
	CodePreconditionFailed   Code = "precondition_failed"
	CodePayloadTooLarge      Code = "payload_too_large"
	CodeUnsupportedMediaType Code = "unsupported_media_type"
	CodeInvalidRequest       Code = "invalid_request"
	CodeIdempotencyKeyReused Code = "idempotency_key_reused"
	CodeUnavailable          Code = "unavailable"
	CodeInternal             Code = "internal_error"
)

// FieldCode says what is wrong with one field; the set is closed.
type FieldCode string

// The field codes.
const (
	FieldRequired     FieldCode = "required"
	FieldTooShort     FieldCode = "too_short"
	FieldTooLong      FieldCode = "too_long"
	FieldMalformed    FieldCode = "malformed"
	FieldUnknown      FieldCode = "unknown_field"
	FieldUnknownValue FieldCode = "unknown_value"
	FieldNotAllowed   FieldCode = "not_allowed"
	FieldIncorrect    FieldCode = "incorrect"
	FieldExpired      FieldCode = "expired"
	FieldBreached     FieldCode = "breached"
	FieldReused       FieldCode = "reused"
)

// FieldCodes returns the closed set of field codes, in no order.
func FieldCodes() []FieldCode { return slices.Collect(maps.Keys(fieldDetails)) }

// FieldError is what is wrong with one field of a request.
type FieldError struct {
	// Field is a JSON Pointer (RFC 6901) into the body, such as "/name".
	Field string `json:"field"`
	// Code is one of the closed set.
	Code FieldCode `json:"code"`
	// Detail is a sentence in English that never repeats the value.
	Detail string `json:"detail"`
}

// Error is a refusal or failure that a caller may see: a code, a sentence in
// English, and nothing internal. The cause is for the operator's log alone.
type Error struct {
	Code   Code
	Detail string
	// Fields is set for CodeInvalidRequest.
	Fields []FieldError
	// Blockers is set where policies stand against it.
	Blockers []Blocker
	// RetryAfter is set for CodeUnavailable: when to try again.
	RetryAfter time.Duration

	cause error
}

// Error tells the code, the detail and the cause: a line for a log, not for a caller.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Detail)
}

// Unwrap returns the cause, nil where the rule itself is the reason.
func (e *Error) Unwrap() error { return e.cause }

// Is has errors.Is compare by code, so that a cause does not hide a refusal.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Because returns the error with its cause.
func (e *Error) Because(cause error) *Error {
	with := *e
	with.cause = cause
	return &with
}

// The refusals that more than one rule answers with.
var (
	ErrUnauthenticated      = &Error{Code: CodeUnauthenticated, Detail: "The access token is not valid here."}
	ErrSessionRevoked       = &Error{Code: CodeSessionRevoked, Detail: "This session has ended. Sign in again."}
	ErrUserInactive         = &Error{Code: CodeUserInactive, Detail: "This account is not active."}
	ErrForbidden            = &Error{Code: CodeForbidden, Detail: "Your role in this account does not allow that."}
	ErrNotFound             = &Error{Code: CodeNotFound, Detail: "There is no such thing, or it is not yours to see."}
	ErrAccountNotFound      = &Error{Code: CodeAccountNotFound, Detail: "X-Account-Id names no account of yours."}
	ErrAccountMode          = &Error{Code: CodeAccountMode, Detail: "This product does not offer that kind of account."}
	ErrConflict             = &Error{Code: CodeConflict, Detail: "Somebody else changed the same thing at the same time. Try again."}
	ErrPersonalOrganization = &Error{Code: CodePersonalOrganization, Detail: "A personal organization cannot be deleted, left, transferred, shared or invited to."}
	ErrReauthenticate       = &Error{Code: CodeReauthentication, Detail: "Sign in again first: this needs a sign-in within the last 10 minutes."}
	ErrEmailMismatch        = &Error{Code: CodeEmailMismatch, Detail: "The invitation is for another address than yours."}
	ErrEmailNotVerified     = &Error{Code: CodeEmailNotVerified, Detail: "Verify your address first."}
	ErrMFANotEnabled        = &Error{Code: CodeMFANotEnabled, Detail: "Sign-ins do not ask for a code."}
	ErrMFAAlreadyEnabled    = &Error{Code: CodeMFAAlreadyEnabled, Detail: "Sign-ins ask for a code already."}
	ErrSlugTaken            = &Error{Code: CodeSlugTaken, Detail: "Another organization has this slug."}
	ErrAlreadyMember        = &Error{Code: CodeAlreadyMember, Detail: "This person is a member already."}
	ErrAlreadyInvited       = &Error{Code: CodeAlreadyInvited, Detail: "This address has a pending invitation already."}
	ErrInvitationNotPending = &Error{Code: CodeInvitationNotPending, Detail: "This invitation is not pending any more."}
	ErrOrganizationLimit    = &Error{Code: CodeOrganizationLimit, Detail: "No more organizations than this are allowed for one person."}
	ErrRateLimited          = &Error{Code: CodeRateLimited, Detail: "Too often. Please wait.", RetryAfter: time.Minute}
	ErrLastOwner            = &Error{Code: CodeLastOwner, Detail: "An organization needs at least one owner."}
	ErrSeatLimit            = &Error{Code: CodeSeatLimit, Detail: "All seats of this organization are taken."}
	ErrDeletionBlocked      = &Error{Code: CodeDeletionBlocked, Detail: "It cannot be deleted yet. See blockers."}
	ErrDeletionChanged      = &Error{Code: CodeDeletionChanged, Detail: "Something changed since you saw what would be deleted. Look again."}
	ErrPrecondition         = &Error{Code: CodePreconditionFailed, Detail: "It changed since you read it. Read it again."}
	ErrNoOrganization       = &Error{Code: CodeOrganizationRequired, Detail: "Choose an organization first."}
	ErrSetupRequired        = &Error{Code: CodeSetupRequired, Detail: "Call GET /me first: it makes what a new user needs."}
	ErrIdempotencyKeyReused = &Error{Code: CodeIdempotencyKeyReused, Detail: "This Idempotency-Key was used for another request."}
	ErrUnavailable          = &Error{Code: CodeUnavailable, Detail: "Please try again in a moment.", RetryAfter: 2 * time.Second}
	ErrInternal             = &Error{Code: CodeInternal, Detail: "Something went wrong on our side."}
)

// Invalid is the refusal of a request for one field, named by its JSON Pointer.
func Invalid(field string, code FieldCode) *Error {
	return &Error{
		Code: CodeInvalidRequest, Detail: "The request is not valid. See errors.",
		Fields: []FieldError{NewFieldError(field, code)},
	}
}

// NewFieldError says what is wrong with a field, in a sentence that fits the code.
func NewFieldError(field string, code FieldCode) FieldError {
	return FieldError{Field: field, Code: code, Detail: fieldDetails[code]}
}

var fieldDetails = map[FieldCode]string{
	FieldRequired:     "This field is required.",
	FieldTooShort:     "This is too short.",
	FieldTooLong:      "This is too long.",
	FieldMalformed:    "This is not of the expected form.",
	FieldUnknown:      "There is no such field.",
	FieldUnknownValue: "This is none of the possible values.",
	FieldNotAllowed:   "This is not allowed here.",
	FieldIncorrect:    "This is not right.",
	FieldExpired:      "This has expired. Ask for a new one.",
	FieldBreached:     "This password is known from a breach elsewhere. Choose another.",
	FieldReused:       "This was used before.",
}
