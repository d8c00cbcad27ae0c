package dynamo

import (
	"time"

	"hearth/internal/account"
)

type recoveryItem struct {
	base
	Codes     []recoveryCode `dynamodbav:"codes"`
	CreatedAt time.Time      `dynamodbav:"createdAt"`
}

type recoveryCode struct {
	Hash  string                `dynamodbav:"hash"`
	State account.RecoveryState `dynamodbav:"state"`
}

func newRecoveryItem(r *account.Recovery) recoveryItem {
	item := recoveryItem{base: newBase(r), CreatedAt: r.CreatedAt}
	for _, c := range r.Codes {
		item.Codes = append(item.Codes, recoveryCode(c))
	}
	return item
}

func (i recoveryItem) record(k account.Key) *account.Recovery {
	r := &account.Recovery{UserID: k.Owner, CreatedAt: i.CreatedAt.UTC(), Version: i.Version}
	for _, c := range i.Codes {
		r.Codes = append(r.Codes, account.RecoveryCode(c))
	}
	return r
}
