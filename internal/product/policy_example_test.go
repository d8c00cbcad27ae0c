package product_test

import (
	"context"
	"fmt"
	"strings"

	"hearth/internal/account"
)

// CompanyAddresses is a policy of a product's: into its teams come only people
// of the company. It stands in a file of its own in this folder, and Policies
// returns it by one line:
//
//	func Policies() []account.Policy { return []account.Policy{CompanyAddresses{Domain: "example.com"}} }
type CompanyAddresses struct{ Domain string }

// Name is stable: clients and operators see it.
func (CompanyAddresses) Name() string { return "company_addresses" }

// Check has a rule for invitations alone.
func (p CompanyAddresses) Check(_ context.Context, q account.Question) ([]account.Blocker, error) {
	if q.Act != account.ActInvite || strings.HasSuffix(q.Email, "@"+p.Domain) {
		return nil, nil
	}
	return []account.Blocker{{
		Code:           "foreign_address",
		Detail:         "Only people of " + p.Domain + " can be invited.",
		Remedy:         "Invite the person by their address of " + p.Domain + ".",
		OrganizationID: q.Organization.ID,
	}}, nil
}

func ExamplePolicies() {
	var policy account.Policy = CompanyAddresses{Domain: "example.com"}
	for _, email := range []string{"ada@example.com", "eve@example.org"} {
		blockers, err := policy.Check(context.Background(), account.Question{
			Act: account.ActInvite, Organization: &account.Organization{ID: "o1"}, Email: email, Role: account.Member,
		})
		fmt.Println(email, len(blockers), err)
		for _, b := range blockers {
			fmt.Println(b.Detail, b.Remedy)
		}
	}
	// Output:
	// ada@example.com 0 <nil>
	// eve@example.org 1 <nil>
	// Only people of example.com can be invited. Invite the person by their address of example.com.
}
