package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"hearth/internal/account"
)

// sound fails the test unless an answer is one that clients are told of: no
// fault of ours, and every refusal a problem of a known code with pointers that
// are some (RFC 6901).
func sound(t *testing.T, a answer) {
	t.Helper()
	if a.StatusCode < 200 || a.StatusCode >= http.StatusInternalServerError && a.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("answer %d %s", a.StatusCode, a.Body)
	}
	if !utf8.ValidString(a.Body) || a.Body != "" && !json.Valid([]byte(a.Body)) {
		t.Fatalf("the body is no JSON: %q", a.Body)
	}
	if a.StatusCode < http.StatusBadRequest {
		return
	}
	if statuses[a.problem.Code] != a.StatusCode || a.problem.Detail == "" {
		t.Errorf("%d with %+v", a.StatusCode, a.problem)
	}
	for _, e := range a.problem.Errors {
		if !slices.Contains(account.FieldCodes(), e.Code) || !isPointer(e.Field) {
			t.Errorf("field error %+v", e)
		}
	}
}

// isPointer reports whether a text is a JSON Pointer.
func isPointer(s string) bool {
	return s == "" || s[0] == '/' && !strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(s), "~")
}

// fuzzed is a scene for all runs of a fuzz target; what one changed, the next
// one finds.
type fuzzed struct {
	*teams
	id   string
	runs int
}

// fresh returns the scene, a new one now and then, since records and counts of
// wrong tries add up.
func (f *fuzzed) fresh(tb testing.TB) *teams {
	tb.Helper()
	if f.runs%1000 == 0 {
		f.teams = newTeams(tb)
		RegisterProfile(f.api, ProfileDependencies{Service: f.service, Images: f.images, Config: PublicConfig{Languages: []string{"en"}}})
		f.id = f.team(tb)
	}
	f.runs++
	f.log.Reset()
	return f.teams
}

// bodyRoutes are the routes that take a body, in the order of the list.
func bodyRoutes() (routes []Route) {
	for _, route := range Routes() {
		if matrixBodies[route.Key()] != "" {
			routes = append(routes, route)
		}
	}
	return routes
}

// No body, of whatever route, is more than refused: WebAuthn credentials, names,
// slugs, addresses, languages, image keys and invitations' tokens are in them.
func FuzzBody(f *testing.F) {
	routes := bodyRoutes()
	for i, route := range routes {
		f.Add(uint8(i), []byte(matrixBodies[route.Key()]), "application/json")
	}
	f.Add(uint8(0), []byte(`{"accountId":[[[[]]]]}`), "application/json; charset=utf-8")
	f.Add(uint8(1), []byte("{\"name\":\"\xff\"}"), "text/plain")
	f.Add(uint8(2), []byte(`{"a.b[0]/~":1,"":2}`), `application/json; charset="UTF-8"`)
	f.Add(uint8(3), []byte(credential("key", "challenge")), ";;;")
	var world fuzzed
	f.Fuzz(func(t *testing.T, which uint8, body []byte, contentType string) {
		w := world.fresh(t)
		route := routes[int(which)%len(routes)]
		path := strings.NewReplacer(organizationVariable, world.id, "{userId}", alan).Replace(route.Path)
		event := newEvent(route.Method, path, "")
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		event.Headers["content-type"], event.Headers["authorization"] = contentType, "Bearer "+ada
		event.RequestContext.Authorizer.JWT.Claims["origin_jti"] = "session-of-" + ada
		sound(t, w.send(t, event))
	})
}

// What stands in headers and query is refused or taken, and names no account but
// the caller's own.
func FuzzHeaders(f *testing.F) {
	for _, seed := range [][4]string{
		{"", "", "", ""},
		{ada, `"etag"`, "key-1", ""},
		{team, `W/"a", "b"`, strings.Repeat("k", 129), "limit=1"},
		{"a#b", "*", "\x00", "cursor=AAAA"},
		{"../x", ",,,", "🔥", "limit=1&limit=2"},
		{stranger, `"`, " ", "%zz=%"},
		{strings.Repeat("a", 65), `*, *`, "k k", "q=%ff&unknown=1"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	var world fuzzed
	f.Fuzz(func(t *testing.T, accountID, ifMatch, key, query string) {
		w := world.fresh(t)
		for _, request := range [][3]string{
			{"GET", "/me/accounts", ""},
			{"PATCH", "/me/preferences", `{"theme":"dark"}`},
			{"POST", "/organizations", `{"name":"Another"}`},
			{"GET", "/organizations/" + world.id + "/members", ""},
			{"GET", "/audit-log", ""},
		} {
			event := newEvent(request[0], request[1], request[2])
			event.RawQueryString = query
			event.Headers["authorization"] = "Bearer " + ada
			event.RequestContext.Authorizer.JWT.Claims["origin_jti"] = "session-of-" + ada
			event.Headers["x-account-id"], event.Headers["if-match"], event.Headers["idempotency-key"] = accountID, ifMatch, key
			a := w.send(t, event)
			sound(t, a)
			acted := a.Headers["x-account-id"]
			if mine := w.store.All().Membership(ada, acted); acted != "" && mine == nil {
				t.Errorf("%s %s acted for %q", request[0], request[1], acted)
			}
		}
	})
}

// A cursor that is taken is the one that was given out, of the same list.
func FuzzCursor(f *testing.F) {
	for _, position := range []string{"a", "MEMBER#ada#1", strings.Repeat("x", 700), "\x00\xff"} {
		f.Add(*EncodeCursor(position, "list", ada), "list", ada)
	}
	f.Add("", "", "")
	f.Add("AAAAAAAAAAAAAAAA", "list", "")
	f.Add("AAAA=", "list", "\x00")
	f.Fuzz(func(t *testing.T, cursor, list, owner string) {
		position, err := DecodeCursor(cursor, list, owner)
		if err != nil {
			if position != "" {
				t.Errorf("refused, and yet %q", position)
			}
			return
		}
		if again := EncodeCursor(position, list, owner); cursor != "" && (again == nil || *again != cursor) {
			t.Errorf("%q and %v are one position", cursor, again)
		}
		if other, err := DecodeCursor(cursor, list+"x", owner); cursor != "" && err == nil {
			t.Errorf("good for another list too: %q", other)
		}
	})
}

// A condition holds if the tag stands in it, or * alone, and else not.
func FuzzIfMatch(f *testing.F) {
	for _, seed := range []string{"", "*", `"a"`, `W/"a"`, `"b", "a"`, `"a`, `a`, `,"a",`, `"a,b"`} {
		f.Add(seed, "Ada")
	}
	f.Fuzz(func(t *testing.T, ifMatch, name string) {
		current := EntityTag(name)
		holds := Precondition{IfMatch: ifMatch}.Check(current) == nil
		if holds && ifMatch != "" && strings.TrimSpace(ifMatch) != "*" && !strings.Contains(ifMatch, current) {
			t.Errorf("%q holds for %q", ifMatch, current)
		}
		for _, with := range []string{current, ifMatch + "," + current, current + " , " + ifMatch} {
			if (Precondition{IfMatch: with}).Check(current) != nil {
				t.Errorf("%q does not hold for %q", with, current)
			}
		}
	})
}

// Somebody is let in only by an access token of this pool and client that runs.
func FuzzClaims(f *testing.F) {
	good := claims()
	f.Add(good["sub"], good["iss"], good["client_id"], good["token_use"], good["exp"], good["auth_time"], good["origin_jti"], "Bearer x")
	f.Add("", issuer, webID, "access", "9999999999", "0", "", "")
	f.Add(ada, issuer, webID, "id", "1e9", "-1", "j", "bearer")
	f.Add(ada, issuer, webID, "access", "[1 2]", " 1", "j", "Basic x y")
	f.Fuzz(func(t *testing.T, sub, iss, client, use, exp, authTime, jti, header string) {
		event := newEvent("GET", "/me", "")
		event.Headers["authorization"] = header
		event.RequestContext.Authorizer.JWT.Claims = map[string]string{
			"sub": sub, "iss": iss, "client_id": client, "token_use": use, "exp": exp, "auth_time": authTime, "origin_jti": jti,
		}
		id, err := tokens().identity(&event)
		if err != nil {
			if id != (account.Identity{}) {
				t.Errorf("refused, and yet %+v", id)
			}
			return
		}
		at, err := strconv.ParseInt(authTime, 10, 64)
		if sub == "" || jti == "" || iss != issuer || client != webID || use != "access" || id.UserID != sub || id.SessionID != jti ||
			err != nil || id.AuthTime != at {
			t.Errorf("%q %q %q %q %q is let in as %+v", sub, iss, client, use, authTime, id)
		}
	})
}

// Whatever API Gateway hands over is answered, or is no event at all.
func FuzzEvent(f *testing.F) {
	for _, event := range []Event{
		newEvent("GET", "/me", ""), newEvent("PATCH", "/me/profile", `{"name":"New"}`), newEvent("GET", "/../me", ""), newEvent("GET /", "//", "{"), newEvent("GET", "me", ""),
		{},
		{RawPath: "%zz", IsBase64Encoded: true, Body: "!"},
	} {
		payload, err := json.Marshal(event)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Add([]byte(`null`))
	f.Add([]byte(`{"requestContext":{"authorizer":{"jwt":null}}}`))
	f.Add([]byte(`{"headers":{"":"\n"},"cookies":["",";"]}`))
	var world fuzzed
	f.Fuzz(func(t *testing.T, payload []byte) {
		w := world.fresh(t)
		handler := Lambda(w.api, slog.New(slog.DiscardHandler))
		out, err := handler.Invoke(t.Context(), payload)
		if err != nil {
			if json.Unmarshal(payload, new(Event)) == nil {
				t.Errorf("an event that is one: %v", err)
			}
			return
		}
		var a answer
		if err := json.Unmarshal(out, &a.APIGatewayV2HTTPResponse); err != nil {
			t.Fatal(err)
		}
		if a.StatusCode >= http.StatusBadRequest {
			if err := json.Unmarshal([]byte(a.Body), &a.problem); err != nil {
				t.Fatalf("%d without a problem: %q", a.StatusCode, a.Body)
			}
		}
		// A method that is none, and a body that is not what it says, come from no gateway.
		if a.StatusCode != http.StatusInternalServerError || a.problem.Code != account.CodeInternal {
			sound(t, a)
		}
	})
}

// Where huma says that something is wrong becomes a pointer, whatever a client
// calls its fields.
func FuzzJSONPointer(f *testing.F) {
	for _, seed := range []string{"", "body", "body.name", "body.parts[1].label", "query.a/b~c", "....", "[[[]]]", "body.\xff"} {
		f.Add(seed, "expected required property a to be present")
	}
	f.Fuzz(func(t *testing.T, location, message string) {
		if pointer := jsonPointer(location); !isPointer(pointer) {
			t.Errorf("%q becomes %q", location, pointer)
		}
		code, property := fieldCode(message)
		if !slices.Contains(account.FieldCodes(), code) || !isPointer("/"+escapePointer(property)) {
			t.Errorf("%q becomes %s, %q", message, code, property)
		}
	})
}

// Where a request comes from is counted by a hash, and the addresses of one IPv6
// network by one.
func FuzzSource(f *testing.F) {
	for _, seed := range []string{"", callerIP, "2001:db8::1", "::ffff:203.0.113.7", "fe80::1%eth0", "x", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ip string) {
		who := hashSource(ip)
		if !strings.HasPrefix(who, account.HashedWho) || len(who) != len(account.HashedWho)+64 || len(ip) > 6 && strings.Contains(who, ip) {
			t.Errorf("%q is counted as %q", ip, who)
		}
	})
}
