package project_test

import (
	"slices"
	"testing"

	"hearth/internal/account"
	"hearth/internal/project"
)

func TestWhoMayDoWhatWithProjects(t *testing.T) {
	t.Parallel()
	grants := project.Resource{}.Grants()
	all := []account.Permission{"project.create", "project.delete", "project.read", "project.update"}
	for role, want := range map[account.Role][]account.Permission{
		account.Owner: all, account.Admin: all, account.Member: {"project.create", "project.read", "project.update"}, "": nil,
	} {
		if got := grants.Of(role); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", role, got, want)
		}
	}
	for _, route := range (project.Resource{}).Routes() {
		if !slices.Contains(all, route.Permission) {
			t.Errorf("%s wants %q", route.Key(), route.Permission)
		}
	}
}
