package account

import (
	"context"
	"maps"
)

// fields is an item of an export, by the names that the API has for them.
type fields = map[string]any

// exportSections are what an export holds, a page at a time. A position never
// changes its meaning while an export is being written, so that one begun by an
// older version ends as it began: sections are added at the end. Every page but the
// last has items.
var exportSections = []struct {
	name string
	page func(s *Service, ctx context.Context, u *User, after string) (items []fields, next string, err error)
}{
	{"user", (*Service).exportUser},
	{"account", (*Service).exportAccount},
	{"memberships", (*Service).exportMemberships},
	{"invitations", func(s *Service, ctx context.Context, u *User, after string) ([]fields, string, error) {
		return s.exportInvitations(ctx, u, after, s.store.InvitationsTo)
	}},
	{"endedInvitations", func(s *Service, ctx context.Context, u *User, after string) ([]fields, string, error) {
		return s.exportInvitations(ctx, u, after, s.store.EndedInvitationsTo)
	}},
	{"records", (*Service).exportRecords},
	{"auditLog", (*Service).exportAuditLog},
	{"data", (*Service).exportData},
	{"sentInvitations", (*Service).exportSent},
}

func (s *Service) exportUser(_ context.Context, u *User, _ string) ([]fields, string, error) {
	return []fields{{
		"id": u.ID, "username": u.Username, "email": u.Email, "emailVerified": u.EmailVerified, "pendingEmail": u.PendingEmail,
		"formerEmails": u.FormerEmails, "name": u.Name, "image": u.ImageKey,
		"preferences":       fields{"theme": u.Preferences.Theme, "language": u.Preferences.Language},
		"passwordChangedAt": u.PasswordChangedAt, "mfa": fields{"enabled": u.MFA.Enabled, "deviceName": u.MFA.DeviceName},
		"lastActiveAccountId": u.LastActiveAccountID, "sessionsValidFrom": u.SessionsValidFrom,
		"createdAt": u.CreatedAt, "updatedAt": u.UpdatedAt,
	}}, "", nil
}

func (s *Service) exportAccount(ctx context.Context, u *User, _ string) ([]fields, string, error) {
	records, err := s.store.Read(ctx, OrganizationKey(u.ID))
	if o := records.Organization(u.ID); o != nil {
		return []fields{{"id": o.ID, "name": o.Name, "createdAt": o.CreatedAt, "updatedAt": o.UpdatedAt}}, "", err
	}
	return nil, "", err
}

func (s *Service) exportMemberships(ctx context.Context, u *User, after string) ([]fields, string, error) {
	page, next, err := s.store.Memberships(ctx, u.ID, after, MaxRead)
	if err != nil {
		return nil, "", err
	}
	records, err := s.organizationsOf(ctx, page)
	if err != nil {
		return nil, "", err
	}
	items := make([]fields, len(page))
	for i, m := range page {
		items[i] = fields{"organizationId": m.OrganizationID, "role": m.Role, "joinedAt": m.JoinedAt}
		if o := records.Organization(m.OrganizationID); o != nil {
			items[i]["organizationName"] = o.Name
		}
	}
	return items, next, nil
}

// exportInvitations takes those of each address in one go: an address has few.
func (s *Service) exportInvitations(ctx context.Context, u *User, _ string, list func(context.Context, string, string, int) ([]*Invitation, string, error)) (items []fields, next string, err error) {
	addresses, err := s.ownAddresses(ctx, *u)
	if err != nil {
		return nil, "", err
	}
	for _, email := range addresses {
		for after := ""; ; {
			page, more, err := list(ctx, email, after, MaxRead)
			if err != nil {
				return nil, "", err
			}
			for _, i := range page {
				items = append(items, s.exportInvitation(i))
			}
			if after = more; after == "" {
				break
			}
		}
	}
	return items, "", nil
}

func (s *Service) exportInvitation(i *Invitation) fields {
	return fields{
		"id": i.PublicID(), "organizationId": i.OrganizationID, "email": i.Email, "role": i.Role,
		"status": i.StatusAt(s.clock()), "createdAt": i.CreatedAt, "expiresAt": i.ExpiresAt,
	}
}

// exportSent are the invitations that the user sent, for teams that they are in,
// and that wait for an answer, without the addresses, which are other people's.
func (s *Service) exportSent(ctx context.Context, u *User, after string) (items []fields, next string, err error) {
	for len(items) == 0 {
		page, next, err := s.store.Memberships(ctx, u.ID, after, MaxRead)
		if err != nil {
			return nil, "", err
		}
		records, err := s.organizationsOf(ctx, page)
		if err != nil {
			return nil, "", err
		}
		for _, m := range page {
			o := records.Organization(m.OrganizationID)
			if o == nil || o.IsPersonal {
				continue
			}
			sent, err := s.pendingSent(ctx, o, u.ID)
			if err != nil {
				return nil, "", err
			}
			for _, i := range sent {
				item := s.exportInvitation(i)
				delete(item, "email")
				items = append(items, item)
			}
		}
		if after = next; after == "" {
			break
		}
	}
	return items, after, nil
}

// exportRecords are the user's own records; of recovery codes only that there
// are some, since even a hash of one is a secret.
func (s *Service) exportRecords(ctx context.Context, u *User, after string) (items []fields, next string, err error) {
	page, next, err := s.store.UserRecords(ctx, u.ID, after, MaxRead)
	for _, r := range page {
		item := fields{"kind": r.Key().Kind}
		switch r := r.(type) {
		case *Session:
			maps.Copy(item, fields{
				"id": r.ID, "device": r.Device, "activeOrganizationId": r.ActiveOrganizationID, "createdAt": r.CreatedAt,
				"lastSeenAt": r.LastSeenAt, "expiresAt": r.ExpiresAt,
			})
		case *PasskeyName:
			maps.Copy(item, fields{"id": r.CredentialID, "name": r.Name})
		case *Recovery:
			maps.Copy(item, fields{"codes": len(r.Codes), "createdAt": r.CreatedAt})
		case *Idempotency:
			maps.Copy(item, fields{"key": r.ID, "made": r.Made, "expiresAt": r.ExpiresAt})
		case *Limit:
			maps.Copy(item, fields{"of": r.Kind, "count": r.Count, "expiresAt": r.ExpiresAt})
		case *Export:
			maps.Copy(item, fields{"id": r.ID, "requestedAt": r.RequestedAt})
		}
		items = append(items, item)
	}
	return items, next, err
}

func (s *Service) exportAuditLog(ctx context.Context, u *User, after string) (items []fields, next string, err error) {
	page, next, err := s.store.AuditLog(ctx, u.ID, after, MaxRead)
	for _, a := range page {
		items = append(items, fields{
			"id": a.ID, "time": a.Time, "actor": a.Actor, "action": a.Action, "target": a.Target, "detail": a.Detail,
		})
	}
	return items, next, err
}

// exportData are the items that the personal account owns, as they are kept.
func (s *Service) exportData(ctx context.Context, u *User, after string) (items []fields, next string, err error) {
	page, next, err := s.store.Data(ctx, u.ID, after, MaxRead)
	for _, d := range page {
		items = append(items, fields{"id": d.ID, "type": d.Type, "fields": d.Fields})
	}
	return items, next, err
}
