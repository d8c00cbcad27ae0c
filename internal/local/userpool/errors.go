package userpool

import "net/http"

// The error codes that the pool answers: Cognito's own and those of every AWS
// API.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
const (
	codeAliasExists                = "AliasExistsException"
	codeCodeDeliveryFailure        = "CodeDeliveryFailureException"
	codeCodeMismatch               = "CodeMismatchException"
	codeEnableSoftwareToken        = "EnableSoftwareTokenMFAException"
	codeExpiredCode                = "ExpiredCodeException"
	codeIncompleteSignature        = "IncompleteSignatureException"
	codeInternalError              = "InternalErrorException"
	codeInvalidLambdaResponse      = "InvalidLambdaResponseException"
	codeInvalidParameter           = "InvalidParameterException"
	codeInvalidPassword            = "InvalidPasswordException"
	codeInvalidSignature           = "InvalidSignatureException"
	codeLimitExceeded              = "LimitExceededException"
	codeMissingAuthenticationToken = "MissingAuthenticationTokenException"
	codeNotAuthorized              = "NotAuthorizedException"
	codeResourceNotFound           = "ResourceNotFoundException"
	codeSerialization              = "SerializationException"
	codeSoftwareTokenNotFound      = "SoftwareTokenMFANotFoundException"
	codeUnauthorized               = "UnauthorizedException"
	codeUnexpectedLambda           = "UnexpectedLambdaException"
	codeUnknownOperation           = "UnknownOperationException"
	codeUnsupportedToken           = "UnsupportedTokenTypeException"
	codeUnsupportedUserState       = "UnsupportedUserStateException"
	codeUserLambdaValidation       = "UserLambdaValidationException"
	codeUserNotConfirmed           = "UserNotConfirmedException"
	codeUserNotFound               = "UserNotFoundException"
	codeUsernameExists             = "UsernameExistsException"

	codeWebAuthnChallengeNotFound    = "WebAuthnChallengeNotFoundException"
	codeWebAuthnClientMismatch       = "WebAuthnClientMismatchException"
	codeWebAuthnConfigurationMissing = "WebAuthnConfigurationMissingException"
	codeWebAuthnUnsupported          = "WebAuthnCredentialNotSupportedException"
	codeWebAuthnNotEnabled           = "WebAuthnNotEnabledException"
	codeWebAuthnOriginNotAllowed     = "WebAuthnOriginNotAllowedException"
	codeWebAuthnRelyingPartyMismatch = "WebAuthnRelyingPartyMismatchException"
)

// apiError is an error of Cognito's API: what the caller is told.
type apiError struct {
	// code is Cognito's name of the error, such as "NotAuthorizedException".
	code string
	// message is Cognito's text where it is known.
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// status is the HTTP status that goes with the error: 400 for everything but
// Cognito's own failures.
func (e *apiError) status() int {
	if e.code == codeInternalError {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func fail(code, message string) error { return &apiError{code: code, message: message} }

func invalidParameter(message string) error { return fail(codeInvalidParameter, message) }

// Errors that several operations answer in the same words.
var (
	// errCredentials is the one answer to a wrong password and to an unknown
	// user, so that neither can be told from the other.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
	errCredentials     = fail(codeNotAuthorized, "Incorrect username or password.")
	errLockedOut       = fail(codeNotAuthorized, "Password attempts exceeded")
	errNotConfirmed    = fail(codeUserNotConfirmed, "User is not confirmed.")
	errCodeMismatch    = fail(codeCodeMismatch, "Invalid verification code provided, please try again.")
	errCodeExpired     = fail(codeExpiredCode, "Invalid code provided, please request a code again.")
	errTooManyAttempts = fail(codeLimitExceeded, "Attempt limit exceeded, please try after some time.")
	errAliasExists     = fail(codeAliasExists, "An account with the given email already exists.")
	errDisabled        = fail(codeNotAuthorized, "User is disabled.")
	errUserNotFound    = fail(codeUserNotFound, "User does not exist.")
	errDelivery        = fail(codeCodeDeliveryFailure, "The message could not be delivered.")
)
