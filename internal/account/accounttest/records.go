package accounttest

import (
	"encoding/json"
	"time"

	"hearth/internal/account"
)

var now = time.Date(2026, 11, 23, 9, 30, 0, 123_000_000, time.UTC)

func user(id string) *account.User {
	return &account.User{
		ID: id, Username: id, Email: "Ada@example.com", EmailVerified: true, Name: "Ada 👩‍🚀",
		PendingEmail: "ada@example.org", FormerEmails: []string{"a@example.com", "ä@example.com"},
		PasswordChangedAt: now.Add(-time.Hour), MFA: account.MFA{Enabled: true, DeviceName: "Telephone"},
		Preferences: account.Preferences{Theme: "dark", Language: "de"}, Status: account.UserActive,
		SessionsValidFrom: now.Truncate(time.Second), KeptSession: "kept", LastActiveAccountID: "team",
		TeamCount: 3, AccountsVersion: 4, GivenUp: []string{"team"}, Version: 5, CreatedAt: now, UpdatedAt: now.Add(time.Hour),
	}
}

func organization(id string) *account.Organization {
	return &account.Organization{
		ID: id, Name: "Ada's Organization", Slug: "ada", IsPersonal: true, Status: account.OrganizationActive,
		MemberCount: 2, OwnerCount: 1, SeatsUsed: 3, SeatLimit: 4, Version: 1, CreatedBy: id, CreatedAt: now, UpdatedAt: now,
	}
}

func membership(userID, organizationID string, role account.Role) *account.Membership {
	return &account.Membership{
		UserID: userID, OrganizationID: organizationID, Role: role, UserName: "Ada", UserEmail: "ada@example.com",
		UserVersion: 5, Version: 1, JoinedAt: now,
	}
}

func session(userID, id string) *account.Session {
	return &account.Session{
		UserID: userID, ID: id, ActiveOrganizationID: "team", Device: "Firefox",
		AuthTime: now.Truncate(time.Second), CreatedAt: now, LastSeenAt: now,
		RevokedAt: now.Add(time.Minute), ExpiresAt: now.Add(24 * time.Hour).Truncate(time.Second), Version: 1,
	}
}

// closing is an organization with work that is due.
func closing(id string) *account.Organization {
	o := organization(id)
	o.IsPersonal, o.ImageKey, o.Status, o.DueAt = false, "images/o/1", account.OrganizationClosing, now.Add(time.Minute)
	o.PurgeAfter, o.ActiveSubscriptions = now.Add(time.Hour), 2
	return o
}

func invitation(organizationID, id, email string) *account.Invitation {
	return &account.Invitation{
		OrganizationID: organizationID, ID: id, Email: email, Role: account.Admin, Status: account.InvitationPending,
		SendCount: 1, InvitedBy: "u", CreatedAt: now, LastSentAt: now.Add(time.Second), ExpiresAt: now.Add(7 * 24 * time.Hour), Version: 1,
	}
}

func invited(organizationID, email, invitationID string) *account.Invited {
	return &account.Invited{OrganizationID: organizationID, Email: email, InvitationID: invitationID, Version: 1}
}

func audit(organizationID, id string) *account.AuditEntry {
	return &account.AuditEntry{
		OrganizationID: organizationID, ID: id, Time: now, Actor: "u", Action: account.MemberRoleChanged, Target: "v",
		Detail: string(account.Admin), Version: 1,
	}
}

func recovery(userID string) *account.Recovery {
	return &account.Recovery{
		UserID: userID, CreatedAt: now, Version: 2,
		Codes: []account.RecoveryCode{{Hash: "a1", State: account.RecoveryUnused}, {Hash: "b2", State: account.RecoveryUsing}},
	}
}

func passkey(userID, id string) *account.PasskeyName {
	return &account.PasskeyName{UserID: userID, CredentialID: id, Name: "Laptop", Version: 1}
}

func limit(who, kind string) *account.Limit {
	return &account.Limit{Who: who, Kind: kind, Count: 3, ExpiresAt: now.Add(time.Hour).Truncate(time.Second), Version: 1}
}

func deletion(userID string) *account.Deletion {
	return &account.Deletion{
		UserID: userID, ID: "d-" + userID, Status: account.DeletionRunning, Digest: "digest", Closed: []string{"o1", "o2"},
		GivenUp: []string{"o3"}, Disabled: true, PersonalOrganization: account.ErasePersonal, Username: "google_1", Stage: account.StageData,
		Erased:     account.Erased{Memberships: 1, Organizations: 2, Invitations: 3, Records: 4, Data: 5, Images: 6, Users: 7, Addresses: 8},
		AcceptedAt: now, GraceEndsAt: now.Truncate(time.Second), DueAt: now.Add(time.Minute), Version: 1,
	}
}

func certificate(id string) *account.Certificate {
	return &account.Certificate{
		DeletionID: id, UserID: "u", Digest: "digest", PersonalOrganization: account.PreservePersonal,
		Erased: account.Erased{Memberships: 1, Addresses: 8}, AcceptedAt: now, CompletedAt: now.Add(time.Hour), MAC: []byte{0, 1, 255}, Version: 1,
	}
}

func export(userID string) *account.Export {
	return &account.Export{
		UserID: userID, ID: "e", Status: account.ExportReady, Upload: "upload", Parts: 3, After: "data\x00PROJECT#7",
		RequestedAt: now, ExpiresAt: now.Add(time.Hour), DueAt: now.Add(time.Hour), Version: 1,
	}
}

func datum(accountID, id string) *account.Datum {
	return &account.Datum{
		AccountID: accountID, ID: id, Type: "project", Version: 1,
		Fields: map[string]any{"name": "Moon", "size": json.Number("1.5"), "tags": []any{"a", true, nil}, "inner": map[string]any{"x": "y"}},
	}
}

func named(userID, organizationID, name string) *account.Membership {
	m := membership(userID, organizationID, account.Member)
	m.UserName = name
	return m
}
