package main

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/httpapi"
)

type sessionAnswer struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current"`
	Device     string    `json:"device"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
}

// use makes a request of the person's session, from a device.
func (p *person) use(t *testing.T, device string) {
	t.Helper()
	p.call(t, http.MethodGet, "/me", nil, "User-Agent", device).want(t, http.StatusOK)
}

func (p *person) sessionID(t *testing.T) string {
	t.Helper()
	_, claims, _ := parts(t, p.AccessToken)
	id, ok := claims["origin_jti"].(string)
	if !ok {
		t.Fatal("no origin_jti")
	}
	return id
}

// sessions are those that the person sees, by id, and the order of the ids.
func (p *person) sessions(t *testing.T) (byID map[string]sessionAnswer, ids []string) {
	t.Helper()
	var list struct {
		Items      []sessionAnswer `json:"items"`
		NextCursor *string         `json:"nextCursor"`
	}
	p.call(t, http.MethodGet, "/me/sessions", nil).want(t, http.StatusOK).JSON(t, &list)
	if list.NextCursor != nil {
		t.Errorf("there is a next page: %s", *list.NextCursor)
	}
	byID = map[string]sessionAnswer{}
	for _, s := range list.Items {
		byID[s.ID] = s
		ids = append(ids, s.ID)
	}
	return byID, ids
}

// threeSessions is a person at a laptop, a telephone and a tablet.
func threeSessions(t *testing.T) (laptop, phone, tablet *person) {
	t.Helper()
	laptop = newPerson(t, shared.host, nil)
	phone, tablet = laptop.another(t), laptop.another(t)
	laptop.use(t, "Laptop/1.0")
	phone.use(t, "Telephone/1.0")
	tablet.use(t, "Tablet/1.0")
	return laptop, phone, tablet
}

func TestSessionsAreListed(t *testing.T) {
	t.Parallel()
	before := time.Now().Add(-time.Second)
	laptop, phone, tablet := threeSessions(t)
	newPerson(t, shared.host, nil).use(t, "Stranger/1.0")
	for _, p := range []*person{laptop, phone, tablet} {
		byID, ids := p.sessions(t)
		if len(ids) != 3 || ids[0] != p.sessionID(t) {
			t.Errorf("%v, want three and %s first", ids, p.sessionID(t))
		}
		for device, of := range map[string]*person{"Laptop/1.0": laptop, "Telephone/1.0": phone, "Tablet/1.0": tablet} {
			s := byID[of.sessionID(t)]
			if s.Device != device || s.Current != (of == p) || s.CreatedAt.Before(before) || s.LastSeenAt.Before(s.CreatedAt) || s.LastSeenAt.After(time.Now()) {
				t.Errorf("%s: %+v", device, s)
			}
		}
	}
}

func TestOneSessionIsEnded(t *testing.T) {
	t.Parallel()
	laptop, phone, tablet := threeSessions(t)
	stranger := newPerson(t, shared.host, nil)
	stranger.me(t)
	laptop.call(t, http.MethodDelete, "/me/sessions/"+phone.sessionID(t), nil).want(t, http.StatusNoContent)
	phone.ended(t)
	if byID, ids := laptop.sessions(t); len(ids) != 2 || byID[phone.sessionID(t)].ID != "" {
		t.Errorf("left: %v", ids)
	}
	tablet.me(t)
	for _, id := range []string{stranger.sessionID(t), newID(), "none"} {
		laptop.call(t, http.MethodDelete, "/me/sessions/"+id, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	}
	stranger.me(t)
	laptop.call(t, http.MethodDelete, "/me/sessions/"+laptop.sessionID(t), nil).want(t, http.StatusNoContent) // signed out
	laptop.ended(t)
	tablet.me(t)
}

func TestTheOtherSessionsAreEnded(t *testing.T) {
	t.Parallel()
	laptop, phone, tablet := threeSessions(t)
	unseen := laptop.another(t)
	tablet.call(t, http.MethodPost, "/me/sessions/revoke-others", nil).want(t, http.StatusNoContent)
	laptop.ended(t)
	phone.ended(t)
	unseen.ended(t)
	if _, ids := tablet.sessions(t); len(ids) != 1 {
		t.Errorf("left: %v", ids)
	}
	refreshed, err := tablet.refresh(t)
	if err != nil {
		t.Fatal(err)
	}
	tablet.with(refreshed).me(t)
	nextSecond()
	laptop.another(t).me(t)
}

func TestEverySessionIsEnded(t *testing.T) {
	t.Parallel()
	laptop, phone, tablet := threeSessions(t)
	nextSecond()
	laptop.call(t, http.MethodPost, "/me/sessions/revoke-all", nil).want(t, http.StatusNoContent)
	for name, p := range map[string]*person{"laptop": laptop, "telephone": phone, "tablet": tablet} {
		p.ended(t)
		if _, err := p.refresh(t); err == nil {
			t.Errorf("the refresh token of the %s lives on at Cognito", name)
		}
	}
	laptop.signInAgain(t)
	if _, ids := laptop.sessions(t); len(ids) != 1 {
		t.Errorf("left: %v", ids)
	}
}

// A sign-in is fresh for ten minutes; a refreshed token is no new sign-in.
func TestSensitiveRoutesWantAFreshSignIn(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // the pool's clock, not that of the functions
	h := newHost(t, func(o *options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) } })
	p := newPerson(t, h, nil)
	team := p.createTeam(t, map[string]string{"name": "Team"})
	ahead.Store(-int64(account.FreshSignIn + 2*time.Second))
	p.signInAgain(t)
	ahead.Store(0)
	refreshed, err := p.refresh(t)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, route := range httpapi.Routes() {
		if !route.Sensitive {
			continue
		}
		asked++
		route.Path = fillPath(route.Path, team.ID, p.ID)
		for _, session := range []*person{p, p.with(refreshed)} {
			got := session.call(t, route.Method, route.Path, sensitiveBodies[route.Name])
			got.refused(t, http.StatusForbidden, account.CodeReauthentication)
			var told struct {
				MaxAge int `json:"maxAge"`
			}
			got.JSON(t, &told)
			if told.MaxAge != 600 || got.Header.Get("WWW-Authenticate") != `Bearer error="insufficient_user_authentication", max_age="600"` {
				t.Errorf("%s: %s %v", route.Name, got.Body, got.Header)
			}
		}
	}
	if asked < 10 {
		t.Errorf("%d routes", asked)
	}
	p.wantEmail(t, p.Email, "")
	p.changePassword(t, "not the password", newID()).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/currentPassword incorrect")

	ahead.Store(-int64(account.FreshSignIn - 20*time.Second)) // just fresh
	p.signInAgain(t)
	ahead.Store(0)
	next := newAddress()
	p.askEmail(t, next)
	p.proveEmail(t, p.mailedCode(t, next, 0)).want(t, http.StatusOK)
	p.keepPasskey(t, p.makePasskey(t), "Laptop")
	p.call(t, http.MethodDelete, "/organizations/"+team.ID, nil).want(t, http.StatusNoContent)
}

// sensitiveBodies are of the right form, so that only the sign-in is refused.
var sensitiveBodies = map[string]any{
	"post-email":         map[string]string{"email": "somebody@example.com"},
	"post-deletion":      map[string]string{"digest": "x", "confirmation": "somebody@example.com"},
	"verify-email":       map[string]string{"code": "123456"},
	"verify-totp":        map[string]string{"code": "123456"},
	"disable-totp":       map[string]string{"password": "not the password", "code": "123456"},
	"verify-passkey":     map[string]any{"credential": map[string]string{"id": "x"}},
	"transfer-ownership": map[string]string{"userId": "x"},
}
