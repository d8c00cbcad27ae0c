package userpool_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/local/userpool"
)

// withPasskey returns a pool with a user who has a passkey, and an access token.
func withPasskey(t *testing.T, with ...func(*userpool.Options)) (*host, *authenticator, *string) {
	t.Helper()
	h := start(t, with...)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	return h, h.register(t, token), token
}

func TestSignInByPasskeyAsPreferred(t *testing.T) {
	t.Parallel()
	h, a, _ := withPasskey(t)
	h.clock.advance(time.Hour)
	begun := h.toPasskey(t, "ada@example.com")
	options := object(t, begun.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])
	delete(options, "challenge")
	want := map[string]any{
		"timeout": 180000.0, "rpId": "localhost", "userVerification": "required",
		"allowCredentials": []any{map[string]any{"id": a.id(), "type": "public-key"}},
	}
	if diff := cmp.Diff(want, options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	out, err := h.answerPasskey(t.Context(), begun.Session, "ADA@example.com", a.get(t, begun.ChallengeParameters))
	noError(t, err)
	claims := h.claims(t, out.AuthenticationResult.AccessToken)
	if claims["sub"] != aws.ToString(h.adminGet(t, "ada@example.com").Username) || claims["auth_time"] != json.Number("1805040566") {
		t.Errorf("got claims %v", claims)
	}
	_, err = h.refresh(t, aws.ToString(out.AuthenticationResult.RefreshToken))
	noError(t, err)
}

func TestSignInByPasskeyAsChosen(t *testing.T) {
	t.Parallel()
	h, a, token := withPasskey(t)
	h.join(t, "bob@example.com")
	choices := func(name string) []types.ChallengeNameType { return h.choose(t, name, "").AvailableChallenges }
	if got, want := choices("ada@example.com"), []types.ChallengeNameType{"PASSWORD_SRP", "PASSWORD", "WEB_AUTHN"}; !slices.Equal(got, want) {
		t.Errorf("got the choices %v, want %v", got, want)
	}
	if got := choices("bob@example.com"); slices.Contains(got, "WEB_AUTHN") {
		t.Errorf("who has no passkey got the choices %v", got)
	}
	choose := func(name string, extra ...string) (*cip.RespondToAuthChallengeOutput, error) {
		responses := map[string]string{"USERNAME": name, "ANSWER": "WEB_AUTHN"}
		for i := 0; i+1 < len(extra); i += 2 {
			responses[extra[i]] = extra[i+1]
		}
		return h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
			ChallengeName: types.ChallengeNameTypeSelectChallenge, ClientId: aws.String(webClient),
			Session: h.choose(t, name, "").Session, ChallengeResponses: responses,
		})
	}
	begun, err := choose("ada@example.com")
	noError(t, err)
	if begun.ChallengeName != types.ChallengeNameTypeWebAuthn {
		t.Fatalf("got challenge %s", begun.ChallengeName)
	}
	out, err := h.answerPasskey(t.Context(), begun.Session, "ada@example.com", a.get(t, begun.ChallengeParameters))
	noError(t, err)
	h.claims(t, out.AuthenticationResult.IdToken)

	_, err = choose("ada@example.com", "CREDENTIAL", "{}")
	wantCode(t, err, "InvalidParameterException", `This user pool does not know the parameter "CREDENTIAL" here.`)
	_, err = choose("bob@example.com")
	wantCode(t, err, "InvalidParameterException", "ANSWER is not one of the available challenges.")
	noError(t, h.deletePasskey(t.Context(), token, a.id()))
	_, err = choose("ada@example.com")
	wantCode(t, err, "InvalidParameterException", "ANSWER is not one of the available challenges.")
}

func TestPasskeySignInsThatAreRefused(t *testing.T) {
	t.Parallel()
	const wrong, session = "Incorrect username or password.", "Invalid session for the user."
	type attempt struct {
		h      *host
		token  *string
		device *authenticator
		begun  *cip.InitiateAuthOutput
	}
	tests := map[string]struct {
		// before changes what is there before the device answers, spoil its answer.
		before  func(*testing.T, *attempt)
		spoil   func(*testing.T, *attempt, string) string
		message string
	}{
		"another origin":         {func(_ *testing.T, a *attempt) { a.device.page.Origin = "https://example.com" }, nil, wrong},
		"another relying party":  {func(_ *testing.T, a *attempt) { a.device.page.ID = "example.com" }, nil, wrong},
		"nobody verified":        {func(_ *testing.T, a *attempt) { a.device.device.Options.UserNotVerified = true }, nil, wrong},
		"nobody present":         {func(_ *testing.T, a *attempt) { a.device.device.Options.UserNotPresent = true }, nil, wrong},
		"another user's handle":  {func(_ *testing.T, a *attempt) { a.device.device.Options.UserHandle = []byte("bob") }, nil, wrong},
		"backup became possible": {func(_ *testing.T, a *attempt) { a.device.device.Options.BackupEligible = true }, nil, wrong},
		"another key": {func(_ *testing.T, a *attempt) {
			id := a.device.key.ID
			a.device.key = newAuthenticator().key
			a.device.key.ID = id
		}, nil, wrong},
		"a passkey of nobody": {func(_ *testing.T, a *attempt) { a.device.key = newAuthenticator().key }, nil, wrong},
		"another user's passkey": {func(t *testing.T, a *attempt) {
			t.Helper()
			a.h.join(t, "bob@example.com")
			a.device = a.h.register(t, a.h.signIn(t, "bob@example.com").AccessToken)
			a.device.device.Options.UserHandle = nil
		}, nil, wrong},
		"a removed passkey": {func(t *testing.T, a *attempt) {
			t.Helper()
			noError(t, a.h.deletePasskey(t.Context(), a.token, a.device.id()))
		}, nil, wrong},
		"a deleted user": {func(t *testing.T, a *attempt) {
			t.Helper()
			noError(t, a.h.adminDelete(t.Context(), "ada@example.com"))
		}, nil, session},
		"a disabled user": {func(t *testing.T, a *attempt) {
			t.Helper()
			a.h.disable(t, "ada@example.com")
		}, nil, "User is disabled."},
		"a temporary password": {func(t *testing.T, a *attempt) {
			t.Helper()
			_, err := a.h.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{
				UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com"), Password: aws.String(newPassword),
			})
			noError(t, err)
		}, nil, "The user must replace a temporary password first."},
		"too late": {func(_ *testing.T, a *attempt) { a.h.clock.advance(3 * time.Minute) }, nil, "Invalid session for the user, session is expired."},
		"the answer to an earlier challenge": {nil, func(t *testing.T, a *attempt, credential string) string {
			t.Helper()
			a.begun = a.h.toPasskey(t, "ada@example.com")
			return credential
		}, wrong},
		"a second time": {nil, func(t *testing.T, a *attempt, credential string) string {
			t.Helper()
			_, err := a.h.answerPasskey(t.Context(), a.begun.Session, "ada@example.com", credential)
			noError(t, err)
			return credential
		}, session},
		"after a wrong answer": {nil, func(t *testing.T, a *attempt, credential string) string {
			t.Helper()
			other := newAuthenticator().get(t, a.begun.ChallengeParameters)
			_, err := a.h.answerPasskey(t.Context(), a.begun.Session, "ada@example.com", other)
			wantCode(t, err, "NotAuthorizedException", wrong)
			return credential
		}, session},
		"the Session of another user": {func(t *testing.T, a *attempt) {
			t.Helper()
			a.h.join(t, "bob@example.com")
			a.h.register(t, a.h.signIn(t, "bob@example.com").AccessToken)
			a.begun = a.h.toPasskey(t, "bob@example.com")
		}, nil, session},
		"the Session of a selection": {func(t *testing.T, a *attempt) {
			t.Helper()
			a.begun.Session = a.h.choose(t, "ada@example.com", "").Session
		}, nil, session},
		"the signature of another answer": {nil, func(t *testing.T, a *attempt, credential string) string {
			t.Helper()
			other := object(t, a.device.get(t, a.h.toPasskey(t, "ada@example.com").ChallengeParameters))
			mixed := object(t, credential)
			mixed["response"].(map[string]any)["signature"] = other["response"].(map[string]any)["signature"]
			raw, err := json.Marshal(mixed)
			noError(t, err)
			return string(raw)
		}, wrong},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, device, token := withPasskey(t)
			a := &attempt{h: h, token: token, device: device, begun: h.toPasskey(t, "ada@example.com")}
			if test.before != nil {
				test.before(t, a)
			}
			credential := a.device.get(t, a.begun.ChallengeParameters)
			if test.spoil != nil {
				credential = test.spoil(t, a, credential)
			}
			_, err := h.answerPasskey(t.Context(), a.begun.Session, "ada@example.com", credential)
			wantCode(t, err, "NotAuthorizedException", test.message)
		})
	}
}

// A form that no authenticator writes is told, and does not cost the Session.
func TestAMalformedCredentialIsToldAndCostsNothing(t *testing.T) {
	t.Parallel()
	h, a, _ := withPasskey(t)
	begun := h.toPasskey(t, "ada@example.com")
	for _, credential := range []string{"{", "[]", "null", `"a"`, "{}", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
		_, err := h.answerPasskey(t.Context(), begun.Session, "ada@example.com", credential)
		wantCode(t, err, "InvalidParameterException", "CREDENTIAL is not the response of an authenticator.")
	}
	_, err := h.answerPasskey(t.Context(), begun.Session, "ada@example.com", a.get(t, begun.ChallengeParameters))
	noError(t, err)
}

func TestOneOfManyEqualAnswersSignsIn(t *testing.T) {
	t.Parallel()
	h, a, _ := withPasskey(t)
	begun := h.toPasskey(t, "ada@example.com")
	credential := a.get(t, begun.ChallengeParameters)
	codes := together(8, func(int) error {
		_, err := h.answerPasskey(t.Context(), begun.Session, "ada@example.com", credential)
		return err
	})
	if codes[""] != 1 || codes["NotAuthorizedException"] != 7 {
		t.Fatalf("got %v, want one success", codes)
	}
}

func TestTheSignatureCounterMustGrow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, a, _ := withPasskey(t, in(dir))
	for _, step := range []struct {
		counter uint32
		good    bool
	}{{0, true}, {0, true}, {5, true}, {5, false}, {4, false}, {0, false}, {6, true}} {
		a.key.Counter = step.counter
		if err := h.tryPasskey(t, "ada@example.com", a); (err == nil) != step.good {
			t.Fatalf("at counter %d: %v", step.counter, err)
		}
	}
	modified := h.adminGet(t, "ada@example.com").UserLastModifiedDate
	h = restart(t, h, dir)
	wantCode(t, h.tryPasskey(t, "ada@example.com", a), "NotAuthorizedException", "Incorrect username or password.")
	h.clock.advance(time.Minute)
	a.key.Counter = 7
	noError(t, h.tryPasskey(t, "ada@example.com", a))
	if got := h.adminGet(t, "ada@example.com").UserLastModifiedDate; !got.Equal(*modified) {
		t.Errorf("a sign-in modified the user at %v", got)
	}
}

func TestPasskeysOfAnotherDomainAreNotOffered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, _, token := withPasskey(t, in(dir))
	noError(t, h.pool.Close())
	h = start(t, in(dir), at("example.com"), func(o *userpool.Options) { o.Now = h.clock.Now })
	if got := h.choose(t, "ada@example.com", "WEB_AUTHN").ChallengeName; got != types.ChallengeNameTypeSelectChallenge {
		t.Errorf("got challenge %s", got)
	}
	if list := h.passkeys(t, token); len(list) != 1 || aws.ToString(list[0].RelyingPartyId) != "localhost" {
		t.Errorf("got %+v", list)
	}
}

// Passkeys that a provider backs up say so for ever.
func TestASyncedPasskeySignsIn(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.join(t, "ada@example.com")
	token := h.signIn(t, "ada@example.com").AccessToken
	a := newAuthenticator()
	a.device.Options.BackupEligible = true
	noError(t, h.completePasskey(t.Context(), token, a.create(t, h.startPasskey(t, token))))
	a.device.Options.BackupState = true
	noError(t, h.tryPasskey(t, "ada@example.com", a))
	a.device.Options.BackupEligible, a.device.Options.BackupState = false, false
	wantCode(t, h.tryPasskey(t, "ada@example.com", a), "NotAuthorizedException", "Incorrect username or password.")
}

// Of those who do not exist some seem to have a passkey, always the same ones,
// and what they answer is wrong in the same words.
func TestUnknownUsersSeemToHavePasskeysOrNot(t *testing.T) {
	t.Parallel()
	h, a, _ := withPasskey(t)
	known := object(t, h.toPasskey(t, "ada@example.com").ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])
	var with, without int
	for i := range 32 {
		name := fmt.Sprintf("nobody%d@example.com", i)
		first, again := h.choose(t, name, "WEB_AUTHN"), h.choose(t, strings.ToUpper(name), "WEB_AUTHN")
		if first.ChallengeName != again.ChallengeName {
			t.Fatalf("%s got the challenge %s, then %s", name, first.ChallengeName, again.ChallengeName)
		}
		listed := slices.Contains(h.choose(t, name, "").AvailableChallenges, "WEB_AUTHN")
		if listed != (first.ChallengeName == types.ChallengeNameTypeWebAuthn) {
			t.Fatalf("%s got the challenge %s, listed %v", name, first.ChallengeName, listed)
		}
		if !listed {
			without++
			continue
		}
		with++
		options := object(t, first.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])
		repeated := object(t, again.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])
		if diff := cmp.Diff(options["allowCredentials"], repeated["allowCredentials"]); diff != "" || options["challenge"] == repeated["challenge"] {
			t.Fatalf("%s is told from a known user: %s", name, diff)
		}
		for member, of := range known {
			if got, want := fmt.Sprintf("%T", options[member]), fmt.Sprintf("%T", of); got != want {
				t.Errorf("%s is %s for nobody and %s for a known user", member, got, want)
			}
		}
		_, err := h.answerPasskey(t.Context(), first.Session, name, a.get(t, first.ChallengeParameters))
		wantCode(t, err, "NotAuthorizedException", "Incorrect username or password.")
	}
	if with == 0 || without == 0 {
		t.Fatalf("%d of nobody have a passkey, %d have none", with, without)
	}
}

func TestAPasskeyOutlivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h, a, _ := withPasskey(t, in(dir))
	_, token := h.enrol(t, "ada@example.com")
	noError(t, h.preferPasskey(t, token, true))
	for range 2 { // The second time it is read from the compacted journal.
		h = restart(t, h, dir)
		noError(t, h.tryPasskey(t, "ada@example.com", a))
	}
	noError(t, h.deletePasskey(t.Context(), token, a.id()))
	h = restart(t, h, dir)
	if list := h.passkeys(t, token); len(list) != 0 {
		t.Fatalf("a restart brought %+v back", list)
	}
}
