package account_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"hearth/internal/account"
)

// rule is a policy of a test's.
type rule struct {
	name  string
	check func(ctx context.Context, q account.Question) ([]account.Blocker, error)
}

func (r rule) Name() string { return r.name }

func (r rule) Check(ctx context.Context, q account.Question) ([]account.Blocker, error) {
	return r.check(ctx, q)
}

// against is a rule against one act.
func against(name string, act account.Act) rule {
	return rule{name, func(_ context.Context, q account.Question) ([]account.Blocker, error) {
		if q.Act != act {
			return nil, nil
		}
		return []account.Blocker{{Code: name + "_code", Detail: "It is not the day.", Remedy: "Wait."}}, nil
	}}
}

var errSecret = errors.New("s3cr3t")

// The ways in which a policy cannot say.
var speechless = map[string]rule{
	"one that fails": {"speechless", func(context.Context, account.Question) ([]account.Blocker, error) { return nil, errSecret }},
	"one that panics": {"speechless", func(context.Context, account.Question) ([]account.Blocker, error) {
		panic("oops")
	}},
	"one that waits for ever": {"speechless", func(ctx context.Context, _ account.Question) ([]account.Blocker, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}},
}

// deedsOf are how each act is asked for by somebody whom everything allows it.
func deedsOf(t *testing.T) map[account.Act]func(w *world) error {
	t.Helper()
	return map[account.Act]func(w *world) error{
		account.ActDeleteAccount: func(w *world) error {
			p, err := w.PreviewDeletion(t.Context(), signedIn(laptop))
			if err == nil {
				_, err = w.DeleteAccount(t.Context(), signedIn(laptop), p.Digest, "ada@example.com")
			}
			return err
		},
		account.ActDeleteOrganization: func(w *world) error {
			return w.DeleteOrganization(t.Context(), signedIn(laptop), team)
		},
		account.ActCreateOrganization: func(w *world) error {
			c, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
			if err == nil {
				_, err = w.CreateOrganization(t.Context(), signedIn(laptop), c, account.NewOrganization{Name: "New"}, account.Repeat{})
			}
			return err
		},
		account.ActInvite: func(w *world) error {
			_, _, err := w.Invite(t.Context(), signedIn(laptop), team, "eve@example.com", account.Member, account.Repeat{})
			return err
		},
		account.ActAccept: func(w *world) error {
			_, err := w.Accept(t.Context(), signedIn(laptop), other+".1")
			return err
		},
	}
}

const other = "018f4e2a-0000-7000-8000-00000000000b"

// ready is a world in which ada owns a team with bob and is invited to another.
func ready(t *testing.T, policies ...account.Policy) *world {
	t.Helper()
	w := newLeavingWorld(t, policies)
	w.enroll(t)
	w.join(t, account.Owner)
	shared := *w.store.All().Organization(team)
	shared.OwnerCount, shared.Version = 2, 2
	o := newTeam()
	o.ID, o.Slug, o.SeatsUsed = other, "other", 3
	w.put(t, &shared, o,
		&account.Membership{UserID: bob, OrganizationID: team, Role: account.Owner, UserName: "Bob", Version: 1},
		&account.User{ID: bob, Status: account.UserActive, TeamCount: 1, Version: 1},
		&account.Slug{Slug: "team", OrganizationID: team, Version: 1},
		&account.Invitation{OrganizationID: other, ID: "1", Email: "ada@example.com", Role: account.Member, Status: account.InvitationPending, ExpiresAt: noon.AddDate(0, 0, 1), Version: 1},
		&account.Invited{OrganizationID: other, Email: "ada@example.com", InvitationID: "1", Version: 1})
	w.store.calls()
	return w
}

// A policy of the product's is asked for its act and no other; what it says
// stops the act before anything is written, without a further call.
func TestPoliciesStandAgainstTheirAct(t *testing.T) {
	t.Parallel()
	for act := range deedsOf(t) {
		for asked, do := range deedsOf(t) {
			w := ready(t, against("tuesday", act))
			err := do(w)
			if asked != act {
				if err != nil {
					t.Errorf("%s is not about %s: %v", act, asked, err)
				}
				continue
			}
			want := account.ErrForbidden
			if act == account.ActDeleteAccount || act == account.ActDeleteOrganization {
				want = account.ErrDeletionBlocked
			}
			var refusal *account.Error
			if !errors.Is(err, want) || !errors.As(err, &refusal) {
				t.Fatalf("%s: %v", act, err)
			}
			blocker := account.Blocker{Policy: "tuesday", Code: "tuesday_code", Detail: "It is not the day.", Remedy: "Wait."}
			if !slices.Equal(refusal.Blockers, []account.Blocker{blocker}) {
				t.Errorf("%s: blockers %+v", act, refusal.Blockers)
			}
			if _, commits := w.store.calls(); commits != 0 {
				t.Errorf("%s: %d commits", act, commits)
			}
		}
	}
}

// A policy that cannot say stands against everything, and what it met is for
// the log alone.
func TestPoliciesThatCannotSayStandAgainstIt(t *testing.T) {
	t.Parallel()
	for name, policy := range speechless {
		for act := range deedsOf(t) {
			synctest.Test(t, func(t *testing.T) {
				w := ready(t, policy, against("tuesday", "nothing"))
				err := deedsOf(t)[act](w)
				want := account.ErrUnavailable
				if act == account.ActDeleteAccount || act == account.ActDeleteOrganization {
					want = account.ErrDeletionBlocked
				}
				var refusal *account.Error
				if !errors.Is(err, want) || !errors.As(err, &refusal) || len(refusal.Blockers) != 1 {
					t.Fatalf("%s, %s: %v", act, name, err)
				}
				if b := refusal.Blockers[0]; b.Code != account.PolicyUnavailable || b.Policy != "speechless" {
					t.Errorf("%s, %s: %+v", act, name, b)
				}
				if _, commits := w.store.calls(); commits != 0 {
					t.Errorf("%s, %s: %d commits", act, name, commits)
				}
			})
		}
	}
}

// Hearth's own policies, on what somebody has.
func TestHearthsOwnPolicies(t *testing.T) {
	t.Parallel()
	organization := func(owners, members, subscriptions int) *account.Organization {
		o := newTeam()
		o.OwnerCount, o.MemberCount, o.SeatsUsed, o.ActiveSubscriptions = owners, members, members, subscriptions
		return o
	}
	for name, c := range map[string]struct {
		team *account.Organization
		role account.Role
		// personal counts the subscriptions of the personal organization.
		personal int
		want     []string
	}{
		"alone in it":                          {organization(1, 1, 0), account.Owner, 0, nil},
		"one of two owners":                    {organization(2, 2, 0), account.Owner, 0, nil},
		"the only owner":                       {organization(1, 2, 0), account.Owner, 0, []string{"sole_owner"}},
		"a member":                             {organization(1, 2, 1), account.Member, 0, nil},
		"alone in it, paying":                  {organization(1, 1, 1), account.Owner, 0, []string{"active_subscription"}},
		"one of two owners, paying":            {organization(2, 2, 1), account.Owner, 0, nil},
		"the only owner, paying":               {organization(1, 2, 1), account.Owner, 0, []string{"active_subscription", "sole_owner"}},
		"paying for oneself":                   {organization(2, 2, 0), account.Owner, 1, []string{"active_subscription"}},
		"paying for oneself, and alone paying": {organization(1, 1, 2), account.Owner, 1, []string{"active_subscription", "active_subscription"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLeavingWorld(t, nil)
			w.enroll(t)
			personal := *w.store.All().Organization(ada)
			personal.ActiveSubscriptions, personal.Version = c.personal, 2
			w.put(t, &personal, c.team, &account.Membership{UserID: ada, OrganizationID: team, Role: c.role, UserName: "Ada", Version: 1})
			p, err := w.PreviewDeletion(t.Context(), signedIn(laptop))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range p.Blockers {
				got = append(got, b.Code)
				if b.Detail == "" || b.Remedy == "" || b.OrganizationID == "" || b.Policy == "" {
					t.Errorf("a blocker says %+v", b)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("blockers %v, want %v", got, c.want)
			}
			_, err = w.DeleteAccount(t.Context(), signedIn(laptop), p.Digest, "ada@example.com")
			if blocked := errors.Is(err, account.ErrDeletionBlocked); blocked != (len(c.want) > 0) || !blocked && err != nil {
				t.Errorf("confirmed: %v", err)
			}
		})
	}
}
