package account_test

import (
	"errors"
	"testing"

	"hearth/internal/account"
)

// callerAs is ada in the team with a role.
func callerAs(t *testing.T, role account.Role, owners int) account.Caller {
	t.Helper()
	w := newWorld(t)
	w.enroll(t)
	w.join(t, role)
	organization := newTeam()
	organization.OwnerCount = owners
	w.put(t, organization)
	caller, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{AccountID: team})
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

func TestCallerMay(t *testing.T) {
	t.Parallel()
	admin := callerAs(t, account.Admin, 1)
	if !admin.May(account.InviteMembers) || admin.Require(account.InviteMembers) != nil {
		t.Error("an administrator may not invite")
	}
	if admin.May(account.DeleteOrganization) {
		t.Error("an administrator may delete the organization")
	}
	if err := admin.Require(account.DeleteOrganization); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("got %v, want forbidden", err)
	}

	nowhere := admin
	nowhere.Organization = nil
	if nowhere.May(account.ReadOrganization) || len(nowhere.Permissions()) != 0 || nowhere.ActiveOrganizationID() != "" {
		t.Error("a caller without an account may do something in it")
	}
	if err := nowhere.Require(account.ReadOrganization); !errors.Is(err, account.ErrNoOrganization) {
		t.Errorf("got %v, want organization_required", err)
	}

	// One that Authorize did not make has no permissions, whatever it says of itself.
	var forged account.Caller
	forged.User.ID, forged.Organization, forged.Role = ada, newTeam(), account.Owner
	if forged.May(account.ReadOrganization) || len(forged.Permissions()) != 0 {
		t.Error("a caller that nobody authorized may do something")
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		who    string
		role   account.Role
		owners int
		want   account.Capabilities
	}{
		{"one of two owners", account.Owner, 2, account.Capabilities{
			CanRename: true, CanDelete: true, CanInvite: true, CanManageMembers: true, CanTransfer: true, CanLeave: true,
		}},
		{"the last owner", account.Owner, 1, account.Capabilities{
			CanRename: true, CanDelete: true, CanInvite: true, CanManageMembers: true, CanTransfer: true,
		}},
		{"an administrator", account.Admin, 1, account.Capabilities{
			CanRename: true, CanInvite: true, CanManageMembers: true, CanLeave: true,
		}},
		{"a member", account.Member, 1, account.Capabilities{CanLeave: true}},
	} {
		if got := callerAs(t, c.role, c.owners).Capabilities(); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.who, got, c.want)
		}
	}
	w := newWorld(t)
	w.enroll(t)
	personal, err := w.Authorize(t.Context(), signedIn(laptop), account.Target{})
	if err != nil {
		t.Fatal(err)
	}
	if got := personal.Capabilities(); got != (account.Capabilities{}) {
		t.Errorf("a personal organization: got %+v, want none", got)
	}
	personal.Organization = nil
	if got := personal.Capabilities(); got != (account.Capabilities{}) {
		t.Errorf("no account: got %+v, want none", got)
	}
}
