package dynamo

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"hearth/internal/account"
)

const (
	attributeUpload = "upload"
	attributeParts  = "parts"
	attributeAfter  = "after"
	// attributeReadyUntil is no time to live: the object goes with the record,
	// and somebody has to remove it.
	attributeReadyUntil = "readyUntil"
)

type exportItem struct {
	base
	ID          string               `dynamodbav:"exportId"`
	Status      account.ExportStatus `dynamodbav:"status"`
	Upload      string               `dynamodbav:"upload,omitempty"`
	Parts       int                  `dynamodbav:"parts"`
	After       string               `dynamodbav:"after,omitempty"`
	RequestedAt time.Time            `dynamodbav:"requestedAt"`
	ReadyUntil  *time.Time           `dynamodbav:"readyUntil,omitempty"`
	DueAt       *time.Time           `dynamodbav:"dueAt,omitempty"`
}

func newExportItem(e *account.Export) exportItem {
	item := exportItem{
		base: newBase(e), ID: e.ID, Status: e.Status, Upload: e.Upload, Parts: e.Parts, After: e.After,
		RequestedAt: e.RequestedAt, ReadyUntil: optional(e.ExpiresAt), DueAt: optional(e.DueAt),
	}
	item.keys = dueKeys(e.Key(), e.DueAt)
	return item
}

func (i exportItem) record(k account.Key) *account.Export {
	return &account.Export{
		UserID: k.Owner, ID: i.ID, Status: i.Status, Upload: i.Upload, Parts: i.Parts, After: i.After,
		RequestedAt: i.RequestedAt.UTC(), ExpiresAt: required(i.ReadyUntil), DueAt: required(i.DueAt), Version: i.Version,
	}
}

func updateExport(u expression.UpdateBuilder, c account.ChangeExport) expression.UpdateBuilder {
	u = assign(u, attributeStatus, c.Status)
	u = assign(u, attributeUpload, c.Upload)
	u = assign(u, attributeAfter, c.After)
	u = assignTime(u, attributeReadyUntil, c.ExpiresAt)
	if c.Parts != nil {
		u = u.Set(expression.Name(attributeParts), expression.Value(*c.Parts))
	}
	if c.DueAt == nil {
		return u
	}
	return updateDue(u, c.Key(), *c.DueAt)
}
