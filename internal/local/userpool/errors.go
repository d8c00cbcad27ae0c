package userpool

import "net/http"

// The error codes of Cognito that the pool answers.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
const (
	codeAliasExists                 = "AliasExistsException"
	codeCodeDeliveryFailure         = "CodeDeliveryFailureException"
	codeCodeMismatch                = "CodeMismatchException"
	codeExpiredCode                 = "ExpiredCodeException"
	codeInternalError               = "InternalErrorException"
	codeInvalidLambdaResponse       = "InvalidLambdaResponseException"
	codeInvalidParameter            = "InvalidParameterException"
	codeInvalidPassword             = "InvalidPasswordException"
	codeLimitExceeded               = "LimitExceededException"
	codeMissingAuthenticationToken  = "MissingAuthenticationTokenException"
	codeNotAuthorized               = "NotAuthorizedException"
	codeResourceNotFound            = "ResourceNotFoundException"
	codeSerialization               = "SerializationException"
	codeTooManyFailedAttempts       = "TooManyFailedAttemptsException"
	codeUnexpectedLambda            = "UnexpectedLambdaException"
	codeUnknownOperation            = "UnknownOperationException"
	codeUnsupportedToken            = "UnsupportedTokenTypeException"
	codeUserLambdaValidation        = "UserLambdaValidationException"
	codeUserNotConfirmed            = "UserNotConfirmedException"
	codeUserNotFound                = "UserNotFoundException"
	codeUsernameExists              = "UsernameExistsException"
	codeUnsupportedUserState        = "UnsupportedUserStateException"
	codePasswordHistoryPolicyFailed = "PasswordHistoryPolicyViolationException"
)

// Error is an error of Cognito's API: what the caller is told.
type Error struct {
	// Code is Cognito's name of the error, such as "NotAuthorizedException".
	Code string
	// Message is Cognito's text where it is known.
	Message string
}

// Error says code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// status is the HTTP status that goes with the error: 400 for everything but
// Cognito's own failures.
func (e *Error) status() int {
	if e.Code == codeInternalError {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func fail(code, message string) *Error { return &Error{Code: code, Message: message} }
