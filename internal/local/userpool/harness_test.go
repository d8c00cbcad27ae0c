package userpool_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexrudd/cognito-srp/v4"
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"hearth/internal/cognito"
	"hearth/internal/local/userpool"
)

const (
	region       = "eu-central-1"
	poolID       = "eu-central-1_TestPool1"
	webClient    = "webclient0000000000000000a"
	serverClient = "serverclient00000000000000"
	password     = "correct horse battery"
)

// signingKey is one key for all pools of these tests; making one takes long.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// clock is a clock that moves only when told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2027, 3, 14, 15, 9, 26, 535_000_000, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// mailbox keeps the mails of a pool.
type mailbox struct {
	mu   sync.Mutex
	mail []userpool.Message
	err  error
}

func (m *mailbox) deliver(_ context.Context, message userpool.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.mail = append(m.mail, message)
	return nil
}

func (m *mailbox) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.mail)
}

func (m *mailbox) breakDown(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// last returns the newest mail.
func (m *mailbox) last(t *testing.T) userpool.Message {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.mail) == 0 {
		t.Fatal("no mail was sent")
	}
	return m.mail[len(m.mail)-1]
}

// host is a pool behind a real HTTP server, with the Go SDK as its client.
type host struct {
	*cip.Client
	pool    *userpool.Pool
	url     string
	clock   *clock
	mailbox *mailbox
	faults  *userpool.Faults
}

// options returns the options of a pool for tests; with changes them.
func options(with ...func(*userpool.Options)) userpool.Options {
	o := userpool.Options{
		Settings: cognito.Settings(cognito.Options{RelyingPartyID: "localhost", PasswordSignIn: true}),
		Region:   region, PoolID: poolID, WebClientID: webClient, ServerClientID: serverClient,
		Issuer: "http://localhost:9000/" + poolID,
	}
	for _, change := range with {
		change(&o)
	}
	return userpool.WithSigningKey(o, signingKey())
}

func start(t *testing.T, with ...func(*userpool.Options)) *host {
	t.Helper()
	h := &host{clock: newClock(), mailbox: new(mailbox), faults: new(userpool.Faults)}
	o := options(func(o *userpool.Options) {
		o.Now, o.Deliver, o.Faults = h.clock.Now, h.mailbox.deliver, h.faults
		for _, change := range with {
			change(o)
		}
	})
	pool, err := userpool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	h.pool = pool
	server := httptest.NewServer(pool)
	h.url = server.URL
	h.Client = cip.New(cip.Options{
		Region: region, BaseEndpoint: aws.String(server.URL), Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "thing"}, nil
		}),
	})
	t.Cleanup(func() {
		server.Close()
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// wantCode fails unless err is the API's error of the given code whose message
// begins as given.
func wantCode(t *testing.T, err error, code, message string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want %s", err, code)
	}
	if e.ErrorCode() != code || !strings.HasPrefix(e.ErrorMessage(), message) {
		t.Fatalf("got %s: %q, want %s: %q", e.ErrorCode(), e.ErrorMessage(), code, message)
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func attributes(pairs ...string) []types.AttributeType {
	var list []types.AttributeType
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, types.AttributeType{Name: &pairs[i], Value: &pairs[i+1]})
	}
	return list
}

func value(list []types.AttributeType, name string) string {
	for _, a := range list {
		if aws.ToString(a.Name) == name {
			return aws.ToString(a.Value)
		}
	}
	return ""
}

// signUp signs an address up and returns the user's sub.
func (h *host) signUp(t *testing.T, email string, extra ...string) string {
	t.Helper()
	out, err := h.SignUp(t.Context(), &cip.SignUpInput{
		ClientId: aws.String(webClient), Username: &email, Password: aws.String(password),
		UserAttributes: attributes(append([]string{"email", email}, extra...)...),
	})
	noError(t, err)
	return aws.ToString(out.UserSub)
}

func (h *host) confirm(t *testing.T, name, code string) error {
	t.Helper()
	_, err := h.ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{
		ClientId: aws.String(webClient), Username: &name, ConfirmationCode: &code,
	})
	return err
}

// join signs an address up and confirms it.
func (h *host) join(t *testing.T, email string, extra ...string) string {
	t.Helper()
	sub := h.signUp(t, email, extra...)
	noError(t, h.confirm(t, email, h.mailbox.last(t).Code))
	return sub
}

// beginSRP starts USER_SRP_AUTH and returns the client's side of it.
func (h *host) beginSRP(t *testing.T, name, secret string) (*cognitosrp.CognitoSRP, *cip.InitiateAuthOutput) {
	t.Helper()
	srp, err := cognitosrp.NewCognitoSRP(name, secret, poolID, webClient, nil)
	noError(t, err)
	out, err := h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: aws.String(webClient), AuthParameters: srp.GetAuthParams(),
	})
	noError(t, err)
	if out.ChallengeName != types.ChallengeNameTypePasswordVerifier {
		t.Fatalf("got challenge %s, want PASSWORD_VERIFIER", out.ChallengeName)
	}
	return srp, out
}

// proof is the client's answer to a PASSWORD_VERIFIER challenge.
func proof(t *testing.T, srp *cognitosrp.CognitoSRP, parameters map[string]string) map[string]string {
	t.Helper()
	responses, err := srp.PasswordVerifierChallenge(parameters, time.Now())
	noError(t, err)
	return responses
}

// trySRP signs in by SRP.
func (h *host) trySRP(t *testing.T, name, secret string) (*cip.RespondToAuthChallengeOutput, error) {
	t.Helper()
	srp, begun := h.beginSRP(t, name, secret)
	return h.RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: aws.String(webClient), Session: begun.Session,
		ChallengeResponses: proof(t, srp, begun.ChallengeParameters),
	})
}

func (h *host) signIn(t *testing.T, name string) *types.AuthenticationResultType {
	t.Helper()
	out, err := h.trySRP(t, name, password)
	noError(t, err)
	if out.AuthenticationResult == nil {
		t.Fatalf("signed in to the challenge %s, want tokens", out.ChallengeName)
	}
	return out.AuthenticationResult
}

// tryPassword signs in by USER_PASSWORD_AUTH.
func (h *host) tryPassword(t *testing.T, name, secret string) (*cip.InitiateAuthOutput, error) {
	t.Helper()
	return h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: aws.String(webClient),
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": secret},
	})
}

func (h *host) refresh(t *testing.T, token string) (*cip.InitiateAuthOutput, error) {
	t.Helper()
	return h.InitiateAuth(t.Context(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: aws.String(webClient),
		AuthParameters: map[string]string{"REFRESH_TOKEN": token},
	})
}

func (h *host) adminGet(t *testing.T, name string) *cip.AdminGetUserOutput {
	t.Helper()
	out, err := h.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: aws.String(poolID), Username: &name})
	noError(t, err)
	return out
}
