package accounttest

import (
	"errors"
	"reflect"
	"testing"

	"hearth/internal/account"
)

// testPremises commits a change on each kind of premise, once where it holds
// and once where it does not, alone and merged with a write of its own record.
func testPremises(t *testing.T, s account.Store) {
	off, closed, full, unlimited := user("off"), organization("closed"), organization("full"), organization("unlimited")
	off.Status = account.UserInactive
	closed.Status = account.OrganizationClosing
	full.SeatsUsed, full.SeatLimit = 4, 4
	unlimited.SeatsUsed, unlimited.SeatLimit = 900, 0
	teamless := user("teamless")
	teamless.TeamCount = 0
	put(t, s, user("on"), off, teamless, organization("open"), closed, full, unlimited,
		membership("on", "open", account.Admin), session("on", "s"),
		&account.Datum{AccountID: "open", ID: "NOTE#1", Type: "note", Fields: map[string]any{"createdBy": "on"}, Version: 1})

	subscribed, unsubscribed := organization("subscribed"), organization("unsubscribed")
	subscribed.ActiveSubscriptions, unsubscribed.ActiveSubscriptions = 1, 1
	put(t, s, subscribed, unsubscribed)
	if err := s.Commit(t.Context(), account.Change{Updates: []account.Update{
		account.ChangeOrganization{OrganizationID: "unsubscribed", Subscriptions: -1, UpdatedAt: now},
	}}); err != nil {
		t.Fatal(err)
	}

	ownersOrAdmins := []account.Role{account.Owner, account.Admin}
	cases := []struct {
		rule    string
		premise account.Premise
		holds   bool
		failure *account.Error
	}{
		{"an active user is active", account.UserIsActive{UserID: "on"}, true, nil},
		{"an inactive user is not", account.UserIsActive{UserID: "off"}, false, account.ErrUserInactive},
		{"nobody is not active", account.UserIsActive{UserID: "nobody"}, false, account.ErrUserInactive},
		{"a member is one", account.UserIsMember{UserID: "on", OrganizationID: "open"}, true, nil},
		{"a stranger is none", account.UserIsMember{UserID: "off", OrganizationID: "open"}, false, account.ErrNotFound},
		{"an admin is owner or admin", account.RoleIs{UserID: "on", OrganizationID: "open", Roles: ownersOrAdmins}, true, nil},
		{"an admin is no owner", account.RoleIs{UserID: "on", OrganizationID: "open", Roles: ownersOrAdmins[:1]}, false, account.ErrForbidden},
		{"no roles allow nobody", account.RoleIs{UserID: "on", OrganizationID: "open"}, false, account.ErrForbidden},
		{"a stranger has no role", account.RoleIs{UserID: "off", OrganizationID: "open", Roles: ownersOrAdmins}, false, account.ErrForbidden},
		{"an open organization is active", account.OrganizationIsActive{OrganizationID: "open"}, true, nil},
		{"a closing one is not", account.OrganizationIsActive{OrganizationID: "closed"}, false, account.ErrNotFound},
		{"one that is not there is not", account.OrganizationIsActive{OrganizationID: "none"}, false, account.ErrNotFound},
		{"one owner is more than none", account.OwnersMoreThan{OrganizationID: "open", Count: 0}, true, nil},
		{"one owner is not more than one", account.OwnersMoreThan{OrganizationID: "open", Count: 1}, false, account.ErrLastOwner},
		{"no organization has no owners", account.OwnersMoreThan{OrganizationID: "none", Count: 0}, false, account.ErrLastOwner},
		{"a seat below the limit is free", account.SeatIsFree{OrganizationID: "open"}, true, nil},
		{"at the limit none is", account.SeatIsFree{OrganizationID: "full"}, false, account.ErrSeatLimit},
		{"without a limit one always is", account.SeatIsFree{OrganizationID: "unlimited"}, true, nil},
		{"no organization has no seats", account.SeatIsFree{OrganizationID: "none"}, false, account.ErrSeatLimit},
		{"three teams are below four", account.TeamsBelow{UserID: "on", Limit: 4}, true, nil},
		{"three teams are not below three", account.TeamsBelow{UserID: "on", Limit: 3}, false, account.ErrOrganizationLimit},
		{"none are below zero", account.TeamsBelow{UserID: "teamless", Limit: 0}, false, account.ErrOrganizationLimit},
		{"none are below one", account.TeamsBelow{UserID: "teamless", Limit: 1}, true, nil},
		{"nobody has no teams", account.TeamsBelow{UserID: "nobody", Limit: 4}, false, account.ErrOrganizationLimit},
		{"the accounts are as counted", account.AccountsVersionIs{UserID: "on", Version: 4}, true, nil},
		{"the accounts changed", account.AccountsVersionIs{UserID: "on", Version: 3}, false, account.ErrDeletionChanged},
		{"nobody has no accounts", account.AccountsVersionIs{UserID: "nobody", Version: 0}, false, account.ErrDeletionChanged},
		{"two members are two", account.MembersAre{OrganizationID: "open", Count: 2}, true, nil},
		{"two members are not one", account.MembersAre{OrganizationID: "open", Count: 1}, false, account.ErrDeletionChanged},
		{"no organization has no members", account.MembersAre{OrganizationID: "none", Count: 0}, false, account.ErrDeletionChanged},
		{"nothing is paid for", account.NoSubscription{OrganizationID: "open"}, true, nil},
		{"something was and is not", account.NoSubscription{OrganizationID: "unsubscribed"}, true, nil},
		{"something is paid for", account.NoSubscription{OrganizationID: "subscribed"}, false, account.ErrDeletionBlocked},
		{"no organization pays nothing", account.NoSubscription{OrganizationID: "none"}, false, account.ErrDeletionBlocked},
		{"the version read is the version", account.VersionIs{Of: account.UserKey("on"), Version: 5}, true, nil},
		{"an older one is not", account.VersionIs{Of: account.UserKey("on"), Version: 4}, false, account.ErrPrecondition},
		{"nothing has no version", account.VersionIs{Of: account.UserKey("nobody"), Version: 0}, false, account.ErrPrecondition},
		{"what is not there is absent", account.IsAbsent{Of: account.UserKey("nobody")}, true, nil},
		{"what is there is not", account.IsAbsent{Of: account.UserKey("on")}, false, account.ErrConflict},
		{"an absence can mean something", account.IsAbsent{Of: account.UserKey("on"), Else: account.ErrUserInactive}, false, account.ErrUserInactive},
		{"what somebody created is theirs", account.IsCreatedBy{Of: account.DatumKey("open", "NOTE#1"), UserID: "on"}, true, nil},
		{"and not another's", account.IsCreatedBy{Of: account.DatumKey("open", "NOTE#1"), UserID: "off"}, false, account.ErrForbidden},
		{"nothing is anybody's", account.IsCreatedBy{Of: account.DatumKey("open", "NOTE#2"), UserID: "on"}, false, account.ErrForbidden},
		{"what is there exists", account.Exists{Of: account.SessionKey("on", "s")}, true, nil},
		{"what is not there does not", account.Exists{Of: account.SessionKey("on", "t")}, false, account.ErrNotFound},
	}
	for i, c := range cases {
		// The session is changed on the premise, so that a failure shows.
		touch := account.ChangeSession{UserID: "on", SessionID: "s"}
		before := revision(t, s, touch.Key())
		err := s.Commit(t.Context(), account.Change{Premises: []account.Premise{c.premise}, Updates: []account.Update{touch}})
		changed := revision(t, s, touch.Key()) > before
		if changed != c.holds {
			t.Errorf("%s: the change was made: %t", c.rule, changed)
		}
		if c.holds && err != nil || !c.holds && !failsWith(err, c.failure, c.premise) {
			t.Errorf("%s (%d): got %v", c.rule, i, err)
		}
	}

	// A premise on the record that the change itself writes is one action with it.
	err := s.Commit(t.Context(), account.Change{
		Premises: []account.Premise{
			account.OrganizationIsActive{OrganizationID: "open"},
			account.SeatIsFree{OrganizationID: "open"},
			account.VersionIs{Of: account.OrganizationKey("open"), Version: 1},
		},
		Updates: []account.Update{account.ChangeOrganization{OrganizationID: "open", Seats: 1, UpdatedAt: now}},
	})
	if err != nil {
		t.Errorf("merged premises that hold: %v", err)
	}
	err = s.Commit(t.Context(), account.Change{
		Premises: []account.Premise{
			account.OrganizationIsActive{OrganizationID: "open"}, account.SeatIsFree{OrganizationID: "open"},
		},
		Updates: []account.Update{account.ChangeOrganization{OrganizationID: "open", Seats: 1, UpdatedAt: now}},
	})
	if !failsWith(err, account.ErrSeatLimit, account.SeatIsFree{OrganizationID: "open"}) {
		t.Errorf("merged premises of which the second fails: %v", err)
	}
}

func testMixedFailures(t *testing.T, s account.Store) {
	put(t, s, user("u"), organization("o"))
	want := []account.Premise{
		account.UserIsMember{UserID: "u", OrganizationID: "o"},
		account.IsAbsent{Of: account.UserKey("u")},
		account.OwnersMoreThan{OrganizationID: "o", Count: 1},
		account.Exists{Of: account.SessionKey("u", "none")},
	}
	err := s.Commit(t.Context(), account.Change{
		Premises: []account.Premise{
			want[0],
			account.UserIsActive{UserID: "u"},
			want[1],
			account.OrganizationIsActive{OrganizationID: "o"},
			want[2],
		},
		Puts: []account.Record{user("u")},
		Updates: []account.Update{
			account.ChangeSession{UserID: "u", SessionID: "none"},
			account.ChangeOrganization{OrganizationID: "o", Seats: 5},
		},
	})
	var failed *account.PremiseError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want a premise error", err)
	}
	if !reflect.DeepEqual(want, failed.Failed) {
		t.Errorf("failed premises: got %v, want %v", failed.Failed, want)
	}
	found := account.Records{account.UserKey("u"): user("u"), account.OrganizationKey("o"): organization("o")}
	if !reflect.DeepEqual(found, failed.Found) {
		t.Errorf("records in the way: got %v, want %v", failed.Found, found)
	}
	if !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the answer is not the first failure's: %v", err)
	}
	expect(t, s, account.Records{account.UserKey("u"): user("u"), account.OrganizationKey("o"): organization("o")},
		account.UserKey("u"), account.OrganizationKey("o"), account.SessionKey("u", "none"))
}

func failsWith(err error, want *account.Error, premise account.Premise) bool {
	var failed *account.PremiseError
	return errors.Is(err, want) && errors.As(err, &failed) &&
		reflect.DeepEqual([]account.Premise{premise}, failed.Failed)
}

func revision(t *testing.T, s account.Store, key account.Key) int {
	t.Helper()
	records, err := s.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if records[key] == nil {
		return 0
	}
	return records[key].Revision()
}
