package dynamo

import (
	"context"
	"time"

	"hearth/internal/account"
)

// What the stream reads of an entry.
const (
	attributeActor  = "actor"
	attributeAction = "action"
	attributeTarget = "target"
	attributeTime   = "time"
)

type auditItem struct {
	base
	Time   time.Time           `dynamodbav:"time"`
	Actor  string              `dynamodbav:"actor"`
	Action account.AuditAction `dynamodbav:"action"`
	Target string              `dynamodbav:"target,omitempty"`
	Detail string              `dynamodbav:"detail,omitempty"`
}

func newAuditItem(a *account.AuditEntry) auditItem {
	return auditItem{base: newBase(a), Time: a.Time, Actor: a.Actor, Action: a.Action, Target: a.Target, Detail: a.Detail}
}

func (i auditItem) record(k account.Key) *account.AuditEntry {
	return &account.AuditEntry{
		OrganizationID: k.Owner, ID: k.ID, Time: i.Time.UTC(), Actor: i.Actor, Action: i.Action,
		Target: i.Target, Detail: i.Detail, Version: i.Version,
	}
}

// AuditLog returns a page of an organization's entries, the newest first, in
// one Query.
func (s *Store) AuditLog(ctx context.Context, organizationID, after string, limit int) ([]*account.AuditEntry, string, error) {
	q := list{of: "audit log", partition: organizationPrefix + organizationID, begins: auditPrefix, newestFirst: true}
	if after != "" {
		q.after = keys{PK: q.partition, SK: auditPrefix + after}
	}
	return page(ctx, s, q, limit, func(a *account.AuditEntry) string { return a.ID })
}
