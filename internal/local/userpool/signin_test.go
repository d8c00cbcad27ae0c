package userpool_test

import (
	"maps"
	"slices"
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

func TestSignInBySRPWithAddressOrSub(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	for _, name := range []string{"ada@example.com", "ADA@Example.com", sub} {
		srp, begun := h.beginSRP(t, name, password)
		if begun.ChallengeParameters["USERNAME"] != sub || begun.ChallengeParameters["USER_ID_FOR_SRP"] != sub {
			t.Fatalf("got %v, want the sub as user name", begun.ChallengeParameters)
		}
		out, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient),
			// Clients of USER_SRP_AUTH may leave the Session out.
			ChallengeResponses: proof(t, srp, begun.ChallengeParameters),
		})
		noError(t, err)
		r := out.AuthenticationResult
		if r == nil || r.ExpiresIn != 3600 || aws.ToString(r.TokenType) != "Bearer" || aws.ToString(r.RefreshToken) == "" {
			t.Fatalf("got %+v", out)
		}
	}
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	const credentials = "Incorrect username or password."
	h := start(t)
	h.join(t, "ada@example.com")
	h.signUp(t, "unconfirmed@example.com")
	tests := []struct{ what, name, secret, code, message string }{
		{"a wrong password", "ada@example.com", "wrong password", "NotAuthorizedException", credentials},
		{"an unknown address", "nobody@example.com", password, "NotAuthorizedException", credentials},
		{"an unknown sub", "2b1d1c1e-0000-4000-8000-000000000000", password, "NotAuthorizedException", credentials},
		{"an unconfirmed user", "unconfirmed@example.com", password, "UserNotConfirmedException", "User is not confirmed."},
		{"an unconfirmed user's wrong password", "unconfirmed@example.com", "wrong password", "NotAuthorizedException", credentials},
	}
	for _, test := range tests {
		t.Run(test.what+" by SRP", func(t *testing.T) {
			t.Parallel()
			_, err := h.trySRP(t, test.name, test.secret)
			wantCode(t, err, test.code, test.message)
		})
		t.Run(test.what+" by password", func(t *testing.T) {
			t.Parallel()
			_, err := h.tryPassword(t, test.name, test.secret)
			wantCode(t, err, test.code, test.message)
		})
	}
}

func TestFlowsAreThoseOfTheClient(t *testing.T) {
	t.Parallel()
	h := start(t, func(o *userpool.Options) {
		o.Settings = cognito.Settings(cognito.Options{RelyingPartyID: "localhost"})
	})
	h.join(t, "ada@example.com")
	login := map[string]string{"USERNAME": "ada@example.com", "PASSWORD": password}
	tests := map[string]struct {
		client        string
		flow          types.AuthFlowType
		parameters    map[string]string
		code, message string
	}{
		"password, not allowed": {webClient, types.AuthFlowTypeUserPasswordAuth, login, "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"},
		"SRP of the server's client": {
			serverClient, types.AuthFlowTypeUserSrpAuth,
			map[string]string{"USERNAME": "ada@example.com", "SRP_A": "abc"},
			"InvalidParameterException", "USER_SRP_AUTH flow not enabled for this client",
		},
		"choice of the server's client":  {serverClient, types.AuthFlowTypeUserAuth, map[string]string{"USERNAME": "ada@example.com"}, "InvalidParameterException", "USER_AUTH flow not enabled"},
		"refresh of the server's client": {serverClient, types.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": "abc"}, "InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled"},
		"an administrator's flow":        {webClient, types.AuthFlowTypeAdminUserPasswordAuth, login, "InvalidParameterException", "Initiate Auth method not supported."},
		"an unknown flow":                {webClient, "MAGIC", login, "InvalidParameterException", "Initiate Auth method not supported."},
		"custom":                         {webClient, types.AuthFlowTypeCustomAuth, login, "InvalidParameterException", "Initiate Auth method not supported."},
		"a missing parameter":            {webClient, types.AuthFlowTypeUserSrpAuth, map[string]string{"USERNAME": "ada@example.com"}, "InvalidParameterException", "Missing required parameter SRP_A"},
		"an unknown parameter": {
			webClient, types.AuthFlowTypeUserSrpAuth,
			map[string]string{"USERNAME": "ada@example.com", "SRP_A": "abc", "DEVICE_KEY": "x"},
			"InvalidParameterException", `This user pool does not know the parameter "DEVICE_KEY" here.`,
		},
		"a device at refresh": {
			webClient, types.AuthFlowTypeRefreshTokenAuth,
			map[string]string{"REFRESH_TOKEN": "abc", "DEVICE_KEY": "x"},
			"InvalidParameterException", "Device tracking is not enabled for this user pool.",
		},
		"a secret hash": {
			webClient, types.AuthFlowTypeUserSrpAuth,
			map[string]string{"USERNAME": "ada@example.com", "SRP_A": "abc", "SECRET_HASH": "x"},
			"NotAuthorizedException", "Client " + webClient,
		},
		"SRP_A that is no number": {webClient, types.AuthFlowTypeUserSrpAuth, map[string]string{"USERNAME": "ada@example.com", "SRP_A": "xyz"}, "InvalidParameterException", "SRP_A"},
		"SRP_A of zero":           {webClient, types.AuthFlowTypeUserSrpAuth, map[string]string{"USERNAME": "ada@example.com", "SRP_A": "0"}, "InvalidParameterException", "SRP_A"},
		"SRP_A of the prime":      {webClient, types.AuthFlowTypeUserSrpAuth, map[string]string{"USERNAME": "ada@example.com", "SRP_A": srpPrime}, "InvalidParameterException", "SRP_A"},
		"an unknown first factor": {webClient, types.AuthFlowTypeUserAuth, map[string]string{"USERNAME": "ada@example.com", "PREFERRED_CHALLENGE": "FACE"}, "InvalidParameterException", "PREFERRED_CHALLENGE"},
		"a factor without its part": {
			webClient, types.AuthFlowTypeUserAuth,
			map[string]string{"USERNAME": "ada@example.com", "PREFERRED_CHALLENGE": "PASSWORD_SRP"},
			"InvalidParameterException", "Missing required parameter SRP_A",
		},
		"an unknown client": {"nobody", types.AuthFlowTypeUserSrpAuth, login, "ResourceNotFoundException", "User pool client nobody does not exist."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
				AuthFlow: test.flow, ClientId: &test.client, AuthParameters: test.parameters,
			})
			wantCode(t, err, test.code, test.message)
		})
	}
}

const srpPrime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
	"83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
	"15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C" +
	"BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

func TestChoiceBasedSignIn(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	begin := func(t *testing.T, parameters map[string]string) *cip.InitiateAuthOutput {
		t.Helper()
		parameters["USERNAME"] = "ada@example.com"
		out, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
			AuthFlow: types.AuthFlowTypeUserAuth, ClientId: aws.String(webClient), AuthParameters: parameters,
		})
		noError(t, err)
		return out
	}
	answer := func(t *testing.T, name types.ChallengeNameType, session *string, responses map[string]string) *cip.RespondToAuthChallengeOutput {
		t.Helper()
		out, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: name, ClientId: aws.String(webClient), Session: session, ChallengeResponses: responses,
		})
		noError(t, err)
		return out
	}
	newSRP := func(t *testing.T) *cognitosrp.CognitoSRP {
		t.Helper()
		srp, err := cognitosrp.NewCognitoSRP("ada@example.com", password, poolID, webClient, nil)
		noError(t, err)
		return srp
	}
	t.Run("preferred SRP", func(t *testing.T) {
		t.Parallel()
		srp := newSRP(t)
		begun := begin(t, map[string]string{"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": srp.GetAuthParams()["SRP_A"]})
		out := answer(t, begun.ChallengeName, begun.Session, proof(t, srp, begun.ChallengeParameters))
		if out.AuthenticationResult == nil {
			t.Fatalf("got %+v, want tokens", out)
		}
	})
	t.Run("SRP needs its Session here", func(t *testing.T) {
		t.Parallel()
		srp := newSRP(t)
		begun := begin(t, map[string]string{"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": srp.GetAuthParams()["SRP_A"]})
		_, err := h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient),
			ChallengeResponses: proof(t, srp, begun.ChallengeParameters),
		})
		wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
	})
	t.Run("preferred password", func(t *testing.T) {
		t.Parallel()
		if out := begin(t, map[string]string{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": password}); out.AuthenticationResult == nil {
			t.Fatalf("got %+v, want tokens", out)
		}
	})
	for _, preferred := range []string{"", "WEB_AUTHN"} {
		t.Run("selection, preferred "+preferred, func(t *testing.T) {
			t.Parallel()
			parameters := map[string]string{}
			if preferred != "" {
				parameters["PREFERRED_CHALLENGE"] = preferred
			}
			begun := begin(t, parameters)
			want := []types.ChallengeNameType{types.ChallengeNameTypePasswordSrp, types.ChallengeNameTypePassword}
			if begun.ChallengeName != types.ChallengeNameTypeSelectChallenge || !slices.Equal(begun.AvailableChallenges, want) {
				t.Fatalf("got %+v", begun)
			}
			srp := newSRP(t)
			next := answer(t, begun.ChallengeName, begun.Session, map[string]string{
				"USERNAME": "ada@example.com", "ANSWER": "PASSWORD_SRP", "SRP_A": srp.GetAuthParams()["SRP_A"],
			})
			out := answer(t, next.ChallengeName, next.Session, proof(t, srp, next.ChallengeParameters))
			if out.AuthenticationResult == nil {
				t.Fatalf("got %+v, want tokens", out)
			}
			begun = begin(t, maps.Clone(parameters))
			out = answer(t, begun.ChallengeName, begun.Session, map[string]string{
				"USERNAME": "ada@example.com", "ANSWER": "PASSWORD", "PASSWORD": password,
			})
			if out.AuthenticationResult == nil {
				t.Fatalf("got %+v, want tokens", out)
			}
		})
	}
}

func TestWrongPasswordsLockOut(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	for _, name := range []string{"ada@example.com", "nobody@example.com"} {
		fails := func(message string) {
			t.Helper()
			_, err := h.tryPassword(t, name, "wrong password")
			wantCode(t, err, "NotAuthorizedException", message)
		}
		for range 5 {
			fails("Incorrect username or password.")
		}
		fails("Password attempts exceeded")
		h.clock.advance(time.Second)
		fails("Incorrect username or password.")
		h.clock.advance(time.Second)
		fails("Password attempts exceeded")
		h.clock.advance(time.Second)
	}
	_, err := h.trySRP(t, "ada@example.com", password)
	noError(t, err)
	// Success forgets the failures.
	_, err = h.tryPassword(t, "ada@example.com", "wrong password")
	wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = h.tryPassword(t, "ada@example.com", password)
	noError(t, err)
}

func TestLockoutDoublesToFifteenMinutesAndIsForgottenThen(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	wrong := func() error { _, err := h.tryPassword(t, "ada@example.com", "wrong password"); return err }
	for range 5 {
		wantCode(t, wrong(), "NotAuthorizedException", "Incorrect username or password.")
	}
	for range 12 {
		h.clock.advance(15 * time.Minute)
		wantCode(t, wrong(), "NotAuthorizedException", "Incorrect username or password.")
	}
	h.clock.advance(15*time.Minute - time.Second)
	wantCode(t, wrong(), "NotAuthorizedException", "Password attempts exceeded")
	h.clock.advance(time.Second)
	wantCode(t, wrong(), "NotAuthorizedException", "Incorrect username or password.")
	h.clock.advance(30 * time.Minute)
	for range 5 {
		wantCode(t, wrong(), "NotAuthorizedException", "Incorrect username or password.")
	}
	h.clock.advance(time.Second)
	wantCode(t, wrong(), "NotAuthorizedException", "Incorrect username or password.")
}

func TestNewPasswordRequired(t *testing.T) {
	t.Parallel()
	const chosen = "my own long password"
	begin := func(t *testing.T) (*host, string, *cip.RespondToAuthChallengeOutput) {
		t.Helper()
		h := start(t)
		made, err := h.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{
			UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"),
			UserAttributes: attributes("email_verified", "true", "name", "Ada"), TemporaryPassword: aws.String(password),
		})
		noError(t, err)
		out, err := h.trySRP(t, "ada@example.com", password)
		noError(t, err)
		if out.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
			t.Fatalf("got challenge %s", out.ChallengeName)
		}
		return h, aws.ToString(made.User.Username), out
	}
	answer := func(t *testing.T, h *host, session *string, responses map[string]string) (*cip.RespondToAuthChallengeOutput, error) {
		t.Helper()
		return h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: types.ChallengeNameTypeNewPasswordRequired, ClientId: aws.String(webClient),
			Session: session, ChallengeResponses: responses,
		})
	}
	t.Run("confirms the user", func(t *testing.T) {
		t.Parallel()
		h, sub, begun := begin(t)
		if begun.ChallengeParameters["USER_ID_FOR_SRP"] != sub || begun.ChallengeParameters["requiredAttributes"] != "[]" ||
			!strings.Contains(begun.ChallengeParameters["userAttributes"], `"name":"Ada"`) {
			t.Fatalf("got %v", begun.ChallengeParameters)
		}
		out, err := answer(t, h, begun.Session, map[string]string{
			"USERNAME": sub, "NEW_PASSWORD": chosen, "userAttributes.name": "Ada L.",
		})
		noError(t, err)
		if out.AuthenticationResult == nil {
			t.Fatalf("got %+v, want tokens", out)
		}
		after := h.adminGet(t, sub)
		if after.UserStatus != types.UserStatusTypeConfirmed || value(after.UserAttributes, "name") != "Ada L." {
			t.Fatalf("got %+v", after)
		}
		_, err = h.tryPassword(t, sub, password)
		wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
		_, err = h.tryPassword(t, sub, chosen)
		noError(t, err)
	})
	refusals := map[string]struct {
		responses     map[string]string
		code, message string
	}{
		"a short one":          {map[string]string{"NEW_PASSWORD": "short"}, "InvalidPasswordException", "Password did not conform with policy"},
		"none":                 {nil, "InvalidParameterException", "Missing required parameter NEW_PASSWORD"},
		"a verified flag":      {map[string]string{"NEW_PASSWORD": chosen, "userAttributes.email_verified": "true"}, "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		"another address":      {map[string]string{"NEW_PASSWORD": chosen, "userAttributes.email": "eve@example.com"}, "NotAuthorizedException", "Cannot modify an already provided email"},
		"an unknown parameter": {map[string]string{"NEW_PASSWORD": chosen, "MFA": "1"}, "InvalidParameterException", "This user pool does not know"},
	}
	for name, test := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, sub, begun := begin(t)
			responses := map[string]string{"USERNAME": sub}
			maps.Copy(responses, test.responses)
			_, err := answer(t, h, begun.Session, responses)
			wantCode(t, err, test.code, test.message)
			// What the policy refuses does not cost the Session.
			_, err = answer(t, h, begun.Session, map[string]string{"USERNAME": sub, "NEW_PASSWORD": chosen})
			noError(t, err)
		})
	}
	t.Run("the temporary password ends", func(t *testing.T) {
		t.Parallel()
		h, sub, _ := begin(t)
		h.clock.advance(7 * 24 * time.Hour)
		_, err := h.trySRP(t, sub, password)
		wantCode(t, err, "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.")
	})
	t.Run("a password set meanwhile ends the challenge", func(t *testing.T) {
		t.Parallel()
		h, sub, begun := begin(t)
		_, err := h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{
			UserPoolId: aws.String(poolID), Username: &sub, Password: aws.String("another temporary one"),
		})
		noError(t, err)
		_, err = answer(t, h, begun.Session, map[string]string{"USERNAME": sub, "NEW_PASSWORD": chosen})
		wantCode(t, err, "NotAuthorizedException", "Invalid session for the user.")
	})
}
