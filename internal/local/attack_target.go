package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// target is one of the two people of an attack: with a team of two, invitations
// that wait, an image, and projects at home and in the team.
type target struct {
	*fuzzPerson
	id, sessionID, imageKey string
	// project is at home, teamProject in the team.
	project, teamProject string
	// cursors are those of second pages, by route.
	cursors map[string]string
	// key begins the Idempotency-Keys that they used for attackKeyed; the path
	// is the rest.
	key string
}

// attackBodies are good bodies by route; <…> stands for something of the
// victim's. Routes that are not here take none, or one of a product's own.
var attackBodies = map[string]string{ //nolint:gosec // nobody has these passwords
	"PUT /me/active-account":                                  `{"accountId":"<team>"}`,
	"PATCH /me/profile":                                       `{"name":"Mallory"}`,
	"POST /me/profile/image":                                  `{"contentType":"image/png","size":100}`,
	"PUT /me/profile/image":                                   `{"key":"<image>"}`,
	"PATCH /me/preferences":                                   `{"theme":"dark"}`,
	"POST /me/security/password":                              `{"currentPassword":"none of theirs","newPassword":"correct horse battery"}`,
	"POST /me/security/email":                                 `{"email":"mallory@example.com"}`,
	"POST /me/security/email/verify":                          `{"code":"000000"}`,
	"POST /me/security/mfa/totp/verify":                       `{"code":"000000"}`,
	"POST /me/security/mfa/totp/disable":                      `{"password":"none of theirs","code":"000000"}`,
	"POST /security/recovery":                                 `{"email":"<email>","password":"none of theirs","recoveryCode":"AAAA-AAAA-AAAA-AAAA"}`,
	"POST /me/security/passkeys/verify":                       `{"credential":{},"name":"Laptop"}`,
	"POST /organizations":                                     `{"name":"Mallory"}`,
	"PATCH /organizations/{organizationId}":                   `{"name":"Mallory"}`,
	"POST /organizations/{organizationId}/image":              `{"contentType":"image/png","size":100}`,
	"PUT /organizations/{organizationId}/image":               `{"key":"<image>"}`,
	"PATCH /organizations/{organizationId}/members/{userId}":  `{"role":"ORG_ADMIN"}`,
	"POST /organizations/{organizationId}/transfer-ownership": `{"userId":"<user>"}`,
	"POST /organizations/{organizationId}/invitations":        `{"email":"mallory@example.com","role":"ORG_MEMBER"}`,
	"POST /invitations/accept":                                `{"invitationId":"<invitation>"}`,
	"POST /invitations/preview":                               `{"token":"<invitation>"}`,
	"POST /me/deletion":                                       `{"digest":"<digest>","confirmation":"<email>"}`,
	"POST /projects":                                          `{"name":"Mallory"}`,
	"PATCH /projects/{projectId}":                             `{"name":"Mallory"}`,
}

// attackKeyed are requests that the victim made by a key which the intruder
// then uses for the same: they make something of the intruder's own.
var attackKeyed = map[string]string{
	"POST /organizations":    `{"name":"Keyed"}`,
	"POST /me/profile/image": `{"contentType":"image/png","size":100}`,
	"POST /projects":         `{"name":"Keyed"}`,
}

// newTarget makes a person with something of everything.
func (r *remote) newTarget(ctx context.Context) (*target, error) {
	people, err := r.fuzzPeople(ctx)
	if err != nil {
		return nil, err
	}
	p := &target{fuzzPerson: people[0], id: people[0].userID, key: rand.Text(), cursors: map[string]string{}}
	var made struct{ ID, Key string }
	for route, body := range attackKeyed {
		_, path, _ := strings.Cut(route, " ")
		if err := r.as(ctx, p, http.MethodPost, attempt{path: path, key: p.key + path, body: []byte(body)}, &made); err != nil {
			return nil, err
		}
		if made.Key != "" {
			p.imageKey = made.Key
		}
	}
	for _, into := range []struct {
		account string
		id      *string
	}{{p.id, &p.project}, {p.teamID, &p.teamProject}, {p.teamID, &p.teamProject}} {
		name := []byte(`{"name":"` + p.teamName + `"}`)
		if err := r.as(ctx, p, http.MethodPost, attempt{path: "/projects", account: into.account, body: name}, &made); err != nil {
			return nil, err
		}
		*into.id = made.ID
	}
	var sessions struct{ Items []struct{ ID string } }
	if err := r.as(ctx, p, http.MethodGet, attempt{path: "/me/sessions"}, &sessions); err != nil {
		return nil, err
	}
	if len(sessions.Items) == 0 {
		return nil, fmt.Errorf("%s has no session", p.id)
	}
	p.sessionID = sessions.Items[0].ID
	return p, r.collect(ctx, p)
}

// collect gets cursors of everything that a person has two of.
func (r *remote) collect(ctx context.Context, p *target) error {
	team := "/organizations/{organizationId}"
	for _, path := range []string{"/me/accounts", team + "/members", team + "/invitations?status=pending", team + "/audit-log", "/audit-log", "/projects"} {
		query := "?limit=1"
		if strings.Contains(path, "?") {
			query = "&limit=1"
		}
		var page struct{ NextCursor *string }
		if err := r.as(ctx, p, http.MethodGet, attempt{path: p.fill(path, p.teamID) + query, account: p.teamID}, &page); err != nil {
			return err
		}
		if page.NextCursor != nil {
			route, _, _ := strings.Cut(path, "?")
			p.cursors["GET "+route] = *page.NextCursor
		}
	}
	return nil
}

// as makes a request of a person's that must succeed, and reads its answer.
func (r *remote) as(ctx context.Context, p *target, method string, try attempt, into any) error {
	status, _, answer, err := r.ask(ctx, p.token, method, try)
	if err != nil {
		return err
	}
	if status >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s answered %d: %s", method, try.path, status, firstCharacters(answer, 300))
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: not the expected JSON: %w", method, try.path, err)
	}
	return nil
}

// fill puts a person's ids into a path, with an organization of anybody's.
func (p *target) fill(path, organizationID string) string {
	path = strings.NewReplacer("{organizationId}", organizationID, "{userId}", p.id, "{invitationId}", p.invitationID,
		"{projectId}", p.project, "{sessionId}", p.sessionID).Replace(path)
	// Of what is left, such as passkeys, the person has none.
	for {
		before, rest, found := strings.Cut(path, "{")
		_, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return path
		}
		path = before + uuid.NewString() + after
	}
}

// name puts what is a person's into a body.
func (p *target) name(body string) string {
	return strings.NewReplacer("<team>", p.teamID, "<image>", p.imageKey, "<email>", p.email, "<user>", p.id,
		"<invitation>", p.invitationID, "<digest>", strings.Repeat("A", 43)).Replace(body)
}

func (p *target) accounts() []string { return []string{p.id, p.teamID} }

// secrets are what no answer to anybody else shows.
func (p *target) secrets() []string {
	return []string{p.email, p.teamName, p.id, p.teamID, p.invitationID, p.sessionID, p.imageKey, p.project, p.teamProject}
}

// everything is all that a person reads of their own.
func (p *target) everything(ctx context.Context, r *remote) (string, error) {
	seen, err := r.snapshot(ctx, p.fuzzPerson)
	if err != nil {
		return "", err
	}
	for _, path := range []string{"/me/security", "/me/sessions", "/audit-log", "/projects"} {
		for _, id := range p.accounts() {
			_, _, answer, err := r.ask(ctx, p.token, http.MethodGet, attempt{path: path, account: id})
			if err != nil {
				return "", err
			}
			seen[path+" of "+id] = string(answer)
		}
	}
	text, err := json.Marshal(seen) // sorted by path
	if err != nil {
		return "", fmt.Errorf("encode what was read: %w", err)
	}
	return string(text), nil
}
