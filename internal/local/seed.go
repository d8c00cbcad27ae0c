package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
	"hearth/internal/cognito"
)

// seedTeam is what the seed's team is called; its owner knows it by that.
const seedTeam = "Analytical Engines"

// seedCommand seeds the host that PORT names.
func seedCommand(ctx context.Context, env func(string) string, out io.Writer) error {
	port, err := portFrom(env)
	if err != nil {
		return err
	}
	return runSeed(ctx, localhost(port), out)
}

// runSeed makes three people and a team in which each has another role, with an
// invitation that waits, on a running host by the APIs that a web client uses,
// and prints how to sign in. What is there already it leaves or, where somebody
// has changed it since, sets back; passwords are new each time.
func runSeed(ctx context.Context, api string, out io.Writer) error {
	host, err := connect(ctx, api)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	s := &seed{
		host:    host,
		owner:   &seeded{name: "Ada Lovelace", email: "ada@example.com", role: account.Owner},
		others:  []*seeded{{name: "Bob Frankston", email: "bob@example.com", role: account.Admin}, {name: "Eve Online", email: "eve@example.com", role: account.Member}},
		invited: &seeded{email: "grace@example.com", role: account.Member},
	}
	if err := s.run(ctx); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return s.print(out)
}

// seeded is a person whom the seed makes, or only invites.
type seeded struct {
	name, email string
	role        account.Role
	password    string
	id, token   string
}

// seed is what the host shall have.
type seed struct {
	host    *remote
	owner   *seeded
	others  []*seeded
	invited *seeded
	teamID  string
}

// seedList is a page of one of the API's lists.
type seedList[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"nextCursor"`
}

// The parts of the API's objects that the seed looks at.
type (
	seedAccount struct {
		ID         string       `json:"id"`
		Name       string       `json:"name"`
		Role       account.Role `json:"role"`
		IsPersonal bool         `json:"isPersonal"`
	}
	seedMember struct {
		UserID string       `json:"userId"`
		Email  string       `json:"email"`
		Role   account.Role `json:"role"`
	}
	seedInvitation struct {
		ID             string       `json:"id"`
		OrganizationID string       `json:"organizationId"`
		Email          string       `json:"email"`
		Role           account.Role `json:"role"`
	}
)

func (s *seed) run(ctx context.Context) error {
	for _, p := range append([]*seeded{s.owner}, s.others...) {
		if err := s.signIn(ctx, p); err != nil {
			return err
		}
	}
	if err := s.findTeam(ctx); err != nil {
		return err
	}
	members, err := listAll[seedMember](ctx, s, s.owner, s.team("/members"))
	if err != nil {
		return err
	}
	for _, p := range s.others {
		if err := s.admit(ctx, p, members); err != nil {
			return err
		}
	}
	// Whoever took the invitation up since is invited anew.
	for _, m := range members {
		if account.FoldAddress(m.Email) == account.FoldAddress(s.invited.email) {
			if err := s.call(ctx, s.owner, http.MethodDelete, s.team("/members/"+m.UserID), nil, nil); err != nil {
				return err
			}
		}
	}
	return s.invite(ctx, s.invited)
}

// signIn has a person with a new password, and signs them in.
func (s *seed) signIn(ctx context.Context, p *seeded) error {
	p.password = rand.Text()
	name := types.AttributeType{Name: aws.String(cognito.AttributeName), Value: aws.String(p.name)}
	if _, err := s.host.provide(ctx, p.email, p.password, name); err != nil {
		return err
	}
	tokens, err := s.host.signIn(ctx, p.email, p.password)
	if err != nil {
		return fmt.Errorf("sign %s in: %w", p.email, err)
	}
	p.token = aws.ToString(tokens.AccessToken)
	var me struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	if err := s.call(ctx, p, http.MethodGet, "/me", nil, &me); err != nil { // the first makes their records
		return err
	}
	p.id = me.User.ID
	return nil
}

// findTeam finds the owner's team, or makes it.
func (s *seed) findTeam(ctx context.Context) error {
	accounts, err := listAll[seedAccount](ctx, s, s.owner, "/me/accounts")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(accounts, func(a seedAccount) bool { return a.Name == seedTeam && a.Role == account.Owner && !a.IsPersonal })
	if i >= 0 {
		s.teamID = accounts[i].ID
		return nil
	}
	var made seedAccount
	if err := s.call(ctx, s.owner, http.MethodPost, "/organizations", map[string]string{"name": seedTeam}, &made); err != nil {
		return err
	}
	s.teamID = made.ID
	return nil
}

// admit sees to it that a person is a member in their role.
func (s *seed) admit(ctx context.Context, p *seeded, members []seedMember) error {
	if i := slices.IndexFunc(members, func(m seedMember) bool { return m.UserID == p.id }); i >= 0 {
		if members[i].Role == p.role {
			return nil
		}
		return s.call(ctx, s.owner, http.MethodPatch, s.team("/members/"+p.id), map[string]account.Role{"role": p.role}, nil)
	}
	if err := s.invite(ctx, p); err != nil {
		return err
	}
	invitation, err := s.received(ctx, p)
	if err != nil {
		return err
	}
	return s.call(ctx, p, http.MethodPost, "/invitations/accept", map[string]string{"invitationId": invitation.ID}, nil)
}

// invite sees to it that an address has a pending invitation to its role.
func (s *seed) invite(ctx context.Context, p *seeded) error {
	sent, err := listAll[seedInvitation](ctx, s, s.owner, s.team("/invitations"))
	if err != nil {
		return err
	}
	for _, i := range sent {
		switch {
		case account.FoldAddress(i.Email) != account.FoldAddress(p.email):
		case i.Role == p.role:
			return nil
		default:
			if err := s.call(ctx, s.owner, http.MethodDelete, s.team("/invitations/"+i.ID), nil, nil); err != nil {
				return err
			}
		}
	}
	wanted := map[string]string{"email": p.email, "role": string(p.role)}
	return s.call(ctx, s.owner, http.MethodPost, s.team("/invitations"), wanted, nil)
}

// received waits for an invitation of the team in a person's own list, which
// lags behind for a moment.
func (s *seed) received(ctx context.Context, p *seeded) (seedInvitation, error) {
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	for {
		own, err := listAll[seedInvitation](ctx, s, p, "/me/invitations")
		if err != nil {
			return seedInvitation{}, err
		}
		if i := slices.IndexFunc(own, func(i seedInvitation) bool { return i.OrganizationID == s.teamID }); i >= 0 {
			return own[i], nil
		}
		select {
		case <-ctx.Done():
			return seedInvitation{}, fmt.Errorf("%s sees no invitation (is the address proven?): %w", p.email, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// team is a path of the team's.
func (s *seed) team(path string) string { return "/organizations/" + s.teamID + path }

// call sends a person's request to the API.
func (s *seed) call(ctx context.Context, p *seeded, method, path string, body, into any) error {
	err := s.host.callJSON(ctx, method, s.host.API+path, p.token, body, into)
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused.Code == account.CodeAccountMode {
		return errors.New("the configuration's accountMode has no teams")
	}
	return err
}

// listAll reads a list to its end.
func listAll[T any](ctx context.Context, s *seed, p *seeded, path string) ([]T, error) {
	var all []T
	for query := ""; ; {
		var page seedList[T]
		if err := s.call(ctx, p, http.MethodGet, path+query, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == nil {
			return all, nil
		}
		query = "?cursor=" + url.QueryEscape(*page.NextCursor)
	}
}

// print tells how to sign in, and what is to be seen then.
func (s *seed) print(out io.Writer) error {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "\nThe team %q (%s) has\n\n", seedTeam, s.teamID)
	columns := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	for _, p := range append([]*seeded{s.owner}, s.others...) {
		_, _ = fmt.Fprintf(columns, "  %s\t%s\tpassword %s\n", p.email, p.role, p.password)
	}
	_, _ = fmt.Fprintf(columns, "  %s\t%s\tinvited: sign up by the link in %s/_local/?to=%s\n",
		s.invited.email, s.invited.role, s.host.API, url.QueryEscape(s.invited.email))
	_ = columns.Flush()
	_, _ = fmt.Fprint(&text, "\nThese passwords replace those of last time.\n\n")
	_, err := io.WriteString(out, text.String())
	return err //nolint:wrapcheck // the shell's pipe
}
