package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// leaving is what a deletion writes to beside the store.
type leaving struct {
	account.Mailer
	mails []string
	gone  []string
	err   error
}

func (l *leaving) SendDeletionAccepted(_ context.Context, m account.DeletionMail) error {
	l.mails = append(l.mails, fmt.Sprintf("accepted %s, %s, until %s", m.To, m.Language, m.GraceEndsAt.Format(time.RFC3339)))
	return l.err
}

func (l *leaving) SendDeletionCompleted(_ context.Context, m account.DeletionMail) error {
	l.mails = append(l.mails, "completed "+m.To)
	return l.err
}

func (l *leaving) DeleteUser(_ context.Context, _, username string) error {
	l.gone = append(l.gone, username)
	return l.err
}

// signer is a MAC that says what it is over.
type signer struct{}

func (signer) Sign(_ context.Context, message []byte) ([]byte, error) {
	return append([]byte("signed "), message...), nil
}

func (signer) Verify(_ context.Context, message, mac []byte) (bool, error) {
	return string(mac) == "signed "+string(message), nil
}

// newLeavingWorld is newWorld with all that a deletion needs.
func newLeavingWorld(t *testing.T, policies []account.Policy, change ...func(*account.Config)) *world {
	t.Helper()
	w := newWorld(t, change...)
	config := goodConfig()
	for _, c := range change {
		c(&config)
	}
	w.gone, w.album = &leaving{}, &album{}
	ids := 0
	w.Service = account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Images: w.album, Config: config, Grants: account.CoreGrants(), SessionValidity: validity,
		Now: func() time.Time { return w.now }, MAC: signer{}, Mailer: w.gone, Remover: w.gone, Policies: policies,
		NewID: func() string { ids++; return fmt.Sprintf("id-%04d", ids) },
	})
	return w
}

// erase is the worker until it says that it is done.
func (w *world) erase(t *testing.T) {
	t.Helper()
	for range 100 {
		done, err := w.Erase(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return
		}
	}
	t.Fatal("no end")
}

func (w *world) preview(t *testing.T) account.Preview {
	t.Helper()
	p, err := w.PreviewDeletion(t.Context(), signedIn(laptop))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) delete(t *testing.T) *account.Deletion {
	t.Helper()
	d, err := w.DeleteAccount(t.Context(), signedIn(laptop), w.preview(t).Digest, " ADA@example.com ")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// owning puts ada into teams of her own: one alone, one with another owner, and
// one as a member.
func (w *world) owning(t *testing.T) {
	t.Helper()
	for id, c := range map[string]struct {
		name            string
		role            account.Role
		owners, members int
	}{
		"solo": {"Alone", account.Owner, 1, 1}, "shared": {"Shared", account.Owner, 2, 3}, "in": {"Inside", account.Member, 1, 2},
	} {
		o := newTeam()
		o.ID, o.Name, o.Slug, o.OwnerCount, o.MemberCount, o.SeatsUsed = id, c.name, id, c.owners, c.members, c.members
		w.put(t, o, &account.Slug{Slug: id, OrganizationID: id, Version: 1},
			&account.Membership{UserID: ada, OrganizationID: id, Role: c.role, UserName: "Ada", Version: 1, JoinedAt: noon})
	}
	u := w.user(t)
	u.TeamCount, u.Version = 3, u.Version+1
	w.put(t, u, &account.Datum{AccountID: ada, ID: "PROJECT#1", Type: "project", Version: 1})
}

func TestPreviewTellsEveryEffect(t *testing.T) {
	t.Parallel()
	for policy, effect := range map[string]account.EffectKind{
		account.PreservePersonal: account.EffectPersonalOrganizationPreserved,
		account.ErasePersonal:    account.EffectPersonalOrganizationErased,
	} {
		w := newLeavingWorld(t, nil, func(c *account.Config) { c.PersonalOrganization = policy })
		w.enroll(t)
		w.owning(t)
		o := newTeam()
		w.put(t, o,
			&account.Invitation{OrganizationID: team, ID: "1", Email: "Ada@example.com", Status: account.InvitationPending, ExpiresAt: noon.AddDate(0, 0, 1), Version: 1},
			&account.Invitation{OrganizationID: team, ID: "2", Email: "ada@example.com", Status: account.InvitationPending, ExpiresAt: noon, Version: 1})
		want := []account.Effect{
			{Kind: account.EffectOrganizationsDeleted, Count: 1, Names: []string{"Alone"}},
			{Kind: account.EffectOwnershipsGivenUp, Count: 1, Names: []string{"Shared"}},
			{Kind: account.EffectOrganizationsLeft, Count: 2, Names: []string{"Inside", "Shared"}},
			{Kind: account.EffectInvitationsDeclined, Count: 1, Names: []string{"Team"}},
			{Kind: account.EffectAccountDataErased, Count: 1, Names: []string{}},
			{Kind: effect, Count: 1, Names: []string{"Ada's Organization"}},
			{Kind: account.EffectProfileErased, Count: 1, Names: []string{"Ada@Example.com"}},
		}
		if diff := cmp.Diff(want, w.preview(t).Effects); diff != "" {
			t.Errorf("effects (-want +got):\n%s", diff)
		}
	}
}

// Whatever the preview told is still so when it is confirmed, or nothing happens.
func TestAChangeAfterThePreviewIsRefused(t *testing.T) {
	t.Parallel()
	edit := func(id string, change func(o *account.Organization)) func(t *testing.T, w *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			o := *w.store.All().Organization(id)
			o.Version++
			change(&o)
			w.put(t, &o)
		}
	}
	for name, change := range map[string]func(t *testing.T, w *world){
		"a membership given": func(t *testing.T, w *world) {
			t.Helper()
			u := w.user(t)
			u.AccountsVersion, u.Version = u.AccountsVersion+1, u.Version+1
			w.put(t, u)
		},
		"another member of the team that would go": edit("solo", func(o *account.Organization) { o.MemberCount = 2 }),
		"another owner of it, too":                 edit("solo", func(o *account.Organization) { o.MemberCount, o.OwnerCount = 2, 2 }),
		"the other owner gone":                     edit("shared", func(o *account.Organization) { o.OwnerCount = 1 }),
		"a subscription":                           edit("solo", func(o *account.Organization) { o.ActiveSubscriptions = 1 }),
		"a team renamed":                           edit("in", func(o *account.Organization) { o.Name = "Other" }),
		"another project": func(t *testing.T, w *world) {
			t.Helper()
			w.put(t, &account.Datum{AccountID: ada, ID: "PROJECT#2", Type: "project", Version: 1})
		},
		"another address": func(t *testing.T, w *world) {
			t.Helper()
			w.moveAtPool("ada@example.org")
			w.preview(t) // brings the table's copy up to it
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLeavingWorld(t, nil)
			w.enroll(t)
			w.owning(t)
			digest := w.preview(t).Digest
			if again := w.preview(t).Digest; again != digest {
				t.Fatal("a digest of the same is another")
			}
			change(t, w)
			before := w.store.All()
			_, err := w.DeleteAccount(t.Context(), signedIn(laptop), digest, w.user(t).Email)
			if !errors.Is(err, account.ErrDeletionChanged) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, w.store.All()); diff != "" {
				t.Errorf("something happened:\n%s", diff)
			}
		})
	}
}

// What changes between the decision and the commit is a premise of the commit.
func TestAChangeBeforeTheCommitIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change account.Update
		want   *account.Error
	}{
		"a membership given": {account.ChangeUser{UserID: ada, Accounts: 1}, account.ErrDeletionChanged},
		"off":                {account.ChangeUser{UserID: ada, Status: ptr(account.UserInactive)}, account.ErrUserInactive},
		"a member more":      {account.ChangeOrganization{OrganizationID: "solo", Members: 1}, account.ErrDeletionChanged},
		"a subscription":     {account.ChangeOrganization{OrganizationID: "solo", Subscriptions: 1}, account.ErrDeletionChanged},
		"a subscription of one's own": {
			account.ChangeOrganization{OrganizationID: ada, Subscriptions: 1}, account.ErrDeletionChanged,
		},
		"an owner less": {account.ChangeOrganization{OrganizationID: "shared", Owners: -1}, account.ErrDeletionChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLeavingWorld(t, nil)
			w.enroll(t)
			w.owning(t)
			digest := w.preview(t).Digest
			w.store.calls()
			w.store.onCommit = func(n int) error {
				if n == 1 {
					return w.store.Model.Commit(t.Context(), account.Change{Updates: []account.Update{c.change}})
				}
				return nil
			}
			_, err := w.DeleteAccount(t.Context(), signedIn(laptop), digest, "ada@example.com")
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if d := w.store.All().Deletion(ada); d != nil {
				t.Errorf("a deletion: %+v", d)
			}
		})
	}
}

// seats counts pending invitations of a team as seats.
func (w *world) seats(t *testing.T, organizationID string, pending int) {
	t.Helper()
	o := *w.store.All().Organization(organizationID)
	o.SeatsUsed, o.Version = o.MemberCount+pending, o.Version+1
	w.put(t, &o)
}

func ptr[T any](value T) *T { return &value }

func TestConfirmingWantsAFreshSignInAndOnesAddress(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	digest := w.preview(t).Digest
	stale := signedIn(laptop)
	stale.AuthTime = noon.Add(-11 * time.Minute).Unix()
	if _, err := w.DeleteAccount(t.Context(), stale, digest, "ada@example.com"); !errors.Is(err, account.ErrReauthenticate) {
		t.Errorf("an old sign-in: %v", err)
	}
	for _, confirmation := range []string{"", "Ada", "bob@example.com", "ada@example.com.", "delete"} {
		var refusal *account.Error
		_, err := w.DeleteAccount(t.Context(), signedIn(laptop), digest, confirmation)
		if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Field != "/confirmation" || refusal.Fields[0].Code != account.FieldIncorrect {
			t.Errorf("confirmed by %q: %v", confirmation, err)
		}
	}
	if _, err := w.DeleteAccount(t.Context(), signedIn(laptop), "", "ada@example.com"); !errors.Is(err, account.ErrDeletionChanged) {
		t.Errorf("without a digest: %v", err)
	}
	if _, commits := w.store.calls(); commits != 0 {
		t.Errorf("%d commits", commits)
	}
}

// The accepting transaction is one, with all that nobody else may undo.
func TestAcceptingADeletion(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.owning(t)
	accounts := w.user(t).AccountsVersion
	w.store.calls()
	d := w.delete(t)
	if _, commits := w.store.calls(); commits != 1 {
		t.Errorf("%d commits", commits)
	}
	all := w.store.All()
	if u := w.user(t); u.Status != account.UserInactive || u.AccountsVersion != accounts+1 {
		t.Errorf("the user is %+v", u)
	}
	if o := all.Organization("solo"); o.Status != account.OrganizationClosing || o.DueAt.IsZero() {
		t.Errorf("the solo team is %+v", o)
	}
	if o, m := all.Organization("shared"), all.Membership(ada, "shared"); o.Status != account.OrganizationActive || o.OwnerCount != 1 || m.Role != account.Admin {
		t.Errorf("the shared team is %+v, %+v", o, m)
	}
	if o := all.Organization("in"); o.Version != 1 {
		t.Errorf("the other team is %+v", o)
	}
	stored := all.Deletion(ada)
	if diff := cmp.Diff(d, stored); diff != "" || d.Status != account.DeletionRunning || !slices.Equal(d.Closed, []string{"solo"}) || !slices.Equal(d.GivenUp, []string{"shared"}) {
		t.Errorf("the deletion is %+v\n%s", stored, diff)
	}
	if _, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{}); !errors.Is(err, account.ErrUserInactive) {
		t.Errorf("a request behind it: %v", err)
	}
	if _, err := w.PreviewDeletion(t.Context(), signedIn(laptop)); !errors.Is(err, account.ErrUserInactive) {
		t.Errorf("a preview behind it: %v", err)
	}
	if err := w.MailDeletionAccepted(t.Context(), ada); err != nil || len(w.gone.mails) != 1 || !strings.HasPrefix(w.gone.mails[0], "accepted Ada@Example.com, en, until 0001") {
		t.Errorf("mailed %q, %v", w.gone.mails, err)
	}
}

// More owned teams than a transaction takes block; as many as it takes do not.
func TestOwningManyTeams(t *testing.T) {
	t.Parallel()
	for _, n := range []int{account.MaxOwnedAtDeletion, account.MaxOwnedAtDeletion + 1} {
		w := newLeavingWorld(t, nil)
		w.enroll(t)
		for i := range n {
			o := newTeam()
			o.ID, o.OwnerCount = fmt.Sprintf("t%02d", i), 2
			w.put(t, o, &account.Membership{UserID: ada, OrganizationID: o.ID, Role: account.Owner, UserName: "Ada", Version: 1})
		}
		_, err := w.DeleteAccount(t.Context(), signedIn(laptop), w.preview(t).Digest, "ada@example.com")
		var refusal *account.Error
		switch {
		case n <= account.MaxOwnedAtDeletion && err != nil:
			t.Errorf("%d teams: %v", n, err)
		case n > account.MaxOwnedAtDeletion && (!errors.As(err, &refusal) || len(refusal.Blockers) != 1 || refusal.Blockers[0].Code != account.PolicyOwnedTeams):
			t.Errorf("%d teams: %v", n, err)
		}
	}
}

// Invitations of one's own that nobody answered yet go, too, in teams that go on:
// those that were answered, have expired or are somebody else's do not.
func TestPreviewTellsOfInvitationsThatOneSent(t *testing.T) {
	t.Parallel()
	w := newLeavingWorld(t, nil)
	w.enroll(t)
	w.owning(t)
	put := func(organizationID, id, by string, status account.InvitationStatus, expires time.Time) {
		w.put(t, &account.Invitation{
			OrganizationID: organizationID, ID: id, Email: id + "@example.com", InvitedBy: by, Status: status, CreatedAt: noon, ExpiresAt: expires, Version: 1,
		})
	}
	for n := range account.MaxRead {
		put("shared", fmt.Sprintf("9%03d", n), bob, account.InvitationAccepted, noon)
	}
	later := noon.AddDate(0, 0, 1)
	put("shared", "1", ada, account.InvitationPending, later)
	put("shared", "2", ada, account.InvitationPending, later)
	put("shared", "3", ada, account.InvitationPending, noon)
	put("shared", "4", ada, account.InvitationRevoked, later)
	put("shared", "5", bob, account.InvitationPending, later)
	put("solo", "6", ada, account.InvitationPending, later)
	w.seats(t, "shared", 4)
	w.seats(t, "solo", 1)
	want := &account.Effect{Kind: account.EffectInvitationsRevoked, Count: 2, Names: []string{"Shared"}}
	if diff := cmp.Diff(want, effect(w.preview(t), account.EffectInvitationsRevoked)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
