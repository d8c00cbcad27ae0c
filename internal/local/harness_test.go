package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/dynamo/dynamolocal"
	"hearth/internal/product"
)

// shared is what the tests of this package have in common: one DynamoDB Local,
// and one host on it which is as a developer's. Tests make persons of their own
// on it; those that need another host, or break one, use newHost.
var shared struct {
	engine *dynamolocal.Engine
	host   *host
}

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakeCLIName {
		os.Exit(fakeCLI(os.Args[0], os.Args[1:]))
	}
	code, err := runTests(m)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "the development host:", err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	ctx := context.Background()
	if shared.engine, err = dynamolocal.Start(ctx, dynamolocal.Options{}); err != nil {
		return 0, err
	}
	defer shared.engine.Stop()
	dir, err := os.MkdirTemp("", "hearth-host-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	plain := http.DefaultTransport
	heard, err := overhear(plain)
	if err != nil {
		return 0, err
	}
	if shared.host, err = start(ctx, testOptions(dir, "shared")); err != nil {
		return 0, err
	}
	// Whoever asks an API in these tests, a sub-command included, uses this.
	said, err := readContract(ctx, heard, shared.host.Config.API)
	if err != nil {
		return 0, errors.Join(err, shared.host.Close())
	}
	http.DefaultTransport = said
	code = m.Run()
	http.DefaultTransport = plain
	if missing := said.unheard(product.Routes()); code == 0 && wholeRun() && len(missing) > 0 {
		err = fmt.Errorf("no test was answered by %s", strings.Join(missing, ", "))
	}
	err = errors.Join(err, shared.host.Close())
	secrets := heard.verdict()
	if !wholeRun() && secrets != nil && !strings.Contains(secrets.Error(), "holds a secret") {
		secrets = nil // a part of a run may log nothing
	}
	return code, errors.Join(err, secrets)
}

// wholeRun reports whether no flag left tests out.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return true
}

// testOptions are those of a host on free ports which uses the shared engine.
func testOptions(dir, table string) options {
	root, err := findRoot()
	if err != nil {
		panic(err) // tests run inside the module
	}
	return options{Root: root, Dir: dir, DynamoDB: shared.engine.Endpoint, Table: table}
}

// newHost starts a host of the test's own, with a table of its own.
func newHost(t *testing.T, change func(*options)) *host {
	t.Helper()
	o := testOptions(t.TempDir(), "host-"+rand.Text())
	if change != nil {
		change(&o)
	}
	h, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// person is someone at a web client of a host.
type person struct {
	*remote
	ID, Email, Password                string
	AccessToken, IDToken, RefreshToken string
	// accountID is sent with each request; empty leaves the session to decide.
	accountID string
	// device is the authenticator app that prove gave the person.
	device *device
}

// visit connects a web client to a host; nobody has signed up yet.
func visit(t *testing.T, h *host) *person {
	t.Helper()
	r, err := connect(t.Context(), h.Config.API)
	if err != nil {
		t.Fatal(err)
	}
	return &person{
		remote:   r,
		Email:    "person-" + strings.ToLower(rand.Text()) + "@example.com",
		Password: rand.Text(),
	}
}

// newPerson signs a person up with these attributes, confirms them with the
// mailed code, which calls the trigger, and signs them in.
func newPerson(t *testing.T, h *host, attributes map[string]string) *person {
	t.Helper()
	p := visit(t, h)
	p.signUp(t, attributes)
	p.confirm(t)
	p.signInAgain(t)
	return p
}

func (p *person) signUp(t *testing.T, attributes map[string]string) {
	t.Helper()
	input := &cognitoidentityprovider.SignUpInput{
		ClientId: aws.String(p.ClientID), Username: aws.String(p.Email), Password: aws.String(p.Password),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String(p.Email)}},
	}
	for name, value := range attributes {
		input.UserAttributes = append(input.UserAttributes, types.AttributeType{Name: aws.String(name), Value: aws.String(value)})
	}
	answer, err := p.cognito.SignUp(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	p.ID = aws.ToString(answer.UserSub)
}

func (p *person) confirm(t *testing.T) {
	t.Helper()
	d := &demo{host: p.remote, email: p.Email}
	if _, err := d.readMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// signInAgain signs the person in by SRP, which begins a new session.
func (p *person) signInAgain(t *testing.T) {
	t.Helper()
	tokens, err := p.signIn(t.Context(), p.Email, p.Password)
	if err != nil {
		t.Fatal(err)
	}
	p.AccessToken, p.IDToken = aws.ToString(tokens.AccessToken), aws.ToString(tokens.IdToken)
	p.RefreshToken = aws.ToString(tokens.RefreshToken)
}

// answer is what the API answered.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON reads the body.
func (a answer) JSON(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		t.Fatalf("answer %d is not the expected JSON: %v\n%s", a.Status, err, a.Body)
	}
}

// want fails the test unless the answer has this status.
func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("answer %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// call sends a request to the API with the person's access token. Header pairs
// replace the defaults; a body is sent as JSON unless it is nil.
func (p *person) call(t *testing.T, method, path string, body any, header ...string) answer {
	t.Helper()
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, p.API+path, content)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if p.AccessToken != "" {
		request.Header.Set("Authorization", "Bearer "+p.AccessToken)
	}
	if p.accountID != "" {
		request.Header.Set("X-Account-Id", p.accountID)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := p.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{Status: response.StatusCode, Header: response.Header, Body: read}
}

// with returns the person with another access token.
func (p *person) with(token string) *person {
	other := *p
	other.AccessToken = token
	return &other
}

// lines is a writer that a running host may write to and a test may read.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
