package userpool_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const usedOnce = "Your software token has already been used once."

// toSecondFactor signs in by SRP up to the challenge for a code.
func (h *host) toSecondFactor(t *testing.T, name string) *cip.RespondToAuthChallengeOutput {
	t.Helper()
	out, err := h.trySRP(t, name, password)
	noError(t, err)
	if out.ChallengeName != types.ChallengeNameTypeSoftwareTokenMfa || out.AuthenticationResult != nil {
		t.Fatalf("got challenge %q and tokens %v, want SOFTWARE_TOKEN_MFA alone", out.ChallengeName, out.AuthenticationResult != nil)
	}
	return out
}

// answerCode answers SOFTWARE_TOKEN_MFA.
func (h *host) answerCode(ctx context.Context, session *string, sub, code string) (*cip.RespondToAuthChallengeOutput, error) {
	return h.RespondToAuthChallenge(ctx, &cip.RespondToAuthChallengeInput{
		ChallengeName: types.ChallengeNameTypeSoftwareTokenMfa, ClientId: aws.String(webClient), Session: session,
		ChallengeResponses: map[string]string{"USERNAME": sub, "SOFTWARE_TOKEN_MFA_CODE": code},
	})
}

func (h *host) trySecondFactor(t *testing.T, challenge *cip.RespondToAuthChallengeOutput, code string) error {
	t.Helper()
	out, err := h.answerCode(t.Context(), challenge.Session, challenge.ChallengeParameters["USER_ID_FOR_SRP"], code)
	if err == nil && (out.AuthenticationResult == nil || aws.ToString(out.AuthenticationResult.RefreshToken) == "") {
		t.Fatalf("got %+v, want tokens", out)
	}
	return err
}

func TestSignInWithMFAFromEnrolmentToTokens(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	secret := h.associate(t, token)
	enrolled := h.codeAt(t, secret, 0)
	noError(t, h.verifyToken(t, token, enrolled))
	noError(t, h.preferToken(t, token, true, true))

	challenge := h.toSecondFactor(t, "ada@example.com")
	if challenge.ChallengeParameters["FRIENDLY_DEVICE_NAME"] != "Ada's phone" || challenge.ChallengeParameters["USER_ID_FOR_SRP"] != sub {
		t.Errorf("got parameters %v", challenge.ChallengeParameters)
	}
	wantCode(t, h.trySecondFactor(t, challenge, enrolled), "ExpiredCodeException", usedOnce)
	h.clock.advance(time.Minute)
	right := h.codeAt(t, secret, 0)
	wantCode(t, h.trySecondFactor(t, challenge, another(right)), "CodeMismatchException", "Invalid code received for user")
	wantCode(t, h.trySecondFactor(t, challenge, "not a code"), "CodeMismatchException", "")
	noError(t, h.trySecondFactor(t, challenge, right))
	wantCode(t, h.trySecondFactor(t, challenge, h.codeAt(t, secret, 30*time.Second)), "NotAuthorizedException", "Invalid session for the user.")

	next := h.toSecondFactor(t, "ada@example.com")
	wantCode(t, h.trySecondFactor(t, next, right), "ExpiredCodeException", usedOnce)
	noError(t, h.trySecondFactor(t, next, h.codeAt(t, secret, 30*time.Second)))
}

func TestEveryPasswordFlowAsksForTheCode(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	secret, _ := h.enrol(t, "ada@example.com")
	begin := func(flow types.AuthFlowType, parameters map[string]string) (*string, types.ChallengeNameType) {
		t.Helper()
		parameters["USERNAME"] = "ada@example.com"
		out, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: flow, ClientId: aws.String(webClient), AuthParameters: parameters})
		noError(t, err)
		if out.AuthenticationResult != nil {
			t.Fatal("got tokens without a code")
		}
		return out.Session, out.ChallengeName
	}
	for name, run := range map[string]func() (*string, types.ChallengeNameType){
		"USER_SRP_AUTH": func() (*string, types.ChallengeNameType) {
			out := h.toSecondFactor(t, "ada@example.com")
			return out.Session, out.ChallengeName
		},
		"USER_PASSWORD_AUTH": func() (*string, types.ChallengeNameType) {
			return begin(types.AuthFlowTypeUserPasswordAuth, map[string]string{"PASSWORD": password})
		},
		"USER_AUTH with a preference": func() (*string, types.ChallengeNameType) {
			return begin(types.AuthFlowTypeUserAuth, map[string]string{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": password})
		},
		"USER_AUTH by choice": func() (*string, types.ChallengeNameType) {
			out, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
				ChallengeName: types.ChallengeNameTypeSelectChallenge, ClientId: aws.String(webClient),
				Session:            h.selectChallenge(t, "ada@example.com"),
				ChallengeResponses: map[string]string{"USERNAME": "ada@example.com", "ANSWER": "PASSWORD", "PASSWORD": password},
			})
			noError(t, err)
			return out.Session, out.ChallengeName
		},
	} {
		session, challenge := run()
		if challenge != types.ChallengeNameTypeSoftwareTokenMfa {
			t.Fatalf("%s: got challenge %q", name, challenge)
		}
		h.clock.advance(30 * time.Second)
		_, err := h.answerCode(t.Context(), session, sub, h.codeAt(t, secret, 0))
		noError(t, err)
	}
}

func TestANewPasswordIsFollowedByTheCode(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	secret, _ := h.enrol(t, "ada@example.com")
	_, err := h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{
		UserPoolId: aws.String(poolID), Username: &sub, Password: aws.String("temporary password"),
	})
	noError(t, err)
	begun, err := h.tryPassword(t, sub, "temporary password")
	noError(t, err)
	out, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
		ChallengeResponses: map[string]string{"USERNAME": sub, "NEW_PASSWORD": newPassword},
	})
	noError(t, err)
	if out.ChallengeName != types.ChallengeNameTypeSoftwareTokenMfa {
		t.Fatalf("got challenge %q", out.ChallengeName)
	}
	noError(t, h.trySecondFactor(t, out, h.codeAt(t, secret, 0)))
}

func TestASessionForACodeIsBoundAndEnds(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	other := h.join(t, "bob@example.com")
	secret, token := h.enrol(t, "ada@example.com")
	challenge := h.toSecondFactor(t, "ada@example.com")
	answer := func(session *string, client, user string) error {
		_, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: types.ChallengeNameTypeSoftwareTokenMfa, ClientId: &client, Session: session,
			ChallengeResponses: map[string]string{"USERNAME": user, "SOFTWARE_TOKEN_MFA_CODE": h.codeAt(t, secret, 0)},
		})
		return err
	}
	const invalid = "Invalid session for the user."
	wantCode(t, answer(challenge.Session, webClient, other), "NotAuthorizedException", invalid)
	wantCode(t, answer(challenge.Session, serverClient, sub), "NotAuthorizedException", invalid)
	wantCode(t, answer(h.selectChallenge(t, sub), webClient, sub), "NotAuthorizedException", invalid)
	wantCode(t, answer(nil, webClient, sub), "InvalidParameterException", "")

	h.clock.advance(3 * time.Minute)
	wantCode(t, answer(challenge.Session, webClient, sub), "NotAuthorizedException", "Invalid session for the user, session is expired.")

	// Who proved the old password does not get in after a new one was set.
	challenge = h.toSecondFactor(t, "ada@example.com")
	_, err := h.ChangePassword(t.Context(), &cip.ChangePasswordInput{
		AccessToken: token, PreviousPassword: aws.String(password), ProposedPassword: aws.String(newPassword),
	})
	noError(t, err)
	wantCode(t, answer(challenge.Session, webClient, sub), "NotAuthorizedException", invalid)
}

func TestWrongCodesLockOut(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	secret, _ := h.enrol(t, "ada@example.com")
	wrong := func(challenge *cip.RespondToAuthChallengeOutput) error {
		t.Helper()
		return h.trySecondFactor(t, challenge, another(h.codeAt(t, secret, 0)))
	}
	// The right password in between forgets nothing: the sign-in has not
	// succeeded.
	for range 4 {
		wantCode(t, wrong(h.toSecondFactor(t, "ada@example.com")), "CodeMismatchException", "")
	}
	challenge := h.toSecondFactor(t, "ada@example.com")
	wantCode(t, wrong(challenge), "CodeMismatchException", "")
	wantCode(t, h.trySecondFactor(t, challenge, h.codeAt(t, secret, 0)), "NotAuthorizedException", "Password attempts exceeded")
	_, err := h.tryPassword(t, "ada@example.com", password)
	wantCode(t, err, "NotAuthorizedException", "Password attempts exceeded")
	h.clock.advance(time.Second)
	// A wrong password counts together with wrong codes: the sixth failure
	// locks for two seconds.
	_, err = h.tryPassword(t, "ada@example.com", "wrong password")
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	h.clock.advance(time.Second)
	wantCode(t, h.trySecondFactor(t, challenge, h.codeAt(t, secret, 0)), "NotAuthorizedException", "Password attempts exceeded")
	h.clock.advance(time.Second)
	noError(t, h.trySecondFactor(t, challenge, h.codeAt(t, secret, 0)))

	h.clock.advance(time.Minute)
	challenge = h.toSecondFactor(t, "ada@example.com")
	for range 4 {
		wantCode(t, wrong(challenge), "CodeMismatchException", "")
	}
	noError(t, h.trySecondFactor(t, challenge, h.codeAt(t, secret, 0)))
}

func TestOfManyAnswersWithOneCodeOnlyOneSucceeds(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	secret, _ := h.enrol(t, "ada@example.com")
	challenge, code := h.toSecondFactor(t, "ada@example.com"), h.codeAt(t, secret, 0)
	var succeeded atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := h.answerCode(t.Context(), challenge.Session, sub, code); err == nil {
				succeeded.Add(1)
			}
		})
	}
	all.Wait()
	if n := succeeded.Load(); n != 1 {
		t.Errorf("%d answers succeeded, want 1", n)
	}
}

func TestRefreshingAsksForNoCode(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	before := h.signIn(t, "ada@example.com")
	h.enrol(t, "ada@example.com")
	out, err := h.refresh(t, *before.RefreshToken)
	noError(t, err)
	if out.AuthenticationResult == nil {
		t.Fatalf("got challenge %q", out.ChallengeName)
	}
}
