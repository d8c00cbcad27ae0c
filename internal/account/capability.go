package account

// Capabilities are what one organization allows a member now, so that a
// client can hide a button. The rules themselves stand with each operation.
type Capabilities struct {
	CanRename        bool `json:"canRename"`
	CanDelete        bool `json:"canDelete"`
	CanInvite        bool `json:"canInvite"`
	CanManageMembers bool `json:"canManageMembers"`
	CanTransfer      bool `json:"canTransfer"`
	CanLeave         bool `json:"canLeave"`
}

// Capabilities returns what the member may do with the account. A personal
// organization follows its user and allows none of it.
func (a Account) Capabilities() Capabilities {
	if a.Organization == nil || a.Organization.IsPersonal {
		return Capabilities{}
	}
	return Capabilities{
		CanRename:        a.May(UpdateOrganization),
		CanDelete:        a.May(DeleteOrganization),
		CanInvite:        a.May(InviteMembers),
		CanManageMembers: a.May(UpdateMembers),
		CanTransfer:      a.May(TransferOwnership),
		CanLeave:         a.Role != Owner || a.Organization.OwnerCount > 1,
	}
}
