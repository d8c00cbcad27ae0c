package main

import (
	"net/http"
	"testing"

	"hearth/internal/account"
)

// modeHost is a host of an account mode with a person who has records there.
func modeHost(t *testing.T, mode account.Mode) (*host, *person) {
	t.Helper()
	h := newHost(t, func(o *options) { o.Config = `{"accountMode":"` + string(mode) + `"}` })
	p := newPerson(t, h, nil)
	var m me
	p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK).JSON(t, &m)
	if m.AccountMode != mode {
		t.Fatalf("account mode %q", m.AccountMode)
	}
	return h, p
}

func TestPersonalOnlyOffersNoTeams(t *testing.T) {
	t.Parallel()
	h, p := modeHost(t, account.PersonalOnly)
	team := join(t, h, p, 1)[0] // as left from another mode
	p.wantAccount(t, p.ID)
	if got := p.accounts(t, nil); len(got.Items) != 1 || got.Items[0].ID != p.ID {
		t.Errorf("accounts %v", got.ids())
	}
	p.choose(t, team).refused(t, http.StatusForbidden, account.CodeAccountMode)
	p.call(t, http.MethodGet, "/me", nil, "X-Account-Id", team).refused(t, http.StatusForbidden, account.CodeAccountMode)
	p.choose(t, newID()).refused(t, http.StatusNotFound, account.CodeAccountNotFound)
	p.choose(t, nil).want(t, http.StatusOK)
	p.wantAccount(t, p.ID)
}

func TestOrganizationsOnlyHidesThePersonalAccount(t *testing.T) {
	t.Parallel()
	h, p := modeHost(t, account.OrganizationsOnly)
	for _, path := range []string{"/me", "/me/profile", "/me/preferences", "/me/dashboard", "/me/accounts"} {
		got := p.call(t, http.MethodGet, path, nil).want(t, http.StatusOK) // a person without a team is somebody too
		if acted := got.Header.Get("X-Account-Id"); acted != "" {
			t.Errorf("%s acted for %s", path, acted)
		}
	}
	var alone me
	p.call(t, http.MethodGet, "/me", nil).JSON(t, &alone)
	if alone.Account != nil || alone.ActiveOrganizationID != nil || alone.User.ID != p.ID {
		t.Errorf("without a team: %+v", alone)
	}
	if got := p.accounts(t, nil); len(got.Items) != 0 || got.NextCursor != nil {
		t.Errorf("accounts %v", got.ids())
	}
	for _, personal := range []any{nil, p.ID} {
		p.choose(t, personal).refused(t, http.StatusForbidden, account.CodeAccountMode)
	}
	p.call(t, http.MethodGet, "/me", nil, "X-Account-Id", p.ID).refused(t, http.StatusForbidden, account.CodeAccountMode)

	teams := join(t, h, p, 2)
	p.wantAccount(t, teams[0]) // nobody has to choose the only way in
	p.choose(t, teams[1]).want(t, http.StatusOK)
	p.wantAccount(t, teams[1])
	leave(t, h, p, teams[1])
	p.wantAccount(t, teams[0])
	if got := p.accounts(t, nil); len(got.Items) != 1 || got.Items[0].ID != teams[0] {
		t.Errorf("accounts %v", got.ids())
	}
	closeTeam(t, h, teams[0])
	var left me
	p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK).JSON(t, &left)
	if left.Account != nil {
		t.Errorf("account %+v after the last team closed", left.Account)
	}
}

func TestTheProfileCanBeChangedWithoutAnAccount(t *testing.T) {
	t.Parallel()
	_, p := modeHost(t, account.OrganizationsOnly)
	p.call(t, http.MethodPatch, "/me/profile", map[string]string{"name": "Tony Hoare"}).want(t, http.StatusOK)
	p.call(t, http.MethodPatch, "/me/preferences", map[string]string{"theme": "dark"}).want(t, http.StatusOK)
	var m me
	p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK).JSON(t, &m)
	if m.User.Name != "Tony Hoare" || m.Preferences.Theme != "dark" {
		t.Errorf("%+v", m)
	}
}
