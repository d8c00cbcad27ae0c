package httpapi

import (
	"net/http"

	"hearth/internal/account"
)

// The routes of invitations, for those who send them and those who get them.
var (
	postInvitation = Route{
		Name: "post-invitation", Method: "POST", Path: "/organizations/{organizationId}/invitations", Function: Organizations,
		Creates: true, Limited: true, Permission: account.InviteMembers, Summary: "Offer whoever has an address a role in a team, by mail",
	}
	listInvitations = Route{
		Name: "list-invitations", Method: "GET", Path: "/organizations/{organizationId}/invitations", Function: Organizations,
		Permission: account.InviteMembers, Summary: "The invitations of a team that are of one status, the newest first",
	}
	resendInvitation = Route{
		Name: "resend-invitation", Method: "POST", Path: "/organizations/{organizationId}/invitations/{invitationId}/resend",
		Function: Organizations, Limited: true, Permission: account.InviteMembers,
		Summary: "Mail an invitation again: its time starts anew, and the link of the mail before is good no more",
	}
	deleteInvitation = Route{
		Name: "delete-invitation", Method: "DELETE", Path: "/organizations/{organizationId}/invitations/{invitationId}",
		Function: Organizations, Permission: account.InviteMembers, Summary: "Revoke an invitation",
	}
	listMyInvitations = Route{
		Name: "list-my-invitations", Method: "GET", Path: "/me/invitations", Function: Organizations,
		Summary: "The pending invitations to the user's verified address, the newest first",
	}
	acceptInvitation = Route{
		Name: "accept-invitation", Method: "POST", Path: "/invitations/accept", Function: Organizations, Limited: true,
		Summary: "Join a team by the token of a mail, or by the id of an invitation in the user's own list",
	}
	declineInvitation = Route{
		Name: "decline-invitation", Method: "POST", Path: "/invitations/{invitationId}/decline", Function: Organizations, Limited: true,
		Summary: "Turn an invitation down for good",
	}
	previewInvitation = Route{
		Name: "preview-invitation", Method: "POST", Path: "/invitations/preview", Function: Organizations, Open: true, Limited: true,
		Refuses: http.StatusNotFound,
		Summary: "What the token of a mail offers, for somebody who is not signed in yet",
	}
)
