package account

import (
	"context"
	"time"
)

// Farewells are the mails about a deletion. Each fails as
// Mailer.SendInvitation does.
type Farewells interface {
	// SendDeletionAccepted mails that a deletion has begun.
	SendDeletionAccepted(ctx context.Context, m DeletionMail) error
	// SendDeletionCompleted mails that everything is erased.
	SendDeletionCompleted(ctx context.Context, m DeletionMail) error
}

// DeletionMail is what the mails about a deletion say.
type DeletionMail struct {
	To string
	// DeletionID is what to name to the product's support.
	DeletionID string
	// GraceEndsAt is until when the account can be restored; zero if it cannot.
	GraceEndsAt time.Time
	// Language is the user's.
	Language string
}
