package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// fuzzPerson owns a team that has another member and a pending invitation.
type fuzzPerson struct {
	email, token, userID           string
	teamID, teamName, invitationID string
	// guestID is the other member, who belongs to the teams of both people.
	guestID string
}

// ownPaths are what nobody but this person can change the answers of.
func (p *fuzzPerson) ownPaths() []string {
	team := "/organizations/" + p.teamID
	return []string{
		"/me", "/me/profile", "/me/preferences", "/me/accounts", "/me/invitations",
		team, team + "/members", team + "/invitations", team + "/audit-log",
	}
}

// secrets are what nobody else may read, in lower case where case is lost.
func (p *fuzzPerson) secrets() []string { return []string{p.email, p.teamName, p.invitationID} }

// ids are the accounts of which nobody else may act for one.
func (p *fuzzPerson) ids() []string { return []string{p.userID, p.teamID} }

// fuzzPeople makes two people and a guest of both.
func (r *remote) fuzzPeople(ctx context.Context) ([2]*fuzzPerson, error) {
	var people [2]*fuzzPerson
	guest, err := r.fuzzSignIn(ctx)
	if err != nil {
		return people, err
	}
	for i := range people {
		p, err := r.fuzzSignIn(ctx)
		if err != nil {
			return people, err
		}
		p.guestID, p.teamName = guest.userID, "Team "+rand.Text()
		var made struct {
			ID string `json:"id"`
		}
		if err := r.postJSON(ctx, "/organizations", p.token, map[string]string{"name": p.teamName}, &made); err != nil {
			return people, err
		}
		p.teamID = made.ID
		for _, address := range []string{guest.email, fuzzAddress()} { // the last one stays pending
			body := map[string]string{"email": address, "role": "ORG_MEMBER"}
			if err := r.postJSON(ctx, "/organizations/"+p.teamID+"/invitations", p.token, body, &made); err != nil {
				return people, err
			}
			p.invitationID = made.ID
			if address != guest.email {
				continue
			}
			if err := r.postJSON(ctx, "/invitations/accept", guest.token, map[string]string{"invitationId": made.ID}, nil); err != nil {
				return people, err
			}
		}
		people[i] = p
	}
	return people, nil
}

func fuzzAddress() string { return "fuzz-" + strings.ToLower(rand.Text()) + "@example.com" }

func (r *remote) fuzzSignIn(ctx context.Context) (*fuzzPerson, error) {
	p := &fuzzPerson{email: fuzzAddress()}
	var err error
	if p.token, _, err = r.tokenOf(ctx, p.email); err != nil {
		return nil, err
	}
	var me struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	if err := r.getJSON(ctx, r.API+"/me", p.token, &me); err != nil {
		return nil, err
	}
	p.userID = me.User.ID
	return p, nil
}

// snapshot is what a person reads of their own: by path, the body of a 200, else
// the status alone, since a problem names its request.
func (r *remote) snapshot(ctx context.Context, p *fuzzPerson) (map[string]string, error) {
	seen := map[string]string{}
	for _, path := range p.ownPaths() {
		status, body, err := r.call(ctx, http.MethodGet, path, p.token, nil)
		if err != nil {
			return nil, err
		}
		if seen[path] = http.StatusText(status); status == http.StatusOK {
			seen[path] = string(body)
		}
	}
	return seen, nil
}

// countOperations is the number of operations that the document has.
func (r *remote) countOperations(ctx context.Context) (int, error) {
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := r.getJSON(ctx, r.API+"/openapi.json", "", &document); err != nil {
		return 0, err
	}
	count := 0
	for _, operations := range document.Paths {
		count += len(operations)
	}
	if count == 0 {
		return 0, fmt.Errorf("%s/openapi.json has no operations", r.API)
	}
	return count, nil
}

// postJSON sends a JSON document and, unless into is nil, reads one. Any status
// above 299 is an error that names it.
func (r *remote) postJSON(ctx context.Context, path, accessToken string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	status, answer, err := r.call(ctx, http.MethodPost, path, accessToken, text)
	if err != nil {
		return err
	}
	if status >= http.StatusMultipleChoices {
		return fmt.Errorf("POST %s answered %d: %s", path, status, firstCharacters(answer, 300))
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("POST %s: not the expected JSON: %w", path, err)
	}
	return nil
}

// call makes one request of the API.
func (r *remote) call(ctx context.Context, method, path, accessToken string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, r.API+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+accessToken)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := r.http.Do(request)
	if err != nil {
		return 0, nil, err //nolint:wrapcheck // names method and URL already
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, 10<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return response.StatusCode, answer, nil
}
