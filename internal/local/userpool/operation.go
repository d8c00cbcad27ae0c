package userpool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
)

// operation is one operation of the API.
type operation struct {
	// signed is true for those that need AWS credentials.
	signed bool
	run    func(context.Context, *Pool, []byte) (any, error)
}

// operations are all that the pool knows; the package documentation says by
// which rules each goes.
var operations = map[string]operation{
	"SignUp":                 public((*Pool).signUp),
	"ConfirmSignUp":          public((*Pool).confirmSignUp),
	"ResendConfirmationCode": public((*Pool).resendConfirmationCode),
	"ForgotPassword":         public((*Pool).forgotPassword),
	"ConfirmForgotPassword":  public((*Pool).confirmForgotPassword),

	"InitiateAuth":              public((*Pool).initiateAuth),
	"RespondToAuthChallenge":    public((*Pool).respondToAuthChallenge),
	"GetTokensFromRefreshToken": public((*Pool).getTokensFromRefreshToken),
	"RevokeToken":               public((*Pool).revokeToken),
	"GlobalSignOut":             public((*Pool).globalSignOut),

	"ChangePassword":         public((*Pool).changePassword),
	"AssociateSoftwareToken": public((*Pool).associateSoftwareToken),
	"VerifySoftwareToken":    public((*Pool).verifySoftwareToken),
	"SetUserMFAPreference":   public((*Pool).setUserMFAPreference),

	"StartWebAuthnRegistration":    public((*Pool).startWebAuthnRegistration),
	"CompleteWebAuthnRegistration": public((*Pool).completeWebAuthnRegistration),
	"ListWebAuthnCredentials":      public((*Pool).listWebAuthnCredentials),
	"DeleteWebAuthnCredential":     public((*Pool).deleteWebAuthnCredential),

	"GetUser":                          public((*Pool).getUser),
	"UpdateUserAttributes":             public((*Pool).updateUserAttributes),
	"GetUserAttributeVerificationCode": public((*Pool).getUserAttributeVerificationCode),
	"VerifyUserAttribute":              public((*Pool).verifyUserAttribute),
	"DeleteUser":                       public((*Pool).deleteUser),

	"AdminInitiateAuth":           signed((*Pool).adminInitiateAuth),
	"AdminRespondToAuthChallenge": signed((*Pool).adminRespondToAuthChallenge),
	"AdminSetUserMFAPreference":   signed((*Pool).adminSetUserMFAPreference),

	"AdminCreateUser":           signed((*Pool).adminCreateUser),
	"AdminConfirmSignUp":        signed((*Pool).adminConfirmSignUp),
	"AdminSetUserPassword":      signed((*Pool).adminSetUserPassword),
	"AdminGetUser":              signed((*Pool).adminGetUser),
	"AdminUpdateUserAttributes": signed((*Pool).adminUpdateUserAttributes),
	"AdminDeleteUser":           signed((*Pool).adminDeleteUser),
	"AdminDisableUser":          signed((*Pool).adminDisableUser),
	"AdminEnableUser":           signed((*Pool).adminEnableUser),
	"AdminUserGlobalSignOut":    signed((*Pool).adminUserGlobalSignOut),
	"ListUsers":                 signed((*Pool).listUsers),
	"DescribeUserPool":          signed((*Pool).describeUserPool),
}

func public[In, Out any](f func(*Pool, context.Context, In) (Out, error)) operation {
	return operation{run: func(ctx context.Context, p *Pool, body []byte) (any, error) {
		var in In
		if err := decode(body, &in); err != nil {
			return nil, err
		}
		return f(p, ctx, in)
	}}
}

func signed[In, Out any](f func(*Pool, context.Context, In) (Out, error)) operation {
	op := public(f)
	op.signed = true
	return op
}

// decode reads a request and refuses what it does not know. Cognito ignores
// unknown members; here each would be a setting that silently does nothing.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 || bytes.TrimSpace(body)[0] != '{' {
		return fail(codeSerialization, "The body must be a JSON object.")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
			return invalidParameter("This user pool does not know the parameter " + name + ".")
		}
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return fail(codeSerialization, "The parameter "+wrongType.Field+" has the wrong type.")
		}
		return fail(codeSerialization, "The body is not valid JSON.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fail(codeSerialization, "There is something after the JSON object.")
	}
	return checkNames(body, reflect.TypeOf(into).Elem())
}

// checkNames refuses members that differ from a known one in upper and lower
// case only, which encoding/json lets pass.
func checkNames(raw []byte, t reflect.Type) error {
	if t == reflect.TypeFor[json.RawMessage]() {
		return nil // A document, whose names are not the API's.
	}
	switch t.Kind() {
	case reflect.Pointer:
		return checkNames(raw, t.Elem())
	case reflect.Slice:
		var elements []json.RawMessage
		if err := json.Unmarshal(raw, &elements); err != nil {
			return fail(codeSerialization, "The body is not valid JSON.")
		}
		for _, element := range elements {
			if err := checkNames(element, t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Struct:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return fail(codeSerialization, "The body is not valid JSON.")
		}
		for name, value := range members {
			field, known := t.FieldByName(name)
			if !known {
				return invalidParameter("This user pool does not know the parameter \"" + name + "\".")
			}
			if err := checkNames(value, field.Type); err != nil {
				return err
			}
		}
	default:
	}
	return nil
}

// none is the answer of operations that answer an empty object.
type none struct{}

// userContext is data for threat protection, which Hearth's pool does not
// have; Cognito, too, takes it and does nothing with it then.
type userContext struct {
	EncodedData string
	IpAddress   string //nolint:revive // Cognito's own spelling, which decoding goes by.
}

// analytics names an Amazon Pinpoint endpoint; no Pinpoint project belongs to
// the pool, so it has no effect, as at Cognito.
type analytics struct {
	AnalyticsEndpointId string //nolint:revive // Cognito's own spelling, which decoding goes by.
}
