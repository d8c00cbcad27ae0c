package account

import "slices"

// unknownWord names the field of a record that holds a word which none of
// Hearth's writes puts there, so that what reads it takes it for something
// else; empty where all are known. It does not tell the word.
func unknownWord(r Record) string {
	switch r := r.(type) {
	case *User:
		return unless(r.Status == UserActive || r.Status == UserInactive, "its status")
	case *Membership:
		return unless(knownRole(r.Role), "its role")
	case *Organization:
		return unless(slices.Contains([]OrganizationStatus{
			OrganizationActive, OrganizationClosing, OrganizationPreserved, OrganizationSuspended,
		}, r.Status), "its status")
	case *Invitation:
		if !knownRole(r.Role) {
			return "its role"
		}
		return unless(slices.Contains([]InvitationStatus{
			InvitationPending, InvitationAccepted, InvitationDeclined, InvitationRevoked, InvitationExpired,
		}, r.Status), "its status")
	case *Deletion:
		if !slices.Contains([]DeletionStatus{DeletionPending, DeletionRunning, DeletionCompleted}, r.Status) {
			return "its status"
		}
		known := slices.ContainsFunc(stages, func(at stageChunk) bool { return at.stage == r.Stage })
		return unless(known || r.Status == DeletionCompleted, "its stage")
	case *Export:
		return unless(r.Status == ExportPending || r.Status == ExportReady, "its status")
	case *Recovery:
		return unless(!slices.ContainsFunc(r.Codes, func(c RecoveryCode) bool {
			return !slices.Contains([]RecoveryState{RecoveryUnused, RecoveryUsing, RecoveryUsed}, c.State)
		}), "the state of a code")
	}
	return ""
}

func knownRole(r Role) bool { return slices.Contains([]Role{Owner, Admin, Member}, r) }

func unless(known bool, what string) string {
	if known {
		return ""
	}
	return what
}
