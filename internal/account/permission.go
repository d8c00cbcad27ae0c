package account

import "slices"

// Permission is one thing that a role may allow, named "<noun>.<verb>".
type Permission string

// Hearth's own permissions. A product adds its own in internal/product.
const (
	ReadOrganization   Permission = "organization.read"
	UpdateOrganization Permission = "organization.update"
	DeleteOrganization Permission = "organization.delete"
	ReadMembers        Permission = "member.read"
	InviteMembers      Permission = "member.invite"
	UpdateMembers      Permission = "member.update"
	RemoveMembers      Permission = "member.remove"
	GrantOwnership     Permission = "ownership.grant"
	TransferOwnership  Permission = "ownership.transfer"
	ManageBilling      Permission = "billing.manage"
	ReadAudit          Permission = "audit.read"
)

// Role is what a user is in an organization.
type Role string

// The three roles, strongest first.
const (
	Owner  Role = "ORG_OWNER"
	Admin  Role = "ORG_ADMIN"
	Member Role = "ORG_MEMBER"
)

// Grants says which permissions each role has. It is the one table that
// decides; what a permission means for one object (a member's own project, an
// administrator who meets an owner) is decided by the rule of that object.
type Grants map[Role][]Permission

// CoreGrants returns Hearth's own table.
func CoreGrants() Grants {
	member := []Permission{ReadOrganization, ReadMembers}
	admin := append(slices.Clone(member), UpdateOrganization, InviteMembers, UpdateMembers, RemoveMembers, ReadAudit)
	owner := append(slices.Clone(admin), GrantOwnership, TransferOwnership, DeleteOrganization, ManageBilling)
	return Grants{Owner: owner, Admin: admin, Member: member}
}

// With returns the table with a product's permissions added to each role.
func (g Grants) With(more Grants) Grants {
	sum := Grants{}
	for _, role := range []Role{Owner, Admin, Member} {
		sum[role] = append(slices.Clone(g[role]), more[role]...)
	}
	return sum
}

// Of returns the permissions of a role in a stable order; none for an unknown one.
func (g Grants) Of(role Role) []Permission {
	granted := slices.Clone(g[role])
	slices.Sort(granted)
	return slices.Compact(granted)
}

// Allow reports whether a role has a permission.
func (g Grants) Allow(role Role, p Permission) bool { return slices.Contains(g[role], p) }
