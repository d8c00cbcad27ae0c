package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hearth/internal/account"
)

// accountList is a page of GET /me/accounts.
type accountList struct {
	Items []struct {
		ID           string               `json:"id"`
		Name         string               `json:"name"`
		Slug         *string              `json:"slug"`
		IsPersonal   bool                 `json:"isPersonal"`
		MemberCount  int                  `json:"memberCount"`
		Role         account.Role         `json:"role"`
		Permissions  []account.Permission `json:"permissions"`
		Capabilities account.Capabilities `json:"capabilities"`
	} `json:"items"`
	NextCursor *string `json:"nextCursor"`
}

func (l accountList) ids() []string {
	ids := make([]string, len(l.Items))
	for i, item := range l.Items {
		ids[i] = item.ID
	}
	return ids
}

func (p *person) accounts(t *testing.T, query url.Values) accountList {
	t.Helper()
	var list accountList
	p.call(t, http.MethodGet, "/me/accounts?"+query.Encode(), nil).want(t, http.StatusOK).JSON(t, &list)
	return list
}

// walk reads all pages of a size, 0 for the default, and returns their lengths.
func (p *person) walk(t *testing.T, limit int) (ids []string, pages []int) {
	t.Helper()
	query := url.Values{}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	for {
		page := p.accounts(t, query)
		ids, pages = append(ids, page.ids()...), append(pages, len(page.Items))
		if page.NextCursor == nil {
			return ids, pages
		}
		if len(pages) > 1000 {
			t.Fatal("the list has no end")
		}
		query.Set("cursor", *page.NextCursor)
	}
}

func TestTheSwitcherListsThePersonalAccountFirst(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Niklaus Wirth"})
	alone := p.accounts(t, nil)
	if alone.NextCursor != nil || len(alone.Items) != 1 {
		t.Fatalf("without a team: %+v", alone)
	}
	personal := alone.Items[0]
	if personal.ID != p.ID || !personal.IsPersonal || personal.Slug != nil || personal.Name != "Niklaus Wirth's Organization" ||
		personal.Role != account.Owner || personal.MemberCount != 1 || personal.Capabilities != (account.Capabilities{}) {
		t.Errorf("personal account %+v", personal)
	}
	team := join(t, shared.host, p, 1)[0]
	got := p.accounts(t, nil)
	if !slices.Equal(got.ids(), []string{p.ID, team}) || got.NextCursor != nil {
		t.Fatalf("with a team: %v", got.ids())
	}
	second := got.Items[1]
	if second.IsPersonal || second.Slug == nil || *second.Slug != "team-"+team || second.Role != account.Owner ||
		!second.Capabilities.CanInvite || second.Capabilities.CanLeave { // its last owner
		t.Errorf("team %+v", second)
	}
	leave(t, shared.host, p, team)
	if got := p.accounts(t, nil).ids(); !slices.Equal(got, []string{p.ID}) {
		t.Errorf("after leaving: %v", got)
	}
}

func TestEveryTeamOfManyIsListedOnce(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	teams := join(t, shared.host, p, 120)
	closed := teams[60]
	// One that cannot be entered and that nothing takes apart: its membership
	// stays, so that the pages are the same each time.
	setStatus(t, shared.host, closed, account.OrganizationPreserved)
	want := append([]string{p.ID}, slices.DeleteFunc(teams, func(id string) bool { return id == closed })...)
	for _, test := range []struct {
		limit int
		pages int // at least, as a page with a closed team is shorter
	}{{0, 3}, {90, 2}, {89, 2}, {40, 4}, {7, 18}} {
		got, pages := p.walk(t, test.limit)
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: %d accounts in pages %v, want %d in the order of their ids", test.limit, len(got), pages, len(want))
		}
		if len(pages) < test.pages || slices.Max(pages) > max(test.limit, 50) {
			t.Errorf("limit %d: pages of %v", test.limit, pages)
		}
	}
}

func TestAPageOfOneIsOneAccount(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	teams := join(t, shared.host, p, 4)
	got, pages := p.walk(t, 1)
	if want := append([]string{p.ID}, teams...); !slices.Equal(got, want) || slices.Max(pages) != 1 {
		t.Errorf("%v in pages %v, want %v", got, pages, want)
	}
}

func TestAListNamesTheAccountThatItWasAskedFor(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	team := join(t, shared.host, p, 1)[0]
	for header, want := range map[string]string{"": p.ID, p.ID: p.ID, team: team} {
		got := p.call(t, http.MethodGet, "/me/accounts", nil, "X-Account-Id", header).want(t, http.StatusOK)
		if acted := got.Header.Get("X-Account-Id"); acted != want {
			t.Errorf("X-Account-Id %q: acted for %q", header, acted)
		}
	}
	p.call(t, http.MethodGet, "/me/accounts", nil, "X-Account-Id", newID()).
		refused(t, http.StatusNotFound, account.CodeAccountNotFound)
}

func TestPagesOutOfBoundsAreRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	for query, field := range map[string]string{
		"limit=91": "/limit not_allowed", "limit=0": "/limit not_allowed", "limit=-1": "/limit not_allowed",
		"limit=many": "/limit malformed", "limit=1.5": "/limit malformed", "limit=99999999999999999999": "/limit malformed",
		"offset=1": "/offset unknown_field", "Limit=1": "/Limit unknown_field",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			p.call(t, http.MethodGet, "/me/accounts?"+query, nil).
				refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, field)
		})
	}
}

// cursorAt makes a cursor as the API does, so that one of another list can be made.
func cursorAt(position string, list ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{position}, list...), "\x00")))
	return base64.RawURLEncoding.EncodeToString(append(sum[:9:9], position...))
}

func TestOnlyACursorOfTheSameListIsTaken(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	teams := join(t, shared.host, p, 3)
	join(t, shared.host, other, 3)
	two := url.Values{"limit": {"2"}}
	own, foreign := p.accounts(t, two).NextCursor, other.accounts(t, two).NextCursor
	if own == nil || foreign == nil {
		t.Fatal("no cursor")
	}
	data, err := base64.RawURLEncoding.DecodeString(*own)
	if err != nil || len(data) < 10 || *own != cursorAt(string(data[9:]), "list-accounts", p.ID) {
		t.Fatal("cursors are made in another way; let cursorAt make them so")
	}
	rest := p.accounts(t, url.Values{"cursor": {*own}}) // a page of another size is of the same list
	if !slices.Equal(rest.ids(), teams[1:]) || rest.NextCursor != nil {
		t.Fatalf("the rest is %v, want %v", rest.ids(), teams[1:])
	}
	flip := func(at int) string {
		b := []byte(*own)
		if b[at]++; b[at] > 'z' || b[at] == '[' || b[at] == ':' {
			b[at] = 'a'
		}
		return string(b)
	}
	for name, cursor := range map[string]string{
		"its checksum altered":        flip(0),
		"its position altered":        flip(len(*own) - 4),
		"its last character altered":  flip(len(*own) - 1),
		"cut":                         (*own)[:len(*own)-4],
		"lengthened":                  *own + "AAAA",
		"padded":                      *own + "==",
		"a checksum without position": base64.RawURLEncoding.EncodeToString([]byte("123456789")),
		"another user's":              *foreign,
		"of another list":             cursorAt(teams[0], "list-members", p.ID),
		"of a list of nobody's":       cursorAt(teams[0], "list-accounts"),
		"a bare id":                   teams[0],
		"garbage":                     "!ö/%00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.call(t, http.MethodGet, "/me/accounts?cursor="+url.QueryEscape(cursor), nil).
				refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/cursor malformed")
		})
	}
	p.call(t, http.MethodGet, "/me/accounts?cursor="+strings.Repeat("A", 1025), nil).
		refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/cursor too_long")
}

// A cursor is no leave: whose list it is of, the request decides.
func TestACursorReachesNothingOfAnotherUser(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	teams := join(t, shared.host, other, 3)
	forged := cursorAt(teams[0], "list-accounts", p.ID) // a position that is another's, well made
	if got := p.accounts(t, url.Values{"cursor": {forged}}).ids(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
