package cognito_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/cognito"
)

const (
	serverClient = "5server5client5only5"
	password     = "correct horse battery"
	totpCode     = "492039"
)

// calls is how each operation of Cognito is called.
var calls = map[string]func(ctx context.Context, w *wire) error{
	"GetUser": func(ctx context.Context, w *wire) error {
		_, err := over(w).Person(ctx, accessToken)
		return err
	},
	"UpdateUserAttributes": func(ctx context.Context, w *wire) error { return over(w).Rename(ctx, accessToken, "Ada") },
	"AdminUserGlobalSignOut": func(ctx context.Context, w *wire) error {
		return over(w).SignOutEverywhere(ctx, poolID, ada)
	},
	"VerifyUserAttribute": func(ctx context.Context, w *wire) error {
		return secrets(w).Emails.VerifyEmail(ctx, accessToken, totpCode)
	},
	"ChangePassword": func(ctx context.Context, w *wire) error {
		return secrets(w).Passwords.ChangePassword(ctx, accessToken, password, password+"2")
	},
	"AssociateSoftwareToken": func(ctx context.Context, w *wire) error {
		_, err := secrets(w).TOTP.AssociateTOTP(ctx, accessToken)
		return err
	},
	"VerifySoftwareToken": func(ctx context.Context, w *wire) error {
		return secrets(w).TOTP.VerifyTOTP(ctx, accessToken, totpCode, "Phone")
	},
	"SetUserMFAPreference": func(ctx context.Context, w *wire) error {
		return secrets(w).TOTP.PreferTOTP(ctx, accessToken, true)
	},
	"StartWebAuthnRegistration": func(ctx context.Context, w *wire) error {
		_, err := secrets(w).Passkeys.StartPasskey(ctx, accessToken)
		return err
	},
	"CompleteWebAuthnRegistration": func(ctx context.Context, w *wire) error {
		return secrets(w).Passkeys.CompletePasskey(ctx, accessToken, json.RawMessage(`{"id":"x"}`))
	},
	"ListWebAuthnCredentials": func(ctx context.Context, w *wire) error {
		_, err := secrets(w).Passkeys.ListPasskeys(ctx, accessToken)
		return err
	},
	"DeleteWebAuthnCredential": func(ctx context.Context, w *wire) error {
		return secrets(w).Passkeys.DeletePasskey(ctx, accessToken, "x")
	},
	"AdminInitiateAuth": func(ctx context.Context, w *wire) error {
		_, err := secrets(w).Proofs.ProvePassword(ctx, email, password)
		return err
	},
	"AdminRespondToAuthChallenge": func(ctx context.Context, w *wire) error {
		return secrets(w).Proofs.ProveCode(ctx, account.Proof{Username: ada, Challenged: true, Challenge: "s"}, totpCode)
	},
	"RevokeToken": func(ctx context.Context, w *wire) error {
		first := answer(signedIn(ada))
		first.then = w
		_, err := secrets(first).Proofs.ProvePassword(ctx, email, password)
		return err
	},
	"AdminSetUserMFAPreference": func(ctx context.Context, w *wire) error { return secrets(w).Proofs.DropTOTP(ctx, ada) },
	"GlobalSignOut":             func(ctx context.Context, w *wire) error { return secrets(w).Proofs.SignOutSelf(ctx, accessToken) },
}

func secrets(w *wire) account.Credentials {
	return cognito.NewCredentials(over(w), poolID, serverClient)
}

// What each error of Cognito means. A row counts for every operation that
// documents it, but for those that have their own.
var wantErrors = map[string]map[string]error{
	"AliasExistsException":            {"": account.ErrAddressTaken},
	"CodeDeliveryFailureException":    {"": account.ErrUnavailable},
	"CodeMismatchException":           {"": account.ErrWrongCode},
	"ConcurrentModificationException": {"": account.ErrConflict},
	"EnableSoftwareTokenMFAException": {"": account.ErrWrongCode},
	"ExpiredCodeException":            {"": account.ErrExpiredCode},
	"ForbiddenException":              {"": account.ErrInternal},
	"InternalErrorException":          {"": account.ErrUnavailable},
	"InvalidLambdaResponseException":  {"": account.ErrInternal},
	"InvalidPasswordException":        {"": weak(account.FieldMalformed)},
	"LimitExceededException": {
		"":                             account.ErrRateLimited,
		"StartWebAuthnRegistration":    account.ErrTooMany,
		"CompleteWebAuthnRegistration": account.ErrTooMany,
	},
	"InvalidParameterException": {
		"":                             account.ErrInternal,
		"CompleteWebAuthnRegistration": account.ErrBadPasskey,
		"DeleteWebAuthnCredential":     account.ErrNoPasskey,
	},
	"InvalidEmailRoleAccessPolicyException":    {"": account.ErrInternal},
	"InvalidSmsRoleAccessPolicyException":      {"": account.ErrInternal},
	"InvalidSmsRoleTrustRelationshipException": {"": account.ErrInternal},
	"InvalidUserPoolConfigurationException":    {"": account.ErrInternal},
	"MFAMethodNotFoundException":               {"": account.ErrInternal},
	"NotAuthorizedException": {
		"":                            account.ErrUnauthenticated,
		"AdminInitiateAuth":           account.ErrWrongPassword,
		"AdminRespondToAuthChallenge": account.ErrWrongCode,
		"AdminSetUserMFAPreference":   account.ErrInternal,
		"AdminUserGlobalSignOut":      account.ErrInternal,
	},
	"OperationNotEnabledException":            {"": account.ErrInternal},
	"PasswordHistoryPolicyViolationException": {"": weak(account.FieldReused)},
	"PasswordResetRequiredException":          {"": account.ErrUnauthenticated, "AdminInitiateAuth": account.ErrWrongPassword},
	"ResourceNotFoundException":               {"": account.ErrInternal, "DeleteWebAuthnCredential": account.ErrNoPasskey},
	"SoftwareTokenMFANotFoundException": {
		"": account.ErrNoSecret, "AssociateSoftwareToken": account.ErrInternal, "AdminRespondToAuthChallenge": account.ErrWrongCode,
	},
	"TooManyRequestsException":      {"": account.ErrUnavailable},
	"UnauthorizedException":         {"": account.ErrInternal},
	"UnexpectedLambdaException":     {"": account.ErrUnavailable},
	"UnsupportedOperationException": {"": account.ErrInternal},
	"UnsupportedTokenTypeException": {"": account.ErrInternal},
	"UserLambdaValidationException": {"": account.ErrInternal},
	"UserNotConfirmedException":     {"": account.ErrUnauthenticated, "AdminInitiateAuth": account.ErrWrongPassword},
	"UserNotFoundException": {
		"":                       account.ErrUnauthenticated,
		"AdminInitiateAuth":      account.ErrWrongPassword,
		"AdminUserGlobalSignOut": nil, // who is gone has nothing left to be signed out of
	},
	"WebAuthnChallengeNotFoundException":      {"": account.ErrBadPasskey},
	"WebAuthnClientMismatchException":         {"": account.ErrBadPasskey},
	"WebAuthnConfigurationMissingException":   {"": account.ErrInternal},
	"WebAuthnCredentialNotSupportedException": {"": account.ErrBadPasskey},
	"WebAuthnNotEnabledException":             {"": account.ErrInternal},
	"WebAuthnOriginNotAllowedException":       {"": account.ErrBadPasskey},
	"WebAuthnRelyingPartyMismatchException":   {"": account.ErrBadPasskey},
}

func weak(code account.FieldCode) error { return &account.WeakPasswordError{Code: code} }

// Every error that Cognito's API documents for an operation that Hearth calls
// has a meaning that was decided on. The list is the SDK's own, so that a newer
// one cannot bring an error that nobody thought of.
func TestEveryDocumentedError(t *testing.T) {
	t.Parallel()
	documented, seen := documentedErrors(t), map[string]bool{}
	for operation, call := range calls {
		if len(documented[operation]) < 5 {
			t.Fatalf("%s has the errors %v by the SDK", operation, documented[operation])
		}
		for _, name := range documented[operation] {
			seen[name] = true
			want, ok := wantErrors[name][operation]
			if !ok {
				want, ok = wantErrors[name][""]
			}
			if !ok {
				t.Errorf("%s: nobody decided what %s means", operation, name)
				continue
			}
			status := http.StatusBadRequest
			if name == "InternalErrorException" {
				status = http.StatusInternalServerError
			}
			means(t, call(t.Context(), refusal(status, name)), want, operation, name)
		}
	}
	for name := range wantErrors {
		if !seen[name] {
			t.Errorf("no operation has the error %s", name)
		}
	}
}

// documentedErrors are the errors of each operation as the SDK knows them.
func documentedErrors(t *testing.T) map[string][]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider")
	dir, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "deserializers.go"))
	if err != nil {
		t.Fatal(err)
	}
	names, found := regexp.MustCompile(`strings\.EqualFold\("(\w+)", errorCode\)`), map[string][]string{}
	for _, part := range strings.Split(string(source), "\nfunc awsAwsjson11_deserializeOpError")[1:] {
		operation, body, _ := strings.Cut(part, "(")
		body, _, _ = strings.Cut(body, "\n}\n")
		for _, match := range names.FindAllStringSubmatch(body, -1) {
			found[operation] = append(found[operation], match[1])
		}
	}
	return found
}

// The errors that every operation of AWS has, and those that are told by their
// status alone.
func TestErrorsOfEveryOperation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		want   error
	}{
		{"ThrottlingException", 400, account.ErrUnavailable},
		{"Throttling", 400, account.ErrUnavailable},
		{"RequestLimitExceeded", 503, account.ErrUnavailable},
		{"InternalFailure", 500, account.ErrUnavailable},
		{"ServiceUnavailable", 503, account.ErrUnavailable},
		{"TooManyFailedAttemptsException", 400, account.ErrRateLimited},
		// By their status, whatever they are called.
		{"ServiceUnavailableException", 503, account.ErrUnavailable},
		{"InternalServerError", 500, account.ErrUnavailable},
		{"RequestTimeoutException", 408, account.ErrUnavailable},
		{"SomethingNew", 429, account.ErrUnavailable},
		{"SomethingNew", 502, account.ErrUnavailable},
		// Mistakes of ours or of the deployment.
		{"AccessDeniedException", 400, account.ErrInternal},
		{"ExpiredTokenException", 400, account.ErrInternal},
		{"UnrecognizedClientException", 400, account.ErrInternal},
		{"SomethingNew", 400, account.ErrInternal},
	} {
		for operation, call := range calls {
			means(t, call(t.Context(), refusal(c.status, c.name)), c.want, operation, c.name)
		}
	}
}

// Where one name stands for several things, Cognito's message tells which.
func TestMessagesThatDecide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		operation, name, message string
		want                     error
	}{
		{"ChangePassword", "NotAuthorizedException", "Incorrect username or password.", account.ErrWrongPassword},
		{"ChangePassword", "NotAuthorizedException", "Password attempts exceeded", account.ErrRateLimited},
		{"ChangePassword", "NotAuthorizedException", "Access Token has been revoked", account.ErrUnauthenticated},
		{"ChangePassword", "NotAuthorizedException", "Access Token has expired", account.ErrUnauthenticated},
		{"ChangePassword", "NotAuthorizedException", "Invalid Access Token", account.ErrUnauthenticated},
		{"GetUser", "NotAuthorizedException", "Access Token has been revoked", account.ErrUnauthenticated},
		{"AdminInitiateAuth", "NotAuthorizedException", "Incorrect username or password.", account.ErrWrongPassword},
		{"AdminInitiateAuth", "NotAuthorizedException", "Password attempts exceeded", account.ErrRateLimited},
		{"AdminInitiateAuth", "NotAuthorizedException", "User is disabled.", account.ErrWrongPassword},
		{"AdminRespondToAuthChallenge", "NotAuthorizedException", "Password attempts exceeded", account.ErrRateLimited},
		{"AdminRespondToAuthChallenge", "NotAuthorizedException", "Invalid session for the user, session is expired.", account.ErrWrongCode},
		{"AdminRespondToAuthChallenge", "ExpiredCodeException", "Your software token has already been used once.", account.ErrUsedCode},
		{"VerifySoftwareToken", "ExpiredCodeException", "Your software token has already been used once.", account.ErrUsedCode},
		{"VerifyUserAttribute", "ExpiredCodeException", "Invalid code provided, please request a code again.", account.ErrExpiredCode},
		{"ChangePassword", "InvalidPasswordException", "Password did not conform with policy: Password not long enough", weak(account.FieldTooShort)},
		{"ChangePassword", "InvalidPasswordException", "Password did not conform with policy: Password must have uppercase characters", weak(account.FieldMalformed)},
		{"ChangePassword", "InvalidPasswordException", "Password did not conform with policy: Password must have lowercase characters", weak(account.FieldMalformed)},
		{"ChangePassword", "InvalidPasswordException", "Password did not conform with policy: Password must have numeric characters", weak(account.FieldMalformed)},
		{"ChangePassword", "InvalidPasswordException", "Password did not conform with policy: Password must have symbol characters", weak(account.FieldMalformed)},
		{"ChangePassword", "InvalidPasswordException", "Provided password cannot be used for security reasons.", weak(account.FieldBreached)},
	} {
		w := refusal(http.StatusBadRequest, c.name)
		w.body = `{"__type":"` + c.name + `","message":"` + c.message + `"}`
		means(t, calls[c.operation](t.Context(), w), c.want, c.operation, c.name)
	}
	w := refusal(http.StatusBadRequest, "NotAuthorizedException")
	w.body = `{"message":"Access Token has been revoked"}`
	if err := calls["GlobalSignOut"](t.Context(), w); err != nil {
		t.Errorf("signed out already: %v", err)
	}
}

// means fails the test unless err is want, tells a log what failed, and tells
// it nothing that it should not have: Cognito's message may quote a value.
func means(t *testing.T, err, want error, operation, cause string) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Errorf("%s, %s: %v, want no error", operation, cause, err)
		}
		return
	}
	var refusal, wanted *account.Error
	var weak, wantedWeak *account.WeakPasswordError
	switch {
	case errors.As(want, &wanted):
		if !errors.As(err, &refusal) || refusal.Code != wanted.Code || refusal.Detail != wanted.Detail {
			t.Errorf("%s, %s: %v, want %s", operation, cause, err, wanted.Code)
			return
		}
		if wanted.Code == account.CodeRateLimited && refusal.RetryAfter != 15*time.Minute {
			t.Errorf("%s, %s: try again after %s", operation, cause, refusal.RetryAfter)
		}
	case errors.As(want, &wantedWeak):
		if !errors.As(err, &weak) || weak.Code != wantedWeak.Code || !strings.HasSuffix(weak.Detail, ".") {
			t.Errorf("%s, %s: %v, want %s", operation, cause, err, wantedWeak.Code)
			return
		}
	case !errors.Is(err, want) || errors.As(err, &refusal):
		t.Errorf("%s, %s: %v, want %v", operation, cause, err, want)
		return
	}
	if text := err.Error(); !strings.Contains(text, operation+": "+cause) || !strings.Contains(text, requestID) {
		t.Errorf("the log would not tell what failed: %v", err)
	}
	for _, secret := range []string{accessToken, email, password, totpCode, "Said by Cognito"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the log would tell %q: %v", secret, err)
		}
	}
}
