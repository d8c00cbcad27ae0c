package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/descope/virtualwebauthn"

	"hearth/internal/account"
)

type passkeyAnswer struct{ ID, Name, CreatedAt string }

func (p *person) passkeys(t *testing.T) []passkeyAnswer {
	t.Helper()
	var list struct{ Items []passkeyAnswer }
	p.call(t, http.MethodGet, "/me/security/passkeys", nil).want(t, http.StatusOK).JSON(t, &list)
	var settings struct{ Passkeys []passkeyAnswer }
	p.call(t, http.MethodGet, "/me/security", nil).want(t, http.StatusOK).JSON(t, &settings)
	if len(settings.Passkeys) != len(list.Items) {
		t.Errorf("the settings have %d passkeys, the list %d", len(settings.Passkeys), len(list.Items))
	}
	return list.Items
}

// signInByPasskey signs the person in by what the browser holds.
func (p *person) signInByPasskey(t *testing.T, b *browserKey) error {
	t.Helper()
	begun, err := p.cognito.InitiateAuth(t.Context(), &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, ClientId: aws.String(p.ClientID),
		AuthParameters: map[string]string{"USERNAME": p.Email, "PREFERRED_CHALLENGE": "WEB_AUTHN"},
	})
	if err != nil {
		return err
	}
	if begun.ChallengeName != types.ChallengeNameTypeWebAuthn {
		t.Fatalf("the challenge is %q", begun.ChallengeName)
	}
	options, err := virtualwebauthn.ParseAssertionOptions(begun.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.cognito.RespondToAuthChallenge(t.Context(), &cognitoidentityprovider.RespondToAuthChallengeInput{
		ClientId: aws.String(p.ClientID), ChallengeName: types.ChallengeNameTypeWebAuthn, Session: begun.Session,
		ChallengeResponses: map[string]string{
			"USERNAME": p.Email, "CREDENTIAL": virtualwebauthn.CreateAssertionResponse(b.page, b.device, b.key, *options),
		},
	})
	if err != nil {
		return err
	}
	if answer.AuthenticationResult == nil {
		t.Fatalf("after the passkey comes the challenge %q", answer.ChallengeName)
	}
	p.AccessToken, p.RefreshToken = aws.ToString(answer.AuthenticationResult.AccessToken), aws.ToString(answer.AuthenticationResult.RefreshToken)
	return nil
}

// A passkey from its registration in a browser to its removal, with and without
// MFA beside it: with user verification it counts as both factors.
func TestAPasskeySignsIn(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	made, key := p.browse(t)
	id := p.keepPasskey(t, made, "Laptop")
	if list := p.passkeys(t); len(list) != 1 || list[0].ID != id || list[0].Name != "Laptop" || list[0].CreatedAt == "" {
		t.Fatalf("passkeys: %+v", list)
	}
	p.mailed(t, "You have a new passkey")

	// What was answered once is no answer to another registration.
	p.call(t, http.MethodPost, "/me/security/passkeys/verify", map[string]any{"credential": made, "name": "Again"}).
		refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/credential malformed")
	if list := p.passkeys(t); len(list) != 1 || list[0].Name != "Laptop" {
		t.Errorf("passkeys: %+v", list)
	}

	first := p.AccessToken
	if err := p.signInByPasskey(t, key); err != nil || p.AccessToken == first {
		t.Fatalf("by passkey: %v", err)
	}
	p.me(t)
	p.enroll(t)
	time.Sleep(time.Second) // who signed in within the second of that change has to do so again
	if err := p.signInByPasskey(t, key); err != nil {
		t.Fatalf("by passkey, with MFA on: %v", err)
	}
	p.me(t)

	// Nobody else's business.
	other := newPerson(t, shared.host, nil)
	other.call(t, http.MethodDelete, "/me/security/passkeys/"+id, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	p.call(t, http.MethodDelete, "/me/security/passkeys/"+id, nil).want(t, http.StatusNoContent)
	p.call(t, http.MethodDelete, "/me/security/passkeys/"+id, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	if list := p.passkeys(t); len(list) != 0 {
		t.Errorf("passkeys: %+v", list)
	}
	p.mailed(t, "A passkey was removed")
	if added, removed := p.noted(t, account.PasskeyAdded), p.noted(t, account.PasskeyRemoved); added != 1 || removed != 1 {
		t.Errorf("noted %d times as added, %d as removed", added, removed)
	}
	begun, err := p.cognito.InitiateAuth(t.Context(), &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserAuth, ClientId: aws.String(p.ClientID),
		AuthParameters: map[string]string{"USERNAME": p.Email, "PREFERRED_CHALLENGE": "WEB_AUTHN"},
	})
	if err == nil && begun.ChallengeName == types.ChallengeNameTypeWebAuthn {
		t.Error("a passkey is asked for that there is no more")
	}
}
