package account

// Capabilities are what one organization allows its caller now, so that a
// client can hide a button. The rules themselves stand with each operation.
type Capabilities struct {
	CanRename        bool `json:"canRename"`
	CanDelete        bool `json:"canDelete"`
	CanInvite        bool `json:"canInvite"`
	CanManageMembers bool `json:"canManageMembers"`
	CanTransfer      bool `json:"canTransfer"`
	CanLeave         bool `json:"canLeave"`
}

// Capabilities returns what the caller may do with the account in context. A
// personal organization follows its user and allows none of it.
func (c Caller) Capabilities() Capabilities {
	if c.Organization == nil || c.Organization.IsPersonal {
		return Capabilities{}
	}
	return Capabilities{
		CanRename:        c.May(UpdateOrganization),
		CanDelete:        c.May(DeleteOrganization),
		CanInvite:        c.May(InviteMembers),
		CanManageMembers: c.May(UpdateMembers),
		CanTransfer:      c.May(TransferOwnership),
		CanLeave:         c.Role != Owner || c.Organization.OwnerCount > 1,
	}
}
