package userpool_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (h *host) adminPassword(ctx context.Context, client, name, secret string) (*cip.AdminInitiateAuthOutput, error) {
	return h.AdminInitiateAuth(ctx, &cip.AdminInitiateAuthInput{
		UserPoolId: aws.String(poolID), ClientId: &client, AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": secret},
		ContextData:    &types.ContextDataType{IpAddress: aws.String("192.0.2.1"), ServerName: aws.String("s"), ServerPath: aws.String("/"), HttpHeaders: []types.HttpHeader{{HeaderName: aws.String("a"), HeaderValue: aws.String("b")}}},
	})
}

func TestAServerProvesAPassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	out, err := h.adminPassword(t.Context(), serverClient, "ada@example.com", password)
	noError(t, err)
	claims := h.claims(t, out.AuthenticationResult.AccessToken)
	if claims["sub"] != sub || claims["client_id"] != serverClient {
		t.Errorf("got claims %v", claims)
	}
	_, err = h.adminPassword(t.Context(), serverClient, "ada@example.com", "wrong password")
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = h.adminPassword(t.Context(), webClient, "ada@example.com", password)
	wantCode(t, err, "InvalidParameterException", "ADMIN_USER_PASSWORD_AUTH flow not enabled for this client")
	_, err = h.adminPassword(t.Context(), "unknown", "ada@example.com", password)
	wantCode(t, err, "ResourceNotFoundException", "")
	for _, flow := range []types.AuthFlowType{types.AuthFlowTypeUserSrpAuth, types.AuthFlowTypeUserPasswordAuth, types.AuthFlowTypeUserAuth, types.AuthFlowTypeRefreshTokenAuth} {
		_, err = h.AdminInitiateAuth(t.Context(), &cip.AdminInitiateAuthInput{
			UserPoolId: aws.String(poolID), ClientId: aws.String(serverClient), AuthFlow: flow,
			AuthParameters: map[string]string{"USERNAME": sub, "PASSWORD": password},
		})
		wantCode(t, err, "InvalidParameterException", "Initiate Auth method not supported.")
	}
	// Nor is there a way around AdminInitiateAuth for this client.
	_, err = h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		ClientId: aws.String(serverClient), AuthFlow: types.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": sub, "PASSWORD": password},
	})
	wantCode(t, err, "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client")
}

func TestAServerAnswersTheChallengeForACode(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	secret, _ := h.enrol(t, "ada@example.com")
	begun, err := h.adminPassword(t.Context(), serverClient, "ada@example.com", password)
	noError(t, err)
	if begun.ChallengeName != types.ChallengeNameTypeSoftwareTokenMfa || begun.AuthenticationResult != nil || begun.ChallengeParameters["USER_ID_FOR_SRP"] != sub {
		t.Fatalf("got %+v", begun)
	}
	answer := func(session *string, code string) (*cip.AdminRespondToAuthChallengeOutput, error) {
		return h.AdminRespondToAuthChallenge(t.Context(), &cip.AdminRespondToAuthChallengeInput{
			UserPoolId: aws.String(poolID), ClientId: aws.String(serverClient), Session: session,
			ChallengeName:      types.ChallengeNameTypeSoftwareTokenMfa,
			ChallengeResponses: map[string]string{"USERNAME": sub, "SOFTWARE_TOKEN_MFA_CODE": code},
		})
	}
	right := h.codeAt(t, secret, 0)
	_, err = answer(begun.Session, another(right))
	wantCode(t, err, "CodeMismatchException", "")
	_, err = h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ClientId: aws.String(serverClient), Session: begun.Session, ChallengeName: types.ChallengeNameTypeSoftwareTokenMfa,
		ChallengeResponses: map[string]string{"USERNAME": sub, "SOFTWARE_TOKEN_MFA_CODE": right},
	})
	wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = answer(h.toSecondFactor(t, sub).Session, right)
	wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
	out, err := answer(begun.Session, right)
	noError(t, err)
	if out.AuthenticationResult == nil {
		t.Fatalf("got %+v", out)
	}
	_, err = answer(begun.Session, h.codeAt(t, secret, 30*time.Second))
	wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
}

func TestAServerAnswersWithANewPassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	_, err := h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{
		UserPoolId: aws.String(poolID), Username: &sub, Password: aws.String("temporary password"),
	})
	noError(t, err)
	begun, err := h.adminPassword(t.Context(), serverClient, sub, "temporary password")
	noError(t, err)
	out, err := h.AdminRespondToAuthChallenge(t.Context(), &cip.AdminRespondToAuthChallengeInput{
		UserPoolId: aws.String(poolID), ClientId: aws.String(serverClient), Session: begun.Session, ChallengeName: begun.ChallengeName,
		ChallengeResponses: map[string]string{"USERNAME": sub, "NEW_PASSWORD": newPassword},
	})
	noError(t, err)
	if out.AuthenticationResult == nil {
		t.Fatalf("got %+v", out)
	}
}

// The lock-out is one for a user, whichever flow failed, and somebody who does
// not exist is locked out just the same.
func TestTheLockOutHoldsForAllPasswordProofsTogether(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	for _, name := range []string{"ada@example.com", "nobody@example.com"} {
		for range 2 {
			_, err := h.adminPassword(t.Context(), serverClient, name, "wrong password")
			wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
			_, err = h.tryPassword(t, name, "wrong password")
			wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
		}
		_, err := h.trySRP(t, name, "wrong password")
		wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
		_, err = h.adminPassword(t.Context(), serverClient, name, password)
		wantCode(t, err, "NotAuthorizedException", "Password attempts exceeded")
		_, err = h.tryPassword(t, name, password)
		wantCode(t, err, "NotAuthorizedException", "Password attempts exceeded")
	}
}

// Medians of interleaved runs tell nobody whether a user exists, by a wrong
// password, or by the right one, which MFA stops. The margin is wider than what
// is seen (within 5%), because tests run beside each other.
func TestAnUnknownUserCostsTheSameWork(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	h.join(t, "bob@example.com")
	h.enrol(t, "bob@example.com")
	attempts := []struct{ name, secret string }{
		{"ada@example.com", "wrong password"}, {"bob@example.com", password}, {"nobody@example.com", "wrong password"},
	}
	took := make([][]time.Duration, len(attempts))
	for range 200 {
		for i, attempt := range attempts {
			// The clock leaves every lock-out behind.
			h.clock.advance(time.Hour)
			begun := time.Now()
			out, err := h.adminPassword(t.Context(), serverClient, attempt.name, attempt.secret)
			took[i] = append(took[i], time.Since(begun))
			if err == nil && out.ChallengeName != types.ChallengeNameTypeSoftwareTokenMfa {
				t.Fatalf("%s: got %+v", attempt.name, out)
			}
		}
	}
	wrong, right, unknown := median(took[0]), median(took[1]), median(took[2])
	t.Logf("wrong password %v, right one %v, unknown user %v", wrong, right, unknown)
	if max(wrong, right, unknown) > min(wrong, right, unknown)*3/2 {
		t.Errorf("a wrong password takes %v, the right one %v, an unknown user %v", wrong, right, unknown)
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
