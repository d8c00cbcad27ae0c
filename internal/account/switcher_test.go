package account_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"hearth/internal/account"
)

// join makes ada a member of many teams and returns their ids in order.
func (w *world) joinMany(t *testing.T, count int) []string {
	t.Helper()
	ids := make([]string, count)
	for i := range count {
		ids[i] = fmt.Sprintf("018f4e2a-0000-7000-8000-%012d", i)
		o := newTeam()
		o.ID, o.Slug = ids[i], fmt.Sprintf("team-%d", i)
		w.put(t, o, &account.Membership{UserID: ada, OrganizationID: o.ID, Role: account.Member, UserName: "Ada", Version: 1, JoinedAt: noon})
	}
	return ids
}

// list walks all pages and returns the ids in order.
func (w *world) list(t *testing.T, limit int) []string {
	t.Helper()
	var ids []string
	for after := ""; ; {
		page, err := w.Accounts(t.Context(), signedIn(laptop), account.Target{}, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Accounts) > limit {
			t.Fatalf("a page of %d, at most %d", len(page.Accounts), limit)
		}
		for _, a := range page.Accounts {
			ids = append(ids, a.Organization.ID)
		}
		if after = page.Next; after == "" {
			return ids
		}
	}
}

func TestAccountsListsEachOncePersonalFirst(t *testing.T) {
	t.Parallel()
	for _, teams := range []int{0, 1, 2, 7, 100} {
		w := newWorld(t)
		w.enroll(t)
		want := append([]string{ada}, w.joinMany(t, teams)...)
		for _, limit := range []int{1, 2, 3, 50, account.MaxAccounts} {
			if got := w.list(t, limit); !slices.Equal(got, want) {
				t.Errorf("%d teams, pages of %d: %d accounts, %v", teams, limit, len(got), got)
			}
		}
	}
}

// Two calls, whatever the number of memberships: the list, then one batch.
func TestAccountsTakesOneReadBehindTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.joinMany(t, 120)
	w.store.calls()
	if _, err := w.Accounts(t.Context(), signedIn(laptop), account.Target{AccountID: team}, "", account.MaxAccounts); !errors.Is(err, account.ErrAccountNotFound) {
		t.Errorf("for a stranger's account: %v", err)
	}
	if reads, commits := w.store.calls(); reads != 1 || commits != 0 {
		t.Errorf("%d reads, %d commits", reads, commits)
	}
}

func TestAccountsLeavesOutWhatCannotBeEntered(t *testing.T) {
	t.Parallel()
	for m, want := range map[account.Mode][]string{
		account.Hybrid: {ada, team}, account.PersonalOnly: {ada}, account.OrganizationsOnly: {team},
	} {
		w := newWorld(t, mode(m))
		w.enroll(t)
		w.join(t, account.Admin)
		closing := newTeam()
		closing.ID, closing.Status = "018f4e2a-0000-7000-8000-00000000000c", account.OrganizationClosing
		w.put(t, closing,
			&account.Membership{UserID: ada, OrganizationID: closing.ID, Role: account.Owner, Version: 1},
			&account.Membership{UserID: ada, OrganizationID: "018f4e2a-0000-7000-8000-00000000000d", Role: account.Owner, Version: 1})
		if got := w.list(t, 50); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", m, got, want)
		}
	}
}

func TestAccountsTellsTheAccountInContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.join(t, account.Member)
	inContext := func(target string) string {
		t.Helper()
		page, err := w.Accounts(t.Context(), signedIn(laptop), account.Target{AccountID: target}, "", 50)
		if err != nil {
			t.Fatal(err)
		}
		return page.Caller.Organization.ID
	}
	if got := inContext(""); got != ada {
		t.Errorf("personal context: %s", got)
	}
	if got := inContext(team); got != team {
		t.Errorf("named: %s", got)
	}
	chosen := team
	if _, err := w.Choose(t.Context(), signedIn(laptop), &chosen); err != nil {
		t.Fatal(err)
	}
	if got := inContext(""); got != team {
		t.Errorf("chosen: %s", got)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.join(t, account.Member)
	w.store.calls()
	theTeam, personal := team, ada
	c, err := w.Choose(t.Context(), signedIn(laptop), &theTeam)
	if err != nil || c.ActiveOrganizationID() != team || c.Role != account.Member {
		t.Fatalf("choose the team: %+v, %v", c.Organization, err)
	}
	if reads, commits := w.store.calls(); reads != 1 || commits != 1 {
		t.Errorf("%d reads, %d commits, want one each", reads, commits)
	}
	if s := w.session(t, laptop); s.ActiveOrganizationID != team {
		t.Errorf("the session acts for %q", s.ActiveOrganizationID)
	}
	// The next session starts there.
	next, err := w.Authorize(t.Context(), signedIn(phone), account.Target{})
	if err != nil || next.ActiveOrganizationID() != team {
		t.Errorf("the next session: %+v, %v", next.Organization, err)
	}
	// The personal id, or none, is stored as none.
	for _, choice := range []*string{&personal, nil} {
		c, err = w.Choose(t.Context(), signedIn(laptop), choice)
		if err != nil || c.ActiveOrganizationID() != "" || w.session(t, laptop).ActiveOrganizationID != "" || w.user(t).LastActiveAccountID != "" {
			t.Errorf("choose the personal account: %+v, %v", c.Organization, err)
		}
	}
}

func TestChooseRefuses(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		mode account.Mode
		id   *string
		want *account.Error
	}{
		"a stranger's organization":          {account.Hybrid, new(bob), account.ErrAccountNotFound},
		"what is not there":                  {account.Hybrid, new("018f4e2a-0000-7000-8000-0000000000ff"), account.ErrAccountNotFound},
		"what cannot be an id":               {account.Hybrid, new("a#b"), account.Invalid("/accountId", account.FieldMalformed)},
		"an empty id":                        {account.Hybrid, new(""), account.Invalid("/accountId", account.FieldMalformed)},
		"a team in personal-only":            {account.PersonalOnly, new(team), account.ErrAccountMode},
		"the personal in organizations-only": {account.OrganizationsOnly, new(ada), account.ErrAccountMode},
		"none in organizations-only":         {account.OrganizationsOnly, nil, account.ErrAccountMode},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, mode(c.mode))
			w.enroll(t)
			w.join(t, account.Owner)
			if _, err := w.Choose(t.Context(), signedIn(laptop), c.id); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if s := w.session(t, laptop); s.ActiveOrganizationID != "" {
				t.Errorf("the session acts for %q", s.ActiveOrganizationID)
			}
		})
	}
}

// A member removed between the read and the write does not get in.
func TestChooseIsAConditionOfTheWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enroll(t)
	w.join(t, account.Member)
	w.store.onCommit = func(int) error {
		closing := newTeam()
		closing.Status, closing.Version = account.OrganizationClosing, 2
		w.put(t, closing)
		w.store.onCommit = nil
		return account.ErrContended
	}
	chosen := team
	if _, err := w.Choose(t.Context(), signedIn(laptop), &chosen); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("got %v, want not_found", err)
	}
	if s := w.session(t, laptop); s.ActiveOrganizationID != "" {
		t.Errorf("the session acts for %q", s.ActiveOrganizationID)
	}
}

// Without a choice, organizations-only acts for a team of the user's.
func TestOrganizationsOnlyFindsATeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mode(account.OrganizationsOnly))
	w.enroll(t)
	if c := w.caller(t); c.Organization != nil {
		t.Errorf("without a team: %+v", c.Organization)
	}
	w.join(t, account.Member)
	if c := w.caller(t); c.ActiveOrganizationID() != team || c.Role != account.Member {
		t.Errorf("with a team: %+v", c.Organization)
	}
}
