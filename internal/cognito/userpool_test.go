package cognito_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/account"
	"hearth/internal/cognito"
)

const (
	ada         = "b3d4c8f2-70a1-70c5-9f0e-2a6d1c9b7e34"
	poolID      = "eu-central-1_ExAmPlE12"
	accessToken = "eyJraWQiOiJ0ZXN0In0.c2VjcmV0.c2ln"
	email       = "ada@example.com"
)

// requestID is what AWS calls each request.
const requestID = "7f1c5f1e-req"

// wire is the network: it answers every call alike, or the first one and then
// as another wire, and keeps what was asked.
type wire struct {
	status    int
	errorType string
	body      string
	err       error
	then      *wire

	operations []string
	inputs     []map[string]any
}

func (w *wire) Do(request *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	w.operations = append(w.operations, operation)
	input := map[string]any{}
	if err := json.NewDecoder(request.Body).Decode(&input); err != nil {
		return nil, err
	}
	w.inputs = append(w.inputs, input)
	if w.err != nil {
		return nil, w.err
	}
	said := w
	for range w.operations[1:] {
		if said.then != nil {
			said = said.then
		}
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Requestid": {requestID}}
	if said.errorType != "" {
		header.Set("X-Amzn-Errortype", said.errorType)
	}
	return &http.Response{
		StatusCode: said.status, Header: header, Body: io.NopCloser(bytes.NewBufferString(said.body)), Request: request,
	}, nil
}

// over is a user pool over the wire that asks once.
func over(w *wire) *cognito.UserPool {
	return cognito.NewUserPool(cognitoidentityprovider.New(cognitoidentityprovider.Options{
		Region: "eu-central-1", HTTPClient: w, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	}))
}

func answer(body string) *wire { return &wire{status: http.StatusOK, body: body} }

func refusal(status int, name string) *wire {
	return &wire{status: status, errorType: name, body: `{"__type":"` + name + `","message":"Said by Cognito."}`}
}

func TestPersonReadsTheAttributes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, body string
		want       account.Person
	}{
		{
			"all of them",
			`{"Username":"Google_1","UserMFASettingList":["SMS_MFA","SOFTWARE_TOKEN_MFA"],"UserAttributes":[
				{"Name":"sub","Value":"` + ada + `"},{"Name":"email","Value":"Ada@Example.com"},{"Name":"email_verified","Value":"true"},
				{"Name":"name","Value":"Ada"},{"Name":"given_name","Value":"A"},{"Name":"family_name","Value":"L"},
				{"Name":"locale","Value":"de-AT"},{"Name":"custom:other","Value":"x"}]}`,
			account.Person{
				MFA: true,
				ID:  ada, Username: "Google_1", Email: "Ada@Example.com", EmailVerified: true,
				Name: "Ada", GivenName: "A", FamilyName: "L", Locale: "de-AT",
			},
		},
		{
			"an address that is not verified",
			`{"Username":"u","UserAttributes":[
				{"Name":"sub","Value":"u"},{"Name":"email","Value":"a@example.com"},{"Name":"email_verified","Value":"false"}]}`,
			account.Person{ID: "u", Username: "u", Email: "a@example.com"},
		},
		{
			"nothing said of it",
			`{"Username":"u","UserAttributes":[{"Name":"sub","Value":"u"},{"Name":"email","Value":"a@example.com"}]}`,
			account.Person{ID: "u", Username: "u", Email: "a@example.com"},
		},
		{
			"said otherwise",
			`{"Username":"u","UserAttributes":[{"Name":"sub","Value":"u"},{"Name":"email_verified","Value":"TRUE"}]}`,
			account.Person{ID: "u", Username: "u"},
		},
		{
			"attributes without a value",
			`{"Username":"u","UserAttributes":[{"Name":"sub","Value":"u"},{"Name":"name"}]}`,
			account.Person{ID: "u", Username: "u"},
		},
		{"another second factor", `{"Username":"u","UserMFASettingList":["SMS_MFA"],"UserAttributes":[]}`, account.Person{Username: "u"}},
		{"none", `{"Username":"u","UserAttributes":[]}`, account.Person{Username: "u"}},
	} {
		w := answer(c.body)
		got, err := over(w).Person(t.Context(), accessToken)
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.rule, got, c.want)
		}
		if len(w.inputs) != 1 || w.operations[0] != "GetUser" || len(w.inputs[0]) != 1 || w.inputs[0]["AccessToken"] != accessToken {
			t.Errorf("%s: asked %v %v", c.rule, w.operations, w.inputs)
		}
	}
}

func TestPoolThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]*wire{
		"no connection":    {err: errors.New("dial tcp: connection refused")},
		"an answer cut":    {err: io.ErrUnexpectedEOF},
		"a page of HTML":   {status: http.StatusBadGateway, body: "<html>Bad Gateway</html>"},
		"nothing in a 503": {status: http.StatusServiceUnavailable},
		"half an answer":   answer(`{"Username":"u","UserAttr`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := over(w).Person(t.Context(), accessToken); !errors.Is(err, account.ErrUnavailable) {
				t.Errorf("got %v, want unavailable", err)
			}
		})
	}
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	w := answer(`{}`)
	if err := over(w).SignOutEverywhere(t.Context(), poolID, ada); err != nil {
		t.Fatal(err)
	}
	if w.operations[0] != "AdminUserGlobalSignOut" || w.inputs[0]["UserPoolId"] != poolID || w.inputs[0]["Username"] != ada {
		t.Errorf("asked %v %v", w.operations, w.inputs)
	}
	// Who is gone has nothing left to be signed out of.
	if err := over(refusal(http.StatusBadRequest, "UserNotFoundException")).SignOutEverywhere(t.Context(), poolID, ada); err != nil {
		t.Errorf("a user who vanished: %v", err)
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	w := answer(`{}`)
	if err := over(w).Rename(t.Context(), accessToken, "Zoë"); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(w.inputs[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"AccessToken":"` + accessToken + `","UserAttributes":[{"Name":"name","Value":"Zoë"}]}`
	if w.operations[0] != "UpdateUserAttributes" || string(text) != want {
		t.Errorf("asked %s %s, want %s", w.operations[0], text, want)
	}
}
