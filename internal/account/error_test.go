package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hearth/internal/account"
)

func TestErrorsAreComparedByCode(t *testing.T) {
	t.Parallel()
	cause := errors.New("the engine said no")
	err := fmt.Errorf("while reading: %w", account.ErrUnavailable.Because(cause))
	for _, c := range []struct {
		target error
		want   bool
	}{
		{account.ErrUnavailable, true},
		{&account.Error{Code: account.CodeUnavailable, Detail: "said otherwise"}, true},
		{cause, true},
		{account.ErrInternal, false},
		{errors.New("the engine said no"), false},
	} {
		if got := errors.Is(err, c.target); got != c.want {
			t.Errorf("is %v: got %t, want %t", c.target, got, c.want)
		}
	}
	if !strings.Contains(err.Error(), cause.Error()) {
		t.Errorf("the log's line hides the cause: %v", err)
	}
}

func TestACauseLeavesTheSharedErrorAsItIs(t *testing.T) {
	t.Parallel()
	before := account.ErrUnavailable.Error()
	with := account.ErrUnavailable.Because(errors.New("a cause"))
	if errors.Unwrap(account.ErrUnavailable) != nil || account.ErrUnavailable.Error() != before {
		t.Error("a cause was written into the shared error")
	}
	if with.RetryAfter != account.ErrUnavailable.RetryAfter || with.Detail != account.ErrUnavailable.Detail {
		t.Errorf("the cause changed what the caller sees: %+v", with)
	}
}

// What a premise means reaches the caller through the store's error, whatever
// else failed behind it.
func TestPremiseErrorMeansItsFirstPremise(t *testing.T) {
	t.Parallel()
	err := error(&account.PremiseError{Failed: []account.Premise{
		account.SeatIsFree{OrganizationID: team}, account.UserIsActive{UserID: ada},
	}})
	if !errors.Is(err, account.ErrSeatLimit) || errors.Is(err, account.ErrUserInactive) {
		t.Errorf("got %v, want the seat limit alone", err)
	}
	found := new(account.Error)
	if !errors.As(err, &found) || found.Code != account.CodeSeatLimit {
		t.Errorf("no code can be read from %v", err)
	}
	if text := err.Error(); strings.Contains(text, ada) || strings.Contains(text, team) {
		t.Errorf("the text names an id: %s", text)
	}
}
