package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// auditObject is what somebody did.
type auditObject struct {
	ID     string              `json:"id"`
	Time   time.Time           `json:"time"`
	Actor  actorObject         `json:"actor"`
	Action account.AuditAction `json:"action" example:"member.role_changed"`
	Target string              `json:"target" doc:"The id of the user, invitation or organization."`
	Detail *string             `json:"detail" doc:"The role or the slug, where there is one."`
}

type actorObject struct {
	UserID string `json:"userId"`
	Name   string `json:"name" doc:"What the user is called now; Deleted user once the account is gone."`
}

type listOrganizationAuditInput struct {
	OrganizationPath
	Page
}

type listAuditInput struct{ Page }

type auditList struct {
	Items      []auditObject `json:"items" nullable:"false"`
	NextCursor *string       `json:"nextCursor" doc:"Null at the end."`
}

type listAuditOutput struct{ Body auditList }

func registerAudit(a *API, d OrganizationsDependencies) {
	Handle(a, listOrganizationAudit, func(ctx context.Context, c account.Caller, in *listOrganizationAuditInput) (*listAuditOutput, error) {
		return d.audit(ctx, c, in.Page)
	})
	Handle(a, listAudit, func(ctx context.Context, c account.Caller, in *listAuditInput) (*listAuditOutput, error) {
		return d.audit(ctx, c, in.Page)
	})
}

// audit is a page of the log of the caller's account. Both routes have one
// list, so a cursor of the one is good on the other.
func (d OrganizationsDependencies) audit(ctx context.Context, c account.Caller, p Page) (*listAuditOutput, error) {
	list := []string{listAudit.Name, c.Organization.ID}
	after, err := DecodeCursor(p.Cursor, list...)
	if err != nil {
		return nil, err
	}
	lines, next, err := d.Service.AuditLog(ctx, c, after, p.Limit)
	if err != nil {
		return nil, err
	}
	out := &listAuditOutput{Body: auditList{Items: []auditObject{}, NextCursor: EncodeCursor(next, list...)}}
	for _, line := range lines {
		out.Body.Items = append(out.Body.Items, auditObject{
			ID: line.ID, Time: line.Time, Actor: actorObject{UserID: line.Actor, Name: line.ActorName},
			Action: line.Action, Target: line.Target, Detail: nonEmpty(line.Detail),
		})
	}
	return out, nil
}
