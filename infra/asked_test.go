package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"hearth/internal/account"
	"hearth/internal/boot"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamolocal"
	"hearth/internal/dynamo/itemaction"
	"hearth/internal/export"
	"hearth/internal/image"
	"hearth/internal/kms"
	localsts "hearth/internal/local/sts"
	"hearth/internal/product"
	"hearth/internal/sts"
)

// asked is an action that a function asked DynamoDB for, with the tags
// of the session that it used; empty for its own credentials.
type asked struct {
	itemaction.Action
	accountID, userID string
}

const testRegion, testClient, testIssuer = "eu-central-1", "client", "https://issuer.example.com"

// wired is a function over an engine, with a wire between them that notes what
// it asks for.
type wired struct {
	function lambda.Handler
	store    *dynamo.Store

	mu sync.Mutex
	// people are those whom the pool knows, by their access token.
	people     map[string]account.Person
	all        []asked
	operations []string
	assumed    int
}

func plain(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
}

// wire is the projects function, over an engine of its own.
func wire(t testing.TB, isolation bool) *wired {
	t.Helper()
	return wireTo(t, startEngine(t), isolation, boot.Projects)
}

func startEngine(t testing.TB) *dynamolocal.Engine {
	t.Helper()
	engine, err := dynamolocal.Start(t.Context(), dynamolocal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Stop)
	return engine
}

// wireTo is the function that build makes, over a table of its own.
func wireTo(t testing.TB, engine *dynamolocal.Engine, isolation bool, build func(boot.Environment) (lambda.Handler, error)) *wired {
	t.Helper()
	w, table := &wired{people: map[string]account.Person{}}, "table-"+uuid.NewString()
	client := dynamo.NewClient(dynamodb.Options{
		Region: testRegion, BaseEndpoint: aws.String(engine.Endpoint), Credentials: aws.CredentialsProviderFunc(plain),
		DisableValidateResponseChecksum: true,
	})
	if _, err := client.CreateTable(t.Context(), dynamo.CreateTableInput(table)); err != nil {
		t.Fatal(err)
	}
	w.store = dynamo.New(client, table)
	roles, err := localsts.New(localsts.Options{Region: testRegion, Role: "data", Tags: []string{sts.AccountTag, sts.UserTag}})
	if err != nil {
		t.Fatal(err)
	}
	vendor := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.assumed++
		w.mu.Unlock()
		roles.ServeHTTP(rw, r)
	}))
	t.Cleanup(vendor.Close)
	behind, err := url.Parse(engine.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }, Transport: &http.Transport{DisableCompression: true}}
	recorder := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = w.note(r, body, roles)
		}
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(recorder.Close)
	pool := httptest.NewServer(http.HandlerFunc(w.getUser))
	t.Cleanup(pool.Close)
	config, err := json.Marshal(map[string]any{"isolation": isolation})
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{
		"AWS_REGION": testRegion, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"AWS_ENDPOINT_URL_DYNAMODB": recorder.URL, "AWS_ENDPOINT_URL_STS": vendor.URL, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": pool.URL,
		dynamo.EnvTable: table, sts.EnvRole: roles.RoleARN(), account.EnvConfig: string(config),
		cognito.EnvUserPoolID: "pool", cognito.EnvClientID: testClient, cognito.EnvServerClientID: testClient, cognito.EnvIssuer: testIssuer,
		image.EnvBucket: "images", image.EnvURL: "https://images.example.com", export.EnvBucket: "exports", kms.EnvKey: "key",
	}
	if w.function, err = build(func(name string) string { return variables[name] }); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *wired) note(r *http.Request, body []byte, roles *localsts.Server) error {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	actions, err := itemaction.Of(operation, body)
	if err != nil {
		return err
	}
	var tags map[string]string
	if token := r.Header.Get("X-Amz-Security-Token"); token != "" {
		_, after, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		key, _, _ := strings.Cut(after, "/")
		session, failed := roles.Session(key, token)
		if failed != nil {
			return failed
		}
		tags = session.Tags
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.operations = append(w.operations, operation)
	for _, a := range actions {
		w.all = append(w.all, asked{a, tags[sts.AccountTag], tags[sts.UserTag]})
	}
	return nil
}

// getUser is the pool: GetUser, by the access token alone.
func (w *wired) getUser(rw http.ResponseWriter, r *http.Request) {
	var asked struct{ AccessToken string }
	w.mu.Lock()
	defer w.mu.Unlock()
	err := json.NewDecoder(r.Body).Decode(&asked)
	p, known := w.people[asked.AccessToken]
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); err != nil || operation != "GetUser" || !known {
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(rw, `{"__type":"NotAuthorizedException"}`)
		return
	}
	type attribute struct{ Name, Value string }
	_ = json.NewEncoder(rw).Encode(map[string]any{"Username": p.Username, "UserAttributes": []attribute{
		{"sub", p.ID}, {"email", p.Email}, {"email_verified", strconv.FormatBool(p.EmailVerified)}, {"name", p.Name},
	}})
}

// nobody is a pool that is never asked.
type nobody struct{ account.Pool }

// enroll makes a person's records, and a team of theirs.
func (w *wired) enroll(t testing.TB) (userID, teamID string) {
	t.Helper()
	service := account.NewService(account.Options{
		Store: w.store, Pool: nobody{}, Config: product.Defaults(), Grants: product.Grants(), SessionValidity: time.Hour, Now: time.Now, NewID: uuid.NewString,
	})
	userID, teamID = uuid.NewString(), uuid.NewString()
	if _, err := service.Enroll(t.Context(), account.Person{
		ID: userID, Username: userID, Email: userID + "@example.com", EmailVerified: true, Name: "Ada",
	}); err != nil {
		t.Fatal(err)
	}
	o := &account.Organization{ID: teamID, Name: "Team", Slug: teamID, Status: account.OrganizationActive, MemberCount: 1, OwnerCount: 1, SeatsUsed: 1, Version: 1}
	m := &account.Membership{UserID: userID, OrganizationID: teamID, Role: account.Owner, UserName: "Ada", Version: 1}
	if err := w.store.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.IsAbsent{Of: o.Key()}, account.IsAbsent{Of: m.Key()}}, Puts: []account.Record{o, m},
	}); err != nil {
		t.Fatal(err)
	}
	return userID, teamID
}

// call sends one request to the function as API Gateway does, and returns the
// body. It notes which operations that took.
func (w *wired) call(t testing.TB, userID, accountID, method, path, body string, want int) (answer map[string]any, operations []string) {
	t.Helper()
	route := method + " " + path
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RawPath: path, Body: body,
		Headers: map[string]string{
			"content-type": "application/json", "x-account-id": accountID, "idempotency-key": "", "authorization": "Bearer token-of-" + userID,
		},
	}
	if rest, found := strings.CutPrefix(path, "/projects/"); found {
		route = method + " /projects/{projectId}"
		event.PathParameters = map[string]string{"projectId": rest}
	}
	if method == http.MethodPost {
		event.Headers["idempotency-key"] = uuid.NewString()
	} else {
		delete(event.Headers, "idempotency-key")
	}
	event.RouteKey, event.RequestContext.RouteKey = route, route
	event.RequestContext.HTTP.Method, event.RequestContext.HTTP.Path = method, path
	event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{
			"sub": userID, "username": userID, "client_id": testClient, "iss": testIssuer, "token_use": "access", "scope": cognito.Scope,
			"origin_jti": "session-of-" + userID, "auth_time": "4000000000", "iat": "1700000000", "exp": "4102444800", "jti": uuid.NewString(),
		}},
	}
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.operations = nil
	w.mu.Unlock()
	raw, err := w.function.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(raw, &response); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != want {
		t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, response.Body)
	}
	_ = json.Unmarshal([]byte(response.Body), &answer) // a 204 has none
	w.mu.Lock()
	defer w.mu.Unlock()
	return answer, append([]string(nil), w.operations...)
}
