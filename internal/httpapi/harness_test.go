package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
)

const (
	issuer      = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI"
	webID       = "4m1u8s5t9c2l6i3e7n0t"
	ada         = "5c1d4b1e-6f0e-4a38-9d42-000000000001"
	team        = "018f4e2a-0000-7000-8000-00000000000a"
	session     = "5c1d4b1e-6f0e-4a38-9d42-0000000000aa"
	accessToken = "eyJraWQiOiJ0ZXN0In0.c2VjcmV0LWNsYWltcw.c2VjcmV0LXNpZ25hdHVyZQ"
	email       = "ada@example.com"
	browser     = "Mozilla/5.0 (X11; Linux x86_64)"
	callerIP    = "203.0.113.7"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func tokens() Tokens {
	return Tokens{Issuer: issuer, ClientID: webID, Now: func() time.Time { return noon }}
}

// claims are those of a good access token of ada's, as API Gateway gives them.
func claims() map[string]string {
	return map[string]string{
		"sub": ada, "iss": issuer, "client_id": webID, "origin_jti": session, "event_id": "e", "token_use": "access",
		"scope": "aws.cognito.signin.user.admin", "auth_time": strconv.FormatInt(noon.Add(-time.Minute).Unix(), 10),
		"exp": strconv.FormatInt(noon.Add(time.Hour).Unix(), 10), "iat": strconv.FormatInt(noon.Unix(), 10), "jti": "j", "username": ada,
	}
}

// newEvent is a signed-in request as API Gateway's HTTP API sends it.
func newEvent(method, path, body string) Event {
	event := Event{
		Version: "2.0", RouteKey: method + " " + path, RawPath: path, Body: body,
		Headers: map[string]string{
			"authorization": "Bearer " + accessToken, "host": "api.example.com", "user-agent": browser, "accept": "*/*",
		},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RequestID: "request-1", DomainName: "api.example.com", Stage: "$default",
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: method, Path: path, Protocol: "HTTP/1.1", SourceIP: callerIP, UserAgent: browser,
			},
			Authorizer: &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
				JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: claims()},
			},
		},
	}
	if body != "" {
		event.Headers["content-type"] = "application/json"
	}
	return event
}

// pool knows ada by any token.
type pool struct{}

func (pool) Person(context.Context, string) (account.Person, error) {
	return account.Person{ID: ada, Username: ada, Email: email, EmailVerified: true, Name: "Ada"}, nil
}

func (pool) Rename(context.Context, string, string) error { return nil }

// fixture is an API over the domain and the store in memory.
type fixture struct {
	api     *API
	service *account.Service
	store   *accounttest.Model
	log     bytes.Buffer
}

func newFixture(tb testing.TB, mode account.Mode) *fixture {
	tb.Helper()
	f := &fixture{store: accounttest.NewModel()}
	f.service = account.NewService(account.Options{
		Store: f.store, Pool: pool{}, Grants: account.CoreGrants(), SessionValidity: 24 * time.Hour,
		Config: account.Config{AccountMode: mode, Languages: []string{"en"}}, Now: func() time.Time { return noon },
	})
	f.api = New(f.service, tokens())
	return f
}

// withProfile registers the routes of the profile function.
func (f *fixture) withProfile() *fixture {
	RegisterProfile(f.api, ProfileDependencies{Service: f.service, Config: PublicConfig{Languages: []string{"en"}}})
	return f
}

// put writes a record that is not there yet.
func (f *fixture) put(tb testing.TB, r account.Record) {
	tb.Helper()
	err := f.store.Commit(tb.Context(), account.Change{
		Premises: []account.Premise{account.IsAbsent{Of: r.Key()}}, Puts: []account.Record{r},
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// join makes ada a member of the team.
func (f *fixture) join(tb testing.TB, role account.Role) {
	tb.Helper()
	f.put(tb, &account.Organization{
		ID: team, Name: "Team", Slug: "team", Status: account.OrganizationActive, MemberCount: 2, OwnerCount: 1, SeatsUsed: 2,
		Version: 1, CreatedAt: noon, UpdatedAt: noon,
	})
	f.put(tb, &account.Membership{UserID: ada, OrganizationID: team, Role: role, Version: 1, JoinedAt: noon})
}

// answer is a function's answer with its body read.
type answer struct {
	events.APIGatewayV2HTTPResponse
	problem Problem
}

// send has the function answer an event, through the bytes that Lambda would
// carry.
func (f *fixture) send(tb testing.TB, event Event) answer {
	tb.Helper()
	return send(tb, Lambda(f.api, slog.New(slog.NewJSONHandler(&f.log, nil))), event)
}

func send(tb testing.TB, handler lambda.Handler, event Event) answer {
	tb.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		tb.Fatal(err)
	}
	out, err := handler.Invoke(tb.Context(), payload)
	if err != nil {
		tb.Fatalf("the function failed: %v", err)
	}
	var a answer
	if err := json.Unmarshal(out, &a.APIGatewayV2HTTPResponse); err != nil {
		tb.Fatal(err)
	}
	for name := range a.Headers {
		if name != strings.ToLower(name) {
			tb.Errorf("header %s is not in lower case", name)
		}
	}
	if a.StatusCode >= http.StatusBadRequest {
		if err := json.Unmarshal([]byte(a.Body), &a.problem); err != nil {
			tb.Fatalf("%d without a problem: %v in %q", a.StatusCode, err, a.Body)
		}
	}
	return a
}

// expectProblem fails the test unless the answer is the problem of the code,
// complete and with nothing internal.
func (a answer) expectProblem(tb testing.TB, status int, code account.Code) {
	tb.Helper()
	p := a.problem
	if a.StatusCode != status || p.Status != status || p.Code != code {
		tb.Fatalf("got %d %+v, want %d %s", a.StatusCode, p, status, code)
	}
	if p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Detail == "" || p.Instance != "request-1" {
		tb.Errorf("the problem is incomplete: %+v", p)
	}
	if got := a.Headers["content-type"]; got != "application/problem+json" {
		tb.Errorf("content type %q", got)
	}
	if got := a.Headers["cache-control"]; got != "no-store" {
		tb.Errorf("cache-control %q", got)
	}
}

// lines are the lines of the log, decoded.
func (f *fixture) lines(tb testing.TB) []map[string]any {
	tb.Helper()
	var lines []map[string]any
	for text := range strings.Lines(f.log.String()) {
		line := map[string]any{}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			tb.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// thing is a body with every kind of rule; its route exists in tests alone.
type thing struct {
	Name  string `json:"name" minLength:"2" maxLength:"8"`
	Color string `json:"color,omitempty" enum:"red,green"`
	Size  int    `json:"size,omitempty"`
	Parts []part `json:"parts,omitempty" maxItems:"2"`
	Inner *part  `json:"inner,omitempty"`
	Slug  string `json:"slug,omitempty" pattern:"^[a-z]+$"`
}

type part struct {
	Label string `json:"label" maxLength:"3"`
}

type thingInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Body  thing
}

type thingOutput struct {
	Location string `header:"Location"`
	Body     thing
}

var (
	makeThing = Route{Name: "make-thing", Method: "POST", Path: "/things", Permission: account.UpdateOrganization}
	openThing = Route{Name: "open-thing", Method: "POST", Path: "/open-things", Open: true}
	teamThing = Route{Name: "team-thing", Method: "GET", Path: "/organizations/{organizationId}/things", Permission: account.DeleteOrganization}
)

// withThings registers the routes of things; do is what their handlers do.
func (f *fixture) withThings(do func(thing) error) *fixture {
	answer := func(in thing) (*thingOutput, error) {
		if err := do(in); err != nil {
			return nil, err
		}
		return &thingOutput{Location: "/things/1", Body: in}, nil
	}
	Handle(f.api, makeThing, func(_ context.Context, _ account.Caller, in *thingInput) (*thingOutput, error) {
		return answer(in.Body)
	})
	HandleOpen(f.api, openThing, func(_ context.Context, in *thingInput) (*thingOutput, error) { return answer(in.Body) })
	Handle(f.api, teamThing, func(_ context.Context, c account.Caller, _ *struct {
		OrganizationID string `path:"organizationId"`
	},
	) (*thingOutput, error) {
		return answer(thing{Name: c.Organization.ID})
	})
	return f
}

func fine(thing) error { return nil }
