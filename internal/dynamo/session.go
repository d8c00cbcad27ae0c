package dynamo

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeActiveOrganization = "activeOrganizationId"
	attributeLastSeen           = "lastSeenAt"
	attributeRevoked            = "revokedAt"
)

type sessionItem struct {
	base
	ActiveOrganizationID string     `dynamodbav:"activeOrganizationId,omitempty"`
	Device               string     `dynamodbav:"device,omitempty"`
	CreatedAt            time.Time  `dynamodbav:"createdAt"`
	LastSeenAt           time.Time  `dynamodbav:"lastSeenAt"`
	RevokedAt            *time.Time `dynamodbav:"revokedAt,omitempty"`
	// ExpiresAt is the time to live.
	ExpiresAt time.Time `dynamodbav:"expiresAt,unixtime"`
}

func newSessionItem(s *account.Session) sessionItem {
	return sessionItem{
		base: newBase(s), ActiveOrganizationID: s.ActiveOrganizationID, Device: s.Device,
		CreatedAt: s.CreatedAt, LastSeenAt: s.LastSeenAt, RevokedAt: optional(s.RevokedAt), ExpiresAt: s.ExpiresAt,
	}
}

func (i sessionItem) record(k account.Key) *account.Session {
	return &account.Session{
		UserID: k.Owner, ID: k.ID, ActiveOrganizationID: i.ActiveOrganizationID, Device: i.Device,
		CreatedAt: i.CreatedAt.UTC(), LastSeenAt: i.LastSeenAt.UTC(), RevokedAt: required(i.RevokedAt),
		ExpiresAt: i.ExpiresAt.UTC(), Version: i.Version,
	}
}

func updateSession(u expression.UpdateBuilder, c account.ChangeSession) expression.UpdateBuilder {
	u = assign(u, attributeActiveOrganization, c.ActiveOrganizationID)
	u = assignTime(u, attributeLastSeen, c.LastSeenAt)
	return assignTime(u, attributeRevoked, c.RevokedAt)
}
