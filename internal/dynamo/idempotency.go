package dynamo

import (
	"time"

	"hearth/internal/account"
)

type idempotencyItem struct {
	base
	Request string `dynamodbav:"request"`
	Made    string `dynamodbav:"made"`
	// ExpiresAt is the time to live.
	ExpiresAt time.Time `dynamodbav:"expiresAt,unixtime"`
}

func newIdempotencyItem(i *account.Idempotency) idempotencyItem {
	return idempotencyItem{base: newBase(i), Request: i.Request, Made: i.Made, ExpiresAt: i.ExpiresAt}
}

func (i idempotencyItem) record(k account.Key) *account.Idempotency {
	return &account.Idempotency{
		UserID: k.Owner, ID: k.ID, Request: i.Request, Made: i.Made, ExpiresAt: i.ExpiresAt.UTC(), Version: i.Version,
	}
}
