package dynamo

import (
	"time"

	"hearth/internal/account"
)

type limitItem struct {
	base
	Count int `dynamodbav:"count"`
	// ExpiresAt is the end of the window and the time to live.
	ExpiresAt time.Time `dynamodbav:"expiresAt,unixtime"`
}

func newLimitItem(l *account.Limit) limitItem {
	return limitItem{base: newBase(l), Count: l.Count, ExpiresAt: l.ExpiresAt}
}

func (i limitItem) record(k account.Key) *account.Limit {
	return &account.Limit{Who: k.Owner, Kind: k.ID, Count: i.Count, ExpiresAt: i.ExpiresAt.UTC(), Version: i.Version}
}
