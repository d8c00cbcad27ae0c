package httpapi

import "hearth/internal/account"

// The routes of the organizations function.
var (
	postOrganization = Route{
		Name: "post-organization", Method: "POST", Path: "/organizations", Function: Organizations, Creates: true,
		Summary: "Create a team with the caller as its owner",
	}
	getOrganization = Route{
		Name: "get-organization", Method: "GET", Path: "/organizations/{organizationId}", Function: Organizations,
		Permission: account.ReadOrganization, Summary: "An organization of the caller's",
	}
	patchOrganization = Route{
		Name: "patch-organization", Method: "PATCH", Path: "/organizations/{organizationId}", Function: Organizations,
		Permission: account.UpdateOrganization, Summary: "Change a team's name or slug",
	}
	deleteOrganization = Route{
		Name: "delete-organization", Method: "DELETE", Path: "/organizations/{organizationId}", Function: Organizations,
		Sensitive: true, Permission: account.DeleteOrganization, Summary: "Delete a team: access ends at once, what it owns is removed in the background",
	}
	postOrganizationImage = Route{
		Name: "post-organization-image", Method: "POST", Path: "/organizations/{organizationId}/image", Function: Organizations,
		Creates: true, Permission: account.UpdateOrganization, Summary: "Get leave to upload an image of a team",
	}
	putOrganizationImage = Route{
		Name: "put-organization-image", Method: "PUT", Path: "/organizations/{organizationId}/image", Function: Organizations,
		Permission: account.UpdateOrganization, Summary: "Attach an uploaded image to a team",
	}
	deleteOrganizationImage = Route{
		Name: "delete-organization-image", Method: "DELETE", Path: "/organizations/{organizationId}/image", Function: Organizations,
		Permission: account.UpdateOrganization, Summary: "Take a team's image away",
	}
	listMembers = Route{
		Name: "list-members", Method: "GET", Path: "/organizations/{organizationId}/members", Function: Organizations,
		Permission: account.ReadMembers, Summary: "The members of an organization, sorted by name",
	}
	patchMember = Route{
		Name: "patch-member", Method: "PATCH", Path: "/organizations/{organizationId}/members/{userId}", Function: Organizations,
		Permission: account.UpdateMembers, Summary: "Give a member another role",
	}
	deleteMember = Route{
		Name: "delete-member", Method: "DELETE", Path: "/organizations/{organizationId}/members/{userId}", Function: Organizations,
		Permission: account.RemoveMembers, Summary: "Remove a member",
	}
	leaveOrganization = Route{
		Name: "leave-organization", Method: "POST", Path: "/organizations/{organizationId}/leave", Function: Organizations,
		Summary: "End the caller's own membership",
	}
	transferOwnership = Route{
		Name: "transfer-ownership", Method: "POST", Path: "/organizations/{organizationId}/transfer-ownership", Function: Organizations,
		Sensitive: true, Permission: account.TransferOwnership, Summary: "Make another member an owner and the caller an administrator",
	}
	listOrganizationAudit = Route{
		Name: "list-organization-audit-log", Method: "GET", Path: "/organizations/{organizationId}/audit-log", Function: Organizations,
		Permission: account.ReadAudit, Summary: "Who did what in an organization, the newest first",
	}
	listAudit = Route{
		Name: "list-audit-log", Method: "GET", Path: "/audit-log", Function: Organizations,
		Permission: account.ReadAudit, Summary: "Who did what in the account in context, the newest first",
	}
)
