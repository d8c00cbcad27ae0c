package main

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/account"
)

// choose has the person's session act for an account; nil is the personal one.
func (p *person) choose(t *testing.T, accountID any) answer {
	t.Helper()
	return p.call(t, http.MethodPut, "/me/active-account", map[string]any{"accountId": accountID})
}

// wantAccount fails the test unless a request without header acts for the account.
func (p *person) wantAccount(t *testing.T, id string) {
	t.Helper()
	got := p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	wantContext(t, got, p.ID, id)
}

// wantContext holds the answer of GET /me against the account that it acts for.
func wantContext(t *testing.T, got answer, userID, id string) {
	t.Helper()
	var m me
	got.JSON(t, &m)
	if m.Account == nil {
		t.Errorf("no account, want %s", id)
		return
	}
	team := ""
	if id != userID {
		team = id
	}
	active := ""
	if m.ActiveOrganizationID != nil {
		active = *m.ActiveOrganizationID
	}
	if m.Account.ID != id || got.Header.Get("X-Account-Id") != id || active != team || m.Account.IsPersonal != (team == "") {
		t.Errorf("account %s, active organization %q, X-Account-Id %s; want %s",
			m.Account.ID, active, got.Header.Get("X-Account-Id"), id)
	}
}

func TestASessionActsForTheAccountThatWasChosen(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.wantAccount(t, p.ID)
	teams := join(t, shared.host, p, 2)
	for _, team := range []string{teams[0], teams[1], teams[1]} { // again is no error
		wantContext(t, p.choose(t, team).want(t, http.StatusOK), p.ID, team)
		p.wantAccount(t, team)
	}
	for _, personal := range []any{nil, p.ID} { // the own id is stored as null
		p.choose(t, teams[0]).want(t, http.StatusOK)
		wantContext(t, p.choose(t, personal).want(t, http.StatusOK), p.ID, p.ID)
		p.wantAccount(t, p.ID)
	}
}

func TestAChoiceAnswersAsGetMe(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t)
	team := join(t, shared.host, p, 1)[0]
	chosen := p.choose(t, team).want(t, http.StatusOK)
	got := p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	if string(chosen.Body) != string(got.Body) || chosen.Header.Get("Etag") != got.Header.Get("Etag") {
		t.Errorf("PUT answered\n%s, GET\n%s", chosen.Body, got.Body)
	}
}

func TestTheNextSessionStartsInTheAccountLastChosen(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.wantAccount(t, p.ID)
	teams := join(t, shared.host, p, 2)
	first := *p
	p.choose(t, teams[0]).want(t, http.StatusOK)
	p.signInAgain(t)
	p.wantAccount(t, teams[0])
	p.choose(t, teams[1]).want(t, http.StatusOK)
	first.wantAccount(t, teams[0]) // a session keeps its own
	p.signInAgain(t)
	p.wantAccount(t, teams[1])
	p.choose(t, nil).want(t, http.StatusOK)
	p.signInAgain(t)
	p.wantAccount(t, p.ID)
}

func TestALostAccountFallsBackToThePersonalOneAtOnce(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*testing.T, *host, *person, string){
		"membership removed":   leave,
		"organization closing": func(t *testing.T, h *host, _ *person, id string) { t.Helper(); closeTeam(t, h, id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, shared.host, nil)
			p.me(t)
			team := join(t, shared.host, p, 1)[0]
			p.choose(t, team).want(t, http.StatusOK)
			lose(t, shared.host, p, team)
			p.wantAccount(t, p.ID)
			p.choose(t, team).refused(t, http.StatusNotFound, account.CodeAccountNotFound)
			p.call(t, http.MethodGet, "/me", nil, "X-Account-Id", team).
				refused(t, http.StatusNotFound, account.CodeAccountNotFound)
			p.signInAgain(t)
			p.wantAccount(t, p.ID)
		})
	}
}

func TestTheHeaderNamesTheAccountOfOneRequest(t *testing.T) {
	t.Parallel()
	p, stranger := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	p.me(t)
	stranger.me(t)
	teams, foreign := join(t, shared.host, p, 2), join(t, shared.host, stranger, 1)[0]
	p.choose(t, teams[0]).want(t, http.StatusOK)
	for _, id := range []string{teams[1], p.ID, teams[0]} { // one tab each
		got := p.call(t, http.MethodGet, "/me", nil, "X-Account-Id", id).want(t, http.StatusOK)
		wantContext(t, got, p.ID, id)
		p.wantAccount(t, teams[0])
	}
	for name, id := range map[string]string{
		"another's personal account": stranger.ID, "another's team": foreign, "nobody's": newID(),
		"no id": "good morning", "a path": "../" + teams[0], "an id in capitals": strings.ToUpper(teams[1]),
		"two ids": teams[0] + "," + teams[1], "an endless id": strings.Repeat("a", 4000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/me", "/me/accounts", "/me/profile", "/me/preferences", "/me/dashboard"} {
				got := p.call(t, http.MethodGet, path, nil, "X-Account-Id", id)
				got.refused(t, http.StatusNotFound, account.CodeAccountNotFound)
				if strings.Contains(string(got.Body), id) || got.Header.Get("X-Account-Id") != "" {
					t.Errorf("%s repeats it: %v %s", path, got.Header, got.Body)
				}
			}
		})
	}
}

func TestOnlyAnAccountOfOnesOwnCanBeChosen(t *testing.T) {
	t.Parallel()
	p, stranger := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	p.me(t)
	stranger.me(t)
	own, foreign := join(t, shared.host, p, 1)[0], join(t, shared.host, stranger, 1)[0]
	p.choose(t, own).want(t, http.StatusOK)
	for name, test := range map[string]struct {
		body   any
		status int
		code   account.Code
		fields []string
	}{
		"another's personal account": {map[string]any{"accountId": stranger.ID}, 404, account.CodeAccountNotFound, nil},
		"another's team":             {map[string]any{"accountId": foreign}, 404, account.CodeAccountNotFound, nil},
		"nobody's":                   {map[string]any{"accountId": newID()}, 404, account.CodeAccountNotFound, nil},
		"no id":                      {map[string]any{"accountId": "good morning"}, 422, account.CodeInvalidRequest, []string{"/accountId malformed"}},
		"empty":                      {map[string]any{"accountId": ""}, 422, account.CodeInvalidRequest, []string{"/accountId malformed"}},
		"too long":                   {map[string]any{"accountId": strings.Repeat("a", 65)}, 422, account.CodeInvalidRequest, []string{"/accountId too_long"}},
		"a number":                   {map[string]any{"accountId": 7}, 422, account.CodeInvalidRequest, []string{"/accountId malformed"}},
		"a list":                     {map[string]any{"accountId": []string{own}}, 422, account.CodeInvalidRequest, []string{"/accountId malformed"}},
		"missing":                    {map[string]any{}, 422, account.CodeInvalidRequest, []string{"/accountId required"}},
		"another field": {
			map[string]any{"accountId": nil, "role": "ORG_OWNER"}, 422, account.CodeInvalidRequest, []string{"/role unknown_field"},
		},
		"the field in another case": {
			map[string]any{"accountid": nil}, 422, account.CodeInvalidRequest, []string{"/accountId required", "/accountid unknown_field"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.call(t, http.MethodPut, "/me/active-account", test.body).refused(t, test.status, test.code, test.fields...)
			p.wantAccount(t, own)
		})
	}
}
