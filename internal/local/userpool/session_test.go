package userpool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/alexrudd/cognito-srp/v4"
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/cognito"
	"hearth/internal/local/userpool"
)

// A Session is good for one answer, by the client, the user and to the
// challenge that it was given for.
func TestSessionRefusals(t *testing.T) {
	t.Parallel()
	const invalid = "Invalid session for the user."
	tests := map[string]struct {
		// change alters a right answer or the world before it is given.
		change        func(t *testing.T, h *host, in *cip.RespondToAuthChallengeInput)
		code, message string
	}{
		"tampered": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.Session = aws.String("A" + aws.ToString(in.Session)[1:] + "A")
			}, "NotAuthorizedException", invalid,
		},
		"made up": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.Session = aws.String(strings.Repeat("x", 128))
			}, "NotAuthorizedException", invalid,
		},
		"too short": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) { in.Session = aws.String("x") },
			"InvalidParameterException", "1 validation error detected: Value at 'session'",
		},
		"expired": {
			func(_ *testing.T, h *host, _ *cip.RespondToAuthChallengeInput) { h.clock.advance(3 * time.Minute) },
			"NotAuthorizedException", "Invalid session for the user, session is expired.",
		},
		"of another sign-in of the same user": {
			func(t *testing.T, h *host, in *cip.RespondToAuthChallengeInput) {
				t.Helper()
				_, other := h.beginSRP(t, "ada@example.com", password)
				in.Session = other.Session
			}, "NotAuthorizedException", "Incorrect username or password.",
		},
		"of another user": {
			func(t *testing.T, h *host, in *cip.RespondToAuthChallengeInput) {
				t.Helper()
				_, other := h.beginSRP(t, "bob@example.com", password)
				in.Session = other.Session
			}, "NotAuthorizedException", invalid,
		},
		"in another user's name": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.ChallengeResponses["USERNAME"] = "bob@example.com"
			}, "NotAuthorizedException", invalid,
		},
		"by another client": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.ClientId = aws.String(serverClient)
			},
			"NotAuthorizedException", invalid,
		},
		"to another challenge": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.ChallengeName = types.ChallengeNameTypeNewPasswordRequired
				in.ChallengeResponses = map[string]string{"USERNAME": "ada@example.com", "NEW_PASSWORD": "a stolen password"}
			}, "NotAuthorizedException", invalid,
		},
		"to a challenge that the pool does not give": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.ChallengeName = types.ChallengeNameTypeSmsMfa
			}, "InvalidParameterException", "This user pool does not give the challenge SMS_MFA.",
		},
		"used before": {
			func(t *testing.T, h *host, in *cip.RespondToAuthChallengeInput) {
				t.Helper()
				_, err := h.RespondToAuthChallenge(t.Context(), in)
				noError(t, err)
			}, "NotAuthorizedException", invalid,
		},
		"after a wrong answer": {
			func(t *testing.T, h *host, in *cip.RespondToAuthChallengeInput) {
				t.Helper()
				right := in.ChallengeResponses["PASSWORD_CLAIM_SIGNATURE"]
				in.ChallengeResponses["PASSWORD_CLAIM_SIGNATURE"] = "AAAA"
				_, err := h.RespondToAuthChallenge(t.Context(), in)
				wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
				in.ChallengeResponses["PASSWORD_CLAIM_SIGNATURE"] = right
			}, "NotAuthorizedException", invalid,
		},
		"another secret block": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.ChallengeResponses["PASSWORD_CLAIM_SECRET_BLOCK"] = "AAAA"
			}, "NotAuthorizedException", "Incorrect username or password.",
		},
		"another timestamp": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.ChallengeResponses["TIMESTAMP"] = "Tue Sep 25 00:09:40 UTC 2018"
			}, "NotAuthorizedException", "Incorrect username or password.",
		},
		"a malformed timestamp": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				in.ChallengeResponses["TIMESTAMP"] = "2027-03-14T15:09:26Z"
			}, "InvalidParameterException", "TIMESTAMP format should be",
		},
		"no secret block": {
			func(_ *testing.T, _ *host, in *cip.RespondToAuthChallengeInput) {
				delete(in.ChallengeResponses, "PASSWORD_CLAIM_SECRET_BLOCK")
			}, "InvalidParameterException", "Missing required parameter PASSWORD_CLAIM_SECRET_BLOCK",
		},
		"after the password was changed": {
			func(t *testing.T, h *host, _ *cip.RespondToAuthChallengeInput) {
				t.Helper()
				_, err := h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{
					UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"),
					Password: aws.String("a changed password"), Permanent: true,
				})
				noError(t, err)
			}, "NotAuthorizedException", "Incorrect username or password.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.join(t, "ada@example.com")
			h.join(t, "bob@example.com")
			srp, begun := h.beginSRP(t, "ada@example.com", password)
			in := &cip.RespondToAuthChallengeInput{
				ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
				ChallengeResponses: proof(t, srp, begun.ChallengeParameters),
			}
			test.change(t, h, in)
			_, err := h.RespondToAuthChallenge(t.Context(), in)
			wantCode(t, err, test.code, test.message)
		})
	}
}

func TestASessionIsGoodOnceHoweverManyUseItAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	srp, begun := h.beginSRP(t, "ada@example.com", password)
	responses := proof(t, srp, begun.ChallengeParameters)
	codes := together(8, func(int) error {
		_, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session, ChallengeResponses: responses,
		})
		return err
	})
	if codes[""] != 1 || codes["NotAuthorizedException"] != 7 {
		t.Fatalf("got %v, want one success", codes)
	}
}

func TestASessionOfAnotherPoolIsRefused(t *testing.T) {
	t.Parallel()
	here, elsewhere := start(t), start(t)
	here.join(t, "ada@example.com")
	elsewhere.join(t, "ada@example.com")
	srp, begun := elsewhere.beginSRP(t, "ada@example.com", password)
	_, err := here.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
		ChallengeResponses: proof(t, srp, begun.ChallengeParameters),
	})
	wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
}

// The other client of a pool with the same flows cannot go on with a sign-in.
func TestASelectionSessionBelongsToItsClient(t *testing.T) {
	t.Parallel()
	h := start(t, func(o *userpool.Options) {
		o.Settings.Server.AuthFlows = []cognito.AuthFlow{cognito.FlowChoice}
	})
	h.join(t, "ada@example.com")
	begun, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, ClientId: aws.String(webClient),
		AuthParameters: map[string]string{"USERNAME": "ada@example.com"},
	})
	noError(t, err)
	_, err = h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: aws.String(serverClient), Session: begun.Session,
		ChallengeResponses: map[string]string{"USERNAME": "ada@example.com", "ANSWER": "PASSWORD", "PASSWORD": password},
	})
	wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
}

func TestUnknownUsersLookLikeKnownOnes(t *testing.T) {
	t.Parallel()
	h := start(t)
	known := h.join(t, "ada@example.com")
	challenge := func(name string) map[string]string {
		t.Helper()
		srp, err := cognitosrp.NewCognitoSRP(name, password, poolID, webClient, nil)
		noError(t, err)
		out, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
			AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: aws.String(webClient), AuthParameters: srp.GetAuthParams(),
		})
		noError(t, err)
		return out.ChallengeParameters
	}
	first, again, other := challenge("nobody@example.com"), challenge("NOBODY@example.com"), challenge("else@example.com")
	if first["SALT"] != again["SALT"] || first["USER_ID_FOR_SRP"] != again["USER_ID_FOR_SRP"] {
		t.Fatal("salt and id of an unknown user change from one try to the next")
	}
	if first["SALT"] == other["SALT"] || first["USER_ID_FOR_SRP"] == other["USER_ID_FOR_SRP"] || first["SRP_B"] == again["SRP_B"] {
		t.Fatal("two unknown users, or two tries, look the same")
	}
	real := challenge("ada@example.com")
	for name, of := range real {
		if got := len(first[name]); got < len(of)-4 || got > len(of)+4 {
			t.Errorf("%s of an unknown user has length %d, of a known one %d", name, got, len(of))
		}
	}
	if len(first["USERNAME"]) != len(known) || strings.Count(first["USERNAME"], "-") != 4 {
		t.Fatalf("got user name %q, want a UUID", first["USERNAME"])
	}

	for _, name := range []string{"nobody@example.com", "ada@example.com"} {
		begun, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
			AuthFlow: types.AuthFlowTypeUserAuth, ClientId: aws.String(webClient), AuthParameters: map[string]string{"USERNAME": name},
		})
		noError(t, err)
		_, err = h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
			ChallengeResponses: map[string]string{"USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": "wrong password"},
		})
		wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	}
}

func TestUnknownUsersGetASimulatedDelivery(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.signUp(t, "unverified@example.com")
	before := h.mailbox.count()
	resent, err := h.ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{
		ClientId: aws.String(webClient), Username: aws.String("nobody@example.com"),
	})
	noError(t, err)
	if aws.ToString(resent.CodeDeliveryDetails.Destination) != "n***@e***" {
		t.Fatalf("got %+v", resent.CodeDeliveryDetails)
	}
	for name, want := range map[string]string{"nobody@example.com": "n***@e***", "unverified@example.com": "u***@e***"} {
		out, err := h.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: aws.String(webClient), Username: &name})
		noError(t, err)
		if got := aws.ToString(out.CodeDeliveryDetails.Destination); got != want {
			t.Fatalf("%s: got destination %q, want %q", name, got, want)
		}
	}
	if h.mailbox.count() != before {
		t.Fatal("a mail was sent")
	}
	wantCode(t, h.confirm(t, "nobody@example.com", "123456"), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	_, err = h.ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{
		ClientId: aws.String(webClient), Username: aws.String("nobody@example.com"),
		ConfirmationCode: aws.String("123456"), Password: aws.String(password),
	})
	wantCode(t, err, "CodeMismatchException", "")
}
