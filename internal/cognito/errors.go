package cognito

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"hearth/internal/account"
	"hearth/internal/fault"
)

// attemptsAgain is when somebody who tried too often may try again. Cognito
// does not tell; its lock-out lasts 15 minutes at most.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior
const attemptsAgain = 15 * time.Minute

var errTooOften = func() *account.Error {
	e := *account.ErrRateLimited
	e.RetryAfter = attemptsAgain
	return &e
}()

// meanings says what each of Cognito's errors means to Hearth. Where one means
// something else in one operation, that stands under both names. Those whose
// message decides are in meaningOf.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
var meanings = map[string]error{
	// Whose token it is does not exist any more, or may not use it.
	"UserNotFoundException":          account.ErrUnauthenticated,
	"UserNotConfirmedException":      account.ErrUnauthenticated,
	"PasswordResetRequiredException": account.ErrUnauthenticated,

	// Nobody is told more than that a password proved nothing.
	"AdminInitiateAuth UserNotFoundException":          account.ErrWrongPassword,
	"AdminInitiateAuth UserNotConfirmedException":      account.ErrWrongPassword,
	"AdminInitiateAuth PasswordResetRequiredException": account.ErrWrongPassword,

	"CodeMismatchException":                                    account.ErrWrongCode,
	"EnableSoftwareTokenMFAException":                          account.ErrWrongCode,
	"AssociateSoftwareToken SoftwareTokenMFANotFoundException": account.ErrInternal,
	"SoftwareTokenMFANotFoundException":                        account.ErrNoSecret,
	// It was turned off between the password and the code.
	"AdminRespondToAuthChallenge SoftwareTokenMFANotFoundException": account.ErrWrongCode,
	"AliasExistsException":                    account.ErrAddressTaken,
	"PasswordHistoryPolicyViolationException": &account.WeakPasswordError{Code: account.FieldReused, Detail: "This password was used before. Choose another."},

	// The browser's answer does not fit the pool's question. That the pool
	// itself knows no passkeys is ours to mend: see below.
	"WebAuthnChallengeNotFoundException":                     account.ErrBadPasskey,
	"WebAuthnClientMismatchException":                        account.ErrBadPasskey,
	"WebAuthnCredentialNotSupportedException":                account.ErrBadPasskey,
	"WebAuthnOriginNotAllowedException":                      account.ErrBadPasskey,
	"WebAuthnRelyingPartyMismatchException":                  account.ErrBadPasskey,
	"CompleteWebAuthnRegistration InvalidParameterException": account.ErrBadPasskey,
	"CompleteWebAuthnRegistration LimitExceededException":    account.ErrTooMany,
	"StartWebAuthnRegistration LimitExceededException":       account.ErrTooMany,
	"DeleteWebAuthnCredential ResourceNotFoundException":     account.ErrNoPasskey,
	"DeleteWebAuthnCredential InvalidParameterException":     account.ErrNoPasskey,

	// Somebody tried too often.
	"LimitExceededException":         errTooOften,
	"TooManyFailedAttemptsException": errTooOften,

	// The pool or AWS is busy, for everybody.
	"TooManyRequestsException":     account.ErrUnavailable,
	"ThrottlingException":          account.ErrUnavailable,
	"Throttling":                   account.ErrUnavailable,
	"RequestLimitExceeded":         account.ErrUnavailable,
	"InternalErrorException":       account.ErrUnavailable,
	"InternalFailure":              account.ErrUnavailable,
	"ServiceUnavailable":           account.ErrUnavailable,
	"UnexpectedLambdaException":    account.ErrUnavailable, // a trigger of the product did not answer
	"CodeDeliveryFailureException": account.ErrUnavailable,

	"ConcurrentModificationException": account.ErrConflict,

	// Mistakes of ours, of the product's triggers, or of the deployment.
	"ForbiddenException":                       account.ErrInternal, // by AWS WAF
	"InvalidParameterException":                account.ErrInternal,
	"InvalidEmailRoleAccessPolicyException":    account.ErrInternal,
	"InvalidLambdaResponseException":           account.ErrInternal,
	"InvalidSmsRoleAccessPolicyException":      account.ErrInternal,
	"InvalidSmsRoleTrustRelationshipException": account.ErrInternal,
	"InvalidUserPoolConfigurationException":    account.ErrInternal,
	"MFAMethodNotFoundException":               account.ErrInternal,
	"OperationNotEnabledException":             account.ErrInternal,
	"ResourceNotFoundException":                account.ErrInternal,
	"UnauthorizedException":                    account.ErrInternal,
	"UnsupportedOperationException":            account.ErrInternal,
	"UnsupportedTokenTypeException":            account.ErrInternal,
	"UserLambdaValidationException":            account.ErrInternal,
	"WebAuthnConfigurationMissingException":    account.ErrInternal,
	"WebAuthnNotEnabledException":              account.ErrInternal,
}

// poolError turns an error of an operation into Hearth's, in this one place.
func poolError(operation string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) { // no answer at all
		return account.ErrUnavailable.Because(fmt.Errorf("cognito: %s: %w", operation, err))
	}
	meaning := meaningOf(operation, api)
	cause := fmt.Errorf("cognito: %s: %s", operation, api.ErrorCode())
	// Cognito's message stays out of the log: one about a constraint quotes the
	// value, which may be an address. AWS CloudTrail has it under this id.
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		cause = fmt.Errorf("%w (request %s)", cause, cmp.Or(response.RequestID, "unknown"))
	}
	if meaning == nil { // what has no name here
		meaning = fault.Of(err)
	}
	var refusal *account.Error
	if errors.As(meaning, &refusal) {
		return refusal.Because(cause)
	}
	return fmt.Errorf("%w: %w", meaning, cause)
}

// meaningOf returns what an error means, nil for one that nobody knows.
func meaningOf(operation string, api smithy.APIError) error {
	code, message := api.ErrorCode(), api.ErrorMessage()
	switch code {
	case "NotAuthorizedException":
		return notAuthorized(operation, message)
	case "InvalidPasswordException":
		return weakPassword(message)
	case "ExpiredCodeException":
		if strings.Contains(message, "already been used") {
			return account.ErrUsedCode
		}
		return account.ErrExpiredCode
	}
	if meaning := meanings[operation+" "+code]; meaning != nil {
		return meaning
	}
	return meanings[code]
}

// notAuthorized tells apart what Cognito has one name for: a password that is
// wrong, an account that is locked after too many tries, and a token or a
// session that is not good (any more).
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
func notAuthorized(operation, message string) error {
	switch {
	case strings.HasPrefix(message, "Password attempts exceeded"):
		return errTooOften
	case strings.HasPrefix(message, "Incorrect username or password"):
		return account.ErrWrongPassword
	}
	switch operation {
	case "AdminInitiateAuth": // "User is disabled." and the like
		return account.ErrWrongPassword
	case "AdminRespondToAuthChallenge": // its session has ended meanwhile
		return account.ErrWrongCode
	case "AdminSetUserMFAPreference", "AdminUserGlobalSignOut", "RevokeToken": // the server's own rights
		return account.ErrInternal
	}
	return account.ErrUnauthenticated
}

// weakPassword says in plain words what the pool's policy has against a
// password. Its message names one rule of the policy.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
func weakPassword(message string) *account.WeakPasswordError {
	for _, rule := range []struct {
		said   string
		code   account.FieldCode
		detail string
	}{
		{"not long enough", account.FieldTooShort, fmt.Sprintf("Use at least %d characters.", DefaultPasswordPolicy().MinimumLength)},
		{"uppercase", account.FieldMalformed, "Use at least one uppercase letter."},
		{"lowercase", account.FieldMalformed, "Use at least one lowercase letter."},
		{"numeric", account.FieldMalformed, "Use at least one digit."},
		{"symbol", account.FieldMalformed, "Use at least one symbol."},
		// Threat protection, where the product turned it on, knows breached ones.
		{"security reasons", account.FieldBreached, "This password is known from a breach elsewhere. Choose another."},
	} {
		if strings.Contains(message, rule.said) {
			return &account.WeakPasswordError{Code: rule.code, Detail: rule.detail}
		}
	}
	return &account.WeakPasswordError{Code: account.FieldMalformed, Detail: "This password is not allowed. Choose another."}
}
