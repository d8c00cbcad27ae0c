package httpapi

import (
	"context"
	"time"

	"hearth/internal/account"
)

// exportObject is how far a copy of everything held on the user is.
type exportObject struct {
	Status    account.ExportStatus `json:"status" enum:"pending,ready"`
	URL       *string              `json:"url" format:"uri" doc:"Fetches the copy, as JSON, without further proof: show it to nobody else. Null until it is ready."`
	ExpiresAt *time.Time           `json:"expiresAt" doc:"Until when the link works; ask again for another. Null until it is ready."`
}

type exportOutput struct {
	AccountID string `header:"X-Account-Id"`
	Body      exportObject
}

// export answers with what the domain says of the caller's export.
func (d DeletionDependencies) export(ctx context.Context, r Request, ask func(context.Context, account.Identity) (account.ExportLinked, error)) (*exportOutput, error) {
	accountID, err := d.account(ctx, r)
	if err != nil {
		return nil, err
	}
	e, err := ask(ctx, r.Identity)
	if err != nil {
		return nil, err
	}
	out := &exportOutput{AccountID: accountID, Body: exportObject{Status: e.Status, URL: nonEmpty(e.URL)}}
	if !e.ExpiresAt.IsZero() {
		out.Body.ExpiresAt = &e.ExpiresAt
	}
	return out, nil
}

func registerExport(a *API, d DeletionDependencies) {
	HandleIdentity(a, getExport, func(ctx context.Context, r Request, _ *struct{}) (*exportOutput, error) {
		return d.export(ctx, r, d.Service.CurrentExport)
	})
	HandleIdentity(a, postExport, func(ctx context.Context, r Request, _ *struct{}) (*exportOutput, error) {
		return d.export(ctx, r, d.Service.RequestExport)
	})
}
