package account

import (
	"context"
	"errors"
	"time"
)

// Directory is the identity provider as operators see it. cognito.Directory is
// the real one. All of it fails with ErrUnavailable if the provider does not
// answer.
type Directory interface {
	// People returns a page of at most MaxPeople persons behind the position
	// after, in the provider's own order. It may lag behind a change for a
	// moment. next is empty on the last page. It fails with ErrExpiredPosition for
	// a position that the provider does not take, or not any more.
	People(ctx context.Context, after string) (page []Resident, next string, err error)
	// Find returns the person of a user name or an e-mail address. It fails with
	// ErrNotFound if there is none.
	Find(ctx context.Context, name string) (Resident, error)
	// FindByID returns the person of an id, whatever their user name, as People
	// would list them: it may lag, and nobody is billed for who was asked for. It
	// fails with ErrNotFound if there is none.
	FindByID(ctx context.Context, id string) (Resident, error)
	// Disable keeps a person from signing in, Enable lets them again, SignOut
	// ends every sign-in. Done already is no error; they fail with ErrNotFound
	// for who is not there.
	Disable(ctx context.Context, username string) error
	Enable(ctx context.Context, username string) error
	SignOut(ctx context.Context, username string) error
}

// ErrExpiredPosition is what Directory.People answers to a position that is not
// one of its own, or that ended with time.
var ErrExpiredPosition = errors.New("the position in the pool has expired, or is none: begin again")

// MaxPeople is the size of a page of Directory.People: Cognito's limit.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
const MaxPeople = 60

// Resident is a person with what the provider's operators decide on.
type Resident struct {
	Person
	// Confirmed is whether the person can have records: they signed up and were
	// confirmed, came by federation, or have to set another password.
	Confirmed bool
	// Enabled is whether they can sign in.
	Enabled bool
	// ModifiedAt is when the provider last changed the person, their confirmation
	// included; zero where it does not tell.
	ModifiedAt time.Time
}
