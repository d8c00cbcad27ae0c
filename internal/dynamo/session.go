package dynamo

import (
	"context"
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
	AuthTime             time.Time  `dynamodbav:"authTime,unixtime"`
	CreatedAt            time.Time  `dynamodbav:"createdAt"`
	LastSeenAt           time.Time  `dynamodbav:"lastSeenAt"`
	RevokedAt            *time.Time `dynamodbav:"revokedAt,omitempty"`
	// ExpiresAt is the time to live.
	ExpiresAt time.Time `dynamodbav:"expiresAt,unixtime"`
}

func newSessionItem(s *account.Session) sessionItem {
	return sessionItem{
		base: newBase(s), ActiveOrganizationID: s.ActiveOrganizationID, Device: s.Device,
		AuthTime: s.AuthTime, CreatedAt: s.CreatedAt, LastSeenAt: s.LastSeenAt, RevokedAt: optional(s.RevokedAt), ExpiresAt: s.ExpiresAt,
	}
}

func (i sessionItem) record(k account.Key) *account.Session {
	return &account.Session{
		UserID: k.Owner, ID: k.ID, ActiveOrganizationID: i.ActiveOrganizationID, Device: i.Device,
		AuthTime: i.AuthTime.UTC(), CreatedAt: i.CreatedAt.UTC(), LastSeenAt: i.LastSeenAt.UTC(), RevokedAt: required(i.RevokedAt),
		ExpiresAt: i.ExpiresAt.UTC(), Version: i.Version,
	}
}

// Sessions returns a page of a user's sessions in one Query.
func (s *Store) Sessions(ctx context.Context, userID, after string, limit int) ([]*account.Session, string, error) {
	q := list{of: "sessions", partition: userPrefix + userID, begins: sessionPrefix}
	if after != "" {
		q.after = keys{PK: q.partition, SK: sessionPrefix + after}
	}
	return page(ctx, s, q, limit, func(s *account.Session) string { return s.ID })
}

func updateSession(u expression.UpdateBuilder, c account.ChangeSession) expression.UpdateBuilder {
	u = assign(u, attributeActiveOrganization, c.ActiveOrganizationID)
	u = assignTime(u, attributeLastSeen, c.LastSeenAt)
	return assignTime(u, attributeRevoked, c.RevokedAt)
}
