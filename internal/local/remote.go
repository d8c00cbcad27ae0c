package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	cognitosrp "github.com/alexrudd/cognito-srp/v4"

	"hearth/internal/account"
)

// requestTimeout bounds one request of a sub-command to the running host.
const requestTimeout = 30 * time.Second

// hostConfig is what GET /_local/config tells: where a running host serves what.
type hostConfig struct {
	API              string `json:"api"`
	CognitoEndpoint  string `json:"cognitoEndpoint"`
	Region           string `json:"region"`
	UserPoolID       string `json:"userPoolId"`
	ClientID         string `json:"clientId"`
	Issuer           string `json:"issuer"`
	DynamoDBEndpoint string `json:"dynamodbEndpoint"`
	TableName        string `json:"tableName"`
	Bucket           string `json:"bucket"`

	// S3Endpoint is told to functions alone: each grant names the URL of its form.
	S3Endpoint string `json:"-"`
	// SESEndpoint, KMSEndpoint and MACKey are what functions alone need.
	SESEndpoint string `json:"-"`
	KMSEndpoint string `json:"-"`
	STSEndpoint string `json:"-"`
	// DataRole is the role whose sessions reach one account's data.
	DataRole string `json:"-"`
	MACKey   string `json:"-"`
}

// remote is a running host as a web client sees it: by HTTP alone.
type remote struct {
	hostConfig
	http    *http.Client
	cognito *cognitoidentityprovider.Client
}

// connect asks the host at an address for its configuration.
func connect(ctx context.Context, api string) (*remote, error) {
	r := &remote{http: &http.Client{Timeout: requestTimeout}}
	if err := r.getJSON(ctx, api+"/_local/config", "", &r.hostConfig); err != nil {
		return nil, fmt.Errorf("no host answers at %s: run `make dev` first, with the same PORT (%w)", api, err)
	}
	r.cognito = cognitoidentityprovider.New(cognitoidentityprovider.Options{
		Region:       r.Region,
		BaseEndpoint: aws.String(r.CognitoEndpoint),
		Credentials:  aws.CredentialsProviderFunc(credentials),
		HTTPClient:   r.http,
	})
	return r, nil
}

// getJSON reads a JSON document, with an access token unless it is empty. It
// fails as callJSON does.
func (r *remote) getJSON(ctx context.Context, url, accessToken string, into any) error {
	return r.callJSON(ctx, http.MethodGet, url, accessToken, nil, into)
}

// refusal is an answer other than 2xx.
type refusal struct {
	method, url, status string
	// Code is the problem's; empty where the answer is none.
	Code account.Code
	body []byte
}

func (e *refusal) Error() string {
	return fmt.Sprintf("%s %s answered %s: %s", e.method, e.url, e.status, firstCharacters(e.body, 300))
}

// callJSON sends a request with a body as JSON (none for nil), with an access
// token unless it is empty, and reads the answer into into (nil for what has
// none). It fails with *refusal for any status but 2xx.
func (r *remote) callJSON(ctx context.Context, method, url, accessToken string, body, into any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, url, err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if accessToken != "" {
		request.Header.Set("Authorization", "Bearer "+accessToken)
	}
	response, err := r.http.Do(request)
	if err != nil {
		return err //nolint:wrapcheck // names method and URL already
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 10<<20))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	if response.StatusCode/100 != 2 {
		refused := &refusal{method: method, url: url, status: response.Status, body: read}
		_ = json.Unmarshal(read, refused) // what is no problem has no code
		return refused
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(read, into); err != nil {
		return fmt.Errorf("%s %s: not the expected JSON: %w", method, url, err)
	}
	return nil
}

func firstCharacters(text []byte, most int) string {
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// signIn proves a password by SRP, without sending it, as browsers do. It fails
// for somebody whose sign-ins ask for a code.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
func (r *remote) signIn(ctx context.Context, email, password string) (*types.AuthenticationResultType, error) {
	finished, err := r.provePassword(ctx, email, password)
	if err != nil {
		return nil, err
	}
	if finished.AuthenticationResult == nil || finished.AuthenticationResult.AccessToken == nil {
		return nil, fmt.Errorf("RespondToAuthChallenge: further challenge %q instead of tokens", finished.ChallengeName)
	}
	return finished.AuthenticationResult, nil
}

// provePassword is the part of a sign-in that ends with tokens, or with a
// further challenge.
func (r *remote) provePassword(ctx context.Context, email, password string) (*cognitoidentityprovider.RespondToAuthChallengeOutput, error) {
	srp, err := cognitosrp.NewCognitoSRP(email, password, r.UserPoolID, r.ClientID, nil)
	if err != nil {
		return nil, fmt.Errorf("SRP: %w", err)
	}
	started, err := r.cognito.InitiateAuth(ctx, &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow:       types.AuthFlowTypeUserSrpAuth,
		ClientId:       aws.String(r.ClientID),
		AuthParameters: srp.GetAuthParams(),
	})
	if err != nil {
		return nil, fmt.Errorf("InitiateAuth: %w", err)
	}
	if started.ChallengeName != types.ChallengeNameTypePasswordVerifier {
		return nil, fmt.Errorf("InitiateAuth: unexpected challenge %q", started.ChallengeName)
	}
	answers, err := srp.PasswordVerifierChallenge(started.ChallengeParameters, time.Now())
	if err != nil {
		return nil, fmt.Errorf("SRP: %w", err)
	}
	finished, err := r.cognito.RespondToAuthChallenge(ctx, &cognitoidentityprovider.RespondToAuthChallengeInput{
		ChallengeName:      started.ChallengeName,
		ClientId:           aws.String(r.ClientID),
		ChallengeResponses: answers,
		Session:            started.Session,
	})
	if err != nil {
		return nil, fmt.Errorf("RespondToAuthChallenge: %w", err)
	}
	return finished, nil
}
