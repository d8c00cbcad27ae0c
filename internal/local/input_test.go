package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hearth/internal/account"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

// accepted are bodies that each route with a body takes; nil is that of a route
// that takes none. Every bad body below is made of them, so that it is refused
// for what is bad alone.
var accepted = map[string]map[string]any{
	"PUT /me/active-account":   {"accountId": nil},
	"PATCH /me/profile":        {"name": "Grace Hopper"},
	"POST /me/profile/image":   {"contentType": "image/png", "size": 100},
	"PUT /me/profile/image":    {"key": made},
	"PATCH /me/preferences":    {"theme": "dark", "language": "de"},
	"DELETE /me/profile/image": nil,

	"POST /me/security/password":               {"currentPassword": made, "newPassword": made},
	"POST /me/security/email":                  {"email": made},
	"POST /me/security/email/resend":           nil,
	"POST /me/security/email/verify":           {"code": made},
	"DELETE /me/security/email":                nil,
	"POST /me/security/mfa/totp":               nil,
	"POST /me/security/mfa/totp/verify":        {"code": made, "deviceName": "Telephone"},
	"POST /me/security/mfa/totp/disable":       {"password": made, "code": made},
	"POST /me/security/recovery-codes":         nil,
	"POST /security/recovery":                  {"email": made, "password": made, "recoveryCode": made},
	"POST /me/security/passkeys":               nil,
	"POST /me/security/passkeys/verify":        {"credential": made, "name": "Laptop"},
	"DELETE /me/security/passkeys/{passkeyId}": nil,
	"DELETE /me/sessions/{sessionId}":          nil,
	"POST /me/sessions/revoke-others":          nil,
	"POST /me/sessions/revoke-all":             nil,

	"POST /me/deletion": {"digest": made, "confirmation": made},
	"POST /me/export":   nil,

	"POST /organizations":                                     {"name": "Engines", "slug": made},
	"PATCH /organizations/{organizationId}":                   {"name": "Engines", "slug": made},
	"DELETE /organizations/{organizationId}":                  nil,
	"POST /organizations/{organizationId}/image":              {"contentType": "image/png", "size": 100},
	"PUT /organizations/{organizationId}/image":               {"key": made},
	"DELETE /organizations/{organizationId}/image":            nil,
	"PATCH /organizations/{organizationId}/members/{userId}":  {"role": "ORG_ADMIN"},
	"DELETE /organizations/{organizationId}/members/{userId}": nil,
	"POST /organizations/{organizationId}/leave":              nil,
	"POST /organizations/{organizationId}/transfer-ownership": {"userId": made},

	"POST /organizations/{organizationId}/invitations":                       {"email": "somebody@example.com", "role": "ORG_MEMBER"},
	"POST /organizations/{organizationId}/invitations/{invitationId}/resend": nil,
	"DELETE /organizations/{organizationId}/invitations/{invitationId}":      nil,
	"POST /invitations/accept":                                               {"invitationId": made},
	"POST /invitations/{invitationId}/decline":                               nil,
	"POST /invitations/preview":                                              {"token": made},

	"POST /projects":               {"name": "Engine", "description": "Analytical"},
	"PATCH /projects/{projectId}":  {"name": "Engine", "description": "Analytical"},
	"DELETE /projects/{projectId}": nil,
}

// made stands for a value that the test makes.
const made = "made-in-the-test"

// closedFields have a list of values instead of a length.
var closedFields = []string{"theme", "contentType", "role"}

// otherFields are numbers or objects.
var otherFields = []string{"size", "credential"}

// prepare makes what a route is about: a team of the person's with one more
// member, an upload. It returns the route with its path filled in, and a body
// that it takes.
func (p *person) prepare(t *testing.T, route httpapi.Route) (httpapi.Route, map[string]any) {
	t.Helper()
	good, member := maps.Clone(accepted[route.Key()]), ""
	if strings.Contains(route.Path, "{organizationId}") {
		team, other := p.createTeam(t, map[string]string{"name": "Team"}), newPerson(t, shared.host, nil)
		other.takeIn(t, shared.host, team.ID, account.Member)
		member = other.ID
		route.Path = fillPath(route.Path, team.ID, member)
	}
	if strings.Contains(route.Path, "{projectId}") {
		route.Path = "/projects/" + p.createProject(t, "Engine").ID
	}
	p.prove(t, route, good)
	for field, value := range good {
		if value != made {
			continue
		}
		switch field {
		case "key":
			var g grant
			p.call(t, http.MethodPost, route.Path, map[string]any{"contentType": "image/png", "size": 100}).want(t, http.StatusCreated).JSON(t, &g)
			if status := p.upload(t, g, png(100)); status != http.StatusNoContent {
				t.Fatalf("upload: %d", status)
			}
			good[field] = g.Key
		case "slug":
			good[field] = "slug-" + strings.ToLower(rand.Text())
		case "userId":
			good[field] = member
		case "invitationId", "token":
			other := newPerson(t, shared.host, nil)
			invitation := other.invite(t, other.createTeam(t, map[string]string{"name": "Team"}).ID, p.Email, account.Member)
			if good[field] = invitation.ID; field == "token" {
				good[field] = other.mailedTokens(t, p.Email, 1)[0]
			}
		default:
			t.Fatalf("%s: nothing makes %s", route.Key(), field)
		}
	}
	return route, good
}

// marker stands in bad bodies; no answer may repeat it.
const marker = "XyZzY-7391"

// badBody is a request that no route takes.
type badBody struct {
	name        string
	content     []byte
	contentType string // application/json if empty
	status      int
	code        account.Code
	field       string // of invalid_request, with its code
}

func invalidBody(name string, content []byte, field string) badBody {
	return badBody{name: name, content: content, status: http.StatusUnprocessableEntity, code: account.CodeInvalidRequest, field: field}
}

// badBodies are those that can be made of a good one.
func badBodies(t *testing.T, good map[string]any) []badBody {
	t.Helper()
	text := encode(t, good)
	with := func(field string, value any) []byte {
		changed := maps.Clone(good)
		changed[field] = value
		return encode(t, changed)
	}
	whole := func(name string, content string) badBody { return invalidBody(name, []byte(content), " malformed") }
	bad := []badBody{
		invalidBody("missing", nil, " required"),
		whole("white space alone", " \n\t "),
		whole("no JSON", marker),
		whole("cut", string(text[:len(text)-1])),
		whole("two values", string(text)+string(text)),
		whole("a value and a bracket", string(text)+"]"),
		whole("a value and a word", string(text)+" "+marker),
		whole("a comma too many", strings.TrimSuffix(string(text), "}")+",}"),
		whole("a comment", string(text)+"//"+marker),
		whole("in single quotes", strings.ReplaceAll(string(text), `"`, `'`)),
		whole("a list", "["+string(text)+"]"),
		whole("a text", `"`+marker+`"`),
		whole("a number", "7391"),
		whole("null", "null"),
		whole("true", "true"),
		whole("not UTF-8", strings.Replace(string(text), `{"`, "{\"\xff\xfe\":1,\"", 1)),
		whole("UTF-16", "\xff\xfe{\x00}\x00"),
		whole("with a byte order mark", "\ufeff"+string(text)),
		whole("nested deeper than any reader goes", `{"a":`+strings.Repeat("[", 30000)+strings.Repeat("]", 30000)+"}"),
		whole("nested and never closed", strings.Repeat(`{"a":`, 10000)),
		invalidBody("a field too many", with(marker[:4], marker), "/"+marker[:4]+" unknown_field"),
		invalidBody("a field too many, deeply nested", with("extra", nested(500)), "/extra unknown_field"),
		invalidBody("a field with a slash", with("a/b~c", marker), "/a~1b~0c unknown_field"),
		invalidBody("a field of another object's", with("__proto__", map[string]any{}), "/__proto__ unknown_field"),
		{name: "over 64 KiB", content: append(text, bytes.Repeat([]byte(" "), 64<<10+1-len(text))...), status: http.StatusRequestEntityTooLarge, code: account.CodePayloadTooLarge},
		{name: "5 MB of text", content: with(marker[:4], strings.Repeat("x", 5<<20)), status: http.StatusRequestEntityTooLarge, code: account.CodePayloadTooLarge},
	}
	for _, contentType := range []string{
		"text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
		"application/xml", "application/octet-stream", "application/ld+json", "application/json; charset=utf-16", "text/json", "json", marker,
	} {
		bad = append(bad, badBody{
			name: "as " + contentType, content: text, contentType: contentType,
			status: http.StatusUnsupportedMediaType, code: account.CodeUnsupportedMediaType,
		})
	}
	for field := range good {
		closed := slices.Contains(closedFields, field)
		for what, value := range map[string]any{
			"a list": []string{marker}, "an object": map[string]string{marker: marker}, "true": true, "nested": nested(5000),
		} {
			bad = append(bad, invalidBody(field+" is "+what, with(field, value), "/"+field+" malformed"))
		}
		long := "/" + field + " too_long"
		if closed {
			long = "/" + field + " unknown_value"
		}
		if slices.Contains(otherFields, field) {
			long = "/" + field + " malformed"
		}
		bad = append(bad, invalidBody(field+" is overlong", with(field, strings.Repeat(marker, 500)), long))
		lower := bytes.Replace(text, []byte(`"`+field+`"`), []byte(`"`+strings.ToUpper(field)+`"`), 1)
		bad = append(bad, invalidBody(field+" in capitals", lower, "/"+strings.ToUpper(field)+" unknown_field"))
		if _, number := good[field].(int); !number {
			bad = append(bad, invalidBody(field+" is a number", with(field, 7391), "/"+field+" malformed"))
			broken := bytes.Replace(with(field, marker), []byte(marker), []byte(marker+"\xc3\x28"), 1)
			bad = append(bad, invalidBody(field+" is not UTF-8", broken, " malformed"))
		}
	}
	return bad
}

func nested(depth int) json.RawMessage {
	return json.RawMessage(strings.Repeat("[", depth) + strings.Repeat("]", depth))
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// send sends bytes as they are.
func (p *person) send(t *testing.T, route httpapi.Route, contentType string, content []byte) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), route.Method, p.API+route.Path, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", "Bearer "+p.AccessToken)
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

// everything is all that a person can read of themselves and their teams.
func (p *person) everything(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	paths := []string{
		"/me", "/me/profile", "/me/preferences", "/me/accounts", "/me/invitations", "/me/security", "/me/sessions", "/audit-log", "/projects",
	}
	var teams teamList[teamAnswer]
	p.call(t, http.MethodGet, "/me/accounts", nil).want(t, http.StatusOK).JSON(t, &teams)
	for _, team := range teams.Items {
		path := "/organizations/" + team.ID
		paths = append(paths, path, path+"/members", path+"/audit-log")
		if !team.IsPersonal {
			paths = append(paths, path+"/invitations")
		}
	}
	for _, path := range paths {
		got := p.call(t, http.MethodGet, path, nil).want(t, http.StatusOK)
		_, _ = fmt.Fprintf(&all, "%s %s %s\n", path, got.Header.Get("Etag"), got.Body)
	}
	return all.String()
}

func TestABadBodyIsRefusedByNameAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, route := range product.Routes() {
		if route.Method == http.MethodGet {
			continue
		}
		good, known := accepted[route.Key()]
		if !known {
			t.Errorf("%s: say in accepted which body it takes", route.Key())
			continue
		}
		if good == nil {
			continue
		}
		t.Run(route.Key(), func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, shared.host, nil)
			route, good := p.prepare(t, route)
			before := p.everything(t)
			for _, bad := range badBodies(t, good) {
				t.Run(bad.name, func(t *testing.T) {
					if bad.contentType == "" {
						bad.contentType = "application/json"
					}
					got := p.send(t, route, bad.contentType, bad.content)
					wantRefusal(t, got, bad)
					if strings.Contains(string(got.Body), marker) {
						t.Errorf("what was sent comes back: %s", got.Body)
					}
				})
			}
			if after := p.everything(t); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
			// The same body, as long as a body may be, is taken.
			if p.device != nil && good["code"] != nil { // the one before may be old by now
				good["code"] = p.device.code(t)
			}
			text := encode(t, good)
			full := append(text, bytes.Repeat([]byte(" "), 64<<10-len(text))...)
			if got := p.send(t, route, "application/json; charset=utf-8", full); got.Status >= 300 {
				t.Errorf("a good body of 64 KiB: %d %s", got.Status, got.Body)
			}
		})
	}
}

// wantRefusal holds a refusal against what is bad; a body may be wrong in more
// ways than the one that must be named.
func wantRefusal(t *testing.T, got answer, bad badBody) {
	t.Helper()
	var read problem
	got.want(t, bad.status).JSON(t, &read)
	named := make([]string, len(read.Errors))
	for i, e := range read.Errors {
		named[i] = e.Field + " " + string(e.Code)
	}
	if read.Code != bad.code || (bad.field == "") != (len(named) == 0) || bad.field != "" && !slices.Contains(named, bad.field) {
		t.Errorf("%s %q, want %s %q", read.Code, named, bad.code, bad.field)
	}
	if got.Header.Get("Content-Type") != "application/problem+json" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", got.Header)
	}
}

// What API Gateway does not take never reaches a function.
func TestABodyOverAPIGatewaysLimitIsItsOwnRefusal(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	content := append([]byte(`{"name":"Ada"}`), bytes.Repeat([]byte(" "), 7<<20)...)
	got := p.send(t, httpapi.Route{Method: http.MethodPatch, Path: "/me/profile"}, "application/json", content)
	wantGateway(t, got, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
}

func TestUnknownParametersAreRefusedByName(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for _, route := range product.Routes() {
		t.Run(route.Key(), func(t *testing.T) {
			t.Parallel()
			var body any
			if good := accepted[route.Key()]; good != nil {
				body = good
			}
			got := p.call(t, route.Method, fillPath(route.Path, p.ID, p.ID)+"?unexpected="+marker, body)
			var read problem
			got.want(t, http.StatusUnprocessableEntity).JSON(t, &read)
			if len(read.Errors) == 0 || read.Errors[0] != account.NewFieldError("/unexpected", account.FieldUnknown) {
				t.Errorf("%s", got.Body)
			}
			if strings.Contains(string(got.Body), marker) {
				t.Errorf("what was sent comes back: %s", got.Body)
			}
		})
	}
}

// Who may not act at all learns nothing of what they sent.
func TestATokenIsLookedAtBeforeTheBody(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for _, route := range product.Routes() {
		if route.Open {
			continue
		}
		wantGateway(t, p.with("").send(t, route, "text/plain", []byte(marker)), http.StatusUnauthorized, "Unauthorized")
	}
}
