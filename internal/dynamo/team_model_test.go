package dynamo_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hearth/internal/account"
	"hearth/internal/account/accounttest"
	"hearth/internal/dynamo/dynamotest"
)

// side is one of two worlds in which the same things happen: one on the engine,
// one on the model. They share the clock, and each counts its own ids, so that
// the same steps make the same ids.
type side struct {
	*account.Service
	store account.Store
	ids   int
}

func newSide(store account.Store, now func() time.Time) *side {
	s := &side{store: store}
	s.Service = account.NewService(account.Options{
		Store: store, Pool: tokens{}, MAC: plainMAC{}, Grants: account.CoreGrants(), Now: now, SessionValidity: 24 * time.Hour,
		NewID: func() string {
			s.ids++
			return fmt.Sprintf("018f4e2a-0000-7000-8000-%012d", s.ids)
		},
		Config: account.Config{
			AccountMode: account.Hybrid, Languages: []string{"en"}, MaxOrganizationsPerUser: 2, SeatLimit: 4,
			WhoMayCreateOrganizations: account.EveryoneCreates, InvitationDays: 7,
		},
	})
	return s
}

var townspeople = []string{"ada", "bob", "eve", "kim"}

// step is what somebody does, by what there is on the model's side.
type step struct {
	who, whom string
	team      string
	invite    string // the public id of an invitation
	role      account.Role
	slug      string
}

// steps are all that happens to teams. What they return is the code that the
// person sees, empty if all went well.
var steps = map[string]func(ctx context.Context, s *side, at time.Time, d step) error{
	"create": func(ctx context.Context, s *side, at time.Time, d step) error {
		c, err := s.Authorize(ctx, signedInAt(d.who, at), account.Target{})
		if err == nil {
			_, err = s.CreateOrganization(ctx, signedInAt(d.who, at), c, account.NewOrganization{Name: "Team", Slug: d.slug}, account.Repeat{})
		}
		return err
	},
	"update": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, err := s.UpdateOrganization(ctx, signedInAt(d.who, at), d.team, account.EditOrganization{Slug: &d.slug}, func(account.Account) error { return nil })
		return err
	},
	"invite": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, _, err := s.Invite(ctx, signedInAt(d.who, at), d.team, addressOf(d.whom), d.role, account.Repeat{})
		return err
	},
	"resend": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, _, err := s.Resend(ctx, signedInAt(d.who, at), d.team, d.invite)
		return err
	},
	"revoke": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, err := s.Revoke(ctx, signedInAt(d.who, at), d.team, d.invite)
		return err
	},
	"accept": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, err := s.Accept(ctx, signedInAt(d.who, at), d.invite)
		return err
	},
	"decline": func(ctx context.Context, s *side, at time.Time, d step) error {
		return s.Decline(ctx, signedInAt(d.who, at), d.invite)
	},
	"role": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, err := s.ChangeMemberRole(ctx, signedInAt(d.who, at), d.team, idOf(d.whom), d.role)
		return err
	},
	"remove": func(ctx context.Context, s *side, at time.Time, d step) error {
		return s.gone(ctx, d.team, d.whom, s.RemoveMember(ctx, signedInAt(d.who, at), d.team, idOf(d.whom)))
	},
	"leave": func(ctx context.Context, s *side, at time.Time, d step) error {
		return s.gone(ctx, d.team, d.who, s.Leave(ctx, signedInAt(d.who, at), d.team))
	},
	"transfer": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, err := s.TransferOwnership(ctx, signedInAt(d.who, at), d.team, idOf(d.whom))
		return err
	},
	"delete": func(ctx context.Context, s *side, at time.Time, d step) error {
		return s.DeleteOrganization(ctx, signedInAt(d.who, at), d.team)
	},
	"purge": func(ctx context.Context, s *side, _ time.Time, d step) error {
		_, err := s.Purge(ctx, d.team)
		return err
	},
	"switch": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, err := s.Choose(ctx, signedInAt(d.who, at), &d.team)
		return err
	},
	"request": func(ctx context.Context, s *side, at time.Time, d step) error {
		_, err := s.Authorize(ctx, signedInAt(d.who, at), account.Target{})
		return err
	},
}

// gone does what the stream does once a member is.
func (s *side) gone(ctx context.Context, team, name string, err error) error {
	if err != nil {
		return err
	}
	return s.RevokeInvitationsOf(ctx, team, idOf(name))
}

// signedInAt is a sign-in that is fresh whenever it is used.
func signedInAt(name string, at time.Time) account.Identity {
	id := identity(name, "1")
	id.AuthTime = at.Unix()
	return id
}

// However teams are used, the engine and the model answer alike and hold the
// same records, and after each step everything is true that must be. Lists
// through the index are left out of the comparison: on AWS they lag.
func TestTeamsAsTheModelHasThem(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(maps.Keys(steps))
	names = append(names, "create", "invite", "invite", "invite", "accept", "accept", "accept") // what the rest builds on
	long := 30
	if os.Getenv("HEARTH_SOAK") != "" {
		long = 50
	}
	rapid.Check(t, func(r *rapid.T) {
		now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		model := accounttest.NewModel()
		engine, oracle := newSide(dynamotest.Store(t), clock), newSide(model, clock)
		for _, name := range townspeople {
			for _, s := range []*side{engine, oracle} {
				if _, err := s.Authorize(t.Context(), signedInAt(name, now), account.Target{}); err != nil {
					r.Fatal(err)
				}
			}
		}
		var done []string
		// rapid prefers the first of a list; in a shuffled one each has its turn.
		var order []string
		for range long {
			if len(order) == 0 {
				order = rapid.Permutation(names).Draw(r, "order")
			}
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour, 3 * 24 * time.Hour}).Draw(r, "wait"))
			name := order[0]
			order = order[1:]
			d := drawStep(r, name, model.All())
			done = append(done, fmt.Sprintf("%s %+v", name, d))
			got, want := steps[name](t.Context(), engine, now, d), steps[name](t.Context(), oracle, now, d)
			if codeOf(got) != codeOf(want) || (got == nil) != (want == nil) {
				r.Fatalf("%s: the engine answers %v, the model %v\n%v", name, got, want, done)
			}
			if code := codeOf(got); code == account.CodeInternal || code == account.CodeUnavailable {
				r.Fatalf("%s: %v", name, got)
			}
			if broken := brokenRules(model.All()); len(broken) > 0 {
				r.Fatalf("after %s: %v\n%v", name, broken, done)
			}
		}
		expectSame(t, r, engine.store, model.All())
		expectNothingBroken(t, r, engine)
	})
}

// drawStep draws who does it to whom and to what: mostly somebody who may, to
// what there is, since most of what is drawn blindly is refused.
func drawStep(r *rapid.T, name string, records account.Records) step {
	d := step{
		who: rapid.SampledFrom(townspeople).Draw(r, "who"), whom: rapid.SampledFrom(townspeople).Draw(r, "whom"),
		team: "018f4e2a-0000-7000-8000-999999999999", invite: "a.b",
		role: rapid.SampledFrom([]account.Role{account.Owner, account.Admin, account.Member}).Draw(r, "role"),
		slug: rapid.SampledFrom([]string{"one", "two", "three"}).Draw(r, "slug"),
	}
	var teams, personal []string
	invitations := map[string]*account.Invitation{}
	for _, record := range records {
		switch record := record.(type) {
		case *account.Organization:
			if record.IsPersonal {
				personal = append(personal, record.ID)
			} else {
				teams = append(teams, record.ID)
			}
		case *account.Invitation:
			invitations[record.PublicID()] = record
		}
	}
	slices.Sort(teams)
	slices.Sort(personal)
	sensible := rapid.IntRange(0, 9).Draw(r, "sensible") > 0
	switch {
	case len(teams) > 0 && sensible:
		d.team = rapid.SampledFrom(teams).Draw(r, "team")
		var insiders []string
		for _, name := range townspeople {
			if m := records.Membership(idOf(name), d.team); m != nil && m.Role != account.Member {
				insiders = append(insiders, name)
			}
		}
		if len(insiders) > 0 && name != "accept" && name != "decline" {
			d.who = rapid.SampledFrom(insiders).Draw(r, "insider")
		}
	case rapid.Bool().Draw(r, "personal"):
		d.team = rapid.SampledFrom(personal).Draw(r, "team")
	}
	if len(invitations) > 0 {
		i := invitations[rapid.SampledFrom(slices.Sorted(maps.Keys(invitations))).Draw(r, "invitation")]
		d.invite = i.PublicID()
		if sensible {
			d.team = i.OrganizationID
			if name == "accept" || name == "decline" {
				d.who, _, _ = strings.Cut(i.Email, "@")
			}
		}
	}
	return d
}

// expectSame reads every record of the model from the engine.
func expectSame(t *testing.T, r *rapid.T, store account.Store, want account.Records) {
	t.Helper()
	for keys := range slices.Chunk(slices.Collect(maps.Keys(want)), account.MaxRead) {
		got, err := store.Read(t.Context(), keys...)
		if err != nil {
			r.Fatal(err)
		}
		for _, k := range keys {
			if !reflect.DeepEqual(got[k], want[k]) {
				r.Fatalf("%v: the engine has %+v, the model %+v", k, got[k], want[k])
			}
		}
	}
}

// brokenRules are the rules of the design's section 2 that the records break.
func brokenRules(records account.Records) []string {
	var broken []string
	rule := func(ok bool, format string, arguments ...any) {
		if !ok {
			broken = append(broken, fmt.Sprintf(format, arguments...))
		}
	}
	members, owners, pending, teams := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	slugs, addresses := map[string]string{}, map[string]int{}
	for _, record := range records {
		switch x := record.(type) {
		case *account.Membership:
			members[x.OrganizationID]++
			if x.Role == account.Owner {
				owners[x.OrganizationID]++
			}
			if x.OrganizationID != x.UserID {
				teams[x.UserID]++
			}
		case *account.Invitation:
			if x.Status == account.InvitationPending {
				pending[x.OrganizationID]++
				addresses[x.OrganizationID+account.FoldAddress(x.Email)]++
			}
		case *account.Slug:
			slugs[x.OrganizationID] = x.Slug
		}
	}
	for _, record := range records {
		switch x := record.(type) {
		case *account.User:
			rule(x.TeamCount == teams[x.ID], "user %s counts %d teams of %d", x.ID, x.TeamCount, teams[x.ID])
			rule(records.Membership(x.ID, x.ID) != nil && members[x.ID] == 1 && owners[x.ID] == 1, "the personal organization of %s", x.ID)
			rule(records.Organization(x.ID) != nil && records.Organization(x.ID).Status == account.OrganizationActive, "the personal organization of %s is not active", x.ID)
		case *account.Organization:
			if x.Status != account.OrganizationActive {
				continue
			}
			rule(owners[x.ID] > 0, "%s has no owner", x.ID)
			rule(x.MemberCount == members[x.ID] && x.OwnerCount == owners[x.ID] && x.SeatsUsed == members[x.ID]+pending[x.ID],
				"%s counts %d, %d, %d of %d, %d, %d", x.ID, x.MemberCount, x.OwnerCount, x.SeatsUsed, members[x.ID], owners[x.ID], members[x.ID]+pending[x.ID])
			rule(x.SeatLimit == 0 || x.SeatsUsed <= x.SeatLimit, "%s uses %d of %d seats", x.ID, x.SeatsUsed, x.SeatLimit)
			rule(x.IsPersonal || slugs[x.ID] == x.Slug, "%s has the slug %q, which is %q", x.ID, x.Slug, slugs[x.ID])
		}
	}
	for address, n := range addresses {
		rule(n == 1, "%d pending invitations for %s", n, address)
	}
	return broken
}
