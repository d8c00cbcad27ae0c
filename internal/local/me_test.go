package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/local/userpool"
	"hearth/internal/product"
)

// me is the answer of GET /me.
type me struct {
	User struct {
		ID            string  `json:"id"`
		Email         string  `json:"email"`
		EmailVerified bool    `json:"emailVerified"`
		Name          string  `json:"name"`
		ImageURL      *string `json:"imageUrl"`
		CreatedAt     string  `json:"createdAt"`
	} `json:"user"`
	Account *struct {
		ID          string               `json:"id"`
		Name        string               `json:"name"`
		Slug        *string              `json:"slug"`
		IsPersonal  bool                 `json:"isPersonal"`
		Role        account.Role         `json:"role"`
		Permissions []account.Permission `json:"permissions"`
	} `json:"account"`
	ActiveOrganizationID *string      `json:"activeOrganizationId"`
	AccountMode          account.Mode `json:"accountMode"`
	Preferences          struct {
		Theme    string `json:"theme"`
		Language string `json:"language"`
	} `json:"preferences"`
}

func (p *person) me(t *testing.T) me {
	t.Helper()
	var m me
	p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK).JSON(t, &m)
	if m.Account == nil {
		t.Fatal("GET /me has no account")
	}
	return m
}

func TestSignUpGivesAPersonalOrganization(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Grace Hopper"})
	answer := p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	var m me
	answer.JSON(t, &m)

	if m.User.ID != p.ID || m.User.Email != p.Email || !m.User.EmailVerified || m.User.Name != "Grace Hopper" {
		t.Errorf("user %+v, want %s <%s>", m.User, p.ID, p.Email)
	}
	if m.Account == nil {
		t.Fatal("no account")
	}
	if m.Account.ID != p.ID || m.Account.Name != "Grace Hopper's Organization" || !m.Account.IsPersonal ||
		m.Account.Slug != nil || m.Account.Role != account.Owner {
		t.Errorf("account %+v", m.Account)
	}
	if diff := cmp.Diff(product.Grants().Of(account.Owner), m.Account.Permissions); diff != "" {
		t.Errorf("permissions: %s", diff)
	}
	if m.ActiveOrganizationID != nil || m.AccountMode != account.Hybrid {
		t.Errorf("active organization %v, mode %s", m.ActiveOrganizationID, m.AccountMode)
	}
	if got := answer.Header.Get("X-Account-Id"); got != p.ID {
		t.Errorf("X-Account-Id %q, want the personal organization", got)
	}
	if answer.Header.Get("Etag") == "" {
		t.Error("no ETag")
	}
}

func TestTheNameComesFromWhatThePersonGave(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		attributes map[string]string
		want       string
	}{
		"a name":                {map[string]string{"name": "Ada", "given_name": "Augusta"}, "Ada's Organization"},
		"given and family name": {map[string]string{"given_name": "Ada", "family_name": "Lovelace"}, "Ada Lovelace's Organization"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := newPerson(t, shared.host, test.attributes).me(t).Account.Name; got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestAUserMadeWithoutTheTriggerGetsTheSame(t *testing.T) {
	t.Parallel()
	p := visit(t, shared.host)
	token, made, err := p.tokenOf(t.Context(), p.Email)
	if err != nil || !made {
		t.Fatalf("made %v: %v", made, err)
	}
	p = p.with(token)
	first, second := p.me(t), p.me(t)
	if first.Account.ID != first.User.ID || !first.Account.IsPersonal || first.Account.Role != account.Owner {
		t.Errorf("account %+v", first.Account)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second request sees something else: %s", diff)
	}
}

func TestARepeatedTriggerEventChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Alan Turing"})
	before := p.me(t)
	event, err := json.Marshal(map[string]any{
		"version": "1", "region": p.Region, "userPoolId": p.UserPoolID, "userName": p.ID,
		"callerContext": map[string]string{"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": p.ClientID},
		"triggerSource": "PostConfirmation_ConfirmSignUp",
		"request": map[string]any{"userAttributes": map[string]string{
			"sub": p.ID, "email": p.Email, "email_verified": "true", "name": "Somebody Else",
			"cognito:user_status": "CONFIRMED",
		}},
		"response": map[string]any{},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := invoke(shared.host.functions.postConfirmation)(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, p.me(t)); diff != "" {
		t.Error(diff)
	}
}

// A trigger that fails leaves a confirmed user, who cannot confirm again.
func TestAFailedTriggerIsMadeUpForByTheFirstRequest(t *testing.T) {
	t.Parallel()
	faults := new(userpool.Faults)
	h := newHost(t, func(o *options) { o.Faults = faults })
	p := visit(t, h)
	p.signUp(t, map[string]string{"name": "Edsger Dijkstra"})
	faults.TimeOutTrigger("PostConfirmation_ConfirmSignUp", 3)
	d := &demo{host: p.remote, email: p.Email}
	if _, err := d.readMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.confirm(t.Context()); err == nil {
		t.Fatal("Cognito tells the client that the trigger failed; this pool did not")
	}
	p.signInAgain(t)
	if got := p.me(t).Account.Name; got != "Edsger Dijkstra's Organization" {
		t.Errorf("account %q", got)
	}
}

func TestAnotherSessionAndARefreshedTokenSeeTheSame(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	first := p.me(t)
	refreshed, err := p.cognito.InitiateAuth(t.Context(), &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: aws.String(p.ClientID),
		AuthParameters: map[string]string{"REFRESH_TOKEN": p.RefreshToken},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, p.with(aws.ToString(refreshed.AuthenticationResult.AccessToken)).me(t)); diff != "" {
		t.Errorf("refreshed: %s", diff)
	}
	p.signInAgain(t)
	if diff := cmp.Diff(first, p.me(t)); diff != "" {
		t.Errorf("signed in again: %s", diff)
	}
}
