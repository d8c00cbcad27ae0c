package userpool_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/local/userpool"
)

const goodSignature = "AWS4-HMAC-SHA256 Credential=a/20270314/eu-central-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00"

// What the pool does not know it refuses in Cognito's way.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	pool, err := userpool.Open(options())
	noError(t, err)
	t.Cleanup(func() { noError(t, pool.Close()) })
	const signUp = `"ClientId":"` + webClient + `","Username":"ada@example.com","Password":"` + password + `"`
	tests := map[string]struct {
		operation, body, authorization string
		code, message                  string
	}{
		"unknown operation":      {"AdminResetUserPassword", `{}`, "", "UnknownOperationException", ""},
		"no operation":           {"", `{}`, "", "UnknownOperationException", ""},
		"signed, but unknown":    {"AdminListUserAuthEvents", `{}`, goodSignature, "UnknownOperationException", ""},
		"no signature at all":    {"AdminInitiateAuth", `{}`, "", "MissingAuthenticationTokenException", ""},
		"nor to answer":          {"AdminRespondToAuthChallenge", `{}`, "", "MissingAuthenticationTokenException", ""},
		"nor to turn MFA off":    {"AdminSetUserMFAPreference", `{}`, "", "MissingAuthenticationTokenException", ""},
		"a factor of no pool":    {"SetUserMFAPreference", `{"SmsMfaSettings":{}}`, "", "InvalidParameterException", `This user pool does not know the parameter "SmsMfaSettings".`},
		"a factor in small":      {"SetUserMFAPreference", `{"softwareTokenMfaSettings":{}}`, "", "InvalidParameterException", `This user pool does not know the parameter "softwareTokenMfaSettings".`},
		"the pool's own word":    {"SetUserMFAPreference", `{"mfaPreference":{}}`, "", "InvalidParameterException", `This user pool does not know the parameter "mfaPreference".`},
		"unknown parameter":      {"SignUp", `{` + signUp + `,"MFA":true}`, "", "InvalidParameterException", `This user pool does not know the parameter "MFA".`},
		"parameter in small":     {"SignUp", `{` + signUp + `,"secretHash":""}`, "", "InvalidParameterException", `This user pool does not know the parameter "secretHash".`},
		"nested parameter":       {"SignUp", `{` + signUp + `,"UserAttributes":[{"Name":"name","Value":"A","X":1}]}`, "", "InvalidParameterException", ""},
		"nested in small":        {"SignUp", `{` + signUp + `,"UserAttributes":[{"name":"name","Value":"A"}]}`, "", "InvalidParameterException", ""},
		"wrong type":             {"SignUp", `{"ClientId":1}`, "", "SerializationException", "The parameter ClientId has the wrong type."},
		"no JSON":                {"SignUp", `{`, "", "SerializationException", ""},
		"no object":              {"SignUp", `[]`, "", "SerializationException", ""},
		"nothing":                {"SignUp", ``, "", "SerializationException", ""},
		"two objects":            {"SignUp", `{` + signUp + `}{}`, "", "SerializationException", ""},
		"null for a name":        {"SignUp", `{"ClientId":null}`, "", "InvalidParameterException", "1 validation error detected: Value at 'clientId'"},
		"missing name":           {"SignUp", `{"ClientId":"` + webClient + `"}`, "", "InvalidParameterException", "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must not be null"},
		"no flow":                {"InitiateAuth", `{"ClientId":"` + webClient + `"}`, "", "InvalidParameterException", "1 validation error detected: Value at 'authFlow'"},
		"a Session from nowhere": {"InitiateAuth", `{"ClientId":"` + webClient + `","AuthFlow":"USER_AUTH","Session":"xxxxxxxxxxxxxxxxxxxx"}`, "", "NotAuthorizedException", "Invalid session for the user."},
		"no signature":           {"AdminGetUser", `{}`, "", "MissingAuthenticationTokenException", "Missing Authentication Token"},
		"a bearer token":         {"AdminGetUser", `{}`, "Bearer x", "IncompleteSignatureException", ""},
		"half a signature":       {"AdminGetUser", `{}`, "AWS4-HMAC-SHA256 Credential=a/20270314/eu-central-1/cognito-idp/aws4_request", "IncompleteSignatureException", ""},
		"another region":         {"AdminGetUser", `{}`, strings.Replace(goodSignature, "central", "west", 1), "InvalidSignatureException", ""},
		"another service":        {"AdminGetUser", `{}`, strings.Replace(goodSignature, "cognito-idp", "s3", 1), "InvalidSignatureException", ""},
		"signed, without a user": {"AdminGetUser", `{"UserPoolId":"` + poolID + `"}`, goodSignature, "InvalidParameterException", "1 validation error detected: Value at 'username'"},
		"no attribute to write":  {"AdminUpdateUserAttributes", `{"UserPoolId":"` + poolID + `","Username":"a"}`, goodSignature, "UserNotFoundException", ""},
		"a device":               {"GetTokensFromRefreshToken", `{"ClientId":"` + webClient + `","RefreshToken":"a","DeviceKey":"x"}`, "", "InvalidParameterException", "Device tracking is not enabled"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(test.body))
			request.Header.Set("Content-Type", "application/x-amz-json-1.1")
			if test.operation != "" {
				request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+test.operation)
			}
			if test.authorization != "" {
				request.Header.Set("Authorization", test.authorization)
			}
			response := httptest.NewRecorder()
			pool.ServeHTTP(response, request)
			var answer struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			noError(t, json.Unmarshal(response.Body.Bytes(), &answer))
			if response.Code != http.StatusBadRequest || answer.Type != test.code || !strings.HasPrefix(answer.Message, test.message) ||
				response.Header().Get("x-amzn-ErrorType") != test.code+":" || response.Header().Get("Content-Type") != "application/x-amz-json-1.1" {
				t.Fatalf("got %d %v %+v, want %s: %s", response.Code, response.Header(), answer, test.code, test.message)
			}
		})
	}
}

func TestABrowserMayCallFromAnyOrigin(t *testing.T) {
	t.Parallel()
	h := start(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, h.url, nil)
	noError(t, err)
	request.Header.Set("Origin", "http://localhost:5173")
	request.Header.Set("Access-Control-Request-Method", "POST")
	request.Header.Set("Access-Control-Request-Headers", "cache-control,content-type,x-amz-target,x-amz-user-agent")
	response, err := http.DefaultClient.Do(request)
	noError(t, err)
	noError(t, response.Body.Close())
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "*",
		"Access-Control-Allow-Headers": "cache-control,content-type,x-amz-target,x-amz-user-agent",
		"Access-Control-Allow-Methods": "GET, POST",
	} {
		if got := response.Header.Get(name); response.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s %s: got %q, want %q", response.Status, name, got, want)
		}
	}
}

func TestOtherPathsAndContentTypesAreRefused(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, test := range []struct {
		method, path, media string
		status              int
	}{
		{http.MethodGet, "/", "", http.StatusBadRequest},
		{http.MethodPost, "/login", "application/x-amz-json-1.1", http.StatusBadRequest},
		{http.MethodPost, "/", "application/json", http.StatusBadRequest},
		{http.MethodGet, "/eu-central-1_Other/.well-known/jwks.json", "", http.StatusBadRequest},
		{http.MethodGet, "/" + poolID + "/.well-known/other", "", http.StatusNotFound},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, h.url+test.path, strings.NewReader("{}"))
		noError(t, err)
		request.Header.Set("Content-Type", test.media)
		request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")
		response, err := http.DefaultClient.Do(request)
		noError(t, err)
		noError(t, response.Body.Close())
		if response.StatusCode != test.status {
			t.Errorf("%s %s: got %s, want %d", test.method, test.path, response.Status, test.status)
		}
	}
}

func TestFaultPlan(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.faults.Fail("SignUp", "TooManyRequestsException", 2)
	h.faults.LoseAnswer("SignUp", 1)
	signUp := func() error {
		_, err := h.SignUp(t.Context(), &cip.SignUpInput{ClientId: aws.String(webClient), Username: aws.String("ada@example.com"), Password: aws.String(password)})
		return err
	}
	for range 2 {
		wantCode(t, signUp(), "TooManyRequestsException", "")
	}
	_, err := h.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com")})
	wantCode(t, err, "UserNotFoundException", "")
	wantCode(t, signUp(), "InternalErrorException", "")
	if got := h.adminGet(t, "ada@example.com").UserStatus; got != types.UserStatusTypeUnconfirmed {
		t.Fatalf("the work of the lost answer was not done: %s", got)
	}
	wantCode(t, signUp(), "UsernameExistsException", "")
}

func TestOpenRefusesOptions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*userpool.Options){
		"no region":          func(o *userpool.Options) { o.Region = "" },
		"no pool":            func(o *userpool.Options) { o.PoolID = "" },
		"a pool elsewhere":   func(o *userpool.Options) { o.PoolID = "us-east-1_TestPool1" },
		"a pool sans name":   func(o *userpool.Options) { o.PoolID = "eu-central-1_" },
		"no client":          func(o *userpool.Options) { o.WebClientID = "" },
		"one client for two": func(o *userpool.Options) { o.ServerClientID = o.WebClientID },
		"no issuer":          func(o *userpool.Options) { o.Issuer = "" },
		"an issuer's slash":  func(o *userpool.Options) { o.Issuer += "/" },
	} {
		if _, err := userpool.Open(options(change)); err == nil {
			t.Errorf("%s: Open succeeded", name)
		}
	}
}
