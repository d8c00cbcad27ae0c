package main

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
	"hearth/internal/local/mailbox"
	"hearth/internal/local/userpool"
	"hearth/internal/product"
)

// mails are those to the person, newest first.
func (p *person) mails(t *testing.T) []mailbox.Mail {
	t.Helper()
	var inbox struct {
		Items []mailbox.Mail `json:"items"`
	}
	p.call(t, http.MethodGet, "/_local/mail?to="+url.QueryEscape(p.Email), nil).want(t, http.StatusOK).JSON(t, &inbox)
	return inbox.Items
}

// resetPassword takes the person through a forgotten password, to a new one. The
// confirmation's error is that of the trigger, if it failed.
func (p *person) resetPassword(t *testing.T) error {
	t.Helper()
	before := len(p.mails(t))
	_, err := p.cognito.ForgotPassword(t.Context(), &cognitoidentityprovider.ForgotPasswordInput{
		ClientId: aws.String(p.ClientID), Username: aws.String(p.Email),
	})
	if err != nil {
		t.Fatal(err)
	}
	var code *string
	eventually(t, "a mail with a code", func() bool {
		if mails := p.mails(t); len(mails) > before {
			code = mails[0].Code
		}
		return code != nil
	})
	p.Password = rand.Text()
	_, err = p.cognito.ConfirmForgotPassword(t.Context(), &cognitoidentityprovider.ConfirmForgotPasswordInput{
		ClientId: aws.String(p.ClientID), Username: aws.String(p.Email), Password: aws.String(p.Password), ConfirmationCode: code,
	})
	return err
}

// nextSecond waits until what happens now is told apart from what happened
// before: auth_time is in whole seconds.
func nextSecond() { time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) }

func TestAForgottenPasswordEndsEverySession(t *testing.T) {
	t.Parallel()
	p, bystander := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	laptop := *p
	p.signInAgain(t)
	phone := *p
	p.signInAgain(t)
	unseen := *p // signed in, and never here yet
	for _, session := range []*person{&laptop, &phone, bystander} {
		session.me(t)
	}
	nextSecond()
	if err := p.resetPassword(t); err != nil {
		t.Fatal(err)
	}
	for name, session := range map[string]*person{"laptop": &laptop, "phone": &phone, "a session never seen": &unseen} {
		for _, path := range []string{"/me", "/me/accounts", "/me/profile", "/me/preferences", "/me/dashboard"} {
			session.call(t, http.MethodGet, path, nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
		}
		session.rename(t, "Somebody Else").refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
		session.choose(t, nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
		session.askFor(t, "image/png", 100).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
		if _, err := session.refresh(t); err == nil {
			t.Errorf("the refresh token of %s lives on", name)
		}
	}
	bystander.me(t)
	p.signInAgain(t)
	p.wantAccount(t, p.ID)
	refreshed, err := p.refresh(t)
	if err != nil {
		t.Fatal(err)
	}
	p.with(refreshed).me(t)
}

// refresh returns a new access token of the person's sign-in.
func (p *person) refresh(t *testing.T) (string, error) {
	t.Helper()
	answer, err := p.cognito.GetTokensFromRefreshToken(t.Context(), &cognitoidentityprovider.GetTokensFromRefreshTokenInput{
		ClientId: aws.String(p.ClientID), RefreshToken: aws.String(p.RefreshToken),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(answer.AuthenticationResult.AccessToken), nil
}

func TestARefreshedTokenIsOfTheSameSession(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	teams := join(t, shared.host, p, 1)
	p.choose(t, teams[0]).want(t, http.StatusOK)
	token, err := p.refresh(t)
	if err != nil {
		t.Fatal(err)
	}
	p.with(token).wantAccount(t, teams[0])
	nextSecond()
	if err := p.resetPassword(t); err != nil {
		t.Fatal(err)
	}
	// Issued anew, but signed in before.
	p.with(token).call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
}

// A password that was not reset ends nothing.
func TestAResetThatIsNotConfirmedEndsNoSession(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	nextSecond()
	_, err := p.cognito.ForgotPassword(t.Context(), &cognitoidentityprovider.ForgotPasswordInput{
		ClientId: aws.String(p.ClientID), Username: aws.String(p.Email),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.cognito.ConfirmForgotPassword(t.Context(), &cognitoidentityprovider.ConfirmForgotPasswordInput{
		ClientId: aws.String(p.ClientID), Username: aws.String(p.Email), Password: aws.String(rand.Text()), ConfirmationCode: aws.String("000000"),
	})
	if mismatch := (*types.CodeMismatchException)(nil); !errors.As(err, &mismatch) {
		t.Fatalf("a wrong code: %v", err)
	}
	p.me(t)
	p.signInAgain(t)
	p.me(t)
}

// Cognito asks the trigger three times; what it then misses is known, and what
// the pool itself ends is ended.
func TestAResetWhoseTriggerFailedStillChangesThePassword(t *testing.T) {
	t.Parallel()
	faults := new(userpool.Faults)
	h := newHost(t, func(o *options) { o.Faults = faults })
	p := newPerson(t, h, nil)
	p.me(t)
	old := p.Password
	nextSecond()
	faults.TimeOutTrigger("PostConfirmation_ConfirmForgotPassword", 3)
	if err := p.resetPassword(t); err == nil {
		t.Error("Cognito tells the client that the trigger failed; this pool did not")
	}
	if _, err := p.signIn(t.Context(), p.Email, old); err == nil {
		t.Error("the old password is good still")
	}
	p.signInAgain(t)
	p.me(t)
}

// What was signed out at Cognito directly stays good here until it expires: the
// access token proves itself, and nobody tells Hearth.
func TestASignOutAtCognitoLeavesTheAccessTokenGoodHere(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Before"})
	p.me(t)
	_, err := p.cognito.GlobalSignOut(t.Context(), &cognitoidentityprovider.GlobalSignOutInput{AccessToken: aws.String(p.AccessToken)})
	if err != nil {
		t.Fatal(err)
	}
	p.me(t)
	p.prefer(t, preferences{"dark", "de"}).want(t, http.StatusOK)
	if _, err := p.refresh(t); err == nil {
		t.Error("the refresh token lives on")
	}
	// What needs the pool fails there, and changes nothing here.
	p.rename(t, "After").refused(t, http.StatusUnauthorized, account.CodeUnauthenticated)
	if got := p.me(t).User.Name; got != "Before" {
		t.Errorf("the name became %q", got)
	}
	p.signInAgain(t)
	p.rename(t, "After").want(t, http.StatusOK)
}

func TestNoRefreshBringsARevokedSessionBack(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	_, claims, _ := parts(t, p.AccessToken)
	jti, ok := claims["origin_jti"].(string)
	if !ok {
		t.Fatal("no origin_jti")
	}
	now := time.Now().UTC()
	err := storeOf(shared.host).Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeSession{UserID: p.ID, SessionID: jti, RevokedAt: &now},
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	token, err := p.refresh(t)
	if err != nil {
		t.Fatal(err)
	}
	p.with(token).call(t, http.MethodGet, "/me", nil).refused(t, http.StatusUnauthorized, account.CodeSessionRevoked)
	p.signInAgain(t)
	p.me(t)
}

func TestAUserWhoIsTurnedOffMayDoNothing(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	store := storeOf(shared.host)
	records, err := store.Read(t.Context(), account.UserKey(p.ID))
	if err != nil {
		t.Fatal(err)
	}
	user := *records.User(p.ID)
	asRead := account.VersionIs{Of: user.Key(), Version: user.Version}
	user.Status, user.Version = account.UserInactive, user.Version+1
	err = store.Commit(t.Context(), account.Change{Premises: []account.Premise{asRead}, Puts: []account.Record{&user}})
	if err != nil {
		t.Fatal(err)
	}
	second := *p
	second.signInAgain(t)
	for _, route := range product.Routes() {
		if route.Open {
			continue
		}
		for _, session := range []*person{p, &second} {
			session.call(t, route.Method, route.Path, accepted[route.Key()]).refused(t, http.StatusUnauthorized, account.CodeUserInactive)
		}
	}
	visit(t, shared.host).call(t, http.MethodGet, "/config", nil).want(t, http.StatusOK)
}
