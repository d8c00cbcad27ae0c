package main

import (
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
	MACKey      string `json:"-"`
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

// getJSON reads a JSON document, with an access token unless it is empty. Any
// status but 200 is an error that names it.
func (r *remote) getJSON(ctx context.Context, url, accessToken string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	if accessToken != "" {
		request.Header.Set("Authorization", "Bearer "+accessToken)
	}
	response, err := r.http.Do(request)
	if err != nil {
		return err //nolint:wrapcheck // names method and URL already
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 10<<20))
	if err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s answered %s: %s", url, response.Status, firstCharacters(body, 300))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("GET %s: not the expected JSON: %w", url, err)
	}
	return nil
}

func firstCharacters(text []byte, most int) string {
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// signIn proves a password by SRP, without sending it, as browsers do.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
func (r *remote) signIn(ctx context.Context, email, password string) (*types.AuthenticationResultType, error) {
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
	if finished.AuthenticationResult == nil || finished.AuthenticationResult.AccessToken == nil {
		return nil, fmt.Errorf("RespondToAuthChallenge: further challenge %q instead of tokens", finished.ChallengeName)
	}
	return finished.AuthenticationResult, nil
}
