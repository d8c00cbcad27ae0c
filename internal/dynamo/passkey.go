package dynamo

import "hearth/internal/account"

type passkeyItem struct {
	base
	Name string `dynamodbav:"name,omitempty"`
}

func newPasskeyItem(p *account.PasskeyName) passkeyItem {
	return passkeyItem{base: newBase(p), Name: p.Name}
}

func (i passkeyItem) record(k account.Key) *account.PasskeyName {
	return &account.PasskeyName{UserID: k.Owner, CredentialID: k.ID, Name: i.Name, Version: i.Version}
}
