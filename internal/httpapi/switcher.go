package httpapi

import "context"

type listAccountsInput struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"90" doc:"The largest number of items."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"nextCursor of the page before."`
}

type accountList struct {
	Items      []accountObject `json:"items" nullable:"false"`
	NextCursor *string         `json:"nextCursor" doc:"Null at the end."`
}

type listAccountsOutput struct {
	AccountID string `header:"X-Account-Id"`
	Body      accountList
}

type activeAccountInput struct {
	Body struct {
		AccountID *string `json:"accountId" required:"true" nullable:"true" maxLength:"64" doc:"The account to act for from now on; null is the personal one."`
	}
}

func registerSwitcher(a *API, d ProfileDependencies) {
	HandleIdentity(a, listAccounts, func(ctx context.Context, r Request, in *listAccountsInput) (*listAccountsOutput, error) {
		after, err := DecodeCursor(in.Cursor, listAccounts.Name, r.Identity.UserID)
		if err != nil {
			return nil, err
		}
		page, err := d.Service.Accounts(ctx, r.Identity, r.Target, after, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &listAccountsOutput{Body: accountList{
			Items: []accountObject{}, NextCursor: EncodeCursor(page.Next, listAccounts.Name, r.Identity.UserID),
		}}
		if o := page.Caller.Organization; o != nil {
			out.AccountID = o.ID
		}
		for _, entry := range page.Accounts {
			out.Body.Items = append(out.Body.Items, newAccountObject(d.Images, entry, page.Caller.User))
		}
		return out, nil
	})
	HandleIdentity(a, putActiveAccount, func(ctx context.Context, r Request, in *activeAccountInput) (*meOutput, error) {
		c, err := d.Service.Choose(ctx, r.Identity, in.Body.AccountID)
		if err != nil {
			return nil, err
		}
		return d.me(c), nil
	})
}
